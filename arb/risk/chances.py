"""How likely a basket is filled whole, and how likely by half: what a size has to be worth. Pure."""

from collections import Counter

import attrs

from arb.detect.basket import Plan
from arb.detect.history import Calibration, Trust
from arb.market.instruments import Venue
from arb.market.units import MICRO
from arb.messages import BasketEnd

WHOLE = frozenset({BasketEnd.COMPLETED, BasketEnd.REDUCED})
"""Ends by which every market of a basket took an order."""
NOTHING = frozenset({BasketEnd.MISSED})
"""Ends without any cost; every other end left something that nothing hedged."""
PRIOR_WEIGHT = 20
"""Baskets of our own that weigh as much as the prior."""


@attrs.frozen
class Priors:
    """What is expected of a lane while it has shown little, in millionths of all baskets begun."""

    whole_ppm: int
    half_ppm: int
    """Left half done, so that something has to be sold back."""


@attrs.frozen
class Chance:
    """Of one basket, in millionths; the rest of the cases costs nothing."""

    whole_ppm: int
    half_ppm: int


@attrs.define
class Chances:
    """Learns from every basket that ends, by lane."""

    calibration: Calibration
    """What former runs say of such a lane, venues and claimed edge."""
    priors: Priors
    _begun: Counter[str] = attrs.field(factory=Counter, init=False)
    _whole: Counter[str] = attrs.field(factory=Counter, init=False)
    _half: Counter[str] = attrs.field(factory=Counter, init=False)

    def learn(self, lane: str, end: BasketEnd) -> None:
        """A basket of a lane ended."""
        self._begun[lane] += 1
        self._whole[lane] += end in WHOLE
        self._half[lane] += end not in WHOLE and end not in NOTHING

    def of(self, plan: Plan, venues: frozenset[Venue], age_ns: int | None) -> Chance:
        """What to expect of a plan: its history where there is enough of it, else the priors.

        `age_ns`: of its oldest quote; None where nobody knows.
        """
        lane = str(plan.template.lane)
        spent = plan.cost + plan.fees
        edge_ppm = plan.profit * MICRO // spent if spent else 0
        known = self.calibration.chance(lane, venues, edge_ppm, age_ns)
        expected = self.priors.whole_ppm if known.trust is Trust.RECORD else known.ppm
        whole = _lean(self._whole[lane], self._begun[lane], expected)
        half = _lean(self._half[lane], self._begun[lane], self.priors.half_ppm)
        return Chance(whole, min(half, MICRO - whole))


def _lean(found: int, of: int, prior_ppm: int) -> int:
    return (found * MICRO + prior_ppm * PRIOR_WEIGHT) // (of + PRIOR_WEIGHT)
