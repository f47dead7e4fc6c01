"""Orders: what is checked before, what is sent, and what each answer of the venue means."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.errors import OffGrid, Refused, Unintelligible, Unreachable
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    Action,
    EventId,
    Market,
    MarketId,
    Outcome,
    PolymarketRef,
    Venue,
)
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import (
    BasketId,
    NewOrder,
    OrderId,
    OrderKey,
    OrderRef,
    OrderState,
    Phase,
    PreparedOrder,
)
from arb.venues.polymarket.listing import TICKS
from arb.venues.polymarket.order_answers import state_of
from arb.venues.polymarket.orders import PolymarketOrders, terms_of
from arb.venues.polymarket.session import PolymarketSession, l2_signature
from arb.venues.protocols import Orders

MakeOrder = Callable[..., NewOrder]
MakeMarket = Callable[..., Market]

API_SECRET = bytes(range(32))
NOW = Ns(1_790_000_000_000_000_000)
UNKNOWN = "0x" + "77" * 32


@pytest.fixture
def orders(session: PolymarketSession) -> PolymarketOrders:
    made = PolymarketOrders(session, lambda: NOW)
    protocol: Orders = made  # mypy holds the adapter to the Protocol here
    assert protocol.venue is Venue.POLYMARKET
    return made


@pytest.fixture
def prepared(orders: PolymarketOrders, make_order: MakeOrder) -> PreparedOrder:
    """BUY 10 at 0.52, as GTC."""
    return orders.prepare(make_order())


@pytest.fixture
def sale(orders: PolymarketOrders, make_order: MakeOrder) -> PreparedOrder:
    """SELL 10 at 0.52, as FAK."""
    return orders.prepare(make_order(action=Action.SELL))


def ref_of(order: PreparedOrder) -> OrderRef:
    return OrderRef(order.key, order.order.market, None)


def accepted(order: PreparedOrder, **changes: Any) -> dict[str, Any]:
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


# --- prepare ------------------------------------------------------------------------------------


async def test_a_purchase_is_a_gtc_of_exact_amounts(prepared: PreparedOrder) -> None:
    """The order's key is its hash, and its body the documented JSON of the published example."""
    body = json.loads(prepared.body)
    assert (body["orderType"], body["postOnly"], body["deferExec"]) == ("GTC", False, False)
    assert body["owner"] == "00000000-0000-0000-0000-000000000001"
    assert body["order"]["makerAmount"] == "5200000"
    assert body["order"]["takerAmount"] == "10000000"
    assert (body["order"]["side"], body["order"]["expiration"]) == ("BUY", "0")
    assert body["order"]["timestamp"] == "1790000000000"
    assert b" " not in prepared.body
    assert prepared.key.startswith("0x")
    assert len(prepared.key) == 66


async def test_a_sale_is_a_fak_that_counts_contracts(
    orders: PolymarketOrders, make_order: MakeOrder
) -> None:
    """A sale gives contracts and dies at once; NO trades the other token."""
    order = make_order(action=Action.SELL, outcome=Outcome.NO)
    body = json.loads(orders.prepare(order).body)
    assert (body["orderType"], body["order"]["side"]) == ("FAK", "SELL")
    assert isinstance(order.market.ref, PolymarketRef)
    assert body["order"]["tokenId"] == order.market.ref.no_token
    assert body["order"]["makerAmount"] == "10000000"
    assert body["order"]["takerAmount"] == "5200000"


@pytest.mark.parametrize(
    ("action", "tick", "qty", "limit", "give", "want"),
    [
        (Action.BUY, 10_000, 10_000_000, 520_000, 5_200_000, 10_000_000),
        (Action.BUY, 1_000, 5_550_000, 985_000, 5_466_750, 5_550_000),
        (Action.BUY, 10_000, 21_040_000, 570_000, 11_992_800, 21_040_000),
        (Action.BUY, 10_000, 100_120_000, 70_000, 7_008_400, 100_120_000),
        (Action.SELL, 1_000, 12_340_000, 985_000, 12_340_000, 12_154_900),
        (Action.SELL, 1_000, 5_550_000, 985_000, 5_550_000, 5_466_700),
    ],
)
def test_amounts_are_those_worked_out_for_the_venue(
    make_order: MakeOrder,
    make_market: MakeMarket,
    action: Action,
    tick: int,
    qty: int,
    limit: int,
    give: int,
    want: int,
) -> None:
    """The published examples; a sale's dollars are cut to four decimals on fine ticks."""
    market = make_market(grid=PriceGrid.of_tick(tick))
    terms = terms_of(make_order(market=market, action=action, qty=Qty(qty), limit=Px(limit)))
    assert (terms.maker_amount, terms.taker_amount) == (give, want)


