"""Cancelling and reading orders."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
import pytest

from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.market.instruments import (
    Market,
)
from arb.market.units import MICRO, Ns, Px, Qty
from arb.messages import (
    NewOrder,
    OrderKey,
    OrderRef,
    OrderState,
    Phase,
    PreparedOrder,
)
from arb.venues.polymarket.order_answers import state_of
from arb.venues.polymarket.orders import PolymarketOrders
from arb.venues.polymarket.session import l2_signature

if TYPE_CHECKING:
    from tests.venues_polymarket.conftest import ScriptedVenue

MakeOrder = Callable[..., NewOrder]
MakeMarket = Callable[..., Market]

API_SECRET = bytes(range(32))
NOW = Ns(1_790_000_000_000_000_000)
UNKNOWN = "0x" + "77" * 32


def ref_of(order: PreparedOrder) -> OrderRef:
    return OrderRef(order.key, order.order.market, None)


@pytest.mark.parametrize("reason", [None, "already canceled or matched", "order not found"])
async def test_cancelling_is_quiet_whether_or_not_something_rested(
    orders: PolymarketOrders, venue: "ScriptedVenue", prepared: PreparedOrder, reason: str | None
) -> None:
    """The body names the order and is signed; what could not be cancelled is no error."""
    key = str(prepared.key)
    answer = (
        {"canceled": [key], "not_canceled": {}}
        if reason is None
        else {"canceled": [], "not_canceled": {key: reason}}
    )
    venue.on("DELETE", "/order", answer)
    await orders.cancel(ref_of(prepared))
    (heard,) = venue.heard
    assert heard.body == msgspec.json.encode({"orderID": key})
    assert heard.headers["poly_signature"] == l2_signature(
        API_SECRET, 1_790_000_000, "DELETE", "/order", heard.body.decode()
    )


async def test_cancelling_an_order_that_is_not_there_is_quiet(
    orders: PolymarketOrders, venue: "ScriptedVenue", prepared: PreparedOrder
) -> None:
    """A 404 in the API's words: there is nothing to cancel."""
    venue.on("DELETE", "/order", {"error": "order not found"}, 404)
    await orders.cancel(ref_of(prepared))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, {"error": "Invalid orderID"}), Refused),
        ((401, {"error": "Unauthorized/Invalid api key"}), Refused),
        ((404, b"<html></html>"), Unreachable),
        ((425, {"error": "restarting"}), Unreachable),
        ((429, {"error": "slow down"}), Unreachable),
        ((503, {"error": "Trading is currently disabled."}), Unreachable),
        ((200, b"?"), Unintelligible),
        ((200, {"canceled": [UNKNOWN], "not_canceled": {}}), Unintelligible),
        ((200, {"canceled": None}), Unintelligible),
    ],
)
async def test_a_cancellation_that_did_not_work_says_so(
    orders: PolymarketOrders,
    venue: "ScriptedVenue",
    prepared: PreparedOrder,
    answer: tuple[int, object],
    error: type[Exception],
) -> None:
    """Refused, without an answer, or answered about something else."""
    status, body = answer
    venue.on("DELETE", "/order", body, status)
    with pytest.raises(error):
        await orders.cancel(ref_of(prepared))


def order_row(key: str, **changes: object) -> dict[str, Any]:
    return {
        "id": key,
        "status": "LIVE",
        "owner": "00000000-0000-0000-0000-000000000001",
        "asset_id": "11",
        "side": "BUY",
        "original_size": "10",
        "size_matched": "2.5",
        "price": "0.52",
        "order_type": "GTC",
        "created_at": 1703875200,
    } | changes


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("LIVE", Phase.OPEN),
        ("ORDER_STATUS_LIVE", Phase.OPEN),
        ("UNMATCHED", Phase.OPEN),
        ("DELAYED", Phase.PENDING),
        ("MATCHED", Phase.DONE),
        ("CANCELED", Phase.DONE),
        ("CANCELED_MARKET_RESOLVED", Phase.DONE),
        ("CANCELED_some words of the venue", Phase.DONE),
        ("INVALID", Phase.DONE),
    ],
)
async def test_an_order_is_read_with_its_phase(
    orders: PolymarketOrders,
    venue: "ScriptedVenue",
    prepared: PreparedOrder,
    status: str,
    phase: Phase,
) -> None:
    """Every documented status has its phase; sizes are contracts."""
    key = str(prepared.key)
    venue.on("GET", f"/data/order/{key}", order_row(key, status=status))
    state = await orders.read(ref_of(prepared))
    assert state == OrderState(prepared.key, key, phase, Qty(2_500_000))


