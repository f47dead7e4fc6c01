"""A basket bought by half: sell back what is exposed, or buy what is missing, or hold.

Whichever leaves more money after fees, at the depth that the books show now. What was paid is
gone either way and does not enter.
"""

from collections.abc import Mapping, Sequence

import attrs

from arb.market.book import BookView, Ladder
from arb.market.errors import OffGrid
from arb.market.instruments import Action, Market, MarketId, Outcome
from arb.market.units import MICRO, ONE, Px, Qty, Usd, complement, cost, proceeds
from arb.messages import Approved
from arb.trade.execution import hedged, orderable

Views = Mapping[MarketId, BookView]


@attrs.frozen
class UnwindOrder:
    """One order of an unwind; `worth` is what it brings (or costs, below 0) after fees."""

    leg: int
    market: Market
    outcome: Outcome
    action: Action
    qty: Qty
    limit: Px
    worth: Usd


@attrs.frozen
class Choice:
    """What to do now. No orders: hold, for the `reason`."""

    orders: tuple[UnwindOrder, ...]
    reason: str


def choose(approved: Approved, bought: Sequence[int], views: Views, *, give_ticks: int) -> Choice:
    """Compare selling the excess with buying what is missing.

    `give_ticks` are grid steps that a limit may lie beyond the worst level needed, so that a
    small move does not leave the unwind behind.
    """
    scene = _Scene(approved, tuple(bought), views, give_ticks)
    options = [option for option in (_sell(scene), _complete(scene)) if option.gain > 0]
    best = max(options, key=lambda option: option.gain, default=None)
    if best is None:
        return Choice((), "too small to sell or complete, or nobody who would pay for it")
    return Choice(best.orders, best.reason)


@attrs.frozen
class _Scene:
    """What there is to decide on."""

    approved: Approved
    bought: tuple[int, ...]
    views: Views
    give_ticks: int


@attrs.frozen
class _Option:
    """Something to do; holding on to everything would gain 0 at the least."""

    gain: int
    orders: tuple[UnwindOrder, ...]
    reason: str


_NOTHING = _Option(0, (), "")


def _sell(scene: _Scene) -> _Option:
    sets = hedged(scene.bought)
    orders = [
        _order(scene, number, Action.SELL, held - sets)
        for number, held in enumerate(scene.bought)
        if held > sets
    ]
    made = tuple(order for order in orders if order is not None and order.worth > 0)
    return _Option(sum(order.worth for order in made), made, "sell what is exposed")


def _complete(scene: _Scene) -> _Option:
    most = max(scene.bought)
    orders = [
        _order(scene, number, Action.BUY, most - held)
        for number, held in enumerate(scene.bought)
        if held < most
    ]
    made = tuple(order for order in orders if order is not None)
    whole = [order for order in made if order.qty + scene.bought[order.leg] >= most]
    if not made or len(whole) < len(orders):
        return _NOTHING
    payout = scene.approved.plan.template.payout * (most - hedged(scene.bought)) // MICRO
    return _Option(payout + sum(order.worth for order in made), made, "buy what is missing")


def _order(scene: _Scene, number: int, action: Action, qty: int) -> UnwindOrder | None:
    """The order for one leg, as far as the book goes; None where there is none to make."""
    market = scene.approved.markets[number]
    outcome = scene.approved.plan.legs[number].leg.outcome
    view = scene.views.get(market.id)
    if view is None or not view.live:
        return None
    size = Qty(qty // market.lot * market.lot)
    taken = _take(view.ladder(outcome, action), size)
    if not taken:
        return None
    limit = _beyond(view.market, taken[-1][0], outcome, action, scene.give_ticks)
    got = Qty(sum(part for _, part in taken))
    if not orderable(market, got, limit):
        return None
    return UnwindOrder(number, market, outcome, action, got, limit, _worth(market, taken, action))


def _take(ladder: Ladder, qty: Qty) -> list[tuple[Px, Qty]]:
    taken: list[tuple[Px, Qty]] = []
    left: int = qty
    for px, offered in ladder:
        if left <= 0:
            break
        part = Qty(min(left, offered))
        taken.append((px, part))
        left -= part
    return taken


def _worth(market: Market, taken: Sequence[tuple[Px, Qty]], action: Action) -> Usd:
    fees = market.fees.taker_order()
    total = 0
    for px, qty in taken:
        buys = action is Action.BUY
        total += -cost(px, qty) if buys else proceeds(px, qty)
        total -= fees.fill(px, qty, buys=buys)
    return Usd(total)


def _beyond(market: Market, px: Px, outcome: Outcome, action: Action, give_ticks: int) -> Px:
    """The limit some grid steps worse than `px`, on the grid; `px` where the grid has none."""
    give = give_ticks * market.grid.finest_step
    worse = px + give if action is Action.BUY else px - give
    worse = min(max(worse, 1), ONE - 1)
    try:
        return _on_grid(market, Px(worse), outcome, up=action is Action.SELL)
    except OffGrid:
        return px


def _on_grid(market: Market, px: Px, outcome: Outcome, *, up: bool) -> Px:
    """Move a price of the outcome onto the grid, which is in YES prices."""
    if outcome is Outcome.YES:
        return market.grid.at_least(px) if up else market.grid.at_most(px)
    yes = complement(px)
    return complement(market.grid.at_most(yes) if up else market.grid.at_least(yes))
