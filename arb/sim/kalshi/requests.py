"""The bodies that members send, checked against their schema before anything else."""

import re
from typing import Literal, TypeVar

import msgspec

from arb.market.errors import Malformed
from arb.market.units import Qty, parse_micros
from arb.sim.kalshi.calls import Call
from arb.sim.kalshi.errors import bad_body
from arb.sim.kalshi.numbers import is_count

Body = TypeVar("Body", bound=msgspec.Struct)

TimeInForce = Literal["fill_or_kill", "good_till_canceled", "immediate_or_cancel"]
SelfTrade = Literal["taker_at_cross", "maker"]

AUTO = -1
"""The `exchange_index` that asks the venue to find the shard by the ticker."""
_CLIENT_ID = re.compile(r"[-A-Za-z0-9_:+=/]{0,64}")
"""Docs: fix/order-entry; a dot was refused by REST too (recorded traffic)."""


class CreateBody(msgspec.Struct, frozen=True):
    """`POST /portfolio/events/orders`. JSON numbers for `count` and `price` are refused."""

    ticker: str
    side: Literal["bid", "ask"]
    count: str
    price: str
    time_in_force: TimeInForce
    self_trade_prevention_type: SelfTrade
    client_order_id: str | None = None
    expiration_time: int | None = None
    post_only: bool | None = None
    reduce_only: bool | None = None
    cancel_order_on_pause: bool | None = None
    subaccount: int | None = None
    order_group_id: str | None = None
    exchange_index: int | None = None

    @property
    def qty(self) -> Qty:
        """Contracts."""
        return Qty(parse_micros(self.count))

    @property
    def micros(self) -> int:
        """The YES price in millionths; it may be off the grid or out of range."""
        return parse_micros(self.price)


class BatchCreateBody(msgspec.Struct, frozen=True):
    """`POST /portfolio/events/orders/batched`."""

    orders: list[CreateBody]


class CancelItem(msgspec.Struct, frozen=True):
    """One order of a batch cancel."""

    order_id: str
    market_ticker: str = ""
    exchange_index: int | None = None
    subaccount: int | None = None


class BatchCancelBody(msgspec.Struct, frozen=True):
    """`DELETE /portfolio/events/orders/batched`, which has a body."""

    orders: list[CancelItem]


def read_body(call: Call, kind: type[Body]) -> Body:
    """Decode a body. Raises ApiError (400, flat) for another content type or a broken schema."""
    if call.content_type.split(";")[0].strip().lower() != "application/json":
        raise bad_body("Content-Type must be application/json", "invalid_content_type")
    try:
        return msgspec.json.decode(call.body, type=kind)
    except msgspec.DecodeError as error:
        raise bad_body(str(error)) from error


def check_create(body: CreateBody) -> None:
    """Raise ApiError (400, flat) for a field that has the right type and the wrong form."""
    if not is_count(body.count):
        raise bad_body(f"count is not a count of contracts: {body.count!r}")
    try:
        parse_micros(body.price)
    except Malformed as error:
        raise bad_body(f"price: {error}") from error
    if _CLIENT_ID.fullmatch(body.client_order_id or "") is None:
        raise bad_body("client_order_id has characters that are not allowed")
    if body.subaccount:
        raise bad_body(f"no subaccount {body.subaccount}")
