"""The routes that read a member's orders and fills."""

import attrs

from arb.market.units import complement
from arb.sim.kalshi.board import Board
from arb.sim.kalshi.calls import Call, Reply, Route
from arb.sim.kalshi.errors import not_found
from arb.sim.kalshi.filters import OrderFilter, Window, before, page_limit, primary
from arb.sim.kalshi.forms import Fields, fill_figures, order_row
from arb.sim.kalshi.limits import CANCEL_COST
from arb.sim.kalshi.numbers import dollars, rfc3339, unix_s
from arb.sim.kalshi.paging import cut, read_cursor
from arb.sim.kalshi.records import Blotter, FillRow, OrderRecord

_EVENTS_MOST = 10
_READ_ONE_COST = CANCEL_COST
"""`GET /portfolio/orders/{id}` is as cheap as a cancel."""


@attrs.frozen
class History:
    """Answers what became of a member's orders."""

    board: Board
    blotter: Blotter

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        one = "/portfolio/orders/{order_id}"
        return [
            Route("GET", "/portfolio/orders", self.orders, private=True),
            Route("GET", one, self.order, private=True, cost=_READ_ONE_COST),
            Route("GET", "/portfolio/fills", self.fills, private=True),
        ]

    def orders(self, call: Call) -> Reply:
        """`GET /portfolio/orders`, newest first."""
        query = primary(call)
        status = query.choice("status", ("resting", "canceled", "executed"))
        events = query.words("event_ticker", _EVENTS_MOST)
        wanted, window = OrderFilter.of(query), Window.of(query)
        rows = (
            record
            for record in before(self.blotter.orders(call.who), read_cursor(query))
            if wanted.takes(record)
            and status in ("", record.status)
            and (not events or self._event_of(record) in events)
            and window.holds(record.created_ns)
        )
        page, cursor = cut(rows, page_limit(query), lambda record: record.number)
        return Reply({"orders": [order_row(record) for record in page], "cursor": cursor})

    def order(self, call: Call) -> Reply:
        """`GET /portfolio/orders/{order_id}`."""
        record = self.blotter.find(call.path["order_id"])
        if record is None or record.terms.member != call.who:
            raise not_found()
        return Reply({"order": order_row(record)})

    def fills(self, call: Call) -> Reply:
        """`GET /portfolio/fills`, newest first."""
        query = primary(call)
        order_id = query.text("order_id")
        wanted, window = OrderFilter.of(query), Window.of(query)
        rows = (
            row
            for row in before(self.blotter.fills(call.who), read_cursor(query))
            if wanted.takes(row.record)
            and order_id in ("", row.record.order_id)
            and window.holds(row.at_ns)
        )
        page, cursor = cut(rows, page_limit(query), lambda row: row.number)
        return Reply({"fills": [_fill_row(row) for row in page], "cursor": cursor})

    def _event_of(self, record: OrderRecord) -> str:
        return self.board.markets[record.terms.ticker].facts.event


def _fill_row(row: FillRow) -> Fields:
    return {
        "fill_id": row.trade_id,
        **fill_figures(row),
        "ticker": row.record.terms.ticker,
        "no_price_dollars": dollars(complement(row.px)),
        "created_time": rfc3339(row.at_ns),
        "ts": unix_s(row.at_ns),
        "subaccount_number": 0,
    }
