"""Strikes are read where the whole of them is understood, and not at all otherwise."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arb.market.instruments import Strike, StrikeKind
from arb.market.units import MICRO
from arb.venues.kalshi.schema import MarketBody, convert, decode
from arb.venues.kalshi.strikes import strike_of

PLAIN = '{"ticker":"K-1","event_ticker":"K"'


def read(fields: str) -> Strike | None:
    return strike_of(decode(f"{PLAIN},{fields}}}", MarketBody))


@pytest.mark.parametrize(
    ("fields", "strike"),
    [
        (
            '"strike_type":"greater","floor_strike":4487.25',
            Strike(StrikeKind.GREATER, 4_487_250_000, None),
        ),
        (
            '"strike_type":"less_or_equal","cap_strike":-3,"custom_strike":{}',
            Strike(StrikeKind.LESS_OR_EQUAL, None, -3 * MICRO),
        ),
        (
            '"strike_type":"between","floor_strike":77,"cap_strike":78,"functional_strike":""',
            Strike(StrikeKind.BETWEEN, 77 * MICRO, 78 * MICRO),
        ),
    ],
)
def test_bounds_are_read_exactly(fields: str, strike: Strike) -> None:
    """Numbers of the wire become whole millionths, never floats."""
    assert read(fields) == strike


@pytest.mark.parametrize(
    "fields",
    [
        '"title":"no strike at all"',
        '"strike_type":"custom","floor_strike":1',
        '"strike_type":"structured"',
        '"strike_type":"greater"',
        '"strike_type":"greater","floor_strike":1,"cap_strike":2',
        '"strike_type":"greater","floor_strike":1,"custom_strike":{"player":"x"}',
        '"strike_type":"greater","floor_strike":1,"functional_strike":"f"',
        '"strike_type":"greater","floor_strike":0.0000001',
        '"strike_type":"greater","floor_strike":1e30',
        '"strike_type":"between","floor_strike":78,"cap_strike":77',
        '"strike_type":"less","floor_strike":77',
        '"strike_type":["greater"],"floor_strike":77',
        '"strike_type":7,"floor_strike":77',
    ],
)
def test_half_a_strike_is_none(fields: str) -> None:
    """A missing, odd or additional part means that the numbers do not compare."""
    assert read(fields) is None


def test_recorded_temperatures_have_strikes(recorded: Callable[[str], Path]) -> None:
    """A recorded event of daily temperatures: a tail below 77 and the band of 77 to 78."""
    path = recorded("catalogues/books_and_events_may2026/kalshi_event.json")
    told = json.loads(path.read_text(encoding="utf-8"))
    markets = told.get("markets") or told["event"]["markets"]
    strikes = [strike_of(convert(market, MarketBody)) for market in markets]
    assert Strike(StrikeKind.LESS, None, 77 * MICRO) in strikes
    assert Strike(StrikeKind.BETWEEN, 77 * MICRO, 78 * MICRO) in strikes
