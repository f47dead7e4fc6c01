"""Reading and cancelling orders."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs
import msgspec
import pytest
from trio.testing import MockClock

from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.market.instruments import Market
from arb.market.units import MICRO, Qty
from arb.messages import (
    OrderKey,
    OrderRef,
    OrderState,
    Phase,
)
from arb.venues.kalshi.orders import KalshiOrders
from arb.venues.protocols import Orders

if TYPE_CHECKING:
    from tests.venues_kalshi.conftest import ScriptedVenue

Make = Callable[..., Market]
WRITES = "/portfolio/events/orders"
READS = "/portfolio/orders"
ROW = {
    "order_id": "ee58",
    "client_order_id": "o-1",
    "ticker": "KXTEST-1-A",
    "status": "executed",
    "fill_count_fp": "3.00",
    "remaining_count_fp": "0.00",
    "exchange_index": 2,
}


def orders(venue: "ScriptedVenue") -> Orders:
    return KalshiOrders(venue.urls, venue.credentials, venue.client, venue.now_ns)


@pytest.fixture
def market(make_market: Make) -> Market:
    return make_market()


@pytest.fixture
def ref(market: Market) -> OrderRef:
    return OrderRef(OrderKey("o-1"), market, "ee58")


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
    venue: "ScriptedVenue",
    ref: OrderRef,
    status: int,
    error: type[Exception],
    autojump_clock: MockClock,  # noqa: ARG001 - waits in virtual time
) -> None:
    """Pauses, limits that last, server errors and a strange 404 are errors."""
    venue.answers("DELETE", f"{WRITES}/ee58", b"oh", status)
    with pytest.raises(error):
        await orders(venue).cancel(ref)


async def test_a_cancel_waits_out_the_rate_limit(
    venue: "ScriptedVenue",
    ref: OrderRef,
    autojump_clock: MockClock,  # noqa: ARG001 - waits in virtual time
) -> None:
    """Cancelling may be said twice, so being too fast only delays it."""
    venue.answers("DELETE", f"{WRITES}/ee58", {"error": "too many requests"}, 429)
    venue.answers("DELETE", f"{WRITES}/ee58", {"order_id": "ee58"})
    await orders(venue).cancel(ref)
    assert len(venue.asked) == 2


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
