"""Breakers: what fails too often is left alone, longer each time, and comes back with care."""

from hypothesis import given
from hypothesis import strategies as st

from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.risk.breakers import CALL, Breaker, BreakerLimits, Breakers, State

S = 10**9
LIMITS = BreakerLimits(
    failures=3,
    window_ns=60 * S,
    pause_first_ns=5 * S,
    pause_most_ns=40 * S,
    jitter_ppm=250_000,
    serious={"ghost fill": 1},
)
SEND = CALL + "send"


def broken(kind: str, chance_ppm: int = 0) -> Breaker:
    """A breaker that has just opened, at second 2."""
    breaker = Breaker(kind, LIMITS, kind.startswith(CALL))
    for second in range(3):
        assert breaker.state is State.CLOSED
        breaker.fail("no answer", Ns(second * S), chance_ppm)
    return breaker


def test_failures_open_it_and_a_probe_closes_it() -> None:
    """Closed, open for the pause, probing and still barred, and closed by an answer."""
    breaker = broken(SEND)
    assert (breaker.state, breaker.blocks) == (State.OPEN, True)
    assert "3 failures, last: no answer" in breaker.why
    breaker.tick(Ns(7 * S - 1))
    assert breaker.state is State.OPEN
    breaker.tick(Ns(7 * S))
    assert (breaker.state, breaker.blocks) == (State.PROBING, True)
    breaker.succeed()
    assert (breaker.state, breaker.blocks) == (State.CLOSED, False)


def test_a_failed_probe_doubles_the_pause_up_to_the_most() -> None:
    """5, 10, 20, 40, 40 seconds."""
    breaker, now, pauses = broken(SEND), 2 * S, []
    for _ in range(5):
        pauses.append(breaker.pause_ns // S)
        now = breaker.until_ns
        breaker.tick(Ns(now))
        breaker.fail("still nothing", Ns(now), 0)
    assert pauses == [5, 10, 20, 40, 40]


def test_after_a_long_calm_the_pause_is_short_again() -> None:
    """What was calm for longer than the longest pause begins anew."""
    breaker = broken(SEND)
    breaker.tick(Ns(7 * S))
    breaker.fail("still nothing", Ns(7 * S), 0)
    breaker.tick(Ns(17 * S))
    breaker.succeed()
    for second in (100, 101, 102):
        breaker.fail("again", Ns(second * S), 0)
    assert (breaker.state, breaker.pause_ns) == (State.OPEN, 5 * S)


def test_failures_that_are_far_apart_open_nothing() -> None:
    """Only those of the window count; a success between them hides nothing."""
    breaker = Breaker(SEND, LIMITS, can_be_probed=True)
    for number in range(50):
        breaker.fail("now and then", Ns(number * 31 * S), 0)
        breaker.succeed()
        assert breaker.state is State.CLOSED


def test_what_cannot_be_probed_comes_back_on_probation() -> None:
    """Trading may try; one more failure opens it again, a quiet window closes it."""
    breaker = broken("order rejected")
    breaker.tick(Ns(7 * S))
    assert (breaker.state, breaker.blocks) == (State.PROBING, False)
    breaker.succeed()  # a probe says nothing about it
    states = [breaker.state]
    breaker.fail("rejected", Ns(8 * S), 0)
    states.append(breaker.state)
    assert breaker.pause_ns == 10 * S
    breaker.tick(Ns(18 * S))
    breaker.tick(Ns(18 * S + 60 * S))
    assert [*states, breaker.state] == [State.PROBING, State.OPEN, State.CLOSED]


def test_serious_kinds_open_sooner() -> None:
    """One ghost fill is enough."""
    breaker = Breaker("ghost fill", LIMITS, can_be_probed=False)
    breaker.fail("taken back", Ns(0), 0)
    assert breaker.blocks


@given(st.integers(0, 999_999))
def test_jitter_only_lengthens_a_pause_and_by_no_more_than_its_part(chance_ppm: int) -> None:
    """Between the pause itself and a quarter more."""
    breaker = broken(SEND, chance_ppm)
    assert 5 * S <= breaker.until_ns - 2 * S <= 5 * S * 5 // 4


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, *Venue]),
            st.sampled_from([SEND, CALL + "balances", "order rejected", "ghost fill"]),
            st.integers(0, 30),
        ),
        max_size=60,
    )
)
def test_one_places_troubles_are_not_anothers(steps: list[tuple[Venue | None, str, int]]) -> None:
    """A venue is objected to exactly while one of its own breakers blocks, and all come back."""
    breakers, now = Breakers(LIMITS), 0
    troubled = set()
    for venue, kind, wait_s in steps:
        now += wait_s * S
        breakers.tick(Ns(now))
        breakers.fail(venue, kind, "x", Ns(now), 0)
        troubled.add(venue)
        for place in (None, *Venue):
            assert place in troubled or not breakers.objection(place)
    for _ in range(3):
        now += 10_000 * S
        breakers.tick(Ns(now))
        for place, kind in breakers.to_probe():
            breakers.succeed(place, kind)
    assert all(not breakers.objection(place) for place in (None, *Venue))
    assert breakers.states() == {}
