"""The choice of an unwind: the way that leaves most, within the budget, at prices on the grid."""

from collections.abc import Mapping

import attrs
from hypothesis import given
from hypothesis import strategies as st

from arb.market.book import BookView
from arb.market.instruments import Action, Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd, cost, proceeds
from arb.messages import Approved, Way
from arb.trade.unwind import Choice, Situation, choose
from arb.trade.ways import UnwindLimits, UnwindOrder
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


AT_ONCE = UnwindLimits(
    give_ticks=0,
    hold_usd=Usd(0),
    hold_haircut_ppm=MICRO,
    rest_chance_ppm=0,
    rest_slip=Px(MICRO),
    budget_usd=Usd(10**15),
)
"""Nothing but selling and completing pays, whatever it loses."""
PATIENT = attrs.evolve(
    AT_ONCE,
    hold_usd=Usd(2 * MICRO),
    hold_haircut_ppm=300_000,
    rest_chance_ppm=300_000,
    rest_slip=Px(10_000),
)


def look(
    approved: Approved, bought: list[int], *views: BookView, limits: UnwindLimits = PATIENT
) -> Choice:
    return choose(approved, bought, {seen.market.id: seen for seen in views}, limits)


def decide(
    approved: Approved, bought: list[int], *views: BookView, ticks: int = 0
) -> tuple[UnwindOrder, ...]:
    """What is done where waiting is worth nothing."""
    shown = {seen.market.id: seen for seen in views}
    limits = attrs.evolve(AT_ONCE, give_ticks=ticks)
    return choose(approved, bought, shown, limits, Situation(rested=True)).orders


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


# --- waiting, holding, and what may be lost ---


def test_a_wide_spread_is_worth_an_offer() -> None:
    """Bid 0.30, ask 0.50: an offer at 0.49 that is filled three times in ten beats selling."""
    choice = look(CROSS, [TEN, 0], view(POLY, {300_000: TEN}, {500_000: TEN}), view(KALSHI, {}, {}))
    (order,) = choice.orders
    assert (choice.way, order.rests, order.limit, order.qty) == (Way.REST, True, 490_000, TEN)


def test_a_narrow_spread_is_not() -> None:
    """Bid 0.44, ask 0.46: a cent more, three times in ten, is worth less than what waiting costs."""
    shown = view(POLY, {440_000: TEN}, {460_000: TEN}), view(KALSHI, {}, {})
    assert look(CROSS, [TEN, 0], *shown).way is Way.SELL


def test_an_offer_is_made_once() -> None:
    """What was offered and not taken is sold, though the spread is still wide."""
    shown = view(POLY, {300_000: TEN}, {500_000: TEN}), view(KALSHI, {}, {})
    by_market = {seen.market.id: seen for seen in shown}
    again = choose(CROSS, [TEN, 0], by_market, PATIENT, Situation(rested=True))
    assert again.way is Way.SELL


@given(SIDES, SIDES, st.integers(1, 1_000))
def test_an_offer_never_crosses_what_is_bid(
    bids: dict[int, int], asks: dict[int, int], held: int
) -> None:
    """An offer lies on the grid, above every bid, and does not ask for more than is held."""
    generous = attrs.evolve(PATIENT, rest_chance_ppm=MICRO, rest_slip=Px(0))
    choice = look(
        CROSS, [0, held * LOT], view(POLY, {}, {}), view(KALSHI, bids, asks), limits=generous
    )
    for order in choice.orders if choice.way is Way.REST else ():
        assert order.market.grid.holds(MICRO - order.limit)
        assert order.qty <= held * LOT
        best_bid = MICRO - min(asks) if asks else 0
        assert order.limit > best_bid


