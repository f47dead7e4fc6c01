"""The public routes of the archive: what is older than the live data (docs: historical_data)."""

import attrs

from arb.sim.kalshi.board import Board, MarketState
from arb.sim.kalshi.books import trades_page
from arb.sim.kalshi.calls import Call, Reply, Route
from arb.sim.kalshi.cutoff import Cutoff
from arb.sim.kalshi.errors import bad_query, not_found
from arb.sim.kalshi.listing_forms import market_row
from arb.sim.kalshi.metadata import MARKETS_DEFAULT, MARKETS_MOST, TICKERS_MOST
from arb.sim.kalshi.numbers import rfc3339
from arb.sim.kalshi.paging import cut, read_cursor
from arb.sim.kalshi.tape import Tape


@attrs.frozen
class Archive:
    """Answers what was."""

    board: Board
    tape: Tape
    cutoff: Cutoff

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        return [
            Route("GET", "/historical/cutoff", self.show_cutoff),
            Route("GET", "/historical/markets", self.markets),
            Route("GET", "/historical/markets/{ticker}", self.market),
            Route("GET", "/historical/trades", self.trades),
        ]

    def show_cutoff(self, call: Call) -> Reply:
        """`GET /historical/cutoff`."""
        data = rfc3339(self.cutoff.data_ns(call.now))
        return Reply(
            {
                "market_settled_ts": data,
                "trades_created_ts": data,
                "orders_updated_ts": rfc3339(self.cutoff.orders_ns(call.now)),
                "market_positions_last_updated_ts": data,
            }
        )

    def markets(self, call: Call) -> Reply:
        """`GET /historical/markets`; at most one of `tickers`, event and series may be named."""
        query = call.query
        limit = query.number("limit", 0, MARKETS_MOST, MARKETS_DEFAULT) or MARKETS_DEFAULT
        tickers = query.words("tickers", TICKERS_MOST)
        event, series = query.text("event_ticker"), query.text("series_ticker")
        combos = query.choice("mve_filter", ("exclude",))
        if sum(map(bool, (tickers, event, series))) > 1:
            raise bad_query("tickers, event_ticker and series_ticker exclude each other")
        rows = (
            state
            for state in self.board.markets_after(
                read_cursor(query), event=event, series=series, tickers=tickers
            )
            if self._holds(state, call) and not (combos and state.facts.combo)
        )
        page, cursor = cut(rows, limit, lambda state: state.number)
        return Reply({"markets": [market_row(one, call.now) for one in page], "cursor": cursor})

    def market(self, call: Call) -> Reply:
        """`GET /historical/markets/{ticker}`."""
        state = self.board.markets.get(call.path["ticker"])
        if state is None or not self._holds(state, call):
            raise not_found("market_not_found")
        return Reply({"market": market_row(state, call.now)})

    def trades(self, call: Call) -> Reply:
        """`GET /historical/trades`, newest first."""
        return trades_page(call, self.tape, lambda trade: self.cutoff.holds(trade.at_ns, call.now))

    def _holds(self, state: MarketState, call: Call) -> bool:
        return self.cutoff.holds_market(state, call.now)
