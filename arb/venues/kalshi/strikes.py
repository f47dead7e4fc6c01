"""What Kalshi says of a market's bounds apart from its text. Pure.

A strike is read only where the whole of it is understood: a bound that is missing, of the wrong
kind or finer than a millionth, or any custom or functional part beside it, means none.
"""

from decimal import Decimal

from arb.market.instruments import Strike, StrikeKind
from arb.market.units import MICRO
from arb.venues.kalshi.schema import MarketBody

_MOST = Decimal(10**12)
"""No question is about a larger number."""
_FLOOR_ONLY = (StrikeKind.GREATER, StrikeKind.GREATER_OR_EQUAL)
_CAP_ONLY = (StrikeKind.LESS, StrikeKind.LESS_OR_EQUAL)


def strike_of(body: MarketBody) -> Strike | None:
    """Read `strike_type`, `floor_strike` and `cap_strike`; None where they do not say everything.

    Markets of one event may be about several things (players, teams): a `custom_strike` beside the
    numbers says so (recorded traffic), and then the numbers do not compare.
    """
    if body.custom_strike or body.functional_strike or body.strike_type not in list(StrikeKind):
        return None
    kind = StrikeKind(str(body.strike_type))
    floor, cap = _millionths(body.floor_strike), _millionths(body.cap_strike)
    if kind in _FLOOR_ONLY:
        whole = floor is not None and body.cap_strike is None
    elif kind in _CAP_ONLY:
        whole = cap is not None and body.floor_strike is None
    else:
        whole = floor is not None and cap is not None and floor < cap
    return Strike(kind, floor, cap) if whole else None


def _millionths(bound: Decimal | None) -> int | None:
    if bound is None or not bound.is_finite() or abs(bound) > _MOST:
        return None
    scaled = bound * MICRO
    return int(scaled) if scaled == scaled.to_integral_value() else None
