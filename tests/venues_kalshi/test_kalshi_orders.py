"""Orders: their exact bytes, and what each answer means."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.errors import OffGrid, Refused, Unintelligible, Unreachable
from arb.market.instruments import Action, Market, Outcome, PolymarketRef
from arb.market.units import MICRO, Ns, Px, Qty, parse_px, parse_qty
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
from arb.venues.kalshi.config import KalshiUrls
from arb.venues.kalshi.order_body import prepare
from arb.venues.kalshi.orders import KalshiOrders
from arb.venues.protocols import Orders
from arb.venues.wire import http_client

if TYPE_CHECKING:
    from tests.venues_kalshi.conftest import ScriptedVenue

Make = Callable[..., Market]
WRITES = "/portfolio/events/orders"
READS = "/portfolio/orders"
CREATED = {
    "order_id": "ee58",
    "client_order_id": "o-1",
    "fill_count": "10.00",
    "remaining_count": "0.00",
    "average_fill_price": "0.5500",
    "average_fee_paid": "0.0174",
    "ts_ms": 1761000000123,
}
ROW = {
    "order_id": "ee58",
    "client_order_id": "o-1",
    "ticker": "KXTEST-1-A",
    "status": "executed",
    "fill_count_fp": "3.00",
    "remaining_count_fp": "0.00",
    "exchange_index": 2,
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


@pytest.fixture
def ref(market: Market) -> OrderRef:
    return OrderRef(OrderKey("o-1"), market, "ee58")


# --- prepare ------------------------------------------------------------------------------------


def test_the_body_is_exact(prepared: PreparedOrder) -> None:
    """An order is these bytes: take now, leave nothing, never trade with oneself, on its shard."""
    assert prepared.key == "o-1"
    assert prepared.body == (
        b'{"ticker":"KXTEST-1-A","client_order_id":"o-1","side":"bid","count":"10.00",'
        b'"price":"0.5600","time_in_force":"immediate_or_cancel",'
        b'"self_trade_prevention_type":"taker_at_cross","exchange_index":2}'
    )


@pytest.mark.parametrize(
    ("outcome", "action", "limit", "told"),
    [
        (Outcome.YES, Action.BUY, 560_000, ("bid", "0.5600", None)),
        (Outcome.YES, Action.SELL, 560_000, ("ask", "0.5600", True)),
        (Outcome.NO, Action.BUY, 380_000, ("ask", "0.6200", None)),
        (Outcome.NO, Action.SELL, 380_000, ("bid", "0.6200", True)),
    ],
)
def test_every_intent_has_its_side_of_the_yes_book(
    market: Market, outcome: Outcome, action: Action, limit: int, told: tuple[object, ...]
) -> None:
    """Buying NO at q asks for 1 - q; a sale can only reduce."""
    body = json.loads(prepare(order(market, outcome=outcome, action=action, limit=Px(limit))).body)
    assert (body["side"], body["price"], body.get("reduce_only")) == told


@settings(max_examples=200, deadline=None)
@given(
    cents=st.integers(1, 9_999),
    hundredths=st.integers(1, 10**9),
    outcome=st.sampled_from(Outcome),
    action=st.sampled_from(Action),
)
def test_dollars_and_contracts_never_drift(
    cents: int, hundredths: int, outcome: Outcome, action: Action, make_market: Make
) -> None:
    """What the venue reads is what was meant, to the last digit."""
    fine = make_market(bands=((0, MICRO, 100),))
    meant = order(
        fine, outcome=outcome, action=action, limit=Px(cents * 100), qty=Qty(hundredths * 10_000)
    )
    body = json.loads(prepare(meant).body)
    yes_px = meant.limit if outcome is Outcome.YES else MICRO - meant.limit
    assert parse_px(body["price"]) == yes_px
    assert parse_qty(body["count"]) == meant.qty
    assert len(body["price"]) == 6
    assert (body["side"] == "bid") is ((outcome, action) in {("yes", "buy"), ("no", "sell")})


@pytest.mark.parametrize(
    "changes",
    [
        {"qty": Qty(0)},
        {"qty": Qty(9_999)},
        {"qty": Qty(15_000)},
        {"qty": Qty(-10_000)},
        {"limit": Px(565_000)},
        {"limit": Px(0)},
        {"limit": Px(MICRO)},
        {"limit": Px(565_000), "outcome": Outcome.NO},
        {"id": OrderId("")},
        {"id": OrderId("a.b")},
        {"id": OrderId("a b")},
        {"id": OrderId("ä")},
        {"id": OrderId("x" * 65)},
        {"id": OrderId("x\n")},
    ],
)
def test_what_breaks_a_rule_is_never_encoded(market: Market, changes: dict[str, Any]) -> None:
    """Size, lot, grid and identity are checked before there are bytes to send."""
    with pytest.raises(Refused):
        prepare(order(market, **changes))


def test_a_price_off_the_grid_says_so(make_market: Make) -> None:
    """The grid is the market's own, in YES prices, for both outcomes."""
    tapered = make_market(bands=((0, 100_000, 1_000), (100_000, MICRO, 10_000)))
    assert b'"0.0950"' in prepare(order(tapered, outcome=Outcome.NO, limit=Px(905_000))).body
    with pytest.raises(OffGrid):
        prepare(order(tapered, outcome=Outcome.YES, limit=Px(905_000)))


