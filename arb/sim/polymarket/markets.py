"""The markets as they are now: rules that may change, last trade, whether they are open."""

from collections.abc import Iterable

import attrs

from arb.market.instruments import MarketId, Outcome
from arb.market.units import Ns, Px
from arb.sim.polymarket.errors import ApiError, no_book, not_found
from arb.sim.polymarket.listing import PolymarketEvent, PolymarketListing


@attrs.frozen
class LastTrade:
    """The last print of a market, in the terms of the token that the taker traded."""

    px: Px
    side: str


@attrs.define(eq=False)
class MarketState:
    """One market. Changed by the face alone."""

    listing: PolymarketListing
    event: PolymarketEvent
    listed_ns: Ns
    changed_ns: Ns
    """When its book last changed."""
    tick: int
    accepting: bool = True
    has_book: bool = True
    """A new market has none at first; a market with a proposed outcome has none any more."""
    resolution_status: str = ""
    yes_pays: bool | None = None
    """How it resolved; None before."""
    last_trade: LastTrade | None = None
    volume: int = 0
    """Micro-dollars traded, counted once a match at the YES price."""

    @property
    def closed(self) -> bool:
        """Say whether the market is over."""
        return self.yes_pays is not None


class Shelf:
    """Finds markets and events by any of their names."""

    def __init__(self, events: Iterable[PolymarketEvent], now_ns: Ns) -> None:
        """Put events on the shelf. Raises ValueError where a name is used twice."""
        self.events: dict[str, PolymarketEvent] = {}
        self.markets: dict[MarketId, MarketState] = {}
        self._by_token: dict[str, tuple[MarketState, Outcome]] = {}
        self._by_gamma_id: dict[str, MarketState] = {}
        self._by_slug: dict[str, MarketState] = {}
        for event in events:
            self.add(event, now_ns)

    def add(self, event: PolymarketEvent, now_ns: Ns) -> list[MarketState]:
        """Put one event and its markets on the shelf; returns the markets."""
        if event.gamma_id in self.events:
            raise ValueError(f"event {event.gamma_id} is listed already")
        self.events[event.gamma_id] = event
        return [self._add(event, listing, now_ns) for listing in event.markets]

    def _add(self, event: PolymarketEvent, listing: PolymarketListing, now_ns: Ns) -> MarketState:
        names = (listing.id in self.markets, *(token in self._by_token for token in listing.tokens))
        if any(names) or listing.gamma_id in self._by_gamma_id or listing.slug in self._by_slug:
            raise ValueError(f"market {listing.slug} shares a name with another")
        state = MarketState(listing, event, now_ns, now_ns, listing.tick)
        self.markets[listing.id] = state
        self._by_gamma_id[listing.gamma_id] = self._by_slug[listing.slug] = state
        for outcome in Outcome:
            self._by_token[listing.token(outcome)] = (state, outcome)
        return state

    def with_token(self, token: str) -> tuple[MarketState, Outcome] | None:
        """The market and outcome of a token, whatever its state; None for an unknown one."""
        return self._by_token.get(token)

    def book_of(self, token: str) -> tuple[MarketState, Outcome]:
        """The same, where there is a book. Raises ApiError (400, 404)."""
        if not (token.isascii() and token.isdigit()):
            raise ApiError(400, "Invalid token id")
        found = self._by_token.get(token)
        if found is None or found[0].closed or not found[0].has_book:
            raise no_book()
        return found

    def with_condition(self, condition_id: str) -> MarketState:
        """The market of a condition id of 64 hex digits. Raises ApiError (404)."""
        state = self.markets.get(MarketId(f"polymarket:{condition_id}"))
        if state is None:
            raise not_found("market not found")
        return state

    def with_gamma_id(self, gamma_id: str) -> MarketState | None:
        """The market of a metadata id."""
        return self._by_gamma_id.get(gamma_id)

    def with_slug(self, slug: str) -> MarketState | None:
        """The market of a slug."""
        return self._by_slug.get(slug)
