"""Numbers with unit and comparison."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.pairing.reading.amounts import Amount, amounts


def told(text: str) -> list[str]:
    return [bounds(amount) + amount.unit for amount in amounts(text)]


def bounds(amount: Amount) -> str:
    match amount.low, amount.high:
        case None, high:
            return f"{'<=' if amount.high_in else '<'}{high}"
        case low, None:
            return f"{'>=' if amount.low_in else '>'}{low}"
        case low, high:
            return f"{'(['[amount.low_in]}{low},{high}{')]'[amount.high_in]}"
    raise AssertionError(amount)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("at least $100,000", [">=100000$"]),
        ("$100k or more", [">=100000$"]),
        ("reach $100 thousand", [">=100000$"]),
        ("above 3.5%", [">3.5%"]),
        ("greater than or equal to 3.5%", [">=3.5%"]),
        ("at or above 4.0%", [">=4.0%"]),
        ("be <77\u00b0 on May 5, 2026", ["<77deg"]),
        ("18\u00b0C or below", ["<=18C"]),
        ("Hike >25bps", [">0.25%"]),
        ("50+ bps decrease", [">=0.5%"]),
        ("lowered by 50 or more basis points", [">=0.5%"]),
        ("between 70-71\u00b0F", ["[70,71]F"]),
        ("at least $3,000 and less than $3,100", ["[3000,3100)$"]),
        ("wins by more than 1.5 goals", [">1.5"]),
        ("FC Volendam (-1.5)", [">1.5"]),
        ("11 wins, scheduled for December 4 at 7:30PM ET", ["[11,11]"]),
        ("within 24 hours, round of 16, 50-50, the 98th", []),
    ],
)
def test_a_number_is_read_as_what_it_lets_through(text: str, found: list[str]) -> None:
    assert told(text) == found


@given(st.integers(1, 10**9), st.integers(0, 99))
def test_a_number_is_read_exactly_however_its_thousands_are_told(whole: int, cents: int) -> None:
    plain, grouped = f"above ${whole}.{cents:02}", f"above ${whole:,}.{cents:02}"
    exact = Decimal(whole) + Decimal(cents) / 100
    assert [a.low for a in amounts(plain)] == [a.low for a in amounts(grouped)] == [exact]
