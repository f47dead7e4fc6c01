"""One scale: texts in and out exactly, and rounding that never invents an edge."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.errors import Malformed
from arb.market.units import (
    MICRO,
    Px,
    Qty,
    ceil_div,
    complement,
    cost,
    decimal_text,
    parse_micros,
    parse_px,
    parse_qty,
    parse_usd,
    plain_text,
    proceeds,
    round_down,
)

MICROS = st.integers(-(10**20), 10**20)
PRICES = st.integers(0, MICRO).map(Px)
SIZES = st.integers(0, 10**15).map(Qty)


@given(st.integers(-(10**15) * MICRO + 1, 10**15 * MICRO - 1))
def test_what_is_printed_reads_back_the_same(micros: int) -> None:
    """Both ways of printing are exact and read back as the same number."""
    assert parse_micros(decimal_text(micros)) == micros
    assert parse_micros(plain_text(micros)) == micros
    assert Decimal(plain_text(micros)) * MICRO == micros


@given(st.decimals(-(10**9), 10**9, places=6))
def test_a_text_means_what_decimal_says(number: Decimal) -> None:
    """Reading agrees with exact decimal arithmetic."""
    assert parse_micros(f"{number:f}") == number * MICRO


@given(MICROS, st.integers(0, 6))
def test_printing_never_rounds(micros: int, places: int) -> None:
    """A number that needs more places than told is refused, any other is printed with them."""
    fits = micros % 10 ** (6 - places) == 0
    if fits:
        text = decimal_text(micros, places)
        assert Decimal(text) * MICRO == micros
        assert len(text.partition(".")[2]) == places
    else:
        with pytest.raises(Malformed):
            decimal_text(micros, places)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0", 0),
        ("-0", 0),
        ("0.5", 500_000),
        (".5", 500_000),
        ("5.", 5 * MICRO),
        ("-0.000001", -1),
        ("0.5000000000", 500_000),
        ("999999999999999.999999", 10**15 * MICRO - 1),
        ("0.123456", 123_456),
        ("00012", 12 * MICRO),
    ],
)
def test_plain_decimals_are_read(text: str, micros: int) -> None:
    """Every way of writing a plain decimal is understood."""
    assert parse_micros(text) == micros


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "-",
        "-.",
        "+1",
        " 1",
        "1 ",
        "1e5",
        "1E-3",
        "nan",
        "inf",
        "0x10",
        "1_000",
        "1,5",
        "0.0000001",
        "0.1234567",
        "--1",
        "1.2.3",
        "\u0661",
        "\u00bd",
        "1\n",
        "None",
        "1" * 16,
        "0." + "0" * 13,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """No exponent, sign, space, foreign digit or seventh decimal is ever guessed at."""
    with pytest.raises(Malformed):
        parse_micros(text)


@pytest.mark.parametrize("text", ["-0.01", "1.000001", "2"])
def test_a_price_lies_between_0_and_1(text: str) -> None:
    """Prices outside are refused; both ends are read."""
    with pytest.raises(Malformed):
        parse_px(text)
    assert (parse_px("0"), parse_px("1.0000")) == (0, MICRO)


def test_a_quantity_is_never_negative_but_money_may_be() -> None:
    """Only amounts of dollars may have a minus."""
    with pytest.raises(Malformed):
        parse_qty("-0.01")
    assert (parse_qty("0.01"), parse_usd("-0.01")) == (10_000, -10_000)


@given(PRICES, SIZES)
def test_costs_round_up_and_proceeds_down(px: Px, qty: Qty) -> None:
    """What is paid is never below, what is received never above, the exact value; by less than 1."""
    exact = Fraction(px * qty, MICRO)
    assert exact <= cost(px, qty) < exact + 1
    assert exact - 1 < proceeds(px, qty) <= exact


@given(PRICES, SIZES, SIZES)
def test_a_pair_bought_and_sold_never_gains(px: Px, qty: Qty, more: Qty) -> None:
    """Buying and selling at one price, whole or in parts, never leaves more than before."""
    whole = Qty(qty + more)
    assert proceeds(px, whole) <= cost(px, qty) + cost(px, more)
    assert proceeds(px, qty) + proceeds(px, more) <= cost(px, whole)
    assert cost(px, qty) + cost(complement(px), qty) >= qty


@given(MICROS, st.integers(1, 10**9))
def test_rounding_finds_the_nearest_multiple_on_its_side(amount: int, step: int) -> None:
    """Down is the multiple at or below an amount, also below 0; `ceil_div` counts to the one above."""
    down, up = round_down(amount, step), ceil_div(amount, step) * step
    assert down <= amount <= up
    assert up - down in (0, step)
    assert down % step == 0


@given(PRICES)
def test_the_complement_of_the_complement_is_the_price(px: Px) -> None:
    """YES and NO always make a dollar."""
    assert complement(complement(px)) == px
    assert complement(px) + px == MICRO
