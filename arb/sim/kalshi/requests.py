"""The bodies that members send, checked against their schema before anything else."""

import re
from typing import Literal, TypeVar

import msgspec

from arb.market.errors import Malformed
from arb.market.units import MICRO, Qty, parse_micros
from arb.sim.kalshi.calls import Call
from arb.sim.kalshi.errors import bad_body
from arb.sim.kalshi.numbers import is_count

Body = TypeVar("Body", bound=msgspec.Struct)

TimeInForce = Literal["fill_or_kill", "good_till_canceled", "immediate_or_cancel"]
SelfTrade = Literal["taker_at_cross", "maker"]

AUTO = -1
"""The `exchange_index` that asks the venue to find the shard by the ticker."""
GROUP_LIMIT_MOST = 1_000_000 * MICRO
"""The highest limit of an order group, in micro-contracts (docs: order_groups)."""
_CLIENT_ID = re.compile(r"[-A-Za-z0-9_:+=/]{0,64}")
"""Docs: fix/order-entry; a dot was refused by REST too (recorded traffic)."""


class _Priced(msgspec.Struct, frozen=True):
    """Contracts at a price. JSON numbers for `count` and `price` are refused."""

    ticker: str
    side: Literal["bid", "ask"]
    count: str
    price: str

    @property
    def qty(self) -> Qty:
        """Contracts."""
        return Qty(parse_micros(self.count))

    @property
    def micros(self) -> int:
        """The YES price in millionths; it may be off the grid or out of range."""
        return parse_micros(self.price)


class CreateBody(_Priced, frozen=True):
    """`POST /portfolio/events/orders`."""

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


class AmendBody(_Priced, frozen=True):
    """`POST /portfolio/events/orders/{order_id}/amend`: `count` is the new total, fills included."""

    client_order_id: str | None = None
    updated_client_order_id: str | None = None
    expiration_time: int | None = None
    """0 takes the expiry away, None leaves it."""
    exchange_index: int | None = None


class DecreaseBody(msgspec.Struct, frozen=True):
    """`POST /portfolio/events/orders/{order_id}/decrease`: exactly one of the first two."""

    reduce_by: str | None = None
    reduce_to: str | None = None
    market_ticker: str = ""
    exchange_index: int | None = None


class GroupBody(msgspec.Struct, frozen=True):
    """`POST /portfolio/order_groups/create`, and the new limit of `PUT .../limit`."""

    contracts_limit: int | None = None
    contracts_limit_fp: str | None = None
    subaccount: int | None = None
    exchange_index: int | None = None

    @property
    def limit(self) -> Qty:
        """The limit, however it was given. Raises ApiError (400, flat)."""
        given = {
            *([] if self.contracts_limit is None else [self.contracts_limit * MICRO]),
            *([] if self.contracts_limit_fp is None else [read_count(self.contracts_limit_fp)]),
        }
        if len(given) != 1:
            raise bad_body("give one contracts_limit, or two that are the same")
        limit = given.pop()
        if not MICRO <= limit <= GROUP_LIMIT_MOST:
            raise bad_body("contracts_limit must be between 1 and 1000000")
        return Qty(limit)


def read_body(call: Call, kind: type[Body]) -> Body:
    """Decode a body. Raises ApiError (400, flat) for another content type or a broken schema."""
    if call.content_type.split(";")[0].strip().lower() != "application/json":
        raise bad_body("Content-Type must be application/json", "invalid_content_type")
    try:
        return msgspec.json.decode(call.body, type=kind)
    except msgspec.DecodeError as error:
        raise bad_body(str(error)) from error


def read_count(text: str) -> Qty:
    """A count of contracts. Raises ApiError (400, flat) for a text that is none."""
    if not is_count(text):
        raise bad_body(f"not a count of contracts: {text!r}")
    return Qty(parse_micros(text))


def check_client_id(text: str | None) -> None:
    """Raise ApiError (400, flat) for a `client_order_id` with other characters than allowed."""
    if _CLIENT_ID.fullmatch(text or "") is None:
        raise bad_body("client_order_id has characters that are not allowed")


def check_form(body: CreateBody | AmendBody) -> None:
    """Raise ApiError (400, flat) for a field that has the right type and the wrong form."""
    read_count(body.count)
    try:
        parse_micros(body.price)
    except Malformed as error:
        raise bad_body(f"price: {error}") from error
    check_client_id(body.client_order_id)
