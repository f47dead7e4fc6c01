"""Single fields of foreign JSON."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.errors import Unintelligible
from arb.market.units import MICRO, decimal_text
from arb.venues.polymarket.fields import decode, micros, moment, price, quantity, texts


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_a_json_number_keeps_every_digit(amount: int) -> None:
    """A number written with up to six decimals is read back exactly, quoted or bare."""
    written = decimal_text(amount)
    assert micros(decode(written)) == amount
    assert micros(decode(f'"{written}"')) == amount


@pytest.mark.parametrize(
    "value", [0.5, True, None, [], {}, "", "nan", "1e3", " 1", "0.1234567", Decimal("1e400")]
)
def test_a_value_that_is_no_exact_number_is_refused(value: object) -> None:
    """Floats, booleans and anything that is not a plain decimal are refused, never rounded."""
    with pytest.raises(Unintelligible):
        micros(value)


def test_a_price_and_a_quantity_have_their_ranges() -> None:
    """A price lies between 0 and 1, a quantity is never negative."""
    assert price("1") == MICRO
    for value in ("1.01", "-0.1"):
        with pytest.raises(Unintelligible):
            price(value)
    with pytest.raises(Unintelligible):
        quantity("-1")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1790000000", 1_790_000_000),
        (1790000000, 1_790_000_000),
        ("1790000000000", 1_790_000_000),
        ("1790000000000000000", 1_790_000_000),
        ("2024-01-01T00:00:00Z", 1_704_067_200),
        ("2026-01-05 02:30:00+00", 1_767_580_200),
    ],
)
def test_times_come_in_several_units(value: object, seconds: int) -> None:
    """Seconds, milliseconds, nanoseconds and ISO texts are told apart."""
    assert moment(value) == seconds * 1_000_000_000


@pytest.mark.parametrize("value", ["", "soon", "2024-01-01", "9" * 40, True, 1.5, "-5", "١٢٣"])
def test_what_is_no_time_is_refused(value: object) -> None:
    """A date without a zone, a float or a text of foreign digits is not a time."""
    with pytest.raises(Unintelligible):
        moment(value)


def test_lists_may_hide_inside_a_text() -> None:
    """Gamma writes arrays as JSON inside a text; real arrays are read too, others refused."""
    assert texts('["Up", "Down"]') == ["Up", "Down"]
    assert texts(["1", "2"]) == ["1", "2"]
    for value in ("[1, 2]", "Up", None, '{"a": 1}'):
        with pytest.raises(Unintelligible):
            texts(value)
