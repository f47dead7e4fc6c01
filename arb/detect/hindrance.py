"""Which legs stand in a basket's way, and what is left of it without them. Pure.

NO of any part of an exclusive set pays, so one quote of three contracts must not limit the basket
to three sets, nor one book in doubt forbid what the others allow; and where the cheaper twin is
sold out, the other one is there. What is left is a basket of its own: proved, inspected and swept
like any other.

A leg that is sold out at the best size, or dearer than the dollar it brings from there on, is all
that a smaller basket can be better without: with every leg cheaper than that to the end, each
further leg adds to the profit at any size up to there, and no size beyond earns more.
"""

import attrs

from arb.detect.all_in import all_in
from arb.detect.basket import Leg, Plan, Template
from arb.detect.blueprint import DOLLAR_PICO
from arb.detect.firewall import FirewallLimits, inspect_book
from arb.detect.reasons import Reason, Rejected
from arb.detect.witness import Twin, Twins
from arb.market.book import BookView
from arb.market.instruments import Action, MarketId
from arb.market.units import MICRO, Ns

_TOO_LITTLE = frozenset({Reason.DUST, Reason.TOO_SHALLOW, Reason.NO_PROFIT, Reason.THIN_EDGE})
"""Reasons that the leg with the least on offer may have given."""
_NEARLY = 100
"""A leg of which less than a hundredth is left at the best size limits it: rounding may have chosen a
size a little below the end."""


@attrs.frozen
class Look:
    """A basket and its books of one moment."""

    template: Template
    views: tuple[BookView, ...]
    """In the order of the legs."""
    twins: Twins


def lighten(
    look: Look,
    told: Plan | Rejected,
    dropped: frozenset[Leg],
    now_ns: Ns,
    limits: FirewallLimits,
) -> tuple[Look, frozenset[Leg]] | None:
    """Do without the legs that stood in the way of what was `told`, and without those `dropped`.

    Returns the lighter basket and all that was dropped by then; None where nothing stood in the
    way, or what is left is no basket or costs what it pays.
    """
    if look.template.redraft is None:
        return None
    hindering = _hindering(look, told, now_ns, limits)
    if not hindering:
        return None
    dropped |= hindering
    known = _known(look)
    template = look.template.redraft(look.template.legs, dropped, known.keys())
    if template is None:
        return None
    views = tuple(known[leg.market] for leg in template.legs)
    lighter = Look(template, views, _twins(look))
    return (lighter, dropped) if _pays(lighter) else None


def _hindering(
    look: Look, told: Plan | Rejected, now_ns: Ns, limits: FirewallLimits
) -> frozenset[Leg]:
    if isinstance(told, Plan):
        return _sold_out(look, told)
    if told.reason in _TOO_LITTLE:
        return _shallowest(look)
    return frozenset(
        leg
        for leg, view in zip(look.template.legs, look.views, strict=True)
        if leg.market == told.market or inspect_book(view, now_ns, limits) is not None
    )


def _sold_out(look: Look, plan: Plan) -> frozenset[Leg]:
    """Legs of which nothing cheaper than a dollar is left at the plan's size, or nearly nothing."""
    near = [
        (one.leg, view)
        for one, view in zip(plan.legs, look.views, strict=True)
        if _is_near(plan.size, one.depth)  # most legs go on behind their limit
    ]
    return frozenset(leg for leg, view in near if _is_near(plan.size, _reach(leg, view)))


def _is_near(size: int, depth: int) -> bool:
    return (depth - size) * _NEARLY < depth


def _shallowest(look: Look) -> frozenset[Leg]:
    """The legs with the least on offer, and all with less than the smallest order."""
    legs = look.template.legs
    reaches = [_reach(leg, view) for leg, view in zip(legs, look.views, strict=True)]
    least = max(min(reaches), max(view.market.min_qty for view in look.views) - 1)
    return frozenset(leg for leg, reach in zip(legs, reaches, strict=True) if reach <= least)


def _reach(leg: Leg, view: BookView) -> int:
    """How much of a leg costs less than a dollar with its fee, in micro-contracts."""
    costs = all_in(view.market.fees)
    return sum([qty for px, qty in view.ladder(leg.outcome, Action.BUY) if costs[px] < DOLLAR_PICO])


def _known(look: Look) -> dict[MarketId, BookView]:
    """Every book there is to look at, those of twins included."""
    known = {twin.view.market.id: twin.view for twin in look.twins.values()}
    return known | {view.market.id: view for view in look.views}


def _twins(look: Look) -> Twins:
    """The same witnesses, each the other way round as well: a twin may be bought instead."""
    views = {view.market.id: view for view in look.views}
    back = {
        twin.view.market.id: Twin(views[market], twin.inverted)
        for market, twin in look.twins.items()
        if market in views
    }
    return {**back, **look.twins}


def _pays(look: Look) -> bool:
    """Say whether the best prices leave anything."""
    cost = 0
    for leg, view in zip(look.template.legs, look.views, strict=True):
        ladder = view.ladder(leg.outcome, Action.BUY)
        if not ladder:
            return True  # the firewall says why not
        cost += all_in(view.market.fees)[ladder[0][0]]
    return cost < look.template.payout * MICRO