@pytest.mark.parametrize(
    ("status", "body"), [(404, {"error": "not found"}), (200, None), (200, {}), (200, "")]
)
async def test_an_order_that_the_venue_does_not_know_is_none(
    orders: PolymarketOrders,
    venue: "ScriptedVenue",
    prepared: PreparedOrder,
    status: int,
    body: object,
) -> None:
    """404 and the various ways of saying nothing."""
    venue.on("GET", f"/data/order/{prepared.key}", body, status)
    assert await orders.read(ref_of(prepared)) is None


@pytest.mark.parametrize(
    "changes", [{"status": "PERHAPS"}, {"status": None}, {"size_matched": ""}, {"id": None}]
)
async def test_an_order_that_cannot_be_read_is_unintelligible(
    orders: PolymarketOrders,
    venue: "ScriptedVenue",
    prepared: PreparedOrder,
    changes: dict[str, Any],
) -> None:
    """An unknown status is never taken for an end."""
    key = str(prepared.key)
    venue.on("GET", f"/data/order/{key}", order_row(key, **changes))
    with pytest.raises(Unintelligible):
        await orders.read(ref_of(prepared))


async def test_open_orders_are_read_page_by_page(
    orders: PolymarketOrders, venue: "ScriptedVenue"
) -> None:
    """From the first cursor to the venue's last; the query is not part of the signature."""
    pages = [
        {"data": [order_row("0x01")], "next_cursor": "Mg=="},
        {"data": [order_row("0x02", status="DELAYED")], "next_cursor": "LTE="},
    ]
    for page in pages:
        venue.on("GET", "/data/orders", page)
    found = await orders.open_orders()
    assert [(state.key, state.phase) for state in found] == [
        ("0x01", Phase.OPEN),
        ("0x02", Phase.PENDING),
    ]
    assert [heard.query["next_cursor"] for heard in venue.heard] == ["MA==", "Mg=="]
    assert venue.heard[0].headers["poly_signature"] == l2_signature(
        API_SECRET, 1_790_000_000, "GET", "/data/orders", ""
    )


async def test_pages_that_go_in_circles_are_noticed(
    orders: PolymarketOrders, venue: "ScriptedVenue"
) -> None:
    """A cursor that comes again would never end."""
    venue.on("GET", "/data/orders", {"data": [], "next_cursor": "Mg=="})
    with pytest.raises(Unintelligible, match="circles"):
        await orders.open_orders()


async def test_everything_can_be_cancelled(
    orders: PolymarketOrders, venue: "ScriptedVenue"
) -> None:
    """One call for the whole account; an answer that is none is an error."""
    venue.on("DELETE", "/cancel-all", {"canceled": ["0x01"], "not_canceled": {"0x02": "matched"}})
    venue.on("DELETE", "/cancel-all", {"error": "Trading is currently disabled"}, 503)
    await orders.cancel_all()
    with pytest.raises(Unreachable):
        await orders.cancel_all()


@pytest.mark.parametrize(
    ("sample", "phase", "filled"),
    [("http_open_order.json", Phase.OPEN, 25), ("http_open_order_sell_fok.json", Phase.DONE, 50)],
)
def test_sample_orders_are_read(
    recorded: Callable[[str], Path], sample: str, phase: Phase, filled: int
) -> None:
    """Samples with null expirations and four decimals."""
    raw = json.loads(recorded(f"orders/samples/http/{sample}").read_bytes())
    state = state_of(raw)
    assert (state.phase, state.filled) == (phase, filled * MICRO)


async def test_a_recorded_exchange_of_the_real_venue_is_read(
    orders: PolymarketOrders,
    venue: "ScriptedVenue",
    make_order: MakeOrder,
    recorded: Callable[[str], Path],
) -> None:
    """The venue's answer to a purchase of 5 at 0.53, January 2026, and its read afterwards."""
    folder = "orders/http_exchanges_jan2026/real"
    posted = json.loads(recorded(f"{folder}/poly_full_fill_real.json").read_bytes())
    body = json.loads(posted["response"]["body_raw"])
    prepared = orders.prepare(make_order(qty=Qty(5 * MICRO), limit=Px(530_000)))
    prepared = attrs.evolve(prepared, key=OrderKey(body["orderID"]))
    venue.on("POST", "/order", posted["response"]["body_raw"].encode())
    done = OrderState(prepared.key, str(prepared.key), Phase.DONE, Qty(5 * MICRO))
    assert await orders.send(prepared) == done
    read = json.loads(recorded(f"{folder}/poly_order_status_full_real.json").read_bytes())
    venue.on("GET", f"/data/order/{prepared.key}", read["response"]["body_raw"].encode())
    assert await orders.read(ref_of(prepared)) == done
