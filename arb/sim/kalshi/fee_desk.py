"""Fee changes: announced, carried out, and listed.

Docs: get_series_fee_changes, get_event_fee_changes. A series has a fee; an event may override it
and may fall back to it again.
"""

from collections.abc import Callable, Iterable

import attrs

from arb.market.units import Ns
from arb.sim.engine import Clock, Exchange
from arb.sim.kalshi.agenda import Agenda
from arb.sim.kalshi.board import Board
from arb.sim.kalshi.broadcast import Broadcast
from arb.sim.kalshi.calls import Call, Reply, Route
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.listing import KalshiEvent, fees_of, market_id, waived
from arb.sim.kalshi.numbers import number, rfc3339
from arb.sim.kalshi.paging import cut, read_cursor

_LIMIT_MOST = 1_000
_LIMIT_DEFAULT = 100


@attrs.frozen
class FeeChange:
    """Another fee for a series or an event, from a moment on."""

    number: int
    change_id: str
    ticker: str
    fee_type: str | None
    """None lets an event fall back to its series."""
    multiplier_ppm: int | None
    at_ns: Ns


@attrs.define(eq=False)
class FeeDesk:
    """Changes fees and lists the changes."""

    exchange: Exchange
    board: Board
    broadcast: Broadcast
    agenda: Agenda
    ids: Callable[[], str]
    now_ns: Clock
    _changes: list[FeeChange] = attrs.field(factory=list)

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        return [
            Route("GET", "/series/fee_changes", self.of_series),
            Route("GET", "/events/fee_changes", self.of_events),
        ]

    def set_fee(
        self,
        ticker: str,
        fee_type: str | None,
        multiplier_ppm: int | None,
        at_ns: Ns | None = None,
    ) -> None:
        """Give a series or an event another fee, now or at a later moment.

        None and None let an event fall back to its series. Raises KeyError for a ticker that is
        neither, ValueError for a series without a fee, UnknownRule for a fee without a formula.
        """
        is_series = ticker in self.board.series
        if is_series and (fee_type is None or multiplier_ppm is None):
            raise ValueError(f"series {ticker} needs a fee type and a multiplier")
        now = self.now_ns()
        change = FeeChange(
            number=len(self._changes) + 1,
            change_id=self.ids(),
            ticker=ticker,
            fee_type=fee_type,
            multiplier_ppm=multiplier_ppm,
            at_ns=now if at_ns is None else at_ns,
        )
        self._try(change)
        self._changes.append(change)
        if change.at_ns <= now:
            self._carry_out(change)
        else:
            self.agenda.add(change.at_ns, lambda: self._carry_out(change))

    def of_series(self, call: Call) -> Reply:
        """`GET /series/fee_changes`: those to come, and past ones where those are asked for."""
        ticker, all_of_them = call.query.text("series_ticker"), call.query.flag("show_historical")
        rows = [
            {
                "id": change.change_id,
                "series_ticker": change.ticker,
                "fee_type": change.fee_type,
                "fee_multiplier": number(change.multiplier_ppm or 0),
                "scheduled_ts": rfc3339(change.at_ns),
            }
            for change in self._of(self.board.series)
            if ticker in ("", change.ticker) and (all_of_them or change.at_ns > call.now)
        ]
        return Reply({"series_fee_change_arr": rows})

    def of_events(self, call: Call) -> Reply:
        """`GET /events/fee_changes`: those to come."""
        limit = call.query.number("limit", 1, _LIMIT_MOST, _LIMIT_DEFAULT)
        ticker, first = call.query.text("event_ticker"), read_cursor(call.query)
        wanted = (
            change
            for change in self._of(self.board.events)
            if ticker in ("", change.ticker)
            and change.at_ns > call.now
            and (first is None or change.number > first)
        )
        page, cursor = cut(wanted, limit, lambda change: change.number)
        return Reply(
            {"event_fee_changes": [self._event_row(one) for one in page], "cursor": cursor}
        )

    def _of(self, known: Iterable[str]) -> list[FeeChange]:
        tickers = set(known)
        return [change for change in self._changes if change.ticker in tickers]

    def _event_row(self, change: FeeChange) -> Fields:
        multiplier = change.multiplier_ppm
        return {
            "id": change.change_id,
            "event_ticker": change.ticker,
            "series_ticker": self.board.events[change.ticker].series,
            "fee_type_override": change.fee_type,
            "fee_multiplier_override": None if multiplier is None else number(multiplier),
            "scheduled_ts": rfc3339(change.at_ns),
        }

    def _try(self, change: FeeChange) -> None:
        """Raise what carrying it out would raise."""
        if change.ticker in self.board.series:
            series = self.board.series[change.ticker]
            asked = KalshiEvent("", "", "", fee_type=change.fee_type)
            fees_of(series, attrs.evolve(asked, fee_multiplier_ppm=change.multiplier_ppm))
        else:
            self._changed_event(change)

    def _changed_event(self, change: FeeChange) -> KalshiEvent:
        event = attrs.evolve(
            self.board.events[change.ticker],
            fee_type=change.fee_type,
            fee_multiplier_ppm=change.multiplier_ppm,
        )
        fees_of(self.board.series[event.series], event)
        return event

    def _carry_out(self, change: FeeChange) -> None:
        if change.ticker in self.board.series:
            self._change_series(change)
            events: tuple[str, ...] = self.board.events_of(change.ticker)
        else:
            self.board.change_event(self._changed_event(change))
            self.broadcast.event_fees(change.ticker)
            events = (change.ticker,)
        for event in events:
            self._apply(self.board.events[event])

    def _change_series(self, change: FeeChange) -> None:
        series = self.board.series[change.ticker]
        self.board.series[change.ticker] = attrs.evolve(
            series,
            fee_type=change.fee_type or series.fee_type,
            fee_multiplier_ppm=change.multiplier_ppm or 0,
            updated_ns=self.now_ns(),
        )

    def _apply(self, event: KalshiEvent) -> None:
        fees = fees_of(self.board.series[event.series], event)
        for state in self.board.markets_of(event.ticker):
            ended = state.facts.fee_waiver_ns is None or state.facts.fee_waiver_ns <= self.now_ns()
            charged = fees if ended else waived(state.facts, fees)
            self.exchange.set_fees(market_id(state.facts.ticker), charged)
