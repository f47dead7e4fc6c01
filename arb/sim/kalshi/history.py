"""The routes that read a member's orders and fills, live and archived."""

from collections.abc import Iterator

import attrs

from arb.market.units import complement
from arb.sim.engine import Exchange
from arb.sim.kalshi.board import Board
from arb.sim.kalshi.calls import Call, Reply, Route, private
from arb.sim.kalshi.cutoff import Cutoff
from arb.sim.kalshi.errors import bad_query, not_found
from arb.sim.kalshi.filters import OrderFilter, Window, before, page_limit
from arb.sim.kalshi.forms import Fields, fill_figures, order_row
from arb.sim.kalshi.limits import CANCEL_COST
from arb.sim.kalshi.listing import market_id
from arb.sim.kalshi.mirror import Mirror
from arb.sim.kalshi.numbers import count, dollars, rfc3339, unix_s
from arb.sim.kalshi.paging import cut, read_cursor
from arb.sim.kalshi.records import Blotter, FillRow, OrderRecord

_EVENTS_MOST = 10
_TICKERS_MOST = 1_000
_READ_ONE_COST = CANCEL_COST
"""`GET /portfolio/orders/{id}` is as cheap as a cancel."""


@attrs.frozen
class History:
    """Answers what became of a member's orders."""

    board: Board
    blotter: Blotter
    mirror: Mirror
    cutoff: Cutoff
    exchange: Exchange

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        one = "/portfolio/orders/{order_id}"
        return [
            private("/portfolio/orders", self.orders),
            private("/portfolio/orders/queue_positions", self.queue_positions),
            private(one, self.order, cost=_READ_ONE_COST),
            private(f"{one}/queue_position", self.queue_position),
            private("/portfolio/fills", self.fills),
            private("/historical/orders", self.old_orders),
            private("/historical/fills", self.old_fills),
        ]

    def orders(self, call: Call) -> Reply:
        """`GET /portfolio/orders`, newest first."""
        return self._orders(call, archived=False)

    def old_orders(self, call: Call) -> Reply:
        """`GET /historical/orders`."""
        return self._orders(call, archived=True)

    def order(self, call: Call) -> Reply:
        """`GET /portfolio/orders/{order_id}`."""
        return Reply({"order": order_row(self._find(call))})

    def queue_position(self, call: Call) -> Reply:
        """`GET /portfolio/orders/{order_id}/queue_position`: the contracts ahead of it."""
        record = self._find(call)
        if not record.open:
            raise not_found()
        return Reply({"queue_position_fp": count(self._ahead(record))})

    def queue_positions(self, call: Call) -> Reply:
        """`GET /portfolio/orders/queue_positions`, of the markets named."""
        tickers = call.query.words("market_tickers", _TICKERS_MOST)
        event = call.query.text("event_ticker")
        if not tickers and not event:
            raise bad_query("market_tickers or event_ticker is required")
        subaccount = call.asked_subaccount()
        rows = [
            {
                "order_id": record.order_id,
                "market_ticker": record.terms.ticker,
                "queue_position_fp": count(self._ahead(record)),
            }
            for record in self.blotter.resting()
            if (record.terms.member, record.terms.subaccount) == (call.who, subaccount)
            and (record.terms.ticker in tickers or self._event_of(record) == event)
        ]
        return Reply({"queue_positions": rows})

    def fills(self, call: Call) -> Reply:
        """`GET /portfolio/fills`, newest first."""
        return self._fills(call, archived=False)

    def old_fills(self, call: Call) -> Reply:
        """`GET /historical/fills`."""
        return self._fills(call, archived=True)

    def _orders(self, call: Call, *, archived: bool) -> Reply:
        query = call.query
        status = query.choice("status", ("resting", "canceled", "executed"))
        events = query.words("event_ticker", _EVENTS_MOST)
        wanted, window = OrderFilter.of(call), Window.of(query)
        rows = (
            record
            for record in self._seen(call)
            if wanted.takes(record)
            and status in ("", record.status)
            and (not events or self._event_of(record) in events)
            and window.holds(record.created_ns)
            and self.cutoff.holds_order(record, call.now) is archived
        )
        page, cursor = cut(rows, page_limit(query), lambda record: record.number)
        return Reply({"orders": [order_row(record) for record in page], "cursor": cursor})

    def _seen(self, call: Call) -> Iterator[OrderRecord]:
        """The member's orders as reads see them, newest first, after the cursor."""
        for record in before(self.blotter.orders(call.who), read_cursor(call.query)):
            seen = self.mirror.order(record)
            if seen is not None:
                yield seen

    def _fills(self, call: Call, *, archived: bool) -> Reply:
        query = call.query
        order_id = query.text("order_id")
        wanted, window = OrderFilter.of(call), Window.of(query)
        moment = self.mirror.moment()
        rows = (
            row
            for row in before(self.blotter.fills(call.who), read_cursor(query))
            if wanted.takes(row.record)
            and row.at_ns <= moment
            and order_id in ("", row.record.order_id)
            and window.holds(row.at_ns)
            and self.cutoff.holds(row.at_ns, call.now) is archived
        )
        page, cursor = cut(rows, page_limit(query), lambda row: row.number)
        return Reply({"fills": [_fill_row(row) for row in page], "cursor": cursor})

    def _ahead(self, record: OrderRecord) -> int:
        """Contracts that fill before an order at its own price."""
        terms, ahead = record.terms, 0
        for other in self.exchange.resting(market_id(terms.ticker)):
            if other.id == record.order_id:
                break
            if other.is_bid is terms.is_bid and other.px == terms.px:
                ahead += other.remaining
        return ahead

    def _find(self, call: Call) -> OrderRecord:
        """The order that a path names, as reads see it. Raises ApiError (404)."""
        record = self.blotter.find(call.path["order_id"])
        seen = None if record is None else self.mirror.order(record)
        if seen is None or seen.terms.member != call.who:
            raise not_found()
        if call.signer.subaccount not in (None, seen.terms.subaccount):
            raise not_found()
        return seen

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
        "subaccount_number": row.record.terms.subaccount,
    }
