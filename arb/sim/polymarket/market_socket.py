"""The market stream: who listens to which token, and what they are told (docs: market-channel)."""

from collections import Counter
from collections.abc import Callable, Iterable

from starlette.websockets import WebSocket

from arb.market.instruments import MarketId, Outcome
from arb.market.units import Px, Qty, complement, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.book_views import TokenBook, book_event, token_book
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.connections import (
    BAD_REQUEST,
    Connection,
    compact,
    read_object,
    strings_of,
)
from arb.sim.polymarket.live_books import LiveBook
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.wire import Json, milliseconds


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
            self.connection.push(f"[{','.join(books)}]")
            return
        for book in books:
            self.connection.push(book)


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
        self._live: dict[MarketId, LiveBook] = {}
        """The books of markets that somebody watches; begun anew after nobody did."""

    async def serve(self, socket: WebSocket) -> None:
        """Serve one client until it leaves."""
        connection = Connection(self._conditions, self.counts)
        listener = MarketListener(self, connection)
        self._listeners[listener] = None
        try:
            await connection.converse(socket, listener.hear)
        finally:
            self.drop(listener, list(listener.tokens))
            del self._listeners[listener]

    def hang_up(self) -> None:
        """End every connection."""
        for listener in self._listeners:
            listener.connection.hang_up()

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

    def books(self, tokens: Iterable[str]) -> list[str]:
        """Snapshots of those tokens that have a book, in JSON."""
        found = [self._shelf.with_token(token) for token in tokens]
        return [
            book_event(self._book(state, outcome))
            for state, outcome in filter(None, found)
            if state.has_book and not state.closed
        ]

    # --- what is told ---------------------------------------------------------------------------

    def tell_level(self, market: MarketId, is_bid: bool, px: Px, qty: Qty) -> None:  # noqa: FBT001 - the engine's way of saying it
        """Tell of a changed level as it changes: one event for both tokens (recorded traffic).

        The listeners of either token hear it. The best prices in it are those after the change.
        """
        state = self._shelf.markets[market]
        audience = self._audience(state) if self._listeners and state.has_book else None
        if not audience:
            self._live.pop(market, None)
            return
        live = self._live.get(market)
        if live is None:
            live = self._live[market] = LiveBook.of(state, self._exchange.levels(market))
        else:
            live.change(px, qty, is_bid=is_bid)
        _push(audience, live.price_change(px, qty, is_bid=is_bid))
        if not any(one.custom for one in audience):
            return
        bid, ask = live.top
        for outcome, top in zip(
            Outcome, ((bid, ask), (complement(ask), complement(bid))), strict=True
        ):
            self._tell_top(state, outcome, top)

    def tell_books(self, state: MarketState) -> None:
        """Send both tokens' books to those who listen to them."""
        for outcome in Outcome:
            audience = self._by_token.get(state.listing.token(outcome))
            if audience:
                _push(audience, book_event(self._book(state, outcome)))

    def forget(self, state: MarketState) -> None:
        """Forget the best prices of a market that is over."""
        self._live.pop(state.listing.id, None)
        for token in state.listing.tokens:
            self._tops.pop(token, None)

    def tell_asset(self, token: str, event: Json) -> None:
        """Tell the listeners of one token."""
        audience = self._by_token.get(token)
        if audience:
            _push(audience, compact(event))

    def tell_custom(self, event: Json) -> None:
        """Tell everybody who enabled custom features."""
        audience = [one for one in self._listeners if one.custom]
        if audience:
            _push(audience, compact(event))

    def _tell_top(self, state: MarketState, outcome: Outcome, top: tuple[Px, Px]) -> None:
        token = state.listing.token(outcome)
        audience = [one for one in self._by_token.get(token, ()) if one.custom]
        if not audience or self._tops.get(token) == top:
            return
        self._tops[token] = top
        event: Json = {
            "event_type": "best_bid_ask",
            "asset_id": token,
            "market": state.listing.condition_id,
            "best_bid": plain_text(top[0]),
            "best_ask": plain_text(top[1]),
            "spread": plain_text(top[1] - top[0]),
            "timestamp": milliseconds(state.changed_ns),
        }
        _push(audience, compact(event))

    def _audience(self, state: MarketState) -> dict[MarketListener, None]:
        """Everybody who listens to either token."""
        yes, no = (self._by_token.get(token) for token in state.listing.tokens)
        return {**yes, **no} if yes and no else yes or no or {}

    def _book(self, state: MarketState, outcome: Outcome) -> TokenBook:
        return token_book(self._exchange, state, outcome)


def _push(audience: Iterable[MarketListener], frame: str) -> None:
    for listener in audience:
        listener.connection.push(frame)