def test_what_is_finer_than_the_wire_is_refused(make_market: Make) -> None:
    """A grid or a lot finer than four and two decimals is not rounded to fit."""
    finer = make_market(bands=((0, MICRO, 10),))
    with pytest.raises(Refused):
        prepare(order(finer, limit=Px(560_010)))
    with pytest.raises(Refused):
        prepare(order(attrs.evolve(finer, lot=Qty(1)), qty=Qty(10 * MICRO + 1)))


def test_another_venues_market_is_refused(market: Market) -> None:
    """An order goes where its market is."""
    foreign = attrs.evolve(
        market, ref=PolymarketRef("0x1", "1", "2", neg_risk=False, protocol="v2")
    )
    with pytest.raises(Refused):
        prepare(order(foreign))


# --- send ---------------------------------------------------------------------------------------


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


# --- read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "phase"),
    [("resting", Phase.OPEN), ("executed", Phase.DONE), ("canceled", Phase.DONE)],
)
async def test_an_order_is_read_by_the_venues_id(
    venue: "ScriptedVenue", ref: OrderRef, status: str, phase: Phase
) -> None:
    """Its phase follows from the status, its quantity from the fills."""
    venue.answers("GET", f"{READS}/ee58", {"order": ROW | {"status": status}})
    state = await orders(venue).read(ref)
    assert state == OrderState(OrderKey("o-1"), "ee58", phase, Qty(3 * MICRO))


async def test_an_order_is_found_by_our_id(venue: "ScriptedVenue", ref: OrderRef) -> None:
    """Without the venue's id its market's orders are searched, page after page."""
    other = ROW | {"client_order_id": "o-0", "order_id": "aa"}
    venue.answers("GET", READS, {"orders": [other], "cursor": "next"})
    venue.answers("GET", READS, {"orders": [other, ROW], "cursor": ""})
    state = await orders(venue).read(attrs.evolve(ref, venue_order_id=None))
    assert state is not None
    assert state.venue_order_id == "ee58"
    first, second = venue.asked
    assert first.params == [("limit", "1000"), ("ticker", "KXTEST-1-A")]
    assert second.params[-1] == ("cursor", "next")


async def test_an_order_that_is_nowhere_is_none(venue: "ScriptedVenue", ref: OrderRef) -> None:
    """The venue's own 404, and a list without it, mean that it knows of none."""
    assert await orders(venue).read(ref) is None
    venue.answers("GET", READS, {"orders": None, "cursor": None})
    assert await orders(venue).read(attrs.evolve(ref, venue_order_id=None)) is None


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"order": ROW | {"status": "pending"}}, Unintelligible),
        (200, {"order": ROW | {"order_id": "another"}}, Unintelligible),
        (200, {"order": ROW | {"client_order_id": "another"}}, Unintelligible),
        (200, {"order": ROW | {"fill_count_fp": "-1.00"}}, Unintelligible),
        (200, {}, Unintelligible),
        (404, b"<html>no such page</html>", Refused),
        (403, {"error": {"code": "x"}}, Refused),
        (500, b"", Unreachable),
    ],
)
async def test_a_doubtful_read_is_never_none(
    venue: "ScriptedVenue", ref: OrderRef, status: int, body: object, error: type[Exception]
) -> None:
    """None would say that the order never was: only the venue's plain word may."""
    venue.answers("GET", f"{READS}/ee58", body, status)
    with pytest.raises(error):
        await orders(venue).read(ref)


async def test_a_list_without_its_rows_is_no_empty_list(
    venue: "ScriptedVenue", ref: OrderRef
) -> None:
    """An answer of another shape proves nothing about an order."""
    venue.answers("GET", READS, {"cursor": ""})
    with pytest.raises(Unintelligible):
        await orders(venue).read(attrs.evolve(ref, venue_order_id=None))


# --- cancel -------------------------------------------------------------------------------------


async def test_cancelling_says_where_the_order_rests(venue: "ScriptedVenue", ref: OrderRef) -> None:
    """The shard and the market go along: otherwise shard 0 is looked at."""
    venue.answers("DELETE", f"{WRITES}/ee58", {"order_id": "ee58", "reduced_by": "7.00"})
    await orders(venue).cancel(ref)
    (asked,) = venue.asked
    assert asked.params == [("exchange_index", "2"), ("market_ticker", "KXTEST-1-A")]


