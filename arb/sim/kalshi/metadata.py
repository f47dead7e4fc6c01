"""The public routes on what is listed: series, events, markets."""

from collections.abc import Iterable, Iterator

import attrs

from arb.market.units import Ns
from arb.sim.kalshi.board import FILTERS, Board, MarketState
from arb.sim.kalshi.calls import Call, Query, Reply, Route
from arb.sim.kalshi.cutoff import Cutoff
from arb.sim.kalshi.errors import bad_query, not_found
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.listing import KalshiEvent
from arb.sim.kalshi.listing_forms import event_row, market_row, series_row
from arb.sim.kalshi.numbers import count, from_unix_s
from arb.sim.kalshi.paging import cut, read_cursor

EVENTS_MOST = 200
MARKETS_MOST = 1_000
MARKETS_DEFAULT = 100
COMBOS_DEFAULT = 100
TICKERS_MOST = 1_000

_TIME_FILTERS = {
    "created": ("", "unopened", "open"),
    "close": ("", "closed"),
    "settled": ("", "settled"),
}
"""With which `status` filters the `min_`/`max_` filters of each time go (docs: get_markets)."""


@attrs.frozen
class Metadata:
    """Answers what is listed."""

    board: Board
    cutoff: Cutoff

    def routes(self) -> list[Route]:
        """Every route of this desk; fixed paths come before those with a variable."""
        return [
            Route("GET", "/series", self.all_series),
            Route("GET", "/series/{ticker}", self.one_series),
            Route("GET", "/events", self.all_events),
            Route("GET", "/events/multivariate", self.combo_events),
            Route("GET", "/events/{ticker}", self.one_event),
            Route("GET", "/events/{ticker}/metadata", self.pictures),
            Route("GET", "/markets", self.all_markets, cached=True),
            Route("GET", "/markets/{ticker}", self.one_market),
        ]

    # --- series ---------------------------------------------------------------------------------

    def all_series(self, call: Call) -> Reply:
        """`GET /series`: all of them at once."""
        category, tags = call.query.text("category"), call.query.words("tags", TICKERS_MOST)
        since = call.query.integer("min_updated_ts") or 0
        rows = [
            self._series_row(series.ticker, volume=call.query.flag("include_volume"))
            for series in self.board.series.values()
            if category in ("", series.category)
            and (not tags or tags & set(series.tags))
            and series.updated_ns >= from_unix_s(since)
        ]
        return Reply({"series": rows})

    def one_series(self, call: Call) -> Reply:
        """`GET /series/{ticker}`."""
        ticker = call.path["ticker"]
        if ticker not in self.board.series:
            raise not_found()
        volume = call.query.flag("include_volume")
        return Reply({"series": self._series_row(ticker, volume=volume)})

    def _series_row(self, ticker: str, *, volume: bool) -> Fields:
        row = series_row(self.board.series[ticker])
        if volume:
            row["volume_fp"] = count(self.board.volume_of(ticker))
        return row

    # --- events ---------------------------------------------------------------------------------

    def all_events(self, call: Call) -> Reply:
        """`GET /events`, combos left out."""
        query = call.query
        limit = query.number("limit", 1, EVENTS_MOST, EVENTS_MOST)
        nested = query.flag("with_nested_markets")
        first = read_cursor(query)
        wanted = self._wanted_events(query, call.now, first)
        page, cursor = cut(wanted, limit, lambda pair: pair[0])
        events = [self._event_row(event, call.now, nested=nested) for _, event in page]
        reply: Fields = {"events": events, "cursor": cursor}
        if query.flag("with_milestones"):
            reply["milestones"] = []
        return Reply(reply)

    def combo_events(self, call: Call) -> Reply:
        """`GET /events/multivariate`: combos alone."""
        query = call.query
        limit = query.number("limit", 1, EVENTS_MOST, COMBOS_DEFAULT)
        if "series_ticker" in query and "collection_ticker" in query:
            raise bad_query("series_ticker does not go with collection_ticker")
        series, nested = query.text("series_ticker"), query.flag("with_nested_markets")
        wanted = (
            (number, event)
            for number, event in self.board.events_after(read_cursor(query))
            if self._is_combo(event)
            and series in ("", event.series)
            and not query.text("collection_ticker")  # combos here belong to no collection
        )
        page, cursor = cut(wanted, limit, lambda pair: pair[0])
        events = [self._event_row(event, call.now, nested=nested) for _, event in page]
        return Reply({"events": events, "cursor": cursor})

    def pictures(self, call: Call) -> Reply:
        """`GET /events/{ticker}/metadata`: where its pictures are; there are none to fetch."""
        event = self.board.events.get(call.path["ticker"])
        if event is None:
            raise not_found()
        series = self.board.series[event.series]
        details = [
            {"market_ticker": one.facts.ticker, "image_url": "", "color_code": ""}
            for one in self.board.markets_of(event.ticker)
        ]
        sources = [{"name": name, "url": url} for name, url in series.sources]
        return Reply({"image_url": "", "market_details": details, "settlement_sources": sources})

    def one_event(self, call: Call) -> Reply:
        """`GET /events/{ticker}`: its markets inside it, or beside it."""
        event = self.board.events.get(call.path["ticker"])
        if event is None:
            raise not_found()
        nested = call.query.flag("with_nested_markets")
        row = self._event_row(event, call.now, nested=nested)
        beside = [] if nested else self._event_markets(event, call.now)
        return Reply({"event": row, "markets": beside})

    def _is_combo(self, event: KalshiEvent) -> bool:
        return any(state.facts.combo for state in self.board.markets_of(event.ticker))

    def _wanted_events(
        self, query: Query, now: Ns, first: int | None
    ) -> Iterator[tuple[int, KalshiEvent]]:
        statuses = FILTERS.get(query.choice("status", ("unopened", "open", "closed", "settled")))
        tickers = query.words("tickers", TICKERS_MOST)
        series, closes = query.text("series_ticker"), query.integer("min_close_ts")
        since = from_unix_s(query.integer("min_updated_ts") or 0)
        for number, event in self.board.events_after(first):
            markets = self.board.markets_of(event.ticker)
            if (
                not self._is_combo(event)
                and series in ("", event.series)
                and (not tickers or event.ticker in tickers)
                and event.updated_ns >= since
                and (statuses is None or any(one.status(now) in statuses for one in markets))
                and (closes is None or any(one.close_ns >= from_unix_s(closes) for one in markets))
            ):
                yield number, event

    def _event_row(self, event: KalshiEvent, now: Ns, *, nested: bool) -> Fields:
        row = event_row(event, self.board.series[event.series])
        if nested:
            row["markets"] = self._event_markets(event, now)
        return row

    def _event_markets(self, event: KalshiEvent, now: Ns) -> list[Fields]:
        """Its markets, but for those that are too new to be known or have moved to the archive."""
        return _rows(
            (one for one in self.board.markets_of(event.ticker) if self._is_live(one, now)), now
        )

    def _is_live(self, state: MarketState, now: Ns) -> bool:
        return state.is_visible(now) and not self.cutoff.holds_market(state, now)

    # --- markets --------------------------------------------------------------------------------

    def all_markets(self, call: Call) -> Reply:
        """`GET /markets`."""
        query = call.query
        limit = query.number("limit", 0, MARKETS_MOST, MARKETS_DEFAULT) or MARKETS_DEFAULT
        first = read_cursor(query)
        wanted = MarketFilter.of(query)
        rows = (
            state
            for state in self.board.markets_after(
                first, event=wanted.event, series=wanted.series, tickers=wanted.tickers
            )
            if self._is_live(state, call.now)
            and wanted.takes(state, self.board.series_of(state).ticker, call.now)
        )
        page, cursor = cut(rows, limit, lambda state: state.number)
        return Reply({"markets": _rows(page, call.now), "cursor": cursor})

    def one_market(self, call: Call) -> Reply:
        """`GET /markets/{ticker}`."""
        state = self.board.find(call.path["ticker"], call.now)
        if state is None or not self._is_live(state, call.now):
            raise not_found("market_not_found")
        return Reply({"market": market_row(state, call.now)})


