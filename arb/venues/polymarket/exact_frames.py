"""Market-channel frames read patiently: every digit, every kind, every fault on its own.

The slow twin of the fast path, for ticks, resolutions, chatter and everything unusual. A fault in
something that concerns a known book breaks that book: what was lost is not known.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from arb.market.errors import Unintelligible, UnknownRule
from arb.market.instruments import Market, MarketId
from arb.market.units import MICRO, complement
from arb.messages import BookBroken, BookChange, BookReplaced, GridChanged, LevelSet, Traded
from arb.venues.polymarket.books import read_ladders
from arb.venues.polymarket.fields import (
    Raw,
    decode,
    mapping,
    micros,
    moment,
    price,
    quantity,
    rows,
    text,
    texts,
)
from arb.venues.polymarket.frames import Ticks, Tokens
from arb.venues.polymarket.listing import price_grid

_UNSTATED = -1
QUIET = ("best_bid_ask", "new_market")
"""Kinds that change no book: counted, otherwise unread."""


class ExactReader:
    """Reads one frame at a time; `wanted` collects the markets that need a new snapshot."""

    def __init__(self, tokens: Tokens, counts: Counter[str], wanted: dict[MarketId, None]) -> None:
        """Share the conversation's own tables."""
        self._tokens = tokens
        self._counts = counts
        self._wanted = wanted
        self.ticks: Ticks = {}
        self._readers: dict[str, Callable[[Raw], list[BookChange]]] = {
            "book": self._book,
            "price_change": self._price_change,
            "tick_size_change": self._tick_size_change,
            "market_resolved": self._market_resolved,
            "last_trade_price": self._last_trade,
        }

    def learn_ticks(self, markets: Sequence[Market]) -> None:
        """Start from the ticks of the catalogue."""
        self.ticks = {market.id: market.grid.finest_step for market in markets}

    def read(self, frame: str | bytes) -> list[BookChange]:
        """Read one frame: an object, a list of objects, or some plain text."""
        try:
            decoded = decode(frame)
        except Unintelligible:
            pong = frame in {"PONG", b"PONG"}
            self._counts["frames:pong" if pong else "skipped:text"] += 1
            return []
        made: list[BookChange] = []
        for message in decoded if isinstance(decoded, list) else [decoded]:
            made += self._message(message)
        return made

    def _message(self, message: object) -> list[BookChange]:
        try:
            raw = mapping(message)
        except Unintelligible:
            self._counts["skipped:malformed"] += 1
            return []
        kind = _kind(raw)
        if kind in QUIET:
            self._counts[f"frames:{kind}"] += 1
            return []
        reader = self._readers.get(kind)
        if reader is None:
            self._counts["skipped:unknown_kind"] += 1
            return []
        self._counts[f"frames:{kind}"] += 1
        return reader(raw)

    def _book(self, raw: Raw) -> list[BookChange]:
        known = self._market_of(raw)
        if known is None:
            return []
        market, is_no = known
        try:
            bids, asks = read_ladders(raw, is_no=is_no)
            tick = raw.get("tick_size")
            moved = self._new_tick(market, tick) if tick is not None else []
        except (Unintelligible, UnknownRule):
            return self._broken(market, "a book that cannot be read")
        return [*moved, BookReplaced(market, bids, asks)]

    def _price_change(self, raw: Raw) -> list[BookChange]:
        if "price_changes" not in raw:
            return self._old_schema(raw)
        try:
            changes = rows(raw["price_changes"])
        except Unintelligible:
            return self._broken_by(raw)
        made: list[BookChange] = []
        for change in changes:
            made += self._change(change)
        return made

    def _change(self, raw: Raw) -> list[BookChange]:
        known = self._market_of(raw)
        if known is None:
            return []
        market, is_no = known
        try:
            level = _level(market, raw, is_no=is_no)
        except Unintelligible:
            self._wanted[market] = None
            return self._broken(market, "a change that cannot be read")
        self._counts["changes"] += 1
        return [level]

    def _tick_size_change(self, raw: Raw) -> list[BookChange]:
        known = self._market_of(raw)
        if known is None:
            return []
        market, _ = known
        try:
            moved = self._new_tick(market, raw.get("new_tick_size"))
        except (Unintelligible, UnknownRule):
            return self._broken(market, "a tick that is not known")
        if moved:
            self._wanted[market] = None
        return moved

    def _new_tick(self, market: MarketId, stated: object) -> list[BookChange]:
        """The grid, if it is a new one: both tokens tell of the same change."""
        grid = price_grid(stated)
        tick = micros(stated)
        if self.ticks.get(market) == tick:
            return []
        self.ticks[market] = tick
        return [GridChanged(market, grid)]

    def _market_resolved(self, raw: Raw) -> list[BookChange]:
        try:
            tokens = texts(raw.get("assets_ids"))
        except Unintelligible:
            tokens = []
        markets = {self._tokens[token][0]: None for token in tokens if token in self._tokens}
        if not markets:
            self._counts["skipped:unknown_token"] += 1
        self._forget(markets)
        return [BookBroken(market, "resolved") for market in markets]

    def _forget(self, markets: Collection[MarketId]) -> None:
        """Listen to them no more: whatever is still said of a book that is over is not news."""
        for token in [token for token, (market, _, _) in self._tokens.items() if market in markets]:
            del self._tokens[token]
        for market in markets:
            self._wanted.pop(market, None)

    def _last_trade(self, raw: Raw) -> list[BookChange]:
        """A public trade, in YES terms. No book depends on it: an illegible one is passed over."""
        known = self._market_of(raw)
        if known is None:
            return []
        market, is_no = known
        try:
            px, qty = price(raw.get("price")), quantity(raw.get("size"))
            at_ns = moment(raw.get("timestamp"))
        except Unintelligible:
            self._counts["skipped:malformed"] += 1
            return []
        return [Traded(market, complement(px) if is_no else px, qty, at_ns)]

    def _old_schema(self, raw: Raw) -> list[BookChange]:
        """Changes as they were written until September 2025: not read, hence a broken book."""
        self._counts["skipped:old_schema"] += 1
        known = self._tokens.get(str(raw.get("asset_id")))
        return [BookBroken(known[0], "changes in the old schema")] if known else []

    def _broken_by(self, raw: Raw) -> list[BookChange]:
        """A message without any readable change: only its market can say whose book is lost."""
        self._counts["skipped:malformed"] += 1
        condition = str(raw.get("market"))
        lost = {m: None for m, _, _ in self._tokens.values() if m.endswith(f":{condition}")}
        self._wanted.update(lost)
        return [BookBroken(market, "changes that cannot be read") for market in lost]

    def _broken(self, market: MarketId, reason: str) -> list[BookChange]:
        self._counts["skipped:malformed"] += 1
        return [BookBroken(market, reason)]

    def _market_of(self, raw: Raw) -> tuple[MarketId, bool] | None:
        token = raw.get("asset_id")
        known = self._tokens.get(token) if isinstance(token, str) else None
        if known is None:
            malformed = not isinstance(token, str) or not token
            self._counts["skipped:malformed" if malformed else "skipped:unknown_token"] += 1
            return None
        return known[0], known[1]


