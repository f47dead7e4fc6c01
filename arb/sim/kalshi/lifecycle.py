"""What time and the venue's people do to markets: close, halt, determine, settle, expire.

Docs: market_lifecycle. Opening and closing happen by time and are not announced on any stream;
everything else is.
"""

import attrs

from arb.market.units import Ns, Px
from arb.sim.engine import Clock, Exchange
from arb.sim.kalshi.agenda import Agenda
from arb.sim.kalshi.board import Board, MarketState, Status
from arb.sim.kalshi.broadcast import Broadcast
from arb.sim.kalshi.listing import (
    STRUCTURES,
    KalshiEvent,
    KalshiMarket,
    KalshiSeries,
    exchange_listing,
    fees_of,
    grid_of,
    market_id,
    waived,
)
from arb.sim.kalshi.listing_forms import ranges
from arb.sim.kalshi.numbers import NS_PER_S, unix_s
from arb.sim.kalshi.observer import Observer
from arb.sim.kalshi.pausing import Pausing
from arb.sim.kalshi.records import Blotter, OrderRecord, Reason


@attrs.frozen
class Lifecycle:
    """Moves markets and orders through their lives."""

    exchange: Exchange
    board: Board
    blotter: Blotter
    observer: Observer
    broadcast: Broadcast
    pausing: Pausing
    agenda: Agenda
    now_ns: Clock

    def start(self) -> None:
        """Put the closing of every market on the agenda."""
        for state in self.board:
            self._plan(state)

    def watch(self, record: OrderRecord) -> None:
        """Put the expiry of an order on the agenda, where it has one."""
        expires_ns = record.terms.expires_ns
        if record.open and expires_ns is not None:
            self.agenda.add(expires_ns, lambda: self._expire(record))

    # --- listing --------------------------------------------------------------------------------

    def list_series(self, series: KalshiSeries) -> None:
        """List a new series; one that is listed already stays as it is."""
        self.board.series.setdefault(series.ticker, series)

    def list_event(self, event: KalshiEvent) -> None:
        """List a new event. Raises KeyError where its series is unknown."""
        self.board.add_event(event)
        self.broadcast.listed_event(event.ticker)

    def list_market(self, market: KalshiMarket) -> None:
        """List a new market and open its book. Raises KeyError where its event is unknown."""
        event = self.board.events[market.event]
        fees = waived(market, fees_of(self.board.series[event.series], event))
        self.exchange.list_market(exchange_listing(market, fees))
        state = self.board.add_market(market, self.now_ns())
        if self.pausing.is_paused(market.shard):
            self.exchange.halt(market_id(market.ticker))
        self._plan(state)
        self.broadcast.listed(state)

    # --- trading --------------------------------------------------------------------------------

    def halt(self, ticker: str) -> None:
        """Let nobody trade a market until `resume`. What rests stays."""
        state = self._changed(ticker)
        state.halted = True
        self.exchange.halt(market_id(ticker))
        self.broadcast.market(state, "deactivated", is_deactivated=True)

    def resume(self, ticker: str) -> None:
        """Let a halted market trade again; all resting orders are cancelled first."""
        state = self._changed(ticker)
        for order in self.exchange.resting(market_id(ticker)):
            self.exchange.cancel(order.id, Reason.HALT)
        state.halted = False
        if not self.pausing.is_paused(state.facts.shard):
            self.exchange.resume(market_id(ticker))
        self.broadcast.market(state, "activated", is_deactivated=False)

    def regrid(self, ticker: str, structure: str) -> None:
        """Give a market other price bands, by their label; orders off the new grid are cancelled.

        Raises KeyError for an unknown label.
        """
        bands = STRUCTURES[structure]
        state = self._changed(ticker)
        state.structure, state.ranges = structure, bands
        self.exchange.regrid(market_id(ticker), grid_of(bands))
        self.broadcast.market(
            state,
            "price_level_structure_updated",
            price_level_structure=structure,
            price_ranges=ranges(bands),
        )

    def reword(self, ticker: str, rules: str) -> None:
        """Put another text in the place of a market's primary rules."""
        state = self._changed(ticker)
        state.facts = attrs.evolve(state.facts, rules_primary=rules)
        self.broadcast.market(state, "metadata_updated")

    def raise_floor(self, ticker: str, floor: Px) -> None:
        """Promise that a YES pays at least `floor`; orders at or below it are cancelled."""
        state = self._changed(ticker)
        state.floor = floor
        for order in self.exchange.resting(market_id(ticker)):
            if order.px <= floor:
                self.exchange.cancel(order.id, Reason.SETTLEMENT_BOUNDS)
        self.broadcast.market(state, "metadata_updated")

    def move_close(self, ticker: str, close_ns: Ns) -> None:
        """Let a market close at another time."""
        state = self._changed(ticker)
        state.close_ns = close_ns
        self._plan(state)
        self.broadcast.market(state, "close_date_updated", close_ts=unix_s(close_ns))

    # --- endings --------------------------------------------------------------------------------

    def determine(self, ticker: str, payout: Px, after_s: int | None = None) -> None:
        """Say what a YES pays, once; it is paid out when the settlement timer has run.

        `after_s` runs instead of the market's own timer. Raises ValueError where the answer was
        given before.
        """
        state = self._changed(ticker)
        if state.payout is not None:
            raise ValueError(f"{ticker} is determined already: {state.result}")
        self._close(state)
        self.observer.determined(state, payout)
        self._settle_later(state, after_s)

    def dispute(self, ticker: str) -> None:
        """Put a determination in doubt: nothing is paid until it is amended."""
        state = self._changed(ticker)
        if state.payout is None or state.settled_ns is not None:
            raise ValueError(f"{ticker} has no determination to dispute")
        state.verdict = Status.DISPUTED

    def amend(self, ticker: str, payout: Px) -> None:
        """Replace, or confirm, a determination in doubt; the timer starts anew."""
        state = self._changed(ticker)
        if state.verdict is not Status.DISPUTED:
            raise ValueError(f"{ticker} is not disputed")
        self.observer.determined(state, payout)
        state.verdict = Status.AMENDED
        self._settle_later(state)

    def _settle_later(self, state: MarketState, after_s: int | None = None) -> None:
        """Pay when the timer has run, unless the determination has changed by then."""
        said_ns = state.determined_ns
        timer_s = state.facts.settlement_timer_s if after_s is None else after_s
        pays_ns = Ns(self.now_ns() + timer_s * NS_PER_S)

        def settle() -> None:
            stands = state.verdict is not Status.DISPUTED and state.determined_ns == said_ns
            if stands and state.settled_ns is None and state.payout is not None:
                self.exchange.resolve(market_id(state.facts.ticker), state.payout)

        self.agenda.add(pays_ns, settle)

    # --- inner workings -------------------------------------------------------------------------

    def _changed(self, ticker: str) -> MarketState:
        state = self.board.markets[ticker]
        state.updated_ns = self.now_ns()
        return state

    def _plan(self, state: MarketState) -> None:
        self.agenda.add(state.close_ns, lambda: self._close_if_due(state))
        if state.facts.fee_waiver_ns is not None:
            self.agenda.add(state.facts.fee_waiver_ns, lambda: self._end_waiver(state))

    def _close_if_due(self, state: MarketState) -> None:
        """The date may have moved since."""
        if self.now_ns() >= state.close_ns:
            self._close(state)

    def _end_waiver(self, state: MarketState) -> None:
        event = self.board.events[state.facts.event]
        fees = fees_of(self.board.series[event.series], event)
        self.exchange.set_fees(market_id(state.facts.ticker), fees)

    def _close(self, state: MarketState) -> None:
        for record in self.blotter.resting():
            if record.terms.ticker == state.facts.ticker:
                self.exchange.cancel(record.order_id, Reason.CLOSE)
        self.exchange.close(market_id(state.facts.ticker))

    def _expire(self, record: OrderRecord) -> None:
        """It may have been given another time, or none."""
        expires_ns = record.terms.expires_ns
        if record.open and expires_ns is not None and self.now_ns() >= expires_ns:
            self.exchange.cancel(record.order_id, Reason.EXPIRY)
