"""Coinbase's ticker (docs: advanced-trade-apis/websocket), the second witness.

The price taken is the middle of the best bid and ask: the last trade may be old.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import attrs
import msgspec

from arb.market.errors import Malformed, Unreachable
from arb.market.spot import SpotPx, SpotSource, SpotTick, Symbol, parse_spot
from arb.market.units import Ns
from arb.venues.protocols import Socket, Sockets
from arb.venues.spot.protocols import SpotStream

NS_PER_S = 1_000_000_000
_SECONDS_TEXT = 19
"""Length of "2026-10-22T23:37:21"."""
_QUIET = frozenset({"heartbeats", "subscriptions", "market_trades"})


class _Ticker(msgspec.Struct):
    product_id: str
    best_bid: str
    best_ask: str


class _Event(msgspec.Struct):
    tickers: list[_Ticker] = []


class _Frame(msgspec.Struct):
    channel: str = ""
    timestamp: str = ""
    sequence_num: int = 0
    type: str = ""
    message: str = ""
    events: list[_Event] = []


class CoinbaseSpotStream:
    """Our side of one connection; heartbeats keep it open on quiet markets."""

    keepalive_s: float = 0.0

    def __init__(self, symbols: Sequence[Symbol]) -> None:
        """Ask for these symbols."""
        self.counts: Counter[str] = Counter()
        self._products: Mapping[str, Symbol] = {_product(symbol): symbol for symbol in symbols}
        self._next = 0

    def opening(self) -> list[str]:
        """Subscribe to the ticker and to heartbeats."""
        self._next = 0
        products = list(self._products)
        ticker = {"type": "subscribe", "channel": "ticker", "product_ids": products}
        beats = {"type": "subscribe", "channel": "heartbeats"}
        return [msgspec.json.encode(message).decode() for message in (ticker, beats)]

    def receive(self, frame: str | bytes, seen_ns: Ns) -> list[SpotTick]:
        """Read one frame."""
        try:
            wire = msgspec.json.decode(frame, type=_Frame)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.counts["skipped:unreadable"] += 1
            return []
        if wire.type == "error":
            raise Unreachable(f"the price stream says {wire.message[:200]}")
        self.counts["dropped"] += max(0, wire.sequence_num - self._next)
        self._next = wire.sequence_num + 1
        if wire.channel == "ticker":
            return self._ticks(wire, seen_ns)
        self.counts[f"frames:{wire.channel}" if wire.channel in _QUIET else "skipped:kind"] += 1
        return []

    def replies(self) -> list[str]:
        """Nothing is ever due."""
        return []

    def keepalive(self) -> str:
        """Nothing has to be sent."""
        return ""

    def _ticks(self, wire: _Frame, seen_ns: Ns) -> list[SpotTick]:
        self.counts["frames:ticker"] += 1
        ticks = []
        for ticker in (row for event in wire.events for row in event.tickers):
            symbol = self._products.get(ticker.product_id)
            if symbol is None:
                self.counts["skipped:not asked for"] += 1
                continue
            try:
                px = middle(ticker.best_bid, ticker.best_ask)
                at_ns = moment(wire.timestamp)
            except Malformed:
                self.counts["skipped:not a price"] += 1
                continue
            ticks.append(SpotTick(SpotSource.COINBASE, symbol, px, at_ns, seen_ns))
        return ticks


def middle(bid: str, ask: str) -> SpotPx:
    """Between the best bid and ask. Raises Malformed where they are no prices, or crossed."""
    low, high = parse_spot(bid), parse_spot(ask)
    if low > high:
        raise Malformed(f"bid {bid:.40} above ask {ask:.40}")
    return SpotPx((low + high) // 2)


def moment(text: str) -> Ns:
    """Read "2026-10-22T23:37:21.569483901Z" to the nanosecond. Raises Malformed."""
    whole, fraction = text[:_SECONDS_TEXT], text[_SECONDS_TEXT:-1]
    digits = fraction.removeprefix(".")
    try:
        seconds = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise Malformed(f"not a moment: {text!r:.60}") from error
    plain = digits.isascii() and (digits.isdecimal() or not fraction)
    if not text.endswith("Z") or not plain or len(digits) > len("123456789"):
        raise Malformed(f"not a moment: {text!r:.60}")
    return Ns(int(seconds.timestamp()) * NS_PER_S + int(digits.ljust(9, "0")))


def _product(symbol: Symbol) -> str:
    """Coinbase's name of a symbol: "btcusd" is "BTC-USD"."""
    return f"{symbol.removesuffix('usd').upper()}-USD"


@attrs.frozen
class CoinbaseSpotLine:
    """How Coinbase's prices are reached."""

    url: str
    sockets: Sockets
    symbols: tuple[Symbol, ...]

    @property
    def source(self) -> SpotSource:
        """What its ticks name."""
        return SpotSource.COINBASE

    def stream(self) -> SpotStream:
        """Start a conversation."""
        return CoinbaseSpotStream(self.symbols)

    def connect(self) -> AbstractAsyncContextManager[Socket]:
        """Open a connection."""
        return self.sockets.open(self.url)
