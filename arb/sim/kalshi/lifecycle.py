"""What time and the venue's people do to markets: close, halt, determine, settle, expire.

Docs: market_lifecycle. Opening and closing happen by time and are not announced on any stream;
everything else is.
"""

import heapq
from collections.abc import Callable

import attrs

from arb.market.units import Ns
from arb.sim.engine import Exchange
from arb.sim.kalshi.board import Board, MarketState
from arb.sim.kalshi.broadcast import Broadcast
from arb.sim.kalshi.listing import (
    KalshiEvent,
    KalshiMarket,
    exchange_listing,
    fees_of,
    market_id,
)
from arb.sim.kalshi.numbers import NS_PER_S, unix_s
from arb.sim.kalshi.observer import Observer
from arb.sim.kalshi.pauses import Switches
from arb.sim.kalshi.records import Blotter, OrderRecord, Reason


@attrs.define(eq=False)
class Agenda:
    """What is due when."""

    changed: Callable[[], None] = lambda: None
    """Called when something was added: whoever sleeps until the next date must look again."""
    _heap: list[tuple[Ns, int, Callable[[], None]]] = attrs.field(factory=list)
    _numbers: int = 0

    def add(self, at_ns: Ns, act: Callable[[], None]) -> None:
        """Do something later."""
        self._numbers += 1
        heapq.heappush(self._heap, (at_ns, self._numbers, act))
        self.changed()

    def next_ns(self) -> Ns | None:
        """When the next thing is due, None where nothing is."""
        return self._heap[0][0] if self._heap else None

    def run_due(self, now: Ns) -> None:
        """Do everything that is due, in the order of its dates."""
        while self._heap and self._heap[0][0] <= now:
            heapq.heappop(self._heap)[2]()


@attrs.frozen
class Lifecycle:
    """Moves markets and orders through their lives."""

    exchange: Exchange
    board: Board
    blotter: Blotter
    observer: Observer
    broadcast: Broadcast
    switches: Switches
    agenda: Agenda
    now_ns: Callable[[], Ns]

    def start(self) -> None:
        """Put the closing of every market on the agenda."""
        for state in self.board:
            self._close_later(state)

    def watch(self, record: OrderRecord) -> None:
        """Put the expiry of an order on the agenda, where it has one."""
        if record.open and record.terms.expires_ns is not None:
            self.agenda.add(record.terms.expires_ns, lambda: self._cancel(record, Reason.EXPIRY))

    # --- markets --------------------------------------------------------------------------------

    def list_event(self, event: KalshiEvent) -> None:
        """List a new event. Raises KeyError where its series is unknown."""
        self.board.add_event(event)
        self.broadcast.listed_event(event.ticker)

    def list_market(self, market: KalshiMarket) -> None:
        """List a new market and open its book. Raises KeyError where its event is unknown."""
        event = self.board.events[market.event]
        fees = fees_of(self.board.series[event.series], event)
        self.exchange.list_market(exchange_listing(market, fees))
        state = self.board.add_market(market)
        self._close_later(state)
        self.broadcast.listed(state)

    def halt(self, ticker: str) -> None:
        """Let no member trade a market until `resume`. What rests stays."""
        state = self._changed(ticker)
        state.halted = True
        self.broadcast.market(state, "deactivated", is_deactivated=True)

    def resume(self, ticker: str) -> None:
        """Let a halted market trade again; members' resting orders are cancelled first."""
        state = self._changed(ticker)
        self._cancel_in(ticker, Reason.HALT)
        state.halted = False
        self.broadcast.market(state, "activated", is_deactivated=False)

    def move_close(self, ticker: str, close_ns: Ns) -> None:
        """Let a market close at another time."""
        state = self._changed(ticker)
        state.close_ns = close_ns
        self._close_later(state)
        self.broadcast.market(state, "close_date_updated", close_ts=unix_s(close_ns))

    def determine(self, ticker: str, *, yes_pays: bool) -> None:
        """Say how a market ended, once; it is paid out when its settlement timer has run."""
        state = self._changed(ticker)
        if state.result:
            raise ValueError(f"{ticker} is determined already: {state.result}")
        self._close(state)
        self.observer.determined(state, yes_pays=yes_pays)
        pays_ns = Ns(self.now_ns() + state.facts.settlement_timer_s * NS_PER_S)
        self.agenda.add(pays_ns, lambda: self._settle(state, yes_pays=yes_pays))

    # --- pauses ---------------------------------------------------------------------------------

    def pause(self, shard: int, *, exchange: bool = False) -> None:
        """Stop trading on a shard, or the whole of it; orders that asked for it are cancelled."""
        switch = self.switches.by_shard[shard]
        switch.trading_active = False
        switch.exchange_active = not exchange
        for record in self.blotter.resting():
            if record.terms.shard == shard and record.terms.cancel_on_pause:
                self._cancel(record, Reason.HALT)

    def unpause(self, shard: int) -> None:
        """Let a shard work again; what rests is as it was."""
        switch = self.switches.by_shard[shard]
        switch.trading_active = switch.exchange_active = True

    def _changed(self, ticker: str) -> MarketState:
        state = self.board.markets[ticker]
        state.updated_ns = self.now_ns()
        return state

    def _close_later(self, state: MarketState) -> None:
        self.agenda.add(state.close_ns, lambda: self._close_if_due(state))

    def _close_if_due(self, state: MarketState) -> None:
        """The date may have moved since."""
        if self.now_ns() >= state.close_ns:
            self._close(state)

    def _settle(self, state: MarketState, *, yes_pays: bool) -> None:
        """Somebody else may have resolved it meanwhile."""
        if state.settled_ns is None:
            self.exchange.resolve(market_id(state.facts.ticker), yes_pays)

    def _close(self, state: MarketState) -> None:
        self._cancel_in(state.facts.ticker, Reason.CLOSE)
        self.exchange.close(market_id(state.facts.ticker))

    def _cancel_in(self, ticker: str, reason: Reason) -> None:
        for record in self.blotter.resting():
            if record.terms.ticker == ticker:
                self._cancel(record, reason)

    def _cancel(self, record: OrderRecord, reason: Reason) -> None:
        if record.sim is not None:
            self.exchange.cancel(record.sim.id, reason)