ANY_MARKET = Market(
    id=MarketId("polymarket:0x0"),
    venue=Venue.POLYMARKET,
    event=EventId("polymarket:1"),
    title="Will it?",
    label="",
    ref=PolymarketRef("0x0", "11", "22", neg_risk=False, protocol="v1"),
    grid=PriceGrid.of_tick(10_000),
    lot=Qty(10_000),
    min_qty=Qty(5 * MICRO),
    min_take_usd=Usd(MICRO),
    fees=PolymarketFees(0),
    closes_ns=None,
)


@given(
    st.sampled_from(TICKS),
    st.integers(1, 10**6),
    st.integers(1, 10**7),
    st.sampled_from([Action.BUY, Action.SELL]),
)
def test_amounts_never_ask_for_more_than_the_limit(
    tick: int, step: int, lots: int, action: Action
) -> None:
    """On every tick a purchase states exactly its limit; a sale asks for its limit or a hair
    less, never more; both within the decimals that the venue accepts.
    """
    limit = Px(step % (MICRO // tick - 1) * tick + tick)
    qty = Qty(lots * 10_000)
    order = NewOrder(
        OrderId("o"), BasketId("b"), ANY_MARKET, Outcome.YES, action, qty, limit, NOW
    )
    terms = terms_of(order)
    if action is Action.BUY:
        assert terms.maker_amount * MICRO == limit * terms.taker_amount
        assert terms.taker_amount == qty
    else:
        assert terms.maker_amount == qty
        assert 0 <= limit * qty - terms.taker_amount * MICRO < 100 * MICRO
        assert terms.taker_amount % 100 == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"qty": Qty(0)}, "multiple"),
        ({"qty": Qty(5_005_000)}, "multiple"),
        ({"qty": Qty(-10_000)}, "multiple"),
        ({"qty": Qty(4_990_000)}, "smallest"),
        ({"qty": Qty(5 * MICRO), "limit": Px(190_000)}, "smallest, .1"),
    ],
)
async def test_an_order_that_breaks_a_rule_is_refused(
    orders: PolymarketOrders, make_order: MakeOrder, changes: dict[str, Any], words: str
) -> None:
    """Lot, smallest size and smallest notional are checked before anything is signed."""
    with pytest.raises(Refused, match=words):
        orders.prepare(make_order(**changes))


@pytest.mark.parametrize("limit", [0, MICRO, 525_000, 5_000, 995_000])
async def test_a_price_off_the_grid_is_refused(
    orders: PolymarketOrders, make_order: MakeOrder, limit: int
) -> None:
    """The grid ends a tick before 0 and 1."""
    with pytest.raises(OffGrid):
        orders.prepare(make_order(limit=Px(limit), qty=Qty(1000 * MICRO)))


async def test_a_cheap_sale_is_left_to_the_venue(orders: PolymarketOrders, make_order: MakeOrder) -> None:
    """The smallest notional is stated for purchases: a way out of a leg is not refused here."""
    order = make_order(action=Action.SELL, qty=Qty(5 * MICRO), limit=Px(10_000))
    assert orders.prepare(order).order is order


async def test_an_unknown_protocol_is_refused(orders: PolymarketOrders, make_order: MakeOrder) -> None:
    """A market of a version nobody knows is never signed for."""
    market = make_order().market
    assert isinstance(market.ref, PolymarketRef)
    strange = attrs.evolve(market, ref=attrs.evolve(market.ref, protocol="v9"))
    with pytest.raises(Refused, match="v9"):
        orders.prepare(make_order(market=strange))


async def test_preparing_needs_a_log_in(
    clients: Any, make_signer: Callable[..., Any], make_order: MakeOrder
) -> None:
    """The body names the API key, so there is none to name before."""
    session = PolymarketSession(make_signer(), clients.clob, lambda: NOW)
    with pytest.raises(Refused, match="logged in"):
        PolymarketOrders(session, lambda: NOW).prepare(make_order())


# --- send ---------------------------------------------------------------------------------------


async def test_exactly_the_prepared_bytes_are_sent_and_signed(
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder
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
    ("answer", "phase", "filled"),
    [
        ({"status": "live"}, Phase.OPEN, 0),
        ({"status": "unmatched"}, Phase.OPEN, 0),
        ({"status": "delayed"}, Phase.PENDING, 0),
        ({"status": "matched", "makingAmount": "5.2", "takingAmount": "10"}, Phase.DONE, 10),
        ({"status": "matched", "makingAmount": "5.1", "takingAmount": "10"}, Phase.DONE, 10),
        ({"status": "matched", "makingAmount": "1.56", "takingAmount": "3"}, Phase.OPEN, 3),
        ({"errorMsg": None, "status": "live"}, Phase.OPEN, 0),
    ],
)
async def test_a_purchase_that_was_taken(
    orders: PolymarketOrders,
    venue: Any,
    prepared: PreparedOrder,
    answer: dict[str, Any],
    phase: Phase,
    filled: int,
) -> None:
    """What a GTC got at once is `takingAmount`; what it did not get rests."""
    venue.on("POST", "/order", accepted(prepared, **answer))
    assert await orders.send(prepared) == OrderState(
        prepared.key, str(prepared.key), phase, Qty(filled * MICRO)
    )


