"""The state of what is listed: which markets trade, what they last traded at, how they ended."""

import enum
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import attrs

from arb.market.units import MICRO, Ns, Px, Qty, Usd, cost
from arb.sim.kalshi.candles import Candles
from arb.sim.kalshi.listing import (
    KalshiCatalogue,
    KalshiEvent,
    KalshiMarket,
    KalshiSeries,
    PriceRange,
)
from arb.sim.kalshi.numbers import NS_PER_MS


class Status(enum.StrEnum):
    """A market's `status` (docs: market_lifecycle)."""

    INITIALIZED = "initialized"
    INACTIVE = "inactive"
    ACTIVE = "active"
    CLOSED = "closed"
    DETERMINED = "determined"
    DISPUTED = "disputed"
    AMENDED = "amended"
    FINALIZED = "finalized"


FILTERS: dict[str, frozenset[Status]] = {
    "unopened": frozenset({Status.INITIALIZED}),
    "open": frozenset({Status.ACTIVE}),
    "paused": frozenset({Status.INACTIVE}),
    "closed": frozenset({Status.CLOSED, Status.DETERMINED, Status.DISPUTED, Status.AMENDED}),
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
    visible_ns: Ns | None = None
    """From when on REST knows it; None: always."""
    halted: bool = False
    payout: Px | None = None
    """What a YES pays, once that is determined."""
    verdict: Status = Status.DETERMINED
    """Whether the determination stands, is disputed, or was amended."""
    determined_ns: Ns | None = None
    settled_ns: Ns | None = None
    floor: Px | None = None
    """What a YES will pay at least, where the venue says so."""
    bid_px: Px = Px(0)
    bid_qty: Qty = Qty(0)
    """The best bid; without one the quantity is 0."""
    ask_px: Px = Px(MICRO)
    ask_qty: Qty = Qty(0)
    last_px: Px = Px(0)
    last_qty: Qty = Qty(0)
    volume: Qty = Qty(0)
    dollar_volume: Usd = Usd(0)
    open_interest: Qty = Qty(0)
    candles: Candles | None = None
    """None until something happens."""

    def status(self, now: Ns) -> Status:
        """Where the market is in its life; opening and closing happen by time alone."""
        if self.settled_ns is not None:
            return Status.FINALIZED
        if self.payout is not None:
            return self.verdict
        if now >= self.close_ns:
            return Status.CLOSED
        if self.halted:
            return Status.INACTIVE
        return Status.ACTIVE if now >= self.facts.open_ns else Status.INITIALIZED

    def is_visible(self, now: Ns) -> bool:
        """Say whether REST knows it already."""
        return self.visible_ns is None or now >= self.visible_ns

    def is_over(self, now: Ns) -> bool:
        """Say whether its trading has ended for good."""
        return self.payout is not None or now >= self.close_ns

    @property
    def result(self) -> str:
        """How it ended: "yes", "no" or "scalar"; "" until that is determined."""
        if self.payout is None:
            return ""
        return {0: "no", MICRO: "yes"}.get(self.payout, "scalar")

    def traded(self, px: Px, qty: Qty, now: Ns) -> None:
        """Take one trade into the figures."""
        self.last_px, self.last_qty = px, qty
        self.volume = Qty(self.volume + qty)
        self.dollar_volume = Usd(self.dollar_volume + cost(px, qty))
        self._candles().trade(px, qty, now)

    def holds(self, open_interest: Qty, now: Ns) -> None:
        """Take over how many contracts are held."""
        self.open_interest = open_interest
        self._candles().interest(open_interest, now)

    def quoted(self, is_bid: bool, best: tuple[Px, Qty] | None, now: Ns) -> None:  # noqa: FBT001
        """Take over the best price of a side, None where it is empty."""
        if is_bid:
            self.bid_px, self.bid_qty = best or (Px(0), Qty(0))
        else:
            self.ask_px, self.ask_qty = best or (Px(MICRO), Qty(0))
        self._candles().quote(self.bid_px, self.ask_px, now)

    def volume_24h(self, now: Ns) -> Qty:
        """Contracts of the current hour and the 23 before it."""
        return Qty(0) if self.candles is None else self.candles.volume_24h(now)

    def _candles(self) -> Candles:
        if self.candles is None:
            self.candles = Candles()
        return self.candles


class Board:
    """Every series, event and market, in the order in which they were listed."""

    def __init__(self, catalogue: KalshiCatalogue, listing_lag_ms: int = 0) -> None:
        """List a catalogue. Raises KeyError where a child comes without its parent.

        What is listed later cannot be found by `find` for `listing_lag_ms`.
        """
        self.series: dict[str, KalshiSeries] = {}
        self.events: dict[str, KalshiEvent] = {}
        self.markets: dict[str, MarketState] = {}
        self.by_uuid: dict[str, str] = {}
        """Tickers by `market_id`."""
        self._ordered: list[MarketState] = []
        self._ordered_events: list[KalshiEvent] = []
        self._children: dict[str, list[MarketState]] = {}
        self._of_series: dict[str, list[str]] = defaultdict(list)
        self._lag_ns = listing_lag_ms * NS_PER_MS
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
        self._ordered_events.append(event)
        self._of_series[event.series].append(event.ticker)
        self._children[event.ticker] = []

    def change_event(self, event: KalshiEvent) -> None:
        """Put other facts in the place of an event's."""
        self._ordered_events[self._ordered_events.index(self.events[event.ticker])] = event
        self.events[event.ticker] = event

    def add_market(self, market: KalshiMarket, now: Ns | None = None) -> MarketState:
        """List a market of a listed event; `now` is when, for one that is new."""
        state = MarketState(
            number=len(self._ordered),
            facts=market,
            uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"kalshi/{market.ticker}")),
            close_ns=market.close_ns,
            structure=market.structure,
            ranges=market.ranges,
            updated_ns=market.created_ns,
            visible_ns=None if now is None else Ns(now + self._lag_ns),
        )
        self._children[market.event].append(state)
        self._ordered.append(state)
        self.markets[market.ticker] = state
        self.by_uuid[state.uuid] = market.ticker
        return state

    def find(self, ticker: str, now: Ns) -> MarketState | None:
        """A market, as soon as it can be asked for."""
        state = self.markets.get(ticker)
        return state if state is not None and state.is_visible(now) else None

    def markets_of(self, event: str) -> list[MarketState]:
        """The markets of one event, none for an unknown one."""
        return self._children.get(event, [])

    def events_of(self, series: str) -> tuple[str, ...]:
        """The tickers of a series' events."""
        return tuple(self._of_series.get(series, ()))

    def events_after(self, number: int | None) -> Iterator[tuple[int, KalshiEvent]]:
        """Events with their numbers, from the one after a number on."""
        first = 0 if number is None else max(number + 1, 0)
        for place in range(first, len(self._ordered_events)):
            yield place, self._ordered_events[place]

    def markets_after(
        self, number: int | None, *, event: str = "", series: str = "", tickers: Iterable[str] = ()
    ) -> Iterator[MarketState]:
        """Markets from the one after a number on, of one event, series or list, if any is given."""
        given = list(tickers)
        if given:
            found = (self.markets.get(ticker) for ticker in given)
            wanted = sorted((one for one in found if one is not None), key=_number)
        elif event:
            wanted = self.markets_of(event)
        elif series:
            names = self._of_series.get(series, ())
            wanted = sorted((one for name in names for one in self.markets_of(name)), key=_number)
        else:
            return _from(self._ordered, 0 if number is None else max(number + 1, 0))
        return (state for state in wanted if number is None or state.number > number)

    def series_of(self, market: MarketState) -> KalshiSeries:
        """The series that a market belongs to."""
        return self.series[self.events[market.facts.event].series]

    def volume_of(self, series: str) -> Qty:
        """Contracts traded in all markets of a series."""
        return Qty(sum(state.volume for state in self.markets_after(None, series=series)))

    @property
    def shards(self) -> tuple[int, ...]:
        """Every shard that something is listed on, and 0."""
        return tuple(sorted({0, *(one.facts.shard for one in self._ordered)}))

    def __iter__(self) -> Iterator[MarketState]:
        """Go through the markets in the order in which they were listed."""
        return iter(self._ordered)


def _number(state: MarketState) -> int:
    return state.number


def _from(states: Sequence[MarketState], first: int) -> Iterator[MarketState]:
    return (states[place] for place in range(first, len(states)))
