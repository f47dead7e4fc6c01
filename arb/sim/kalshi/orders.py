"""The routes that change orders."""

import attrs

from arb.market.units import Ns, Qty
from arb.sim.kalshi.auth import Scope
from arb.sim.kalshi.calls import Call, Handler, Reply, Route
from arb.sim.kalshi.changes import Changes
from arb.sim.kalshi.errors import ApiError, deprecated_v1
from arb.sim.kalshi.forms import Fields, created, failed
from arb.sim.kalshi.limits import CANCEL_COST, DEFAULT_COST
from arb.sim.kalshi.numbers import count, unix_ms
from arb.sim.kalshi.records import OrderRecord
from arb.sim.kalshi.requests import (
    AmendBody,
    BatchCancelBody,
    BatchCreateBody,
    CancelItem,
    CreateBody,
    DecreaseBody,
    read_body,
)
from arb.sim.kalshi.till import Till
from arb.sim.kalshi.trading import Destination, Order, Trading

_V2 = "/portfolio/events/orders"
_V1 = "/portfolio/orders"


@attrs.frozen
class OrderDesk:
    """Bills and answers order writes."""

    trading: Trading
    changes: Changes
    till: Till

    def routes(self) -> list[Route]:
        """Every route of this desk; they bill the write buckets themselves."""
        one = f"{_V2}/{{order_id}}"
        return [
            _write("POST", _V2, self.create),
            _write("POST", f"{_V2}/batched", self.create_batch),
            _write("DELETE", f"{_V2}/batched", self.cancel_batch),
            _write("DELETE", _V2, self.cancel_all),
            _write("DELETE", one, self.cancel),
            _write("POST", f"{one}/amend", self.amend),
            _write("POST", f"{one}/decrease", self.decrease),
            _write("POST", _V1, _deprecated),
            _write("POST", f"{_V1}/batched", _deprecated),
            _write("DELETE", f"{_V1}/batched", _deprecated),
            _write("DELETE", f"{_V1}/{{order_id}}", _deprecated),
            _write("POST", f"{_V1}/{{order_id}}/amend", _deprecated),
            _write("POST", f"{_V1}/{{order_id}}/decrease", _deprecated),
        ]

    # --- one order ------------------------------------------------------------------------------

    def create(self, call: Call) -> Reply:
        """`POST /portfolio/events/orders`."""
        body = read_body(call, CreateBody)
        self.till.bill_order(call, DEFAULT_COST, body.ticker, body.exchange_index)
        return Reply(created(self._place(call, body)), 201)

    def cancel(self, call: Call) -> Reply:
        """`DELETE /portfolio/events/orders/{order_id}`."""
        query = call.query
        item = CancelItem(
            order_id=call.path["order_id"],
            market_ticker=query.text("market_ticker"),
            exchange_index=query.integer("exchange_index"),
            subaccount=query.integer("subaccount"),
        )
        self.till.bill_order(call, CANCEL_COST, item.market_ticker, item.exchange_index)
        return Reply(self._cancel(call, item))

    def cancel_all(self, call: Call) -> Reply:
        """`DELETE /portfolio/events/orders`: every shard."""
        subaccount = call.listed_subaccount()
        self.till.bill(call, CANCEL_COST)
        self.trading.cancel_all(call.who, subaccount, call.now)
        return Reply(None, 204)

    def amend(self, call: Call) -> Reply:
        """`POST /portfolio/events/orders/{order_id}/amend`."""
        body = read_body(call, AmendBody)
        subaccount = call.asked_subaccount()
        self.till.bill_order(call, DEFAULT_COST, body.ticker, body.exchange_index)
        record = self.changes.amend(call.who, subaccount, call.path["order_id"], body, call.now)
        return Reply(created(record))

    def decrease(self, call: Call) -> Reply:
        """`POST /portfolio/events/orders/{order_id}/decrease`."""
        body = read_body(call, DecreaseBody)
        subaccount = call.asked_subaccount()
        self.till.bill_order(call, DEFAULT_COST, body.market_ticker, body.exchange_index)
        record = self.changes.decrease(call.who, subaccount, call.path["order_id"], body, call.now)
        return Reply(_named(record, remaining_count=count(record.remaining), now=call.now))

    # --- many orders ----------------------------------------------------------------------------

    def create_batch(self, call: Call) -> Reply:
        """`POST /portfolio/events/orders/batched`: one by one, each with its own answer."""
        orders = read_body(call, BatchCreateBody).orders
        self.till.bill(call, DEFAULT_COST * len(orders))
        return Reply({"orders": [self._create_one(call, body) for body in orders]}, 201)

    def cancel_batch(self, call: Call) -> Reply:
        """`DELETE /portfolio/events/orders/batched`, with a body."""
        items = read_body(call, BatchCancelBody).orders
        self.till.bill(call, CANCEL_COST * len(items))
        return Reply({"orders": [self._cancel_one(call, item) for item in items]})

    def _create_one(self, call: Call, body: CreateBody) -> Fields:
        try:
            return created(self._place(call, body))
        except ApiError as error:
            return failed(body.client_order_id, error)

    def _cancel_one(self, call: Call, item: CancelItem) -> Fields:
        try:
            return self._cancel(call, item)
        except ApiError as error:
            return {"order_id": item.order_id, "reduced_by": "0.00", "error": error.flat()}

    def _place(self, call: Call, body: CreateBody) -> OrderRecord:
        subaccount = call.subaccount(body.subaccount)
        return self.trading.place(Order(call.who, subaccount, body), call.now)

    def _cancel(self, call: Call, item: CancelItem) -> Fields:
        subaccount = call.subaccount(item.subaccount)
        to = Destination(item.market_ticker, item.exchange_index)
        record = self.trading.find(call.who, subaccount, item.order_id, to)
        off: Qty = self.trading.cancel(record, call.now)
        return _named(record, reduced_by=count(off), now=call.now)


def _write(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, scope=Scope.TRADE, cost=0)


def _deprecated(_: Call) -> Reply:
    raise deprecated_v1()


def _named(record: OrderRecord, *, now: Ns, **figures: str) -> Fields:
    """What a cancel or a decrease answers: which order, how much, when."""
    fields: Fields = {"order_id": record.order_id, **figures, "ts_ms": unix_ms(now)}
    if record.terms.client_id:
        fields["client_order_id"] = record.terms.client_id
    return fields