async def test_a_sale_that_was_taken_is_done(
    orders: PolymarketOrders, venue: Any, sale: PreparedOrder
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
    orders: PolymarketOrders, venue: Any, sale: PreparedOrder, status: int, body: dict[str, Any]
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
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder, status: int, error: str
) -> None:
    """An error that the API spells out did not become an order."""
    venue.on("POST", "/order", {"error": error}, status)
    with pytest.raises(Refused) as refusal:
        await orders.send(prepared)
    assert error in str(refusal.value)


async def test_a_polite_no_is_refused_too(
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder
) -> None:
    """A 200 without an order id, but with words, is a refusal."""
    body = {"success": False, "orderID": None, "errorMsg": "Insufficient balance"}
    venue.on("POST", "/order", body)
    with pytest.raises(Refused, match="Insufficient balance"):
        await orders.send(prepared)


async def test_the_venues_own_limiter_refuses(
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder
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
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder, status: int, body: Any
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
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder, changes: dict[str, Any]
) -> None:
    """It is an order by its id, so it must be asked for."""
    venue.on("POST", "/order", accepted(prepared, **changes))
    with pytest.raises(Unreachable):
        await orders.send(prepared)


async def test_a_lost_answer_is_unreachable_although_the_order_arrived(
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder
) -> None:
    """A timeout says nothing about the order; no second attempt is made."""
    venue.hang_up_on("POST", "/order")
    with pytest.raises(Unreachable):
        await orders.send(prepared)
    assert [heard.body for heard in venue.heard] == [prepared.body]


async def test_a_recorded_exchange_of_the_real_venue_is_read(
    orders: PolymarketOrders,
    venue: Any,
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


# --- cancel, read -------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [None, "already canceled or matched", "order not found"])
async def test_cancelling_is_quiet_whether_or_not_something_rested(
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder, reason: str | None
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
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder
) -> None:
    """A 404 in the API's words: there is nothing to cancel."""
    venue.on("DELETE", "/order", {"error": "order not found"}, 404)
    await orders.cancel(ref_of(prepared))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": "Invalid orderID"}, Refused),
        (401, {"error": "Unauthorized/Invalid api key"}, Refused),
        (404, b"<html></html>", Unreachable),
        (425, {"error": "restarting"}, Unreachable),
        (429, {"error": "slow down"}, Unreachable),
        (503, {"error": "Trading is currently disabled."}, Unreachable),
        (200, b"?", Unintelligible),
        (200, {"canceled": [UNKNOWN], "not_canceled": {}}, Unintelligible),
        (200, {"canceled": None}, Unintelligible),
    ],
)
async def test_a_cancellation_that_did_not_work_says_so(
    orders: PolymarketOrders,
    venue: Any,
    prepared: PreparedOrder,
    status: int,
    body: Any,
    error: type[Exception],
) -> None:
    """Refused, without an answer, or answered about something else."""
    venue.on("DELETE", "/order", body, status)
    with pytest.raises(error):
        await orders.cancel(ref_of(prepared))


def order_row(key: str, **changes: Any) -> dict[str, Any]:
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
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder, status: str, phase: Phase
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
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder, status: int, body: Any
) -> None:
    """404 and the various ways of saying nothing."""
    venue.on("GET", f"/data/order/{prepared.key}", body, status)
    assert await orders.read(ref_of(prepared)) is None


@pytest.mark.parametrize(
    "changes", [{"status": "PERHAPS"}, {"status": None}, {"size_matched": ""}, {"id": None}]
)
async def test_an_order_that_cannot_be_read_is_unintelligible(
    orders: PolymarketOrders, venue: Any, prepared: PreparedOrder, changes: dict[str, Any]
) -> None:
    """An unknown status is never taken for an end."""
    key = str(prepared.key)
    venue.on("GET", f"/data/order/{key}", order_row(key, **changes))
    with pytest.raises(Unintelligible):
        await orders.read(ref_of(prepared))


async def test_open_orders_are_read_page_by_page(orders: PolymarketOrders, venue: Any) -> None:
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


async def test_pages_that_go_in_circles_are_noticed(orders: PolymarketOrders, venue: Any) -> None:
    """A cursor that comes again would never end."""
    venue.on("GET", "/data/orders", {"data": [], "next_cursor": "Mg=="})
    with pytest.raises(Unintelligible, match="circles"):
        await orders.open_orders()


async def test_everything_can_be_cancelled(orders: PolymarketOrders, venue: Any) -> None:
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
