"""The chance that a price ends at or above a strike: a driftless random walk in logarithms.

Floats live here and nowhere near money: prices come in as ints and the chance leaves as an int.
"""

import math

import attrs

from arb.market.spot import SpotPx
from arb.market.units import MICRO

_ROOT_2 = math.sqrt(2.0)


@attrs.frozen
class Walk:
    """How uncertain the final price is."""

    variance_per_s: float
    """Of the logarithm of the price."""
    left_s: float
    """Seconds until the end, more than `averaging_s`."""
    averaging_s: float
    """The final price is the average over this many seconds before the end; 0: the last price."""
    basis_ppm: int
    """How far our price and the one that settles may lie apart, one standard deviation."""

    @property
    def deviation(self) -> float:
        """The standard deviation of the logarithm of the final price.

        An average over the last w of T seconds varies like a walk of T - 2w/3: before the average
        begins the price moves freely, and within it a mean of a walk keeps a third of its variance.
        """
        moving_s = self.left_s - 2.0 * self.averaging_s / 3.0
        basis = self.basis_ppm / MICRO
        return math.sqrt(self.variance_per_s * moving_s + basis * basis)


def chance_at_or_above(spot: SpotPx, strike: SpotPx, walk: Walk) -> int:
    """Millionths, 0 to 1,000,000. Raises ValueError where the average has begun, or is all known."""
    if walk.left_s <= walk.averaging_s:
        raise ValueError("the averaging has begun: part of the final price is known already")
    deviation = walk.deviation
    if deviation <= 0.0:
        raise ValueError("a price without uncertainty is no estimate")
    distance = math.log(spot / strike) / deviation
    return round(MICRO * 0.5 * (1.0 + math.erf(distance / _ROOT_2)))
