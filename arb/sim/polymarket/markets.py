"""The markets as they are now: rules that may change, last trade, whether they are open."""

from collections.abc import Iterable

import attrs

from arb.market.instruments import MarketId, Outcome
from arb.market.units import Ns, Px, complement
from arb.sim.polymarket.errors import ApiError, no_book, not_found
from arb.sim.polymarket.listing import FeeSchedule, PolymarketEvent, PolymarketListing

_SHORT_CONDITION = 64
"""0x and 31 bytes: what a position id starts with."""


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
    """When it began to accept orders."""
    changed_ns: Ns
    """When its book last changed."""
    tick: int
    fee_schedule: FeeSchedule | None
    """The market's fee rule now; None: nobody pays."""
    accepting: bool = True
    has_book: bool = True
    """A new market has none at first; a market with a proposed outcome has none any more."""
    resolution_status: str = ""
    proposed: Px | None = None
    """What YES is said to pay; None before anybody said so."""
    payout: Px | None = None
    """What YES pays, 0 to a dollar; None before the market resolved."""
    resolved_ns: Ns | None = None
    last_trade: LastTrade | None = None
    volume: int = 0
    """Micro-dollars traded, counted once a match at the YES price."""

    @property
    def closed(self) -> bool:
        """Say whether the market is over."""
        return self.payout is not None

    @property
    def started_ns(self) -> Ns:
        """When the market began: as its listing says, or when it was listed here."""
        return self.listing.start_ns or self.listed_ns

    def pays(self, outcome: Outcome) -> Px | None:
        """What a token of an outcome pays; None before the market resolved."""
        if self.payout is None:
            return None
        return self.payout if outcome is Outcome.YES else complement(self.payout)


class Shelf:
    """Finds markets and events by any of their names."""

    def __init__(self, events: Iterable[PolymarketEvent], now_ns: Ns) -> None:
        """Put events on the shelf. Raises ValueError where a name is used twice."""
        self.events: dict[str, PolymarketEvent] = {}
        self.markets: dict[MarketId, MarketState] = {}
        self._by_token: dict[str, tuple[MarketState, Outcome]] = {}
        self._by_gamma_id: dict[str, MarketState] = {}
        self._by_slug: dict[str, MarketState] = {}
        self._by_event_slug: dict[str, PolymarketEvent] = {}
        self._by_neg_risk: dict[str, list[PolymarketEvent]] = {}
        for event in events:
            self.add(event, now_ns)

    def add(self, event: PolymarketEvent, now_ns: Ns) -> list[MarketState]:
        """Put one event and its markets on the shelf; returns the markets."""
        if event.gamma_id in self.events:
            raise ValueError(f"event {event.gamma_id} is listed already")
        self.events[event.gamma_id] = event
        self._by_event_slug.setdefault(event.slug, event)
        if event.neg_risk_market_id:
            self._by_neg_risk.setdefault(event.neg_risk_market_id.lower(), []).append(event)
        return [self._add(event, listing, now_ns) for listing in event.markets]

    def _add(self, event: PolymarketEvent, listing: PolymarketListing, now_ns: Ns) -> MarketState:
        names = (listing.id in self.markets, *(token in self._by_token for token in listing.tokens))
        if any(names) or listing.gamma_id in self._by_gamma_id or listing.slug in self._by_slug:
            raise ValueError(f"market {listing.slug} shares a name with another")
        state = MarketState(listing, event, now_ns, now_ns, listing.tick, listing.fee_schedule)
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

    def of_condition(self, condition: str) -> MarketState | None:
        """The market of a condition as contracts name it: 32 bytes, or the 31 of a v2 market."""
        state = self.markets.get(MarketId(f"polymarket:{condition}"))
        if state is not None and state.listing.version == "v1":
            return state
        found = self._by_token.get(str(int(condition[:_SHORT_CONDITION], 16) << 8))
        return None if found is None or found[0].listing.version == "v1" else found[0]

    def in_neg_risk(self, market_id: str) -> list[MarketState]:
        """Every question of a negative-risk market, in the order of the list."""
        events = self._by_neg_risk.get(market_id.lower(), [])
        return [self.markets[listing.id] for event in events for listing in event.markets]

    def event_with_slug(self, slug: str) -> PolymarketEvent | None:
        """The event of a slug."""
        return self._by_event_slug.get(slug)

    def with_gamma_id(self, gamma_id: str) -> MarketState | None:
        """The market of a metadata id."""
        return self._by_gamma_id.get(gamma_id)

    def with_slug(self, slug: str) -> MarketState | None:
        """The market of a slug."""
        return self._by_slug.get(slug)
