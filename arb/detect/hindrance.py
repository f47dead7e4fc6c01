"""Which legs stand in a basket's way, and what is left of it without them. Pure.

NO of any part of an exclusive set pays, so one quote of three contracts must not limit the basket
to three sets, nor one book in doubt forbid what the others allow; and where the cheaper twin is
sold out, the other one is there. What is left is a basket of its own: proved, inspected and swept
like any other.

A leg that is sold out at the best size, or dearer than the dollar it brings from there on, is all
that a smaller basket can be better without: with every leg cheaper than that to the end, each
further leg adds to the profit at any size up to there, and no size beyond earns more.
"""

from collections.abc import Collection

import attrs

from arb.detect.all_in import all_in
from arb.detect.basket import Leg, Plan, Template
from arb.detect.blueprint import DOLLAR_PICO
from arb.detect.firewall import FirewallLimits, costs_of, inspect_book
from arb.detect.reasons import Reason, Rejected
from arb.detect.witness import Twin, Twins
from arb.market.book import BookView
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, Ns

_BOOKS = frozenset(
    {
        Reason.CLOSED,
        Reason.NOT_LIVE,
        Reason.DISAGREES,
        Reason.CROSSED,
        Reason.CLOCK,
        Reason.SILENT,
        Reason.OLD,
        Reason.NONSENSE,
        Reason.OFF_GRID,
    }
)
"""Reasons that a book gives by itself, and others may give as well."""
_LEGS = frozenset(
    {
        Reason.JUMP,
        Reason.ONE_SIDED,
        Reason.EMPTY_SIDE,
        Reason.FEE_SHARE,
        Reason.TOO_SHALLOW,
        Reason.NO_PROFIT,
    }
)
"""Reasons that one leg gives. An edge too good to be true is none: it is the whole basket's."""
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


def trusted(
    template: Template, barred: Collection[frozenset[MarketId]], known: Collection[MarketId]
) -> Template:
    """The basket without what it buys on the other venue by the word of a barred pair, if it can.

    Nothing is begun that relies on such a pair, however cheap the twin is: `barred` are both
    markets of each. A basket that relies on fewer claims relies on fewer pairs.
    """
    if template.redraft is None:
        return template
    suspects = [leg for leg in template.legs if any(leg.market in pair for pair in barred)]
    best = template
    for venue in sorted({leg.market.partition(":")[0] for leg in suspects}):
        dropped = [leg for leg in suspects if leg.market.startswith(f"{venue}:")]
        made = template.redraft(template.legs, dropped, known)
        if made is not None and len(made.proof.claims) < len(best.proof.claims):
            best = made
    return best


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
    hindering = _hindering(look, told, now_ns, limits)
    if not hindering or look.template.redraft is None:
        return None
    if not _may_pay(look, hindering):
        return None
    known = _known(look)
    dropped |= hindering
    template = look.template.redraft(look.template.legs, dropped, known.keys())
    if template is None:
        return None
    views = tuple(known[leg.market] for leg in template.legs)
    return Look(template, views, _twins(look)), dropped


def _hindering(
    look: Look, told: Plan | Rejected, now_ns: Ns, limits: FirewallLimits
) -> frozenset[Leg]:
    legs = look.template.legs
    if isinstance(told, Plan):
        return _sold_out(look, told)
    if told.reason in _LEGS:
        return frozenset(leg for leg in legs if leg.market == told.market)
    both = zip(legs, look.views, strict=True)
    if told.reason in _BOOKS:
        return frozenset(leg for leg, view in both if inspect_book(view, now_ns, limits))
    if told.reason is Reason.DUST:
        return frozenset(leg for leg, view in both if costs_of(leg, view)[1] >= DOLLAR_PICO)
    return frozenset()


def _may_pay(look: Look, hindering: Collection[Leg]) -> bool:
    """Say whether the best prices of what is left cost less than it can pay.

    A leg that is left out takes its dollar along; one that is replaced does not, and its twin was
    no cheaper.
    """
    left = look.template.payout * MICRO
    for leg, view in zip(look.template.legs, look.views, strict=True):
        goes = leg in hindering and leg.market not in look.twins
        left -= DOLLAR_PICO if goes else _least_cost(leg, view)
    return left > 0


def _least_cost(leg: Leg, view: BookView) -> int:
    """A contract at the best price with its fee, in pico-dollars; 0 where none is offered."""
    side = view.asks if leg.outcome is Outcome.YES else view.bids
    return costs_of(leg, view)[0] if side else 0


def _sold_out(look: Look, plan: Plan) -> frozenset[Leg]:
    """Legs of which nothing cheaper than a dollar is left at the plan's size, or nearly nothing."""
    near = [
        (one.leg, view)
        for one, view in zip(plan.legs, look.views, strict=True)
        if (one.depth - plan.size) * _NEARLY < one.depth  # most legs go on behind their limit
    ]
    return frozenset(leg for leg, view in near if _is_near(plan.size, _reach(leg, view)))


def _is_near(size: int, depth: int) -> bool:
    return (depth - size) * _NEARLY < depth


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
