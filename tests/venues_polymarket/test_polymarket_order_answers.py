"""What each answer of the venue to an order means."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from arb.market.errors import Refused, Unreachable
from arb.market.instruments import (
    Market,
)
from arb.market.units import MICRO, Ns, Qty
from arb.messages import (
    NewOrder,
    OrderState,
    Phase,
    PreparedOrder,
)
from arb.venues.polymarket.orders import PolymarketOrders
from arb.venues.polymarket.session import l2_signature

if TYPE_CHECKING:
    from tests.venues_polymarket.conftest import ScriptedVenue

MakeOrder = Callable[..., NewOrder]
MakeMarket = Callable[..., Market]

API_SECRET = bytes(range(32))
NOW = Ns(1_790_000_000_000_000_000)
UNKNOWN = "0x" + "77" * 32


def accepted(order: PreparedOrder, **changes: object) -> dict[str, Any]:
    """The documented answer to an order that was taken."""
    return {
        "success": True,
        "errorMsg": "",
        "orderID": order.key,
        "status": "live",
        "makingAmount": "",
        "takingAmount": "",
        "tradeIDs": [],
    } | changes


async def test_exactly_the_prepared_bytes_are_sent_and_signed(
    orders: PolymarketOrders, venue: "ScriptedVenue", prepared: PreparedOrder
) -> None:
    """One request, the body as it is, L2 headers over those very bytes."""
    venue.on("POST", "/order", accepted(prepared))
    await orders.send(prepared)
    (heard,) = venue.heard
    assert heard.body == prepared.body
    assert heard.headers["poly_address"] == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert heard.headers["poly_timestamp"] == "1790000000"
    assert heard.headers["poly_signature"] == l2_signature(
        API_SECRET, 1_790_000_000, "POST", "/order", heard.body.decode()
    )
    assert heard.headers["user-agent"].startswith("arb/")


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        ({"status": "live"}, (Phase.OPEN, 0)),
        ({"status": "unmatched"}, (Phase.OPEN, 0)),
        ({"status": "delayed"}, (Phase.PENDING, 0)),
        ({"status": "matched", "makingAmount": "5.2", "takingAmount": "10"}, (Phase.DONE, 10)),
        ({"status": "matched", "makingAmount": "5.1", "takingAmount": "10"}, (Phase.DONE, 10)),
        ({"status": "matched", "makingAmount": "1.56", "takingAmount": "3"}, (Phase.OPEN, 3)),
        ({"errorMsg": None, "status": "live"}, (Phase.OPEN, 0)),
    ],
)
async def test_a_purchase_that_was_taken(
    orders: PolymarketOrders,
    venue: "ScriptedVenue",
    prepared: PreparedOrder,
    answer: dict[str, Any],
    ended: tuple[Phase, int],
) -> None:
    """What a GTC got at once is `takingAmount`; what it did not get rests."""
    venue.on("POST", "/order", accepted(prepared, **answer))
    phase, filled = ended
    assert await orders.send(prepared) == OrderState(
        prepared.key, str(prepared.key), phase, Qty(filled * MICRO)
    )


async def test_a_sale_that_may_rest_is_open_until_all_is_sold(
    orders: PolymarketOrders, venue: "ScriptedVenue", sale: PreparedOrder
) -> None:
    """A GTC that matched in part rests with what is left."""
    resting = attrs.evolve(sale, order=attrs.evolve(sale.order, rests=True))
    answer = accepted(sale, status="matched", makingAmount="3.5", takingAmount="1.82")
    venue.on("POST", "/order", answer)
    assert await orders.send(resting) == OrderState(
        sale.key, str(sale.key), Phase.OPEN, Qty(3_500_000)
    )


async def test_a_sale_that_was_taken_is_done(
    orders: PolymarketOrders, venue: "ScriptedVenue", sale: PreparedOrder
) -> None:
    """A FAK is over at once, whatever part of it matched; its contracts are `makingAmount`."""
    answer = accepted(sale, status="matched", makingAmount="3.5", takingAmount="1.82")
    venue.on("POST", "/order", answer)
    assert await orders.send(sale) == OrderState(
        sale.key, str(sale.key), Phase.DONE, Qty(3_500_000)
    )


FAK_KILLED = (
    "no orders found to match with FAK order. FAK orders are partially filled or killed if no"
    " match is found."
)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": FAK_KILLED}),
        (200, {"success": True, "errorMsg": FAK_KILLED, "orderID": "", "status": ""}),
    ],
)
async def test_a_sale_that_found_nobody_is_done_with_nothing(
    orders: PolymarketOrders,
    venue: "ScriptedVenue",
    sale: PreparedOrder,
    status: int,
    body: dict[str, Any],
) -> None:
    """Killed is an end, not a refusal: the order was in order."""
    venue.on("POST", "/order", body, status)
    assert await orders.send(sale) == OrderState(sale.key, str(sale.key), Phase.DONE, Qty(0))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "Invalid order payload"),
        (400, "order_version_mismatch"),
        (400, "invalid signature"),
        (400, "the order owner has to be the owner of the API KEY"),
        (400, "maker address not allowed"),
        (400, "'0xf39F' address in closed only mode"),
        (400, "order 0x1 is invalid. Price (0.515) breaks minimum tick size rule: 0.01"),
        (400, "order 0x1 is invalid. Size (3) lower than the minimum: 5"),
        (400, "not enough balance / allowance: the balance is not enough -> balance: 8100"),
        (400, "invalid amount for a marketable BUY order ($0.98), min size: $1"),
        (400, "the market is not yet ready to process new orders"),
        (401, "Unauthorized/Invalid api key"),
        (403, "Trading restricted in your region, please refer to available regions"),
        (404, "market not found"),
        (503, "Trading is currently disabled. Check polymarket.com for updates"),
        (503, "Trading is currently cancel-only. New orders are not accepted"),
        (503, "post-only mode: only post-only orders and cancels are allowed"),
    ],
)
async def test_a_definite_no_is_refused_in_the_venues_words(
    orders: PolymarketOrders,
    venue: "ScriptedVenue",
    prepared: PreparedOrder,
    status: int,
    error: str,
) -> None:
    """An error that the API spells out did not become an order."""
    venue.on("POST", "/order", {"error": error}, status)
    with pytest.raises(Refused) as refusal:
        await orders.send(prepared)
    assert error in str(refusal.value)


async def test_a_polite_no_is_refused_too(
    orders: PolymarketOrders, venue: "ScriptedVenue", prepared: PreparedOrder
) -> None:
    """A 200 without an order id, but with words, is a refusal."""
    body = {"success": False, "orderID": None, "errorMsg": "Insufficient balance"}
    venue.on("POST", "/order", body)
    with pytest.raises(Refused, match="Insufficient balance"):
        await orders.send(prepared)


async def test_the_venues_own_limiter_refuses(
    orders: PolymarketOrders, venue: "ScriptedVenue", prepared: PreparedOrder
) -> None:
    """A 429 with the venue's headers was not admitted."""
    headers = {"Poly-RateLimit-Remaining": "0", "Retry-After": "1"}
    venue.on("POST", "/order", {"error": "rate limit"}, 429, headers)
    with pytest.raises(Refused):
        await orders.send(prepared)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (425, {"error": "engine is restarting"}),
        (425, b""),
        (429, {"error": "too many requests"}),
        (429, b"<html>error 1015</html>"),
        (403, b"<html>cloudflare</html>"),
        (500, {"error": "Internal server error"}),
        (500, {"error": "could not insert order"}),
        (500, {"error": "order timed out"}),
        (502, b"bad gateway"),
        (503, {"error": "upstream connect error"}),
        (400, {"error": "order 0x1 is invalid. Duplicated."}),
        (400, {"error": "context canceled"}),
        (400, {"error": "order match delayed due to market conditions"}),
        (400, b"<html></html>"),
        (302, b""),
        (200, b"<html>welcome</html>"),
        (200, []),
        (200, {"success": True, "errorMsg": "", "orderID": UNKNOWN, "status": "live"}),
        (200, {"success": False, "errorMsg": "", "orderID": "", "status": ""}),
        (200, {"success": True, "errorMsg": "odd", "orderID": UNKNOWN, "status": "live"}),
    ],
)
async def test_what_leaves_the_question_open_is_unreachable(
    orders: PolymarketOrders,
    venue: "ScriptedVenue",
    prepared: PreparedOrder,
    status: int,
    body: object,
) -> None:
    """Whatever may have become an order is to be asked for, never taken for a failure."""
    venue.on("POST", "/order", body, status)
    with pytest.raises(Unreachable):
        await orders.send(prepared)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "perhaps"},
        {"status": None},
        {"status": "matched", "takingAmount": ""},
        {"status": "matched", "takingAmount": "-1"},
    ],
)
async def test_an_order_taken_in_an_unknown_way_is_open(
    orders: PolymarketOrders,
    venue: "ScriptedVenue",
    prepared: PreparedOrder,
    changes: dict[str, Any],
) -> None:
    """It is an order by its id, so it must be asked for."""
    venue.on("POST", "/order", accepted(prepared, **changes))
    with pytest.raises(Unreachable):
        await orders.send(prepared)


async def test_a_lost_answer_is_unreachable_although_the_order_arrived(
    orders: PolymarketOrders, venue: "ScriptedVenue", prepared: PreparedOrder
) -> None:
    """A timeout says nothing about the order; no second attempt is made."""
    venue.hang_up_on("POST", "/order")
    with pytest.raises(Unreachable):
        await orders.send(prepared)
    assert [heard.body for heard in venue.heard] == [prepared.body]
