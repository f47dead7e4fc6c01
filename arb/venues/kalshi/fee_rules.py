"""Which fee a market of Kalshi charges: the waiver, else the event's own, else the series'.

Unknown kinds are refused, never guessed: the list of fee types is open in practice.
"""

from decimal import Decimal
from fractions import Fraction

import attrs

from arb.market.errors import Malformed, UnknownRule
from arb.market.fees import (
    KALSHI_COMBO_MAKER_PPM,
    KALSHI_DIRECT_PRECISION,
    KALSHI_MAKER_PPM,
    KALSHI_TAKER_PPM,
    KalshiFees,
)
from arb.market.units import Ns
from arb.venues.kalshi.schema import parse_time

MAKER_PPM = {
    "quadratic": 0,
    "quadratic_with_maker_fees": KALSHI_MAKER_PPM,
    "quadratic_with_combo_maker_fees": KALSHI_COMBO_MAKER_PPM,
}
"""The maker's coefficient by fee type, in millionths; the taker's is the same in all of them.
"flat" is a table that the API does not publish."""
MULTIPLIER_AT_MOST = 10
"""0, 0.5 and 1 have been seen; beyond this it is not the number that we take it for."""
DIGITS_AT_MOST = 30
WAIVER_MARGIN_NS = Ns(3_600 * 1_000_000_000)
"""A waiver that ends within the hour is not counted on: catalogues live about as long."""


@attrs.frozen
class FeeRule:
    """A fee in the venue's words: a type, and a multiplier exactly as it was written."""

    fee_type: str
    multiplier: Decimal


def fee_rule(fee_type: str | None, multiplier: Decimal | None) -> FeeRule | None:
    """Put a series' two fields together; None where one is missing."""
    if fee_type is None or multiplier is None:
        return None
    return FeeRule(fee_type, multiplier)


def effective_rule(
    series: FeeRule | None, override_type: str | None, override_multiplier: Decimal | None
) -> FeeRule | None:
    """Return the rule of an event: its own where it has one, else its series'.

    Half an override is a rule that nobody has explained: None.
    """
    if override_type is None and override_multiplier is None:
        return series
    return fee_rule(override_type, override_multiplier)


def fees_of(rule: FeeRule | None, precision: int = KALSHI_DIRECT_PRECISION) -> KalshiFees:
    """Turn a rule into coefficients. Raises UnknownRule where it is not known exactly."""
    if rule is None or rule.fee_type not in MAKER_PPM:
        raise UnknownRule(f"no known fee: {rule}")
    return KalshiFees(
        taker_ppm=_scaled(KALSHI_TAKER_PPM, rule.multiplier),
        maker_ppm=_scaled(MAKER_PPM[rule.fee_type], rule.multiplier),
        precision=precision,
    )


def waived(expires: str | None, now_ns: Ns) -> bool:
    """Say whether a market's fees are waived for long enough to count on it.

    Raises UnknownRule where the time cannot be read.
    """
    if not expires:
        return False
    try:
        return parse_time(expires) > now_ns + WAIVER_MARGIN_NS
    except Malformed as error:
        raise UnknownRule(f"fee_waiver_expiration_time: {error}") from error


def _scaled(ppm: int, multiplier: Decimal) -> int:
    readable = multiplier.is_finite() and len(multiplier.as_tuple().digits) <= DIGITS_AT_MOST
    if not (readable and 0 <= multiplier <= MULTIPLIER_AT_MOST):
        raise UnknownRule(f"no fee multiplier: {multiplier}")
    product = Fraction(multiplier) * ppm
    if product.denominator != 1:
        raise UnknownRule(f"a fee of a fraction of a millionth: {ppm} x {multiplier}")
    return product.numerator
