"""From a template and its books to an opportunity, or to the reason why there is none."""

import hashlib
from collections.abc import Sequence
from typing import NewType

import attrs

from arb.detect.basket import Leg, Plan, Template
from arb.detect.firewall import FirewallLimits, inspect
from arb.detect.hindrance import Look, lighten
from arb.detect.history import NOTHING_LEARNT, Calibration
from arb.detect.reasons import Rejected
from arb.detect.score import Score, grade
from arb.detect.sweep import Offer, SweepLimits, sweep
from arb.detect.witness import NO_TWINS, Twins
from arb.market.book import BookView
from arb.market.units import Ns, Qty

OpportunityId = NewType("OpportunityId", str)
"""The same for the same basket in the same span of time: not to be acted on twice."""

_STYLE = "take"
"""How a basket is traded: all legs take what is offered."""
_DIGEST_BYTES = 8
"""Of the template's id: enough to tell millions of baskets apart."""


@attrs.frozen
class Criteria:
    """What an opportunity must meet."""

    firewall: FirewallLimits
    sweep: SweepLimits
    bucket_ns: int
    """Nanoseconds within which the same basket counts as the same opportunity."""
    calibration: Calibration = NOTHING_LEARNT
    """What former attempts say about the chance of being filled."""


@attrs.frozen
class Opportunity:
    """A basket worth taking, with the books that say so."""

    id: OpportunityId
    plan: Plan
    views: tuple[BookView, ...]
    """In the order of the legs."""
    seen_ns: Ns
    """When it was found, by our clock."""
    score: Score
    """How good it is beyond its claimed profit, with the breakdown."""

    def quote_age_ns(self, now_ns: Ns) -> int:
        """Since the leg's book changed that changed longest ago."""
        return now_ns - min(view.seen_ns for view in self.views)


def find(
    template: Template,
    views: Sequence[BookView],
    now_ns: Ns,
    criteria: Criteria,
    twins: Twins = NO_TWINS,
) -> Opportunity | Rejected:
    """Look at a basket now: `views` in the order of its legs.

    `twins` are books of the other venue about the same questions, as they are now. A basket that
    can do without some of its legs is looked at without those that stand in its way, too: what
    earns most is returned, and where nothing does, why the whole of it does not. Raises ValueError
    where a view is not of its leg's market.
    """
    found = _find(template, views, now_ns, criteria, twins)
    if template.redraft is None:
        return found
    return _best(found, Look(template, tuple(views), twins), now_ns, criteria)


def _best(
    found: Opportunity | Rejected, look: Look, now_ns: Ns, criteria: Criteria
) -> Opportunity | Rejected:
    """Do without one hindrance after the other, and keep what earns most."""
    best, dropped = found, frozenset[Leg]()
    while True:
        told = found.plan if isinstance(found, Opportunity) else found
        lighter = lighten(look, told, dropped, now_ns, criteria.firewall)
        if lighter is None:
            return best
        look, dropped = lighter
        found = _find(look.template, look.views, now_ns, criteria, look.twins)
        if isinstance(found, Opportunity) and found.plan.profit > _profit(best):
            best = found


def _profit(found: Opportunity | Rejected) -> int:
    return found.plan.profit if isinstance(found, Opportunity) else 0


def _find(
    template: Template, views: Sequence[BookView], now_ns: Ns, criteria: Criteria, twins: Twins
) -> Opportunity | Rejected:
    """Look at a basket as it is."""
    objection = inspect(template, views, now_ns, criteria.firewall, twins)
    if objection is None:
        legs = zip(template.legs, views, strict=True)
        found = sweep(template, [Offer.of(view, leg.outcome) for leg, view in legs], criteria.sweep)
        if isinstance(found, Plan):
            known_as = opportunity_id(template, now_ns, criteria.bucket_ns)
            score = grade(found, views, now_ns, criteria.calibration)
            return Opportunity(known_as, found, tuple(views), now_ns, score)
        objection = found
    return Rejected(template, objection.reason, objection.detail, objection.market)


def resize(opportunity: Opportunity, most: Qty, criteria: Criteria) -> Plan | None:
    """Plan an opportunity again at no more than `most` sets, from the same books.

    None where no such size is worth taking.
    """
    template = opportunity.plan.template
    legs = zip(template.legs, opportunity.views, strict=True)
    offers = [Offer.of(view, leg.outcome) for leg, view in legs]
    found = sweep(template, offers, attrs.evolve(criteria.sweep, max_size=most))
    return found if isinstance(found, Plan) else None


def opportunity_id(template: Template, now_ns: Ns, bucket_ns: int) -> OpportunityId:
    """Name a basket in a span of time, stably across runs: lane, legs, style, span."""
    digest = hashlib.blake2s(template.id.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return OpportunityId(f"{template.lane}-{digest}-{_STYLE}-{now_ns // bucket_ns}")