async def test_cancelling_what_is_gone_is_quiet(venue: "ScriptedVenue", ref: OrderRef) -> None:
    """Done, unknown by id, or unknown by key: there is nothing to take off the book."""
    await orders(venue).cancel(ref)
    venue.answers("GET", READS, {"orders": []})
    await orders(venue).cancel(attrs.evolve(ref, venue_order_id=None))
    assert [one.method for one in venue.asked] == ["DELETE", "GET"]


async def test_an_order_known_by_our_id_alone_is_found_and_cancelled(
    venue: "ScriptedVenue", ref: OrderRef
) -> None:
    """The venue cancels by its own id, which is looked up first."""
    venue.answers("GET", READS, {"orders": [ROW]})
    venue.answers("DELETE", f"{WRITES}/ee58", {"order_id": "ee58"})
    await orders(venue).cancel(attrs.evolve(ref, venue_order_id=None))
    assert [one.path for one in venue.asked] == [READS, f"{WRITES}/ee58"]


@pytest.mark.parametrize(
    ("status", "error"), [(409, Refused), (429, Refused), (503, Unreachable), (404, Refused)]
)
async def test_a_cancel_that_may_not_have_worked_is_no_success(
    venue: "ScriptedVenue", ref: OrderRef, status: int, error: type[Exception]
) -> None:
    """Pauses, limits, server errors and a strange 404 are errors."""
    venue.answers("DELETE", f"{WRITES}/ee58", b"oh", status)
    with pytest.raises(error):
        await orders(venue).cancel(ref)


async def test_open_orders_are_those_that_rest(venue: "ScriptedVenue") -> None:
    """The venue filters; hand-made orders are among them, without a key."""
    rows = [ROW | {"status": "resting"}, ROW | {"status": "resting", "client_order_id": ""}]
    venue.answers("GET", READS, {"orders": rows})
    told = await orders(venue).open_orders()
    assert [one.key for one in told] == ["o-1", None]
    assert {one.phase for one in told} == {Phase.OPEN}
    assert ("status", "resting") in venue.asked[0].params


async def test_everything_is_cancelled_by_id_in_batches(venue: "ScriptedVenue") -> None:
    """Resting orders are listed and cancelled by id, each with its market, shard and account."""
    rows = [ROW | {"status": "resting", "order_id": f"o{number}"} for number in range(45)]
    rows[44] |= {"subaccount_number": 3, "exchange_index": None}
    venue.answers("GET", READS, {"orders": rows})
    for size in (20, 20, 5):
        venue.answers("DELETE", f"{WRITES}/batched", {"orders": [{"order_id": "x"}] * size})
    await orders(venue).cancel_all()
    sent = [msgspec.json.decode(one.body)["orders"] for one in venue.requests(f"{WRITES}/batched")]
    assert [item["order_id"] for some in sent for item in some] == [f"o{n}" for n in range(45)]
    assert sent[0][0] == {"order_id": "o0", "market_ticker": "KXTEST-1-A", "exchange_index": 2}
    assert sent[2][4]["subaccount"] == 3
    assert sent[2][4]["exchange_index"] == 0
    assert venue.requests(WRITES) == []


async def test_a_batch_that_fails_does_not_stop_the_others(venue: "ScriptedVenue") -> None:
    """Every batch is tried, then the first failure is raised; orders already gone are none."""
    rows = [ROW | {"status": "resting", "order_id": f"o{number}"} for number in range(60)]
    venue.answers("GET", READS, {"orders": rows})
    gone = {"order_id": "x", "error": {"code": "not_found", "message": "not found"}}
    stuck = {"order_id": "y", "error": {"code": "exchange_is_paused", "message": "paused"}}
    venue.answers("DELETE", f"{WRITES}/batched", {"orders": [gone] * 19 + [stuck]})
    venue.answers("DELETE", f"{WRITES}/batched", b"", 503)
    venue.answers("DELETE", f"{WRITES}/batched", {"orders": [gone] * 20})
    with pytest.raises(Refused, match="exchange_is_paused"):
        await orders(venue).cancel_all()
    assert len(venue.requests(f"{WRITES}/batched")) == 3


async def test_a_batch_answered_by_halves_is_no_success(venue: "ScriptedVenue") -> None:
    """Every order to cancel must have its result."""
    venue.answers("GET", READS, {"orders": [ROW, ROW]})
    venue.answers("DELETE", f"{WRITES}/batched", {"orders": [{"order_id": "ee58"}]})
    with pytest.raises(Unintelligible):
        await orders(venue).cancel_all()


async def test_cancelling_nothing_sends_nothing(venue: "ScriptedVenue") -> None:
    """Where nothing rests there is only the look."""
    venue.answers("GET", READS, {"orders": []})
    await orders(venue).cancel_all()
    assert [one.method for one in venue.asked] == ["GET"]
