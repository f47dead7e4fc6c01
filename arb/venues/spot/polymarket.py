"""Polymarket's reference prices over PolyBolt (docs: api-reference/live-data/overview).

Two channels: `price.crypto` (Pyth's price) and `price.crypto.twap` (Chainlink's average over 60
seconds, which 15-minute up/down markets settle on). Both want the credentials of the CLOB. Every
price is whole by itself, so a gap in `seq` loses a price and corrupts nothing: it is counted.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager

import attrs
import msgspec

from arb.market.errors import Malformed, Unreachable
from arb.market.spot import SpotSource, SpotTick, Symbol, parse_spot
from arb.market.units import Ns
from arb.venues.protocols import Socket, Sockets
from arb.venues.spot.protocols import SpotStream

VERSION = 1
"""The envelope's `v` (docs: api-reference/wss/polybolt)."""
TWAP_S = 60
"""The only window that is served (docs: api-reference/live-data/overview)."""
NS_PER_MS = 1_000_000
_CHANNELS = {
    "price.crypto": SpotSource.POLYMARKET,
    "price.crypto.twap": SpotSource.POLYMARKET_TWAP,
}
_QUIET_OPS = frozenset({"subscribed", "unsubscribed", "pong"})


@attrs.frozen
class SpotKey:
    """The CLOB's API credentials. All of it is secret."""

    api_key: str = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)
    passphrase: str = attrs.field(repr=False)


class _Price(msgspec.Struct):
    timestamp: int
    full_accuracy_value: str


class _Payload(msgspec.Struct):
    symbol: str = ""
    timestamp: int | None = None
    full_accuracy_value: str | None = None
    window_seconds: int | None = None
    data: list[_Price] | None = None


class _Frame(msgspec.Struct):
    op: str = ""
    code: str = ""
    v: int = 0
    channel: str = ""
    seq: int = 0
    dropped: int = 0
    payload: _Payload | None = None


class PolymarketSpotStream:
    """Our side of one connection: log in, subscribe once that is answered, read prices.

    The opening frame carries the account's secrets: it is made on demand and kept nowhere.
    """

    keepalive_s: float = 0.0  # the server pings, the library answers

    def __init__(self, symbols: Sequence[Symbol], key: Callable[[], SpotKey]) -> None:
        """Ask for these symbols with a key that is read when connecting."""
        self.counts: Counter[str] = Counter()
        self._symbols = tuple(symbols)
        self._key = key
        self._replies: list[str] = []
        self._seq: dict[str, int] = {}

    def opening(self) -> list[str]:
        """Log in; what was said before counts no more."""
        self._replies, self._seq = [], {}
        key = self._key()
        auth = {"apiKey": key.api_key, "secret": key.secret, "passphrase": key.passphrase}
        return [_text({"op": "auth", "rid": "auth", "auth": auth})]

    def receive(self, frame: str | bytes, seen_ns: Ns) -> list[SpotTick]:
        """Read one frame: an acknowledgement or prices."""
        try:
            wire = msgspec.json.decode(frame, type=_Frame)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.counts["skipped:unreadable"] += 1
            return []
        if wire.op:
            self._acknowledged(wire)
            return []
        return self._prices(wire, seen_ns)

    def replies(self) -> list[str]:
        """The subscription, once the log-in is answered."""
        due, self._replies = self._replies, []
        return due

    def keepalive(self) -> str:
        """Nothing has to be sent."""
        return ""

    def _acknowledged(self, wire: _Frame) -> None:
        if wire.op == "authed":
            self._replies.append(self._subscription())
        elif wire.op == "error":
            raise Unreachable(f"the price stream says {wire.code or 'an error without a code'}")
        known = wire.op == "authed" or wire.op in _QUIET_OPS
        self.counts[f"frames:{wire.op}" if known else "skipped:another op"] += 1

    def _subscription(self) -> str:
        wanted: list[dict[str, object]] = []
        for symbol in self._symbols:
            average = {"symbol": symbol, "window_seconds": TWAP_S}
            wanted.append({"channel": "price.crypto", "filter": {"symbol": symbol}})
            wanted.append({"channel": "price.crypto.twap", "filter": average})
        return _text({"op": "subscribe", "rid": "subscribe", "subscriptions": wanted})

    def _prices(self, wire: _Frame, seen_ns: Ns) -> list[SpotTick]:
        source = _CHANNELS.get(wire.channel)
        if wire.v != VERSION or source is None or wire.payload is None:
            self.counts["skipped:another envelope"] += 1
            return []
        self._number(wire)
        payload = wire.payload
        twap = source is SpotSource.POLYMARKET_TWAP
        if payload.symbol not in self._symbols or (
            twap and payload.window_seconds not in {None, TWAP_S}
        ):
            self.counts["skipped:not asked for"] += 1
            return []
        self.counts[f"frames:{wire.channel}"] += 1
        return self._ticks(source, Symbol(payload.symbol), _listed(payload), seen_ns)

    def _number(self, wire: _Frame) -> None:
        """Count what the server says it dropped, and what is missing without a word."""
        missed = wire.seq - self._seq.get(wire.channel, 0) - 1
        self._seq[wire.channel] = wire.seq
        self.counts["dropped"] += max(wire.dropped, missed, 0)

    def _ticks(
        self, source: SpotSource, symbol: Symbol, prices: Iterable[_Price], seen_ns: Ns
    ) -> list[SpotTick]:
        ticks = []
        for price in prices:
            try:
                px = parse_spot(price.full_accuracy_value)
            except Malformed:
                self.counts["skipped:not a price"] += 1
                continue
            ticks.append(SpotTick(source, symbol, px, Ns(price.timestamp * NS_PER_MS), seen_ns))
        if not ticks:
            self.counts["skipped:no price"] += 1
        return ticks


def _listed(payload: _Payload) -> list[_Price]:
    """A snapshot's prices, oldest first, or the one price of an update."""
    if payload.data is not None:
        return sorted(payload.data, key=_moment)
    if payload.timestamp is None or payload.full_accuracy_value is None:
        return []
    return [_Price(payload.timestamp, payload.full_accuracy_value)]


def _moment(price: _Price) -> int:
    return price.timestamp


def _text(message: dict[str, object]) -> str:
    return msgspec.json.encode(message).decode()


@attrs.frozen
class PolymarketSpotLine:
    """How Polymarket's prices are reached."""

    url: str
    sockets: Sockets
    symbols: tuple[Symbol, ...]
    key: Callable[[], SpotKey]

    @property
    def source(self) -> SpotSource:
        """The source that its ticks name first."""
        return SpotSource.POLYMARKET

    def stream(self) -> SpotStream:
        """Start a conversation."""
        return PolymarketSpotStream(self.symbols, self.key)

    def connect(self) -> AbstractAsyncContextManager[Socket]:
        """Open a connection."""
        return self.sockets.open(self.url)