def _kind(raw: Raw) -> str:
    """The message's kind; recordings lack it on books and changes, whose keys tell them."""
    kind = raw.get("event_type")
    if kind is None and "bids" in raw and "asks" in raw:
        return "book"
    if kind is None and "price_changes" in raw:
        return "price_change"
    return kind if isinstance(kind, str) else ""


def _level(market: MarketId, raw: Raw, *, is_no: bool) -> LevelSet:
    side = text(raw, "side")
    if side not in {"BUY", "SELL"}:
        raise Unintelligible(f"neither side of a book: {side!r:.40}")
    px, qty = price(raw.get("price")), quantity(raw.get("size"))
    bid, ask = _stated(raw.get("best_bid"), 0), _stated(raw.get("best_ask"), MICRO)
    is_bid = side == "BUY"
    if is_no:
        px, is_bid, bid, ask = complement(px), not is_bid, _reflected(ask), _reflected(bid)
    return LevelSet(market, is_bid, px, qty, bid, ask)


def _stated(value: object, none: int) -> int:
    """A stated best price; `none` where it says that the side is empty, -1 where it says nothing.

    An empty side is written as "", as its own end of the scale or as the other one.
    """
    if value == "":
        return none
    try:
        stated = micros(value)
    except Unintelligible:
        return _UNSTATED
    return stated if 0 < stated < MICRO else none


def _reflected(stated: int) -> int:
    return _UNSTATED if stated == _UNSTATED else MICRO - stated
