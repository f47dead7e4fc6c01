"""The last look before the first leg of a basket: is what was approved still there?

A basket is abandoned for nothing more than a doubt: nothing was bought yet.
"""

import attrs

from arb.market.instruments import Action
from arb.market.units import MICRO, Ns, Px, Qty
from arb.messages import Approved, Level
from arb.trade.execution import sizes_orderable
from arb.trade.quotes import Views, known, take, total, worth
from arb.trade.sequence import fit


@attrs.frozen
class PretradeLimits:
    """How far the books may have moved between the decision and the first order."""

    ttl_ns: int
    """The age at which an opportunity is no longer believed."""
    max_price_ppm: int
    """How much dearer than its limit a leg may have become, in millionths of it."""
    max_cost_ppm: int
    """How much dearer the whole basket may have become, in millionths of its planned cost."""
    min_edge_ppm: int
    """The least that must be left of the edge that was found, in millionths of it."""
    most_legs_unread: int
    """With more legs than this the books are read afresh, and a leg that moved ends it."""


@attrs.frozen
class Verdict:
    """Whether the basket may be begun, and at which size at the most."""

    size: Qty
    objection: str
    """"" where nothing speaks against it."""


def inspect(
    approved: Approved, views: Views, now_ns: Ns, standing: Level, limits: PretradeLimits
) -> Verdict:
    """Hold an approved basket against the books of this moment."""
    objection = (
        _stopped(standing) or _stale(approved, now_ns, limits) or _moved(approved, views, limits)
    )
    if objection:
        return Verdict(Qty(0), objection)
    lot = max(market.lot for market in approved.markets)
    numbers = range(len(approved.plan.legs))
    size = Qty(min(approved.plan.size, fit(approved, numbers, views)) // lot * lot)
    if size < approved.plan.size and wants_fresh(approved, limits):
        return Verdict(Qty(0), "less is on offer than before")
    if not sizes_orderable(approved, numbers, size):
        return Verdict(Qty(0), "too little is on offer now")
    return Verdict(size, _poorer(approved, views, size, limits))


def wants_fresh(approved: Approved, limits: PretradeLimits) -> bool:
    """Say whether the books must be read by request: many legs, of which one may have moved."""
    return len(approved.plan.legs) > limits.most_legs_unread


def _stopped(standing: Level) -> str:
    return "" if standing is Level.RUNNING else f"trading is stopped: {standing.name.lower()}"


def _stale(approved: Approved, now_ns: Ns, limits: PretradeLimits) -> str:
    age_ns = now_ns - approved.seen_ns
    if age_ns > limits.ttl_ns:
        return f"seen {age_ns // 1_000_000} ms ago"
    return ""


def _moved(approved: Approved, views: Views, limits: PretradeLimits) -> str:
    """Name the first leg whose book is not known, or whose best price lies beyond what is borne."""
    for plan, market in zip(approved.plan.legs, approved.markets, strict=True):
        view = known(views, market.id)
        if view is None:
            return f"the book of {market.id} is not known"
        if view.crossed:
            return f"the book of {market.id} is crossed"
        ladder = view.ladder(plan.leg.outcome, Action.BUY)
        if not ladder:
            return f"nothing is on offer in {market.id}"
        if ladder[0][0] > most_px(plan.limit, limits):
            return f"{market.id} moved from {plan.limit} to {ladder[0][0]} micro-dollars"
    return ""


def most_px(limit: Px, limits: PretradeLimits) -> Px:
    """The best price beyond which a leg has moved away from its limit."""
    return Px(limit + limit * limits.max_price_ppm // MICRO)


def _poorer(approved: Approved, views: Views, size: Qty, limits: PretradeLimits) -> str:
    """Say what became of cost and edge at this size, where it is too much."""
    cost = cost_now(approved, views, size)
    plan = approved.plan
    planned = -(-(plan.cost + plan.fees) * size // plan.size)
    if cost is None:
        return "less is on offer than before"
    if cost * MICRO > planned * (MICRO + limits.max_cost_ppm):
        return f"it costs {cost} instead of {planned} micro-dollars"
    edge = plan.template.payout * size // MICRO - cost
    if edge * plan.size * MICRO < plan.profit * size * limits.min_edge_ppm:
        return f"an edge of {edge} is left of {plan.profit * size // plan.size} micro-dollars"
    return ""


def cost_now(approved: Approved, views: Views, size: Qty) -> int | None:
    """What `size` sets cost now with fees, micro-dollars; None where they are not all there."""
    spent = 0
    for plan, market in zip(approved.plan.legs, approved.markets, strict=True):
        view = known(views, market.id)
        if view is None:
            return None
        taken = take(view.ladder(plan.leg.outcome, Action.BUY), size)
        if total(taken) < size:
            return None
        spent -= worth(market, taken, Action.BUY)
    return spent
