"""How numbers and times are written."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.errors import Malformed, UnknownRule
from arb.market.fees import KalshiFees
from arb.market.units import Ns
from arb.sim.kalshi import numbers
from arb.sim.kalshi.listing import STRUCTURES, KalshiEvent, KalshiSeries, fees_of, grid_of


def test_decimals() -> None:
    """Prices have four decimals, fees six, counts two, sums as many as they need of 4 and 6."""
    assert numbers.dollars(560_000) == "0.5600"
    assert numbers.cost(9_900) == "0.009900"
    assert numbers.count(-54_000_000) == "-54.00"
    assert numbers.money(5_900_000) == "5.9000"
    assert numbers.money(3_606_930) == "3.606930"
    assert numbers.balance(993_930_650) == "993.9306"
    assert numbers.cents(993_930_600) == 99393
    assert (numbers.number(1_000_000), numbers.number(500_000)) == (1, 0.5)


def test_nothing_is_rounded_in_print() -> None:
    """A price finer than four decimals is an error, not a rounded price."""
    with pytest.raises(Malformed):
        numbers.dollars(560_050)


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (1_760_000_000_000_000_000, "2025-10-09T08:53:20Z"),
        (1_760_000_000_120_000_000, "2025-10-09T08:53:20.12Z"),
        (1_760_000_000_123_456_789, "2025-10-09T08:53:20.123456Z"),
        (0, "1970-01-01T00:00:00Z"),
    ],
)
def test_times(ns: int, text: str) -> None:
    """Moments are UTC with a Z, to the microsecond, without closing zeros."""
    assert numbers.rfc3339(Ns(ns)) == text


@pytest.mark.parametrize("text", ["1", "1.5", "0.01", "100.00", "133.59"])
def test_counts(text: str) -> None:
    """Counts have up to two decimals."""
    assert numbers.is_count(text)


@pytest.mark.parametrize(
    "text", ["", "1.", ".5", "-1", "+1", "1e3", "1.001", " 1", "nan", "\u0663"]
)
def test_no_counts(text: str) -> None:
    """Signs, exponents, spaces, three decimals and foreign digits are no counts."""
    assert not numbers.is_count(text)


@given(st.integers(0, 10**12), st.integers(1, 10**9))
def test_average_is_half_up(total: int, lots: int) -> None:
    """A mean is the decimal quotient, rounded half up at the fourth decimal."""
    parts = lots * 10_000
    exact = (Decimal(total) / Decimal(parts)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert Decimal(numbers.average(total, parts)).scaleb(-6) == exact


def test_whole_cents_are_valid_everywhere() -> None:
    """Every price structure of the venue takes every whole cent, and never 0 or 1."""
    for bands in STRUCTURES.values():
        grid = grid_of(bands)
        assert all(grid.holds(cent * 10_000) for cent in range(1, 100))
        assert not grid.holds(0)
        assert not grid.holds(1_000_000)


def test_structures_have_their_steps() -> None:
    """A sample of the finer structures, at the edges and in the middle."""
    tapered = grid_of(STRUCTURES["tapered_deci_cent"])
    assert tapered.holds(27_000)
    assert not tapered.holds(127_000)
    combo = grid_of(STRUCTURES["center_deci_edge_centi_cent"])
    assert combo.holds(9_900)
    assert combo.holds(995_100)
    assert not combo.holds(500_100)


@pytest.mark.parametrize(
    ("fee_type", "multiplier", "taker", "maker"),
    [
        ("quadratic", 1_000_000, 70_000, 0),
        ("quadratic", 500_000, 35_000, 0),
        ("quadratic", 0, 0, 0),
        ("quadratic_with_maker_fees", 1_000_000, 70_000, 17_500),
        ("quadratic_with_maker_fees", 500_000, 35_000, 8_750),
        ("quadratic_with_combo_maker_fees", 1_000_000, 70_000, 35_000),
    ],
)
def test_fee_types(fee_type: str, multiplier: int, taker: int, maker: int) -> None:
    """Each fee type has its coefficients, times the multiplier."""
    series = KalshiSeries("S", "S", fee_type=fee_type, fee_multiplier_ppm=multiplier)
    assert fees_of(series, KalshiEvent("E", "S", "E")) == KalshiFees(taker, maker)


def test_event_overrides_come_first() -> None:
    """An event's own fee type and multiplier replace the series', each by itself."""
    series = KalshiSeries("S", "S", fee_type="quadratic_with_maker_fees")
    half = KalshiEvent("E", "S", "E", fee_multiplier_ppm=500_000)
    assert fees_of(series, half) == KalshiFees(35_000, 8_750)
    plain = KalshiEvent("E", "S", "E", fee_type="quadratic")
    assert fees_of(series, plain) == KalshiFees(70_000, 0)


@pytest.mark.parametrize("fee_type", ["flat", "margin_market_maker_program_fees", ""])
def test_fee_types_without_formula(fee_type: str) -> None:
    """A fee type without a published formula cannot be listed."""
    with pytest.raises(UnknownRule, match="no formula"):
        fees_of(KalshiSeries("S", "S", fee_type=fee_type), KalshiEvent("E", "S", "E"))


def test_multiplier_finer_than_a_millionth() -> None:
    """A multiplier that leaves no whole coefficient is refused."""
    with pytest.raises(UnknownRule, match="too fine"):
        fees_of(KalshiSeries("S", "S", fee_multiplier_ppm=333), KalshiEvent("E", "S", "E"))
