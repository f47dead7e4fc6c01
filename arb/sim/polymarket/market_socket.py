"""The market stream: who listens to which token, and what they are told (docs: market-channel)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from starlette.websockets import WebSocket

from arb.market.instruments import Outcome
from arb.market.units import Px, Qty, complement, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.book_views import TokenBook, book_event, book_json, token_book
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.connections import (
    BAD_REQUEST,
    Connection,
    compact,
    read_object,
    strings_of,
)
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.tape import LevelKey
from arb.sim.polymarket.wire import Json


class MarketListener:
    """One client of the market stream, from its first frame on."""

    def __init__(self, hub: "MarketHub", connection: Connection) -> None:
        """Start without subscriptions."""
        self.connection = connection
        self.custom = False
        self.tokens: dict[str, None] = {}
        self._hub = hub
        self._greeted = False

    def hear(self, text: str) -> None:
        """Act on a frame of the client's."""
        frame = read_object(text)
        tokens = strings_of(frame, "assets_ids") if frame else None
        if frame is None or tokens is None:
            self.connection.push(BAD_REQUEST)
            return
        match (self._greeted, frame.get("type"), frame.get("operation")):
            case (False, "market", _):
                self._greeted = True
                self._subscribe(frame, tokens, dump=frame.get("initial_dump") is not False)
            case (True, _, "subscribe"):
                self._subscribe(frame, tokens, dump=True)
            case (True, _, "unsubscribe"):
                self._hub.drop(self, tokens)
            case _:
                self.connection.push(BAD_REQUEST)

    def _subscribe(self, frame: Json, tokens: list[str], *, dump: bool) -> None:
        if frame.get("custom_feature_enabled") is True:
            self.custom = True
        fresh = [token for token in dict.fromkeys(tokens) if token not in self.tokens]
        first = not self.tokens
        self._hub.add(self, fresh)
        books = self._hub.books(fresh) if dump else []
        if first and books:
            self.connection.push(compact(books))
            return
        for book in books:
            self.connection.push(compact(book))


class MarketHub:
    """Everybody on the market stream."""

    def __init__(
        self, exchange: Exchange, shelf: Shelf, conditions: Conditions, flush: Callable[[], None]
    ) -> None:
        """`flush` tells what happened so far, so that a new listener starts on today's books."""
        self.counts: Counter[str] = Counter()
        self._exchange = exchange
        self._shelf = shelf
        self._conditions = conditions
        self._flush = flush
        self._listeners: dict[MarketListener, None] = {}
        self._by_token: dict[str, dict[MarketListener, None]] = {}
        self._tops: dict[str, tuple[Px, Px]] = {}

    async def serve(self, socket: WebSocket) -> None:
        """Serve one client until it leaves."""
        connection = Connection(self._conditions.socket_backlog, self.counts)
        listener = MarketListener(self, connection)
        self._listeners[listener] = None
        try:
            await connection.converse(socket, listener.hear, self._conditions)
        finally:
            self.drop(listener, list(listener.tokens))
            del self._listeners[listener]

    # --- subscriptions --------------------------------------------------------------------------

    def add(self, listener: MarketListener, tokens: Iterable[str]) -> None:
        """Tell a listener of these tokens from now on."""
        self._flush()
        for token in tokens:
            listener.tokens[token] = None
            self._by_token.setdefault(token, {})[listener] = None

    def drop(self, listener: MarketListener, tokens: Iterable[str]) -> None:
        """Tell a listener of these tokens no more."""
        for token in tokens:
            listener.tokens.pop(token, None)
            others = self._by_token.get(token, {})
            others.pop(listener, None)
            if not others:
                self._by_token.pop(token, None)

    def books(self, tokens: Iterable[str]) -> list[Json]:
        """Snapshots of those tokens that have a book."""
        found = [self._shelf.with_token(token) for token in tokens]
        return [
            book_event(self._book(state, outcome))
            for state, outcome in filter(None, found)
            if state.has_book and not state.closed
        ]

    # --- what is told ---------------------------------------------------------------------------

    def tell_levels(self, state: MarketState, levels: Mapping[LevelKey, Qty]) -> None:
        """Tell of changed levels, to the listeners of either token and for both tokens."""
        audience = self._audience(state)
        if not audience:
            return
        books = [self._book(state, outcome) for outcome in Outcome]
        stamps = [book_json(book) for book in books]
        changes = [
            _change(book, str(stamp["hash"]), level, qty)
            for level, qty in levels.items()
            for book, stamp in zip(books, stamps, strict=True)
        ]
        event: Json = {
            "event_type": "price_change",
            "market": state.listing.condition_id,
            "timestamp": stamps[0]["timestamp"],
            "price_changes": changes,
        }
        _push(audience, event)
        for book in books:
            self._tell_top(book, str(stamps[0]["timestamp"]))

    def tell_books(self, state: MarketState) -> None:
        """Send both tokens' books to those who listen to them."""
        for outcome in Outcome:
            audience = self._by_token.get(state.listing.token(outcome))
            if audience:
                _push(audience, book_event(self._book(state, outcome)))

    def tell_asset(self, token: str, event: Json) -> None:
        """Tell the listeners of one token."""
        _push(self._by_token.get(token, {}), event)

    def tell_custom(self, event: Json) -> None:
        """Tell everybody who enabled custom features."""
        _push([one for one in self._listeners if one.custom], event)

    def _tell_top(self, book: TokenBook, timestamp: str) -> None:
        audience = [one for one in self._by_token.get(book.token, {}) if one.custom]
        top = (book.best_bid, book.best_ask)
        if not audience or self._tops.get(book.token) == top:
            return
        self._tops[book.token] = top
        event: Json = {
            "event_type": "best_bid_ask",
            "asset_id": book.token,
            "market": book.state.listing.condition_id,
            "best_bid": plain_text(top[0]),
            "best_ask": plain_text(top[1]),
            "spread": plain_text(top[1] - top[0]),
            "timestamp": timestamp,
        }
        _push(audience, event)

    def _audience(self, state: MarketState) -> dict[MarketListener, None]:
        yes, no = (self._by_token.get(token, {}) for token in state.listing.tokens)
        return {**yes, **no}

    def _book(self, state: MarketState, outcome: Outcome) -> TokenBook:
        return token_book(self._exchange, state, outcome)


def _change(book: TokenBook, stamp: str, level: LevelKey, qty: Qty) -> Json:
    is_bid, px = level
    straight = book.outcome is Outcome.YES
    return {
        "asset_id": book.token,
        "price": plain_text(px if straight else complement(px)),
        "size": plain_text(qty),
        "side": "BUY" if is_bid is straight else "SELL",
        "hash": stamp,
        "best_bid": plain_text(book.best_bid),
        "best_ask": plain_text(book.best_ask),
    }


def _push(audience: Iterable[MarketListener], event: Json) -> None:
    frame = ""
    for listener in audience:
        frame = frame or compact(event)
        listener.connection.push(frame)
