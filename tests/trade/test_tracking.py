"""Fills find their orders: each once, in whatever order reports come."""

import random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.instruments import Action
from arb.market.units import MICRO, Ns, Qty
from arb.messages import (
    Fill,
    FillStatus,
    OrderEnded,
    OrderFilled,
    OrderId,
    OrderKey,
    OrderState,
    Phase,
    PreparedOrder,
    Role,
)
from arb.trade.tracking import Tracking
from tests.fakes.markets import make_fill, make_market, make_order, make_prepared

MARKET = make_market("m")
LIFE = list(FillStatus)
Report = PreparedOrder | OrderEnded | OrderState | Fill


def prepared(number: int) -> PreparedOrder:
    return make_prepared(make_order(MARKET, f"o{number}"))


def ended(number: int, filled: int = 10 * MICRO) -> OrderEnded:
    return OrderEnded(OrderId(f"o{number}"), f"v{number}", Qty(filled), "", Ns(0))


def state(number: int) -> OrderState:
    return OrderState(prepared(number).key, f"v{number}", Phase.OPEN, Qty(0))


def tell(tracking: Tracking, report: Report) -> list[OrderFilled]:
    match report:
        case PreparedOrder():
            tracking.sent(report)
            return []
        case OrderEnded():
            return tracking.ended(report)
        case OrderState():
            return tracking.seen(report, MARKET.venue)
        case Fill():
            found = tracking.fill(report)
            return [] if found is None else [found]


@st.composite
def stories(draw: st.DrawFn) -> list[Report]:
    """Two orders; fills named by key or by the venue's id, told several times; then shuffled."""
    told: list[Report] = []
    for number in range(2):
        for part in range(draw(st.integers(0, 3))):
            by_key = draw(st.booleans())
            fill = make_fill(
                MARKET,
                f"f{number}-{part}",
                key=f"key-o{number}" if by_key else None,
                venue_order_id=f"v{number}",
            )
            statuses = draw(st.lists(st.sampled_from(LIFE), min_size=1, max_size=4))
            told += [attrs.evolve(fill, status=status) for status in statuses]
        told += [state(number)] * draw(st.integers(0, 1))
    rng = random.Random(draw(st.integers(0, 2**32)))
    rng.shuffle(told)
    return told


@given(stories(), st.integers(0, 20))
def test_every_fill_is_told_once_a_status_and_ends_at_its_latest(
    story: list[Report], when: int
) -> None:
    """In any order: each fill told to its own order, never backwards, its last status last."""
    tracking, heard = Tracking(), list[OrderFilled]()
    for number in range(2):
        tell(tracking, prepared(number))
    ends: list[Report] = [ended(0), ended(1)]
    place = min(when, len(story))
    for report in [*story[:place], *ends, *story[place:]]:
        heard += tell(tracking, report)
    fills = {report.id: report for report in story if isinstance(report, Fill)}
    for fill_id in fills:
        ranks = [LIFE.index(seen.fill.status) for seen in heard if seen.fill.id == fill_id]
        told = [r for r in story if isinstance(r, Fill) and r.id == fill_id]
        assert ranks == sorted(set(ranks))
        assert ranks[-1] == max(LIFE.index(report.status) for report in told)
    assert all(seen.order.id == f"o{seen.fill.id[1]}" for seen in heard)
    assert tracking.strangers == ()


def test_a_fill_that_overtakes_its_order_waits_for_it() -> None:
    """A fill known by the venue's id alone is told once that id is known."""
    tracking = Tracking()
    fill = make_fill(MARKET, "f", venue_order_id="v1")
    assert tracking.fill(fill) is None
    assert tracking.strangers == (fill,)
    tracking.sent(prepared(1))
    (found,) = tracking.ended(ended(1))
    assert (found.order.id, found.fill) == ("o1", fill)


def test_a_reversal_that_waits_is_not_undone_by_an_older_report() -> None:
    """Of several reports about an order not known yet, the latest in a fill's life is kept."""
    tracking = Tracking()
    early = make_fill(MARKET, "f", venue_order_id="v1", status=FillStatus.PROVISIONAL)
    tracking.fill(attrs.evolve(early, status=FillStatus.REVERSED))
    tracking.fill(early)
    tracking.sent(prepared(1))
    (found,) = tracking.ended(ended(1))
    assert found.fill.status is FillStatus.REVERSED


def test_fills_of_others_are_nobodys() -> None:
    """A fill of an order that is not ours is never told; it stays for people to see."""
    tracking = Tracking()
    tracking.sent(prepared(1))
    assert tracking.fill(make_fill(MARKET, "f", key="not-ours", venue_order_id="v9")) is None
    assert len(tracking.strangers) == 1


@pytest.mark.parametrize("told", [0, 4 * MICRO, 10 * MICRO])
def test_fills_are_wanting_until_they_add_up(told: int) -> None:
    """An order that ended with 10 wants fills until 10 were told."""
    tracking = Tracking()
    tracking.sent(prepared(1))
    assert not tracking.wanting
    tracking.ended(ended(1))
    if told:
        tracking.fill(make_fill(MARKET, "f", key="key-o1", qty=told))
    assert tracking.wanting == (told < 10 * MICRO)