def test_a_cheap_leg_that_nobody_bids_for_is_held() -> None:
    """A hundred contracts at 0.01 with no bid: kept until they resolve, nothing sent."""
    cheap = approve([(POLY, Outcome.YES, 10_000), (KALSHI, Outcome.NO, 950_000)], 100 * MICRO)
    shown = view(POLY, {}, {10_000: TEN}), view(KALSHI, {}, {})
    choice = look(cheap, [100 * MICRO, 0], *shown)
    assert (choice.way, choice.orders) == (Way.HOLD, ())
    assert choice.loss == cheap.plan.legs[0].cost + cheap.plan.legs[0].fees


def test_a_dear_leg_that_nobody_bids_for_is_a_persons_decision() -> None:
    """Ten contracts at 0.45 are more than may be held without being asked: stuck."""
    nobody = attrs.evolve(PATIENT, rest_chance_ppm=0)
    shown = view(POLY, {}, {}), view(KALSHI, {}, {})
    assert look(CROSS, [TEN, 0], *shown, limits=nobody).way is Way.STUCK


def test_what_would_lose_more_than_the_budget_is_not_done() -> None:
    """Bought at 0.45, bid at 0.30: with a dollar to lose it stays, with two it is sold."""
    shown = view(POLY, {300_000: TEN}, {310_000: TEN}), view(KALSHI, {}, {})
    tight = attrs.evolve(CROSS, loss_budget=Usd(1 * MICRO))
    choice = look(tight, [TEN, 0], *shown)
    assert (choice.way, choice.orders) == (Way.STUCK, ())
    assert "may lose" in choice.reason
    loose = attrs.evolve(CROSS, loss_budget=Usd(2 * MICRO))
    assert look(loose, [TEN, 0], *shown).way is Way.SELL


def test_a_budget_counts_what_was_lost_before() -> None:
    """The same sale is not done where a part of the budget is gone."""
    shown = view(POLY, {300_000: TEN}, {310_000: TEN}), view(KALSHI, {}, {})
    by_market = {seen.market.id: seen for seen in shown}
    loose = attrs.evolve(CROSS, loss_budget=Usd(2 * MICRO))
    used = choose(loose, [TEN, 0], by_market, PATIENT, Situation(lost=Usd(MICRO)))
    assert used.way is Way.STUCK


@given(SIDES, SIDES, st.integers(1, 1_000), st.integers(0, 5), st.integers(1, 10 * MICRO))
def test_no_order_can_lose_more_than_the_budget(
    bids: dict[int, int], asks: dict[int, int], held: int, ticks: int, budget: int
) -> None:
    """Filled at its limit to the last contract, a choice loses no more than it may."""
    basket = attrs.evolve(CROSS, loss_budget=Usd(budget))
    limits = attrs.evolve(PATIENT, give_ticks=ticks)
    bought = [held * LOT, 0]
    shown = view(POLY, bids, asks), view(KALSHI, bids, asks)
    choice = look(basket, bought, *shown, limits=limits)
    if choice.way not in {Way.SELL, Way.COMPLETE}:
        return
    fees = [order.market.fees.taker_order() for order in choice.orders]
    flow = sum(
        _flow(order) - fee.fill(order.limit, order.qty, buys=order.action is Action.BUY)
        for order, fee in zip(choice.orders, fees, strict=True)
    )
    sold = sum(order.qty for order in choice.orders)
    plan = basket.plan.legs[0]
    paid = (plan.cost + plan.fees) * sold // plan.qty
    pays = sold if choice.way is Way.COMPLETE else 0
    assert paid - flow - pays <= budget


def _flow(order: UnwindOrder) -> int:
    if order.action is Action.BUY:
        return -cost(order.limit, order.qty)
    return proceeds(order.limit, order.qty)


def test_a_basket_without_a_budget_of_its_own_has_the_usual_one() -> None:
    """0 means not stated: never unlimited."""
    shown = view(POLY, {300_000: TEN}, {310_000: TEN}), view(KALSHI, {}, {})
    assert CROSS.loss_budget == 0
    usual = attrs.evolve(PATIENT, budget_usd=Usd(MICRO))
    assert look(CROSS, [TEN, 0], *shown, limits=usual).way is Way.STUCK
