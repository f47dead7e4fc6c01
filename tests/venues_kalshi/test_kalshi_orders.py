"""Sending orders: what each answer means."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio

from arb.market.errors import Refused, Unreachable
from arb.market.instruments import Action, Market, Outcome
from arb.market.units import MICRO, Ns, Px, Qty, parse_qty
from arb.messages import (
    BasketId,
    NewOrder,
    OrderId,
    OrderKey,
    OrderState,
    Phase,
    PreparedOrder,
)
from arb.venues.kalshi.config import KalshiUrls
from arb.venues.kalshi.order_body import prepare
from arb.venues.kalshi.orders import KalshiOrders
from arb.venues.protocols import Orders
from arb.venues.wire import http_client

if TYPE_CHECKING:
    from tests.venues_kalshi.conftest import ScriptedVenue

Make = Callable[..., Market]
WRITES = "/portfolio/events/orders"
CREATED = {
    "order_id": "ee58",
    "client_order_id": "o-1",
    "fill_count": "10.00",
    "remaining_count": "0.00",
    "average_fill_price": "0.5500",
    "average_fee_paid": "0.0174",
    "ts_ms": 1761000000123,
}


def order(market: Market, **changes: Any) -> NewOrder:  # noqa: ANN401 - a field of any type
    made = NewOrder(
        id=OrderId("o-1"),
        basket=BasketId("b-1"),
        market=market,
        outcome=Outcome.YES,
        action=Action.BUY,
        qty=Qty(10 * MICRO),
        limit=Px(560_000),
        created_ns=Ns(1),
    )
    return attrs.evolve(made, **changes)


def orders(venue: "ScriptedVenue") -> Orders:
    return KalshiOrders(venue.urls, venue.credentials, venue.client, venue.now_ns)


@pytest.fixture
def market(make_market: Make) -> Market:
    return make_market()


@pytest.fixture
def prepared(market: Market) -> PreparedOrder:
    return prepare(order(market))


async def test_exactly_the_prepared_bytes_are_sent(
    venue: "ScriptedVenue", prepared: PreparedOrder
) -> None:
    """One POST with the body as it was journalled; the answer is the order's end."""
    venue.answers("POST", WRITES, CREATED, 201)
    state = await orders(venue).send(prepared)
    assert state == OrderState(OrderKey("o-1"), "ee58", Phase.DONE, Qty(10 * MICRO))
    (asked,) = venue.asked
    assert (asked.method, asked.path, asked.body) == ("POST", WRITES, prepared.body)


@pytest.mark.parametrize(
    ("filled", "remaining", "phase"),
    [("4.00", "0.00", Phase.DONE), ("0.00", "0.00", Phase.DONE), ("4.00", "6.00", Phase.OPEN)],
)
async def test_an_order_ends_with_what_it_filled(
    venue: "ScriptedVenue", prepared: PreparedOrder, filled: str, remaining: str, phase: Phase
) -> None:
    """Partly filled and unfilled orders are done; what says that it rests is open."""
    body = CREATED | {"fill_count": filled, "remaining_count": remaining, "client_order_id": None}
    venue.answers("POST", WRITES, body, 201)
    state = await orders(venue).send(prepared)
    assert (state.filled, state.phase) == (parse_qty(filled), phase)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (
            400,
            {"error": {"code": "insufficient_balance", "message": "insufficient balance"}},
            "insufficient_balance",
        ),
        (400, {"error": {"code": "invalid_price", "message": "x"}}, "invalid_price"),
        (400, {"code": "invalid_parameters", "message": "count"}, "invalid_parameters"),
        (401, {"error": {"code": "header_timestamp_expired"}}, "header_timestamp_expired"),
        (
            404,
            {"error": {"code": "market_not_found", "message": "market not found"}},
            "market not found",
        ),
        (
            409,
            {"error": {"code": "trading_is_paused", "message": "trading is paused"}},
            "trading_is_paused",
        ),
        (410, {"error": {"code": "deprecated_v1_order_endpoint"}}, "deprecated"),
        (429, {"error": "too many requests"}, "too many requests"),
    ],
)
async def test_a_definite_no_is_refused_in_the_venues_words(
    venue: "ScriptedVenue", prepared: PreparedOrder, status: int, body: object, words: str
) -> None:
    """4xx means that no order lives; it is sent once and never again by itself."""
    venue.answers("POST", WRITES, body, status)
    with pytest.raises(Refused, match=words):
        await orders(venue).send(prepared)
    assert len(venue.asked) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (409, {"error": {"code": "order_already_exists", "message": "order already exists"}}),
        (500, {"error": {"code": "internal_error"}}),
        (503, b"<html>"),
        (504, b""),
        (201, b"{}"),
        (201, b"<html>"),
        (201, CREATED | {"fill_count": 10}),
        (201, CREATED | {"fill_count": "ten"}),
        (201, CREATED | {"fill_count": "10.01"}),
        (201, CREATED | {"client_order_id": "another"}),
        (201, CREATED | {"order_id": ""}),
        (302, b""),
    ],
)
async def test_whatever_leaves_it_open_is_unreachable(
    venue: "ScriptedVenue", prepared: PreparedOrder, status: int, body: object
) -> None:
    """Duplicates, server errors and odd answers mean: it may live, ask for it by its key."""
    venue.answers("POST", WRITES, body, status)
    with pytest.raises(Unreachable):
        await orders(venue).send(prepared)
    assert len(venue.asked) == 1


async def test_a_connection_that_breaks_leaves_it_open(
    venue: "ScriptedVenue", prepared: PreparedOrder, nursery: trio.Nursery
) -> None:
    """A peer that takes the request and hangs up may have acted on it."""
    heard: list[bytes] = []

    async def hang_up(stream: trio.SocketStream) -> None:
        heard.append(bytes(await stream.receive_some(65_536)))
        await stream.aclose()

    listeners = await nursery.start(trio.serve_tcp, hang_up, 0)
    port = listeners[0].socket.getsockname()[1]
    urls = KalshiUrls(f"http://127.0.0.1:{port}/trade-api/v2", "ws://127.0.0.1:1/")
    async with http_client(urls.rest) as client:
        there = KalshiOrders(urls, venue.credentials, client, venue.now_ns)
        with pytest.raises(Unreachable):
            await there.send(prepared)
    assert heard[0].startswith(b"POST /trade-api/v2/portfolio/events/orders HTTP/1.1\r\n")
