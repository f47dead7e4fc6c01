"""What people see of the ledger agrees with it, and stays small."""

from hypothesis import given
from hypothesis import strategies as st

from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Qty
from arb.messages import BasketEnd, BasketEnded, OrderFilled
from arb.risk.curve import MOST, Curve
from arb.risk.overview import look_over
from tests.fakes.markets import (
    EPOCH_NS,
    approve,
    make_fill,
    make_market,
    make_order,
)
from tests.fakes.treasury import CAPS, make_treasury, rich_ledger

DAY_NS = 86_400 * 10**9
KALSHI = make_market("A")


def test_money_is_where_the_ledger_says_it_is() -> None:
    """A basket bought: free less its cost, locked until it closes, and its limits used."""
    treasury = make_treasury(rich_ledger(), lambda: Ns(EPOCH_NS))
    approved = approve([(KALSHI, Outcome.YES, 400_000)], 10 * MICRO)
    treasury.take_up(approved)
    order = make_order(KALSHI)
    treasury.sent(order)
    treasury.filled(OrderFilled(order, make_fill(KALSHI, "f", fee=50_000)))
    seen = look_over(treasury, {KALSHI.id: Ns(EPOCH_NS + DAY_NS)})
    free = {balance.venue: balance.usd for balance in seen.free}
    assert free[Venue.KALSHI] < 1_000 * MICRO
    assert free[Venue.POLYMARKET] == 1_000 * MICRO
    assert seen.locked == ((EPOCH_NS // DAY_NS + 1, 4_050_000),)
    (held,) = seen.positions
    assert (held.yes, held.no, held.paid) == (10 * MICRO, 0, 4_050_000)
    used = {limit.name: (limit.used, limit.most) for limit in seen.limits}
    assert used["total exposure"][1] == CAPS.total_usd
    assert used["total exposure"][0] >= 4_050_000
    assert used["venue kalshi"][0] == used["total exposure"][0]
    assert used["baskets in flight"] == (1, CAPS.open_baskets)
    assert used["open positions"] == (1, CAPS.open_positions)


def test_a_loss_fills_the_limits_of_its_day() -> None:
    """What an unwound basket lost counts against both caps, and in the bars by day."""
    treasury = make_treasury(rich_ledger(), lambda: Ns(EPOCH_NS))
    approved = approve([(KALSHI, Outcome.YES, 400_000)], 10 * MICRO)
    treasury.take_up(approved)
    treasury.filled(OrderFilled(make_order(KALSHI), make_fill(KALSHI, "f", fee=50_000)))
    treasury.ended(BasketEnded(approved.basket, BasketEnd.STUCK, Qty(0), (), "", Ns(EPOCH_NS)))
    seen = look_over(treasury, {})
    used = {limit.name: limit.used for limit in seen.limits}
    assert used["loss today"] == used["unhedged loss today"] == 4_050_000
    assert seen.days == ((EPOCH_NS // DAY_NS, -4_050_000),)
    assert seen.made == -4_050_000
    assert used["baskets in flight"] == 0


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=3_000))
def test_a_curve_stays_small_and_ends_where_it_is(steps: list[int]) -> None:
    """Any points in order of time: bounded, in order, and the newest is always the last."""
    curve, at_ns = Curve(10**9), 0
    for step in steps:
        at_ns += step
        curve.add(Ns(at_ns), (at_ns,))
        assert curve.points[-1] == (at_ns, (at_ns,))
    times = [point[0] for point in curve.points]
    assert len(times) <= MOST + 1
    assert times == sorted(times)
