"""Few messages: what says the same is told once, the rest is gathered, and nothing is uncounted."""

from hypothesis import given
from hypothesis import strategies as st

from arb.market.units import Ns
from arb.notify.digest import LINES, Outbox
from arb.notify.notice import Kind, Notice

S = 1_000_000_000
ALL = frozenset(Kind)


def notice(kind: Kind, key: str, at_s: int = 0) -> Notice:
    return Notice(kind, key, f"{kind} {key}", Ns(at_s * S))


def test_the_same_notice_is_told_once_until_its_time_is_over() -> None:
    outbox = Outbox(ALL, 10 * S)
    for at_s in (0, 5, 9, 10, 12):
        outbox.add(notice(Kind.ERROR, "same", at_s))
    assert [digest.count for digest in outbox.take()] == [2]  # at 0 s and at 10 s
    assert outbox.repeated == 3


def test_a_flood_becomes_one_digest_that_says_how_much_it_leaves_out() -> None:
    outbox = Outbox(ALL, S)
    for number in range(500):
        outbox.add(notice(Kind.FILL, str(number)))
    (digest,) = outbox.take()
    assert len(digest.lines) == LINES
    assert digest.count == 500
    assert outbox.empty


def test_what_is_not_wanted_never_waits() -> None:
    outbox = Outbox(frozenset({Kind.STUCK}), S)
    outbox.add(notice(Kind.FILL, "a"))
    assert outbox.empty


def test_the_gravest_kind_comes_first_and_makes_the_outbox_urgent() -> None:
    outbox = Outbox(ALL, S)
    outbox.add(notice(Kind.FILL, "a"))
    outbox.add(notice(Kind.STUCK, "b"))
    assert [digest.kind for digest in outbox.take()] == [Kind.STUCK, Kind.FILL]
    outbox.add(notice(Kind.STUCK, "c"))
    assert outbox.urgent


@given(
    st.lists(
        st.tuples(st.sampled_from(Kind), st.sampled_from("abcdef"), st.integers(0, 40)),
        max_size=60,
    )
)
def test_every_wanted_notice_is_told_or_counted_as_repeated(
    told: list[tuple[Kind, str, int]],
) -> None:
    outbox = Outbox(ALL, 10 * S)
    for kind, key, at_s in sorted(told, key=lambda one: one[2]):
        outbox.add(notice(kind, key, at_s))
    counted = sum(digest.count for digest in outbox.take())
    assert counted + outbox.repeated == len(told)
