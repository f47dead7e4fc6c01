"""The ways out of a basket that is half done, each with what it is worth after fees. Pure.

All of them are measured alike: what comes of the exposed contracts from now on, less what they
cost. What was paid is gone either way, but a budget bounds how much of it may be lost.
"""

from collections.abc import Iterable, Sequence

import attrs

from arb.market.book import BookView
from arb.market.errors import OffGrid
from arb.market.instruments import Action, Market, Outcome
from arb.market.units import MICRO, Px, Qty, Usd
from arb.messages import Approved, Way
from arb.trade.execution import hedged, orderable
from arb.trade.quotes import Views, beyond, known, on_grid, take, total, worth


@attrs.frozen
class UnwindLimits:
    """What an unwind may do, and what it believes of waiting."""

    give_ticks: int
    """Grid steps that a limit may lie beyond the worst level needed."""
    hold_usd: Usd
    """The most that may have been paid for what is held to resolution without a person."""
    hold_haircut_ppm: int
    """What the middle of a book is too high by, for somebody who has to hold."""
    rest_chance_ppm: int
    """How likely an order at a better price is filled while it rests."""
    rest_slip: Px
    """How much worse a sale becomes by waiting, micro-dollars a contract."""
    budget_usd: Usd
    """The most that an unwind may lose where the basket does not say."""


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
    rests: bool = False


