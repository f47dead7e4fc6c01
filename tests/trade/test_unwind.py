"""The choice of an unwind: whichever leaves more money, and never a price beyond what is needed."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from arb.market.book import BookView
from arb.market.instruments import Action, Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, cost, proceeds
from arb.messages import Approved
from arb.trade.unwind import UnwindOrder, choose
from tests.fakes.markets import LOT, approve, make_market

TEN = 10 * MICRO
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], TEN)
THREE = [make_market(f"k{number}", event="e") for number in range(3)]
ALL_YES = approve([(market, Outcome.YES, 300_000) for market in THREE], TEN)


def view(
    market: Market, bids: Mapping[int, int], asks: Mapping[int, int], *, live: bool = True
) -> BookView:
    return BookView(
        market=market,
        bids=tuple((Px(px), Qty(qty)) for px, qty in sorted(bids.items(), reverse=True)),
        asks=tuple((Px(px), Qty(qty)) for px, qty in sorted(asks.items())),
        live=live,
        agrees=True,
        epoch=0,
        seen_ns=Ns(0),
        heard_ns=Ns(0),
    )


def decide(
    approved: Approved, bought: list[int], *views: BookView, ticks: int = 0
) -> tuple[UnwindOrder, ...]:
    shown = {seen.market.id: seen for seen in views}
    return choose(approved, bought, shown, give_ticks=ticks).orders


def worth(order: UnwindOrder, view: BookView) -> int:
    """What an order brings or costs against a book, fees included, worked out level by level."""
    fees, left, total = order.market.fees.taker_order(), int(order.qty), 0
    for px, offered in view.ladder(order.outcome, order.action):
        part = Qty(min(left, offered))
        left -= part
        buys = order.action is Action.BUY
        total += (-cost(px, part) if buys else proceeds(px, part)) if part else 0
        total -= fees.fill(px, part, buys=buys) if part else 0
    assert left == 0, "an order never asks for more than the book shows"
    return total


PRICES = st.integers(1, 99).map(lambda cents: cents * 10_000)
SIZES = st.integers(1, 2_000).map(lambda lots: lots * LOT)
SIDES = st.dictionaries(PRICES, SIZES, max_size=4)


@given(SIDES, SIDES, st.integers(0, 1_000), st.integers(0, 1_000))
def test_the_choice_is_worth_the_most(
    bids: dict[int, int], asks: dict[int, int], first: int, second: int
) -> None:
    """Holding is worth 0 at the least; an unwind never does worse, nor worse than its rival."""
    bought = [first * LOT, second * LOT]
    shown = [view(POLY, bids, asks), view(KALSHI, bids, asks)]
    by_market = {seen.market.id: seen for seen in shown}
    orders = decide(CROSS, bought, *shown)
    assert len({order.action for order in orders}) <= 1
    gain = sum(worth(order, by_market[order.market.id]) for order in orders)
    sets = sum(order.qty for order in orders if order.action is Action.BUY)
    assert gain + sets > 0 or not orders
    assert [order.worth for order in orders] == [
        worth(order, by_market[order.market.id]) for order in orders
    ]
    assert gain + sets >= _sale(bought, shown)
    assert gain + sets >= _completion(bought, shown)


def _sale(bought: list[int], shown: list[BookView]) -> int:
    """What selling the excess brings, as far as the book goes."""
    number = 0 if bought[0] > bought[1] else 1
    return _total(shown[number], number, Action.SELL, abs(bought[0] - bought[1]))[1]


def _completion(bought: list[int], shown: list[BookView]) -> int:
    """What buying all that is missing leaves of a dollar a set; 0 where it cannot be had."""
    missing = abs(bought[0] - bought[1])
    number = 1 if bought[0] > bought[1] else 0
    got, brings = _total(shown[number], number, Action.BUY, missing)
    return brings + missing if got == missing else 0


def _total(seen: BookView, number: int, action: Action, qty: int) -> tuple[int, int]:
    outcome = CROSS.plan.legs[number].leg.outcome
    fees, left, total = seen.market.fees.taker_order(), qty, 0
    for px, offered in seen.ladder(outcome, action):
        part = Qty(min(left, offered))
        if part:
            buys = action is Action.BUY
            total += -cost(px, part) if buys else proceeds(px, part)
            total -= fees.fill(px, part, buys=buys)
            left -= part
    return qty - left, total


@given(SIDES, SIDES, st.integers(1, 1_000), st.integers(0, 5))
def test_limits_lie_on_the_grid_and_give_no_more_than_told(
    bids: dict[int, int], asks: dict[int, int], held: int, ticks: int
) -> None:
    """A limit is on the grid, reaches what is taken, and lies at most `give_ticks` beyond it."""
    shown = [view(POLY, bids, asks), view(KALSHI, bids, asks)]
    by_market = {seen.market.id: seen for seen in shown}
    for order in decide(CROSS, [0, held * LOT], *shown, ticks=ticks):
        yes = order.limit if order.outcome is Outcome.YES else MICRO - order.limit
        assert order.market.grid.holds(yes)
        worst = _worst(order, by_market[order.market.id])
        beyond = order.limit - worst if order.action is Action.BUY else worst - order.limit
        assert 0 <= beyond <= ticks * 10_000


def _worst(order: UnwindOrder, seen: BookView) -> int:
    left = int(order.qty)
    for px, offered in seen.ladder(order.outcome, order.action):
        left -= min(left, offered)
        if not left:
            return px
    raise AssertionError("more than the book shows")


def test_a_completion_that_costs_more_than_it_pays_is_not_bought() -> None:
    """Two legs missing at 0.90 each cannot be worth a dollar: hold what is there."""
    dear = [view(market, {}, {900_000: TEN}) for market in THREE]
    assert decide(ALL_YES, [TEN, 0, 0], *dear) == ()


def test_completing_takes_every_missing_leg_or_none() -> None:
    """Where one missing leg cannot be had, buying the other would only expose more."""
    one_sided = [
        view(THREE[0], {}, {}),
        view(THREE[1], {}, {100_000: TEN}),
        view(THREE[2], {}, {100_000: TEN // 2}),
    ]
    assert decide(ALL_YES, [TEN, 0, 0], *one_sided) == ()


def test_a_book_that_is_not_live_is_not_traded_on() -> None:
    """What is known to be unknown is no price."""
    dead = view(POLY, {600_000: TEN}, {}, live=False)
    assert decide(CROSS, [TEN, 0], dead, view(KALSHI, {}, {})) == ()
    assert decide(CROSS, [TEN, 0]) == ()


def test_less_than_the_venues_minimum_is_held() -> None:
    """An exposure below the smallest order cannot be sold, so it is not tried."""
    strict = make_market("p", Venue.POLYMARKET, min_qty=5 * MICRO)
    basket = approve([(strict, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], TEN)
    shown = view(strict, {400_000: TEN}, {})
    assert decide(basket, [4 * MICRO, 0], shown) == ()
    (order,) = decide(basket, [5 * MICRO, 0], shown)
    assert order.qty == 5 * MICRO


def test_only_whole_lots_are_traded() -> None:
    """What lies beyond whole lots stays: an order for it would be refused."""
    shown = view(POLY, {400_000: TEN}, {})
    (order,) = decide(CROSS, [MICRO + 5_678, 0], shown)
    assert order.qty == MICRO
