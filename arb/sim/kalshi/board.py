"""The state of what is listed: which markets trade, what they last traded at, how they ended."""

import enum
import uuid
from collections import Counter
from collections.abc import Iterator

import attrs

from arb.market.units import Ns, Px, Qty, Usd, cost
from arb.sim.kalshi.listing import (
    KalshiCatalogue,
    KalshiEvent,
    KalshiMarket,
    KalshiSeries,
    PriceRange,
)
from arb.sim.kalshi.numbers import NS_PER_S

_HOUR_NS = 3_600 * NS_PER_S
_DAY_HOURS = 24


class Status(enum.StrEnum):
    """A market's `status` (docs: market_lifecycle)."""

    INITIALIZED = "initialized"
    INACTIVE = "inactive"
    ACTIVE = "active"
    CLOSED = "closed"
    DETERMINED = "determined"
    FINALIZED = "finalized"


FILTERS: dict[str, frozenset[Status]] = {
    "unopened": frozenset({Status.INITIALIZED}),
    "open": frozenset({Status.ACTIVE}),
    "paused": frozenset({Status.INACTIVE}),
    "closed": frozenset({Status.CLOSED, Status.DETERMINED}),
    "settled": frozenset({Status.FINALIZED}),
}
"""What the words of the `status` filter mean; they are not the words of the field."""


@attrs.define(eq=False)
class MarketState:
    """One market as it stands."""

    number: int
    """Its place in lists."""
    facts: KalshiMarket
    uuid: str
    """`market_id`, as the streams call it."""
    close_ns: Ns
    structure: str
    ranges: tuple[PriceRange, ...]
    updated_ns: Ns
    """When something other than trading last changed."""
    halted: bool = False
    result: str = ""
    """"yes" or "no" once it is determined."""
    determined_ns: Ns | None = None
    settled_ns: Ns | None = None
    last_px: Px = Px(0)
    last_qty: Qty = Qty(0)
    volume: Qty = Qty(0)
    dollar_volume: Usd = Usd(0)
    open_interest: Qty = Qty(0)
    _by_hour: Counter[int] = attrs.field(factory=Counter)

    def status(self, now: Ns) -> Status:
        """Where the market is in its life; opening and closing happen by time alone."""
        if self.settled_ns is not None:
            return Status.FINALIZED
        if self.result:
            return Status.DETERMINED
        if now >= self.close_ns:
            return Status.CLOSED
        if self.halted:
            return Status.INACTIVE
        return Status.ACTIVE if now >= self.facts.open_ns else Status.INITIALIZED

    def traded(self, px: Px, qty: Qty, now: Ns) -> None:
        """Take one trade into the figures."""
        self.last_px, self.last_qty = px, qty
        self.volume = Qty(self.volume + qty)
        self.dollar_volume = Usd(self.dollar_volume + cost(px, qty))
        hour = now // _HOUR_NS
        if hour not in self._by_hour:
            for old in [one for one in self._by_hour if one <= hour - _DAY_HOURS]:
                del self._by_hour[old]
        self._by_hour[hour] += qty

    def volume_24h(self, now: Ns) -> Qty:
        """Contracts of the current hour and the 23 before it."""
        first = now // _HOUR_NS - _DAY_HOURS + 1
        return Qty(sum(qty for hour, qty in self._by_hour.items() if hour >= first))


class Board:
    """Every series, event and market, in the order in which they were listed."""

    def __init__(self, catalogue: KalshiCatalogue) -> None:
        """List a catalogue. Raises KeyError where a child comes without its parent."""
        self.series: dict[str, KalshiSeries] = {}
        self.events: dict[str, KalshiEvent] = {}
        self.markets: dict[str, MarketState] = {}
        self._children: dict[str, list[MarketState]] = {}
        for series in catalogue.series:
            self.series[series.ticker] = series
        for event in catalogue.events:
            self.add_event(event)
        for market in catalogue.markets:
            self.add_market(market)

    def add_event(self, event: KalshiEvent) -> None:
        """List an event of a listed series."""
        self.series[event.series]
        self.events[event.ticker] = event
        self._children[event.ticker] = []

    def add_market(self, market: KalshiMarket) -> MarketState:
        """List a market of a listed event."""
        state = MarketState(
            number=len(self.markets),
            facts=market,
            uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"kalshi/{market.ticker}")),
            close_ns=market.close_ns,
            structure=market.structure,
            ranges=market.ranges,
            updated_ns=market.created_ns,
        )
        self._children[market.event].append(state)
        self.markets[market.ticker] = state
        return state

    def markets_of(self, event: str) -> list[MarketState]:
        """The markets of one event."""
        return self._children[event]

    def series_of(self, market: MarketState) -> KalshiSeries:
        """The series that a market belongs to."""
        return self.series[self.events[market.facts.event].series]

    @property
    def shards(self) -> tuple[int, ...]:
        """Every shard that something is listed on, and 0."""
        return tuple(sorted({0, *(one.facts.shard for one in self.markets.values())}))

    def __iter__(self) -> Iterator[MarketState]:
        """Go through the markets in the order in which they were listed."""
        return iter(self.markets.values())