def test_what_the_store_has_is_not_told_again() -> None:
    """Fills that the store knows are neither news nor wanting; a later status is news."""
    tracking = Tracking()
    tracking.sent(prepared(1), "v1")
    tracking.ended(ended(1))
    stored = make_fill(MARKET, "f", key="key-o1", status=FillStatus.PROVISIONAL)
    tracking.remember([(stored, OrderId("o1"))])
    assert tracking.fill(stored) is None
    assert not tracking.wanting
    found = tracking.fill(attrs.evolve(stored, status=FillStatus.FIRM))
    assert found is not None


def test_our_own_refusals_end_nothing() -> None:
    """The end of an order that never left leaves nothing to want."""
    tracking = Tracking()
    assert tracking.ended(ended(5, filled=0)) == []
    assert not tracking.wanting


def test_one_venues_id_is_not_anothers() -> None:
    """The same id on the other venue is another order."""
    tracking = Tracking()
    tracking.sent(prepared(1), "v1")
    other = make_market("p", type(MARKET.venue)("polymarket"))
    assert tracking.fill(make_fill(other, "f", venue_order_id="v1")) is None
    assert tracking.fill(make_fill(MARKET, "f", venue_order_id="v1", key=OrderKey("?"))) is not None


# --- what baskets hold, and what is forgotten ---

LATE = Ns(10**19)


def bought(number: int, told: int, *, status: FillStatus = FillStatus.FIRM) -> Tracking:
    """One ended order of 10, with one fill of so many."""
    tracking = Tracking()
    tracking.sent(prepared(number))
    tracking.ended(ended(number))
    tracking.fill(make_fill(MARKET, "f", key=f"key-o{number}", qty=told, fee=100, status=status))
    return tracking


def test_a_fill_taken_back_is_told_as_a_change_of_what_is_held() -> None:
    """Once, with its basket and a reason; the fill is told as reversed besides."""
    tracking = bought(1, 10 * MICRO, status=FillStatus.PROVISIONAL)
    assert tracking.take_surprises() == []
    taken = make_fill(MARKET, "f", key="key-o1", fee=100, status=FillStatus.REVERSED)
    assert tracking.fill(taken) is not None
    (surprise,) = tracking.take_surprises()
    assert surprise.basket == "b1"
    assert "taken back" in surprise.reason
    assert tracking.take_surprises() == []


def test_more_fills_than_an_order_ended_with_is_a_change_too() -> None:
    """The end said 10, fills say 12: the basket holds two more than anybody counted on."""
    tracking = bought(1, 12 * MICRO)
    assert [surprise.basket for surprise in tracking.take_surprises()] == ["b1"]


def test_what_a_basket_came_to_is_told_when_all_is_known() -> None:
    """Not before its orders ended and their fills were told; then to the micro-dollar."""
    tracking = Tracking()
    tracking.sent(prepared(1))
    assert tracking.flow(prepared(1).order.basket) is None
    tracking.ended(ended(1))
    assert tracking.flow(prepared(1).order.basket) is None
    tracking.fill(make_fill(MARKET, "f", key="key-o1", px=400_000, fee=100))
    assert tracking.flow(prepared(1).order.basket) == -4_000_100


def test_a_reversed_fill_costs_nothing() -> None:
    """What was taken back does not count for what a basket came to."""
    tracking = bought(1, 10 * MICRO, status=FillStatus.PROVISIONAL)
    tracking.fill(make_fill(MARKET, "f", key="key-o1", status=FillStatus.REVERSED))
    assert tracking.flow(prepared(1).order.basket) == 0


def test_what_is_settled_is_forgotten_and_what_is_not_is_kept() -> None:
    """Ended, told and final orders go after their time; provisional or missing fills stay."""
    assert _kept(bought(1, 10 * MICRO)) == 0
    assert _kept(bought(1, 10 * MICRO, status=FillStatus.PROVISIONAL)) == 1
    assert _kept(bought(1, 4 * MICRO)) == 1
    young = bought(1, 10 * MICRO)
    young.forget(Ns(0))
    assert len(young) == 1


def _kept(tracking: Tracking) -> int:
    tracking.forget(LATE)
    return len(tracking)


def test_strangers_are_forgotten_in_time() -> None:
    """Fills of nobody's do not pile up for ever."""
    tracking = Tracking()
    tracking.fill(make_fill(MARKET, "f", key="not-ours"))
    tracking.forget(LATE)
    assert tracking.strangers == ()


@pytest.mark.parametrize(
    ("action", "role", "flow"),
    [
        (Action.BUY, Role.TAKER, -1_017_493),
        (Action.BUY, None, -1_017_493),
        (Action.BUY, Role.MAKER, -1_017_492),
        (Action.SELL, Role.TAKER, 1_017_492),
        (Action.SELL, None, 1_017_492),
        (Action.SELL, Role.MAKER, 1_017_493),
    ],
)
def test_a_fraction_of_a_micro_dollar_goes_to_who_was_there_first(
    action: Action, role: Role | None, flow: int
) -> None:
    """1.433088 contracts at 0.71 are worth 1.01749248: against us, unless we are the maker."""
    fill = make_fill(MARKET, "f", action=action, px=710_000, qty=1_433_088, role=role)
    assert fill.flow == flow