@attrs.frozen
class Scene:
    """What there is to decide on."""

    approved: Approved
    bought: tuple[int, ...]
    views: Views
    limits: UnwindLimits
    rested: bool
    """Whether offering at a better price was tried, or may not be."""

    @property
    def exposed(self) -> list[tuple[int, int]]:
        """Leg numbers, and what each holds beyond the complete sets."""
        sets = hedged(self.bought)
        return [(number, held - sets) for number, held in enumerate(self.bought) if held > sets]

    def view(self, number: int) -> BookView | None:
        """The book of a leg, where it is known."""
        return known(self.views, self.approved.markets[number].id)

    def outcome(self, number: int) -> Outcome:
        """What a leg holds."""
        return self.approved.plan.legs[number].leg.outcome

    def paid(self, parts: Iterable[tuple[int, int]]) -> int:
        """What so many contracts of these legs cost by the plan, rounded up."""
        legs = self.approved.plan.legs
        return sum(
            -(-(legs[number].cost + legs[number].fees) * qty // legs[number].qty)
            for number, qty in parts
        )


@attrs.frozen
class Option:
    """One way out. `gain` is expected, `worst` what is certain; both micro-dollars."""

    way: Way
    orders: tuple[UnwindOrder, ...]
    gain: int
    worst: int
    paid: int
    """What the contracts that it gets rid of cost."""

    @property
    def loss(self) -> Usd:
        """What it is expected to lose."""
        return Usd(self.paid - self.gain)

    @property
    def risk(self) -> Usd:
        """What it may lose at the most."""
        return Usd(self.paid - self.worst)


def sell(scene: Scene, ticks: int) -> Option | None:
    """Sell what is exposed as far as somebody bids for it."""
    made = _orders(scene, scene.exposed, Action.SELL, ticks)
    paying = tuple(order for order in made if order.worth > 0)
    if not paying:
        return None
    gain = sum(order.worth for order in paying)
    worst = sum(_at_limit(order) for order in paying)
    paid = scene.paid((order.leg, order.qty) for order in paying)
    return Option(Way.SELL, paying, gain, worst, paid)


def complete(scene: Scene, ticks: int) -> Option | None:
    """Buy all that is missing: every leg of it, or nothing."""
    most, sets = max(scene.bought), hedged(scene.bought)
    missing = [(number, most - held) for number, held in enumerate(scene.bought) if held < most]
    made = _orders(scene, missing, Action.BUY, ticks)
    wanted = dict(missing)
    if not made or len(made) < len(missing) or any(o.qty < wanted[o.leg] for o in made):
        return None
    payout = scene.approved.plan.template.payout * (most - sets) // MICRO
    gain = payout + sum(order.worth for order in made)
    worst = payout + sum(_at_limit(order) for order in made)
    return Option(Way.COMPLETE, made, gain, worst, scene.paid(scene.exposed))


def rest(scene: Scene, fallback: Option | None) -> Option | None:
    """Offer what is exposed just below what others ask, and fall back on selling after that."""
    if scene.rested:
        return None
    made = [_resting(scene, number, qty) for number, qty in scene.exposed]
    orders = tuple(order for order in made if order is not None)
    if not orders:
        return None
    chance, offered = scene.limits.rest_chance_ppm, sum(order.worth for order in orders)
    slip = sum(scene.limits.rest_slip * order.qty // MICRO for order in orders)
    sold = max(0, (fallback.gain if fallback is not None else 0) - slip)
    gain = (chance * offered + (MICRO - chance) * sold) // MICRO
    paid = scene.paid((order.leg, order.qty) for order in orders)
    return Option(Way.REST, orders, gain, offered, paid)


def hold(scene: Scene) -> Option | None:
    """Keep what is exposed, where it was cheap: at worst it pays nothing."""
    paid = scene.paid(scene.exposed)
    if paid > scene.limits.hold_usd or any(scene.view(n) is None for n, _ in scene.exposed):
        return None
    fair = sum(_middle(scene, number) * qty // MICRO for number, qty in scene.exposed)
    gain = fair * (MICRO - scene.limits.hold_haircut_ppm) // MICRO
    return Option(Way.HOLD, (), gain, 0, paid)


def _middle(scene: Scene, number: int) -> int:
    """Between bid and ask, micro-dollars a contract; 0 where nobody bids or nobody asks."""
    view = scene.view(number)
    if view is None:
        return 0
    bids = view.ladder(scene.outcome(number), Action.SELL)
    asks = view.ladder(scene.outcome(number), Action.BUY)
    return (bids[0][0] + asks[0][0]) // 2 if bids and asks else 0


def _orders(
    scene: Scene, parts: Sequence[tuple[int, int]], action: Action, ticks: int
) -> tuple[UnwindOrder, ...]:
    made = [_order(scene, number, action, qty, ticks) for number, qty in parts]
    return tuple(order for order in made if order is not None)


def _order(scene: Scene, number: int, action: Action, qty: int, ticks: int) -> UnwindOrder | None:
    """The order for one leg, as far as the book goes; None where there is none to make."""
    market, outcome = scene.approved.markets[number], scene.outcome(number)
    view = scene.view(number)
    if view is None:
        return None
    taken = take(view.ladder(outcome, action), qty // market.lot * market.lot)
    got = Qty(total(taken) // market.lot * market.lot)
    if not got:
        return None
    taken = take(taken, got)
    limit = beyond(view.market, taken[-1][0], outcome, action, ticks)
    if not orderable(market, got, limit):
        return None
    return UnwindOrder(number, market, outcome, action, got, limit, worth(market, taken, action))


def _at_limit(order: UnwindOrder) -> Usd:
    """What an order brings (or costs, below 0) where all of it is had at its limit."""
    return worth(order.market, [(order.limit, order.qty)], order.action)


def _resting(scene: Scene, number: int, qty: int) -> UnwindOrder | None:
    """An offer one step below the best other one, above what is bid; None where there is no room.

    Without any other offer it asks for what was paid.
    """
    market, outcome = scene.approved.markets[number], scene.outcome(number)
    view = scene.view(number)
    size = Qty(qty // market.lot * market.lot)
    if view is None or not size:
        return None
    bids = view.ladder(outcome, Action.SELL)
    asks = view.ladder(outcome, Action.BUY)
    step = market.grid.finest_step
    ask = asks[0][0] - step if asks else scene.approved.plan.legs[number].limit
    bid = bids[0][0] if bids else 0
    if not bid < ask < MICRO or not orderable(market, size, Px(ask)):
        return None
    limit = _priced(view.market, Px(ask), outcome)
    if limit is None or limit <= bid:
        return None
    fee = market.fees.maker_order().fill(limit, size, buys=False)
    brings = Usd(limit * size // MICRO - fee)
    if brings <= 0:
        return None
    return UnwindOrder(number, market, outcome, Action.SELL, size, limit, brings, rests=True)


def _priced(market: Market, px: Px, outcome: Outcome) -> Px | None:
    """The price on the grid that is not below `px`; None where the grid has none."""
    try:
        return on_grid(market, px, outcome, up=True)
    except OffGrid:
        return None
