"""The public routes on books and trades."""

from collections.abc import Callable

import attrs

from arb.sim.engine import Exchange
from arb.sim.kalshi.board import Board
from arb.sim.kalshi.calls import Call, Reply, Route
from arb.sim.kalshi.cutoff import Cutoff
from arb.sim.kalshi.errors import bad_query, not_found
from arb.sim.kalshi.filters import Window
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.listing import market_id
from arb.sim.kalshi.listing_forms import order_book
from arb.sim.kalshi.numbers import rfc3339
from arb.sim.kalshi.paging import cut, read_cursor
from arb.sim.kalshi.tape import Print, Tape

_DEPTH_MOST = 100
_BOOKS_MOST = 100
_TRADES_MOST = 1_000
_TRADES_DEFAULT = 100


@attrs.frozen
class Books:
    """Answers what is on offer and what was traded."""

    exchange: Exchange
    board: Board
    tape: Tape
    cutoff: Cutoff

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        return [
            Route("GET", "/markets/orderbooks", self.many),
            Route("GET", "/markets/trades", self.trades),
            Route("GET", "/markets/{ticker}/orderbook", self.one),
        ]

    def one(self, call: Call) -> Reply:
        """`GET /markets/{ticker}/orderbook`."""
        depth = call.query.number("depth", 0, _DEPTH_MOST, 0)
        ticker = call.path["ticker"]
        if self.board.find(ticker, call.now) is None:
            raise not_found("market_not_found")
        return Reply({"orderbook_fp": self._book(ticker, depth)})

    def many(self, call: Call) -> Reply:
        """`GET /markets/orderbooks`: `tickers` is repeated; an unknown one has an empty book."""
        tickers = call.query.many("tickers")
        if not 1 <= len(tickers) <= _BOOKS_MOST:
            raise bad_query(f"tickers must be given 1 to {_BOOKS_MOST} times")
        books = [{"ticker": ticker, "orderbook_fp": self._book(ticker)} for ticker in tickers]
        return Reply({"orderbooks": books})

    def trades(self, call: Call) -> Reply:
        """`GET /markets/trades`, newest first."""
        return trades_page(
            call, self.tape, lambda trade: not self.cutoff.holds(trade.at_ns, call.now)
        )

    def _book(self, ticker: str, depth: int = 0) -> Fields:
        if ticker not in self.board.markets:
            return {"yes_dollars": [], "no_dollars": []}
        return order_book(self.exchange.levels(market_id(ticker)), depth)


def trades_page(call: Call, tape: Tape, holds: Callable[[Print], bool]) -> Reply:
    """One page of the tape, newest first, of the part that `holds` says."""
    query = call.query
    limit = query.number("limit", 0, _TRADES_MOST, _TRADES_DEFAULT) or _TRADES_DEFAULT
    ticker, blocks_only = query.text("ticker"), query.flag("is_block_trade")
    window = Window.of(query)
    rows = (
        trade
        for trade in tape.newest(read_cursor(query))
        if ticker in ("", trade.ticker)
        and not blocks_only  # there are none
        and window.holds(trade.at_ns)
        and holds(trade)
    )
    page, cursor = cut(rows, limit, lambda trade: trade.number)
    return Reply({"trades": [_trade_row(trade) for trade in page], "cursor": cursor})


def _trade_row(trade: Print) -> Fields:
    return {
        "ticker": trade.ticker,
        **trade.fields(),
        "created_time": rfc3339(trade.at_ns),
    }
