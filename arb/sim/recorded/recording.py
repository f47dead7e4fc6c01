"""What a recording says, whichever venue it is from: books of some markets, step by step."""

from collections.abc import Mapping

import attrs

from arb.market.errors import ArbError
from arb.market.instruments import MarketId, Venue
from arb.market.units import Ns, Px, Qty
from arb.sim.kalshi.listing import KalshiEvent, KalshiMarket, KalshiSeries
from arb.sim.polymarket.listing import PolymarketEvent

Side = tuple[bool, Px]
"""Bid or ask, and the price in YES terms."""


class RecordingFault(ArbError):
    """A recording cannot be used; the text has the file, the line and what is wrong."""


@attrs.frozen
class Step:
    """What one frame says of one market's book."""

    at_ns: Ns
    """By the recording's clock."""
    market: MarketId
    levels: Mapping[Side, Qty]
    """New totals; 0: the level is gone."""
    whole: bool = False
    """There is nothing else in the book."""


@attrs.frozen
class Recording:
    """A session of one venue, with what must be listed for it."""

    venue: Venue
    steps: tuple[Step, ...]
    """In the order of the file."""
    events: tuple[PolymarketEvent, ...] = ()
    series: tuple[KalshiSeries, ...] = ()
    kalshi_events: tuple[KalshiEvent, ...] = ()
    markets: tuple[KalshiMarket, ...] = ()
