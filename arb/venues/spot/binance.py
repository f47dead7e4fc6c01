"""Binance's best bid and ask (docs: web-socket-streams), another second witness.

Its prices are in USDT, which is not quite a dollar: what the two differ by is part of the gap
that is allowed between sources. Its book ticker states no time, so ours counts.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import attrs
import msgspec

from arb.market.errors import Malformed
from arb.market.spot import SpotSource, SpotTick, Symbol
from arb.market.units import Ns
from arb.venues.protocols import Socket, Sockets
from arb.venues.spot.coinbase import middle
from arb.venues.spot.protocols import SpotStream

_BOOK = "@bookTicker"


class _Ticker(msgspec.Struct):
    s: str
    b: str
    a: str


class _Frame(msgspec.Struct):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class BinanceSpotStream:
    """Our side of one connection: what is wanted stands in its address, so nothing is sent."""

    keepalive_s: float = 0.0

    def __init__(self, symbols: Sequence[Symbol]) -> None:
        """Read these symbols."""
        self.counts: Counter[str] = Counter()
        self._pairs: Mapping[str, Symbol] = {_pair(symbol).upper(): symbol for symbol in symbols}

    def opening(self) -> list[str]:
        """Nothing to send."""
        return []

    def receive(self, frame: str | bytes, seen_ns: Ns) -> list[SpotTick]:
        """Read one frame of a combined stream."""
        try:
            wire = msgspec.json.decode(frame, type=_Frame)
            if not wire.stream.endswith(_BOOK):
                self.counts["skipped:kind"] += 1
                return []
            ticker = msgspec.json.decode(wire.data, type=_Ticker)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.counts["skipped:unreadable"] += 1
            return []
        self.counts["frames:bookTicker"] += 1
        return self._ticks(ticker, seen_ns)

    def replies(self) -> list[str]:
        """Nothing is ever due."""
        return []

    def keepalive(self) -> str:
        """Nothing has to be sent."""
        return ""

    def _ticks(self, ticker: _Ticker, seen_ns: Ns) -> list[SpotTick]:
        symbol = self._pairs.get(ticker.s)
        if symbol is None:
            self.counts["skipped:not asked for"] += 1
            return []
        try:
            px = middle(ticker.b, ticker.a)
        except Malformed:
            self.counts["skipped:not a price"] += 1
            return []
        return [SpotTick(SpotSource.BINANCE, symbol, px, seen_ns, seen_ns)]


def _pair(symbol: Symbol) -> str:
    """Binance's name of a symbol in a stream: "btcusd" is "btcusdt"."""
    return f"{symbol}t"


@attrs.frozen
class BinanceSpotLine:
    """How Binance's prices are reached."""

    url: str
    """Without its query: "wss://stream.binance.com:9443/stream"."""
    sockets: Sockets
    symbols: tuple[Symbol, ...]

    @property
    def source(self) -> SpotSource:
        """What its ticks name."""
        return SpotSource.BINANCE

    def stream(self) -> SpotStream:
        """Start a conversation."""
        return BinanceSpotStream(self.symbols)

    def connect(self) -> AbstractAsyncContextManager[Socket]:
        """Open a connection to a combined stream of all symbols."""
        wanted = "/".join(f"{_pair(symbol)}{_BOOK}" for symbol in self.symbols)
        return self.sockets.open(f"{self.url}?streams={wanted}")
