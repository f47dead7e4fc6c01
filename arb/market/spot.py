"""Spot prices of what crypto markets ask about: who said it, of what, how much, and when."""

import enum
import re
from typing import NewType

import attrs

from arb.market.errors import Malformed
from arb.market.units import MICRO, Ns

SpotPx = NewType("SpotPx", int)
"""Micro-dollars per coin, more than 0."""
Symbol = NewType("Symbol", str)
"""A coin against the dollar, in lower case: "btcusd"."""

_NUMBER = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,18}))?")


class SpotSource(enum.StrEnum):
    """Who states a price."""

    POLYMARKET = "polymarket"
    """Polymarket's reference price (Pyth)."""
    POLYMARKET_TWAP = "polymarket-twap"
    """Chainlink's 60-second average as Polymarket relays it: what 15-minute markets settle on."""
    COINBASE = "coinbase"
    BINANCE = "binance"


@attrs.frozen
class SpotTick:
    """One price from one source."""

    source: SpotSource
    symbol: Symbol
    px: SpotPx
    at_ns: Ns
    """By the source's clock; `seen_ns` where the source states no time."""
    seen_ns: Ns


def parse_spot(text: str) -> SpotPx:
    """Read a plain decimal of dollars; digits below a micro-dollar are dropped.

    A coin costs thousands: what is dropped is far below what the sources differ by. Raises
    Malformed for anything else, and for 0.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise Malformed(f"not a plain positive number: {text!r:.100}")
    micros = int(match[1]) * MICRO + int((match[2] or "0")[:6].ljust(6, "0"))
    if micros == 0:
        raise Malformed(f"a spot price is more than 0: {text!r:.100}")
    return SpotPx(micros)
