"""Public reads of books and prices (docs: api-reference, orderbook and pricing)."""

from collections.abc import Callable, Iterable
from functools import partial

import attrs
from starlette.requests import Request
from starlette.responses import Response

from arb.market.instruments import Outcome
from arb.market.units import Ns, Px, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.book_views import (
    GHOST,
    NO_ASK,
    NO_BID,
    TokenBook,
    book_text,
    token_book,
)
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.errors import INVALID_PAYLOAD, ApiError, bad_request, no_book
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.payload import parse_list
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.wire import NS_PER_S, Json

MAX_BATCH = 500
"""Tokens in one batch read (docs: api-reference)."""
SIDES = ("BUY", "SELL")


@attrs.define(eq=False)
class BookReads:
    """Answers everything about the two tokens' books."""

    exchange: Exchange
    shelf: Shelf
    conditions: Conditions
    now_ns: Callable[[], Ns]
    _cached: dict[str, tuple[Ns, TokenBook]] = attrs.field(factory=dict, init=False)
    """Books by token and when they were read, while an edge cache is on."""

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("GET", "/book", self._book_call),
            ("GET", "/books", self._wrong_method),
            ("POST", "/books", self._books),
            ("GET", "/price", self._price),
            ("POST", "/prices", self._prices),
            ("GET", "/midpoint", partial(self._one, lambda book: {"mid": _midpoint(book)})),
            ("POST", "/midpoints", partial(self._many, _midpoint)),
            ("GET", "/spread", partial(self._one, lambda book: {"spread": _spread(book)})),
            ("POST", "/spreads", partial(self._many, _spread)),
            ("GET", "/last-trade-price", partial(self._one, _last_trade)),
            ("POST", "/last-trades-prices", self._last_trades),
        )

    async def _one(self, show: Callable[[TokenBook], Json], request: Request) -> Json:
        """Answer about the token of the query."""
        return show(self._book(request.query_params.get("token_id", "")))

    async def _many(self, show: Callable[[TokenBook], str], request: Request) -> Json:
        """Answer about the tokens of the body, by token."""
        return {book.token: show(book) for book in await self._listed(request)}

    async def _book_call(self, request: Request) -> Response:
        book = self._book(request.query_params.get("token_id", ""))
        return Response(book_text(book), media_type="application/json")

    async def _wrong_method(self, _request: Request) -> Json:
        """Several books are asked for with a body (recorded refusal)."""
        raise bad_request(INVALID_PAYLOAD)

    async def _books(self, request: Request) -> Response:
        """Books of several tokens; unknown ones are left out without a word."""
        texts = [book_text(book) for book in await self._listed(request)]
        return Response(f"[{','.join(texts)}]", media_type="application/json")

    async def _price(self, request: Request) -> Json:
        side = request.query_params.get("side", "").upper()
        if side not in SIDES:
            raise bad_request("Invalid side")
        book = self._book(request.query_params.get("token_id", ""))
        price = self._best(book, side)
        if price in {NO_BID, NO_ASK}:
            raise no_book()
        return {"price": plain_text(price)}

    async def _prices(self, request: Request) -> Json:
        books = await self._listed(request)
        sides = {
            book: {side: plain_text(self._best(book, side)) for side in SIDES} for book in books
        }
        return {book.token: prices for book, prices in sides.items()}

    async def _last_trades(self, request: Request) -> list[Json]:
        """Last trades of several tokens; those never traded are left out."""
        books = [book for book in await self._listed(request) if book.state.last_trade]
        return [{"token_id": book.token, **_last_trade(book)} for book in books]

    def _best(self, book: TokenBook, side: str) -> Px:
        """The price of a side; which one that is depends on whom one asks."""
        wants_bid = (side == "BUY") is not self.conditions.price_is_opposite
        return book.best_bid if wants_bid else book.best_ask

    def _book(self, token: str) -> TokenBook:
        state, outcome = self.shelf.book_of(token)
        if token in self.conditions.ghost_tokens:
            return TokenBook(state, outcome, *GHOST, state.listed_ns)
        return self._read(token, state, outcome)

    def _read(self, token: str, state: MarketState, outcome: Outcome) -> TokenBook:
        """The book as the edge shows it: now, or as it was when somebody last asked."""
        most_ns = round(self.conditions.book_cache_s * NS_PER_S)
        if not most_ns:
            self._cached.clear()
            return token_book(self.exchange, state, outcome)
        at_ns, book = self._cached.get(token, (None, None))
        if book is None or at_ns is None or self.now_ns() - at_ns >= most_ns:
            book = token_book(self.exchange, state, outcome)
            self._cached[token] = (self.now_ns(), book)
        return book

    async def _listed(self, request: Request) -> list[TokenBook]:
        """The books of a body's tokens, each once, as far as there are books."""
        rows = parse_list(await request.body())
        if len(rows) > MAX_BATCH:
            raise bad_request("Payload exceeds the limit")
        tokens = [row.get("token_id") if isinstance(row, dict) else None for row in rows]
        found = []
        for token in dict.fromkeys(token for token in tokens if isinstance(token, str)):
            try:
                found.append(self._book(token))
            except ApiError:
                continue  # the venue drops unknown tokens in silence
        return found


def _midpoint(book: TokenBook) -> str:
    if not book.bids or not book.asks:
        raise no_book()
    return plain_text((book.best_bid + book.best_ask) // 2)


def _spread(book: TokenBook) -> str:
    if not book.bids or not book.asks:
        raise no_book()
    return plain_text(book.best_ask - book.best_bid)


def _last_trade(book: TokenBook) -> Json:
    last = book.state.last_trade
    if last is None:
        return {"price": "0.5", "side": ""}
    return {"price": plain_text(last.px), "side": last.side}