@attrs.frozen
class MarketFilter:
    """Which markets a query of `GET /markets` wants."""

    status: str
    event: str
    series: str
    tickers: frozenset[str]
    combos: str
    updated_s: int | None
    windows: dict[str, tuple[int | None, int | None]]

    @classmethod
    def of(cls, query: Query) -> "MarketFilter":
        """Read it. Raises ApiError (400, `msg`): "active" is no status here, "open" is."""
        made = cls(
            status=query.choice("status", tuple(FILTERS)),
            event=query.text("event_ticker"),
            series=query.text("series_ticker"),
            tickers=query.words("tickers", TICKERS_MOST),
            combos=query.choice("mve_filter", ("only", "exclude")),
            updated_s=query.integer("min_updated_ts"),
            windows={
                name: (query.integer(f"min_{name}_ts"), query.integer(f"max_{name}_ts"))
                for name in _TIME_FILTERS
            },
        )
        made._check()
        return made

    def takes(self, state: MarketState, series: str, now: Ns) -> bool:
        """Say whether a market is wanted."""
        facts = state.facts
        return (
            (not self.status or state.status(now) in FILTERS[self.status])
            and self.event in ("", facts.event)
            and self.series in ("", series)
            and (not self.tickers or facts.ticker in self.tickers)
            and (not self.combos or facts.combo is (self.combos == "only"))
            and _inside(state.updated_ns, (self.updated_s, None))
            and _inside(facts.created_ns, self.windows["created"])
            and _inside(state.close_ns, self.windows["close"])
            and _inside(state.settled_ns, self.windows["settled"])
        )

    def _check(self) -> None:
        for name, window in self.windows.items():
            if window != (None, None) and self.status not in _TIME_FILTERS[name]:
                raise bad_query(f"{name} time filters do not go with status {self.status}")
        others = self.status or self.event or self.tickers or self.combos == "only"
        if self.updated_s is not None and others:
            raise bad_query("min_updated_ts does not go with other filters")


def _inside(at_ns: Ns | None, window: tuple[int | None, int | None]) -> bool:
    low, high = window
    if low is None and high is None:
        return True
    if at_ns is None:
        return False
    late_enough = low is None or at_ns >= from_unix_s(low)
    return late_enough and (high is None or at_ns <= from_unix_s(high))


def _rows(states: Iterable[MarketState], now: Ns) -> list[Fields]:
    return [market_row(one, now) for one in states]
