"""The routes that change orders."""

import attrs

from arb.market.units import Ns, Qty
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.calls import Call, Handler, Reply, Route
from arb.sim.kalshi.errors import ApiError, deprecated_v1, too_many_requests
from arb.sim.kalshi.filters import primary
from arb.sim.kalshi.forms import Fields, created, failed
from arb.sim.kalshi.limits import CANCEL_COST, DEFAULT_COST, Governor
from arb.sim.kalshi.numbers import count, unix_ms
from arb.sim.kalshi.records import OrderRecord
from arb.sim.kalshi.requests import (
    AUTO,
    BatchCancelBody,
    BatchCreateBody,
    CancelItem,
    CreateBody,
    read_body,
)
from arb.sim.kalshi.trading import Trading

_V2 = "/portfolio/events/orders"
_V1 = "/portfolio/orders"


@attrs.frozen
class OrderDesk:
    """Bills and answers order writes."""

    trading: Trading
    governor: Governor

    def routes(self) -> list[Route]:
        """Every route of this desk; they bill the write buckets themselves."""
        return [
            _write("POST", _V2, self.create),
            _write("POST", f"{_V2}/batched", self.create_batch),
            _write("DELETE", f"{_V2}/batched", self.cancel_batch),
            _write("DELETE", _V2, self.cancel_all),
            _write("DELETE", f"{_V2}/{{order_id}}", self.cancel),
            _write("POST", _V1, _deprecated),
            _write("POST", f"{_V1}/batched", _deprecated),
            _write("DELETE", f"{_V1}/batched", _deprecated),
            _write("DELETE", f"{_V1}/{{order_id}}", _deprecated),
            _write("POST", f"{_V1}/{{order_id}}/amend", _deprecated),
            _write("POST", f"{_V1}/{{order_id}}/decrease", _deprecated),
        ]

    def create(self, call: Call) -> Reply:
        """`POST /portfolio/events/orders`."""
        body = read_body(call, CreateBody)
        self._bill(call, DEFAULT_COST, self._billed_shard(body.ticker, body.exchange_index))
        return Reply(created(self.trading.place(call.who, body, call.now)), 201)

    def create_batch(self, call: Call) -> Reply:
        """`POST /portfolio/events/orders/batched`: one by one, each with its own answer."""
        orders = read_body(call, BatchCreateBody).orders
        self._bill(call, DEFAULT_COST * len(orders), 0)
        return Reply({"orders": [self._create_one(call, body) for body in orders]}, 201)

    def cancel(self, call: Call) -> Reply:
        """`DELETE /portfolio/events/orders/{order_id}`."""
        query = primary(call)
        ticker, index = query.text("market_ticker"), query.integer("exchange_index")
        self._bill(call, CANCEL_COST, self._billed_shard(ticker, index))
        record, off = self.trading.cancel(call.who, call.path["order_id"], ticker, index, call.now)
        return Reply(_cancelled(record, off, call.now))

    def cancel_batch(self, call: Call) -> Reply:
        """`DELETE /portfolio/events/orders/batched`, with a body."""
        items = read_body(call, BatchCancelBody).orders
        self._bill(call, CANCEL_COST * len(items), 0)
        return Reply({"orders": [self._cancel_one(call.who, item, call.now) for item in items]})

    def cancel_all(self, call: Call) -> Reply:
        """`DELETE /portfolio/events/orders`: every shard."""
        primary(call)
        self._bill(call, CANCEL_COST, 0)
        self.trading.cancel_all(call.who)
        return Reply(None, 204)

    def _create_one(self, call: Call, body: CreateBody) -> Fields:
        try:
            return created(self.trading.place(call.who, body, call.now))
        except ApiError as error:
            return failed(body.client_order_id, error)

    def _cancel_one(self, member: Member, item: CancelItem, now: Ns) -> Fields:
        try:
            record, off = self.trading.cancel(
                member, item.order_id, item.market_ticker, item.exchange_index, now
            )
        except ApiError as error:
            return {"order_id": item.order_id, "reduced_by": "0.00", "error": error.flat()}
        return _cancelled(record, off, now)

    def _billed_shard(self, ticker: str, index: int | None) -> int | None:
        """The shard whose bucket pays: None where the venue has to find it by the ticker."""
        if index is None or index == AUTO:
            return None if ticker else 0
        return self.trading.shard_of(ticker, index)

    def _bill(self, call: Call, tokens: int, shard: int | None) -> None:
        if not self.governor.write(call.who.user_id, tokens, call.now, shard):
            raise too_many_requests()


def _write(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, private=True, cost=0)


def _deprecated(_: Call) -> Reply:
    raise deprecated_v1()


def _cancelled(record: OrderRecord, off: Qty, now: Ns) -> Fields:
    fields: Fields = {
        "order_id": record.order_id,
        "reduced_by": count(off),
        "ts_ms": unix_ms(now),
    }
    if record.terms.client_id:
        fields["client_order_id"] = record.terms.client_id
    return fields
