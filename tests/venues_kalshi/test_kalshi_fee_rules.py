"""Which fee applies, exactly, or none at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.errors import UnknownRule
from arb.market.fees import KalshiFees
from arb.market.units import Ns
from arb.venues.kalshi.fee_rules import FeeRule, effective_rule, fee_rule, fees_of, waived

NOW = Ns(1_760_000_000_000_000_000)  # 2025-10-09T08:53:20Z
SERIES = FeeRule("quadratic", Decimal(1))


@pytest.mark.parametrize(
    ("fee_type", "multiplier", "taker", "maker"),
    [
        ("quadratic", "1", 70_000, 0),
        ("quadratic", "0.5", 35_000, 0),
        ("quadratic", "0", 0, 0),
        ("quadratic", "0.1", 7_000, 0),
        ("quadratic", "1.000", 70_000, 0),
        ("quadratic_with_maker_fees", "1", 70_000, 17_500),
        ("quadratic_with_maker_fees", "0.5", 35_000, 8_750),
        ("quadratic_with_combo_maker_fees", "1", 70_000, 35_000),
    ],
)
def test_coefficients_are_exact(fee_type: str, multiplier: str, taker: int, maker: int) -> None:
    """Type and multiplier give both coefficients to the millionth."""
    rule = FeeRule(fee_type, Decimal(multiplier))
    assert fees_of(rule) == KalshiFees(taker, maker, 100)
    assert fees_of(rule, 10_000) == KalshiFees(taker, maker, 10_000)


@pytest.mark.parametrize(
    ("fee_type", "multiplier"),
    [
        ("flat", "1"),
        ("margin_market_maker_program_fees", "1"),
        ("", "1"),
        ("quadratic", "0.00001"),
        ("quadratic_with_maker_fees", "0.0001"),
        ("quadratic", "-1"),
        ("quadratic", "11"),
        ("quadratic", "NaN"),
        ("quadratic", "Infinity"),
        ("quadratic", "1E+999999"),
        ("quadratic", "1E-999999"),
        ("quadratic", "0." + "3" * 40),
    ],
)
def test_a_fee_not_known_exactly_is_no_fee(fee_type: str, multiplier: str) -> None:
    """Unknown types, and multipliers that give no whole millionth, are UnknownRule."""
    with pytest.raises(UnknownRule):
        fees_of(FeeRule(fee_type, Decimal(multiplier)))


@given(st.integers(0, 10_000))
def test_a_multiplier_never_drifts(thousandths: int) -> None:
    """Every multiplier of three decimals is taken exactly, or refused."""
    rule = FeeRule("quadratic", Decimal(thousandths) / 1000)
    assert fees_of(rule).taker_ppm * 1000 == 70_000 * thousandths


def test_an_events_own_fee_comes_before_its_series() -> None:
    """A whole override wins, none falls back, half of one is nobody's rule."""
    assert effective_rule(SERIES, None, None) is SERIES
    own = effective_rule(SERIES, "quadratic_with_maker_fees", Decimal("0.5"))
    assert own == FeeRule("quadratic_with_maker_fees", Decimal("0.5"))
    assert effective_rule(SERIES, "quadratic", None) is None
    assert effective_rule(SERIES, None, Decimal(0)) is None
    assert effective_rule(None, None, None) is None
    assert fee_rule(None, Decimal(1)) is None
    with pytest.raises(UnknownRule):
        fees_of(None)


def test_a_waiver_counts_while_it_outlasts_the_catalogue() -> None:
    """A waiver of hours to come waives; one that ends within the hour, or has, does not."""
    assert waived("2025-10-09T10:00:00Z", NOW)
    assert not waived("2025-10-09T09:30:00Z", NOW)
    assert not waived("2025-10-08T00:00:00Z", NOW)
    assert not waived(None, NOW)
    assert not waived("", NOW)
    with pytest.raises(UnknownRule):
        waived("soon", NOW)
