"""Orders that change while they rest: amended, decreased, and what becomes of their place."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Client, Desk, Said

ORDERS = "/portfolio/events/orders"
GTC = "good_till_canceled"
SECOND = 1_000_000_000


async def rest(client: "Client", price: str = "0.30", count: str = "10", **more: object) -> str:
    said = await client.order("SIM-1-A", "bid", count, price, time_in_force=GTC, **more)
    assert said.status == 201, said
    order_id: str = said.body["order_id"]
    return order_id


async def amend(client: "Client", order_id: str, **changed: object) -> "Said":
    body = {"ticker": "SIM-1-A", "side": "bid", "price": "0.30", "count": "10", **changed}
    return await client.ask("POST", f"{ORDERS}/{order_id}/amend", body)


async def decrease(client: "Client", order_id: str, **body: object) -> "Said":
    return await client.ask("POST", f"{ORDERS}/{order_id}/decrease", body)


async def row(client: "Client", order_id: str) -> dict[str, Any]:
    body = await client.get(f"/portfolio/orders/{order_id}")
    order: dict[str, Any] = body["order"]
    return order


async def ahead(client: "Client", order_id: str) -> str:
    body = await client.get(f"/portfolio/orders/{order_id}/queue_position")
    place: str = body["queue_position_fp"]
    return place


async def test_a_smaller_order_keeps_its_place(desk: "Desk") -> None:
    """A size decrease leaves the queue as it is, an increase goes to its back."""
    bot = desk.client()
    order_id = await rest(bot)
    desk.post("SIM-1-A", "yes", "0.30", "7")
    said = await amend(bot, order_id, count="4")
    assert (said.status, said.body["remaining_count"]) == (200, "4.00")
    assert await ahead(bot, order_id) == "0.00"
    assert (await amend(bot, order_id, count="5")).body["remaining_count"] == "5.00"
    assert await ahead(bot, order_id) == "7.00"
    assert (await row(bot, order_id))["initial_count_fp"] == "5.00"


async def test_a_new_price_may_trade(desk: "Desk") -> None:
    """An amend that reaches the other side takes what is there, at the price that rests there."""
    bot = desk.client()
    order_id = await rest(bot)
    said = await amend(bot, order_id, price="0.44", count="12")
    assert said.body["fill_count"] == "10.00"
    assert said.body["average_fill_price"] == "0.4400"
    assert said.body["remaining_count"] == "2.00"
    (fill,) = (await bot.get("/portfolio/fills"))["fills"]
    assert (fill["count_fp"], fill["is_taker"]) == ("10.00", True)


async def test_post_only_orders_stay_makers(desk: "Desk") -> None:
    """A post-only order that an amend would let take is left as it was."""
    bot = desk.client()
    order_id = await rest(bot, post_only=True)
    said = await amend(bot, order_id, price="0.44")
    assert (said.status, said.body["error"]["details"]) == (400, "post only cross")
    assert (await row(bot, order_id))["yes_price_dollars"] == "0.3000"


async def test_what_has_filled_counts(desk: "Desk") -> None:
    """The count of an amend is the total: at what has filled it cancels, below that it fails."""
    bot = desk.client()
    order_id = await rest(bot, price="0.42")
    desk.post("SIM-1-A", "no", "0.58", "3")
    said = await amend(bot, order_id, price="0.42", count="2")
    assert (said.status, said.body["error"]["code"]) == (400, "invalid_amend_qty_for_order")
    assert (await amend(bot, order_id, price="0.42", count="3")).status == 200
    order = await row(bot, order_id)
    assert (order["status"], order["fill_count_fp"]) == ("canceled", "3.00")


async def test_expiry_alone(desk: "Desk") -> None:
    """An expiry can be given, moved and taken away without losing the place in the queue."""
    bot = desk.client()
    order_id = await rest(bot)
    desk.post("SIM-1-A", "yes", "0.30", "7")
    now_s = desk.now_ns() // SECOND
    assert (await amend(bot, order_id, expiration_time=now_s + 10)).status == 200
    assert (await amend(bot, order_id, expiration_time=now_s + 60)).status == 200
    desk.offset_ns += 20 * SECOND
    assert (await row(bot, order_id))["status"] == "resting"
    assert (await amend(bot, order_id, expiration_time=0)).status == 200
    desk.offset_ns += 60 * SECOND
    order = await row(bot, order_id)
    assert (order["status"], order["expiration_time"]) == ("resting", None)
    assert await ahead(bot, order_id) == "0.00"
    said = await amend(bot, order_id, expiration_time=now_s)
    assert (said.status, said.body["error"]["code"]) == (400, "invalid_parameters")


async def test_expired_by_its_new_date(desk: "Desk") -> None:
    """An order that was given an expiry afterwards ends at it."""
    bot = desk.client()
    order_id = await rest(bot)
    assert (await amend(bot, order_id, expiration_time=desk.now_ns() // SECOND + 5)).status == 200
    desk.offset_ns += 5 * SECOND
    assert (await row(bot, order_id))["status"] == "canceled"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"ticker": "SIM-1-B"}, 400, "order_ticker_mismatch"),
        ({"side": "ask"}, 400, "order_side_mismatch"),
        ({"client_order_id": "other"}, 400, "order_id_and_client_order_id_mismatch"),
        ({"price": "0.305"}, 400, "invalid_price"),
        ({"price": "1.00"}, 400, "invalid_price"),
        ({"updated_client_order_id": "taken"}, 409, "order_already_exists"),
        ({"count": "100000"}, 400, "insufficient_balance"),
        ({"exchange_index": 2}, 404, "not_found"),
        ({"exchange_index": 9}, 404, "market_not_found"),
    ],
)
async def test_refused_amends(
    desk: "Desk", changed: dict[str, object], status: int, code: str
) -> None:
    """Every refusal has its code, and leaves the order untouched."""
    bot = desk.client()
    await rest(bot, client_order_id="taken")
    order_id = await rest(bot, client_order_id="mine")
    before = await row(bot, order_id)
    said = await amend(bot, order_id, **changed)
    assert (said.status, said.body["error"]["code"]) == (status, code)
    assert await row(bot, order_id) == before


@pytest.mark.parametrize("changed", [{"count": 10}, {"price": 0.3}, {"count": "1.001"}])
async def test_malformed_amends(desk: "Desk", changed: dict[str, object]) -> None:
    """Numbers in the place of texts, and texts that are no counts, are flat errors."""
    bot = desk.client()
    said = await amend(bot, await rest(bot), **changed)
    assert (said.status, said.body["code"]) == (400, "invalid_parameters")


async def test_amends_of_nothing(desk: "Desk") -> None:
    """Unknown, ended and foreign orders are not found alike."""
    bot, other = desk.client(), desk.client("other")
    order_id = await rest(bot)
    assert (await amend(other, order_id)).status == 404
    assert (await amend(bot, "nothing")).status == 404
    await bot.ask("DELETE", f"{ORDERS}/{order_id}")
    assert (await amend(bot, order_id)).body["error"]["code"] == "not_found"


async def test_a_new_client_id(desk: "Desk") -> None:
    """An amended order goes by its new id; neither the old nor the new one can be used again."""
    bot = desk.client()
    order_id = await rest(bot, client_order_id="old")
    said = await amend(bot, order_id, client_order_id="old", updated_client_order_id="new")
    assert said.body["client_order_id"] == "new"
    for name in ("old", "new"):
        again = await bot.order("SIM-1-A", "bid", "1", "0.05", client_order_id=name)
        assert again.body["error"]["code"] == "order_already_exists"


async def test_amends_are_told(desk: "Desk") -> None:
    """The private stream says Amend and Decrease, the book stream shows what it does to levels."""
    bot = desk.client()
    order_id = await rest(bot)
    async with desk.listen() as frames:
        await frames.say(
            "subscribe", channels=["user_orders", "orderbook_delta"], market_tickers=["SIM-1-A"]
        )
        await frames.hear_all()
        await amend(bot, order_id, price="0.31", count="8")
        await decrease(bot, order_id, reduce_by="3")
        await amend(bot, order_id, price="0.31", count="5", expiration_time=0)
        heard = await frames.hear_all()
    deltas = [
        (one["msg"]["price_dollars"], one["msg"]["delta_fp"])
        for one in heard
        if one["type"] == "orderbook_delta"
    ]
    assert deltas == [("0.3000", "-10.00"), ("0.3100", "8.00"), ("0.3100", "-3.00")]
    told = [one["msg"]["last_update_reason"] for one in heard if one["type"] == "user_order"]
    assert told == ["Amend", "Decrease", "Amend"]


async def test_decrease(desk: "Desk") -> None:
    """An order is made smaller by an amount or to one, keeps its place, and ends at nothing."""
    bot = desk.client()
    order_id = await rest(bot, client_order_id="mine")
    desk.post("SIM-1-A", "yes", "0.30", "7")
    said = await decrease(bot, order_id, reduce_by="2.50", market_ticker="SIM-1-A")
    assert said.body["remaining_count"] == "7.50"
    assert said.body["client_order_id"] == "mine"
    assert (await decrease(bot, order_id, reduce_to="4")).body["remaining_count"] == "4.00"
    assert await ahead(bot, order_id) == "0.00"
    assert (await row(bot, order_id))["initial_count_fp"] == "10.00"
    assert (await decrease(bot, order_id, reduce_to="0")).body["remaining_count"] == "0.00"
    assert (await row(bot, order_id))["status"] == "canceled"
    assert (await decrease(bot, order_id, reduce_by="1")).status == 404


@pytest.mark.parametrize(
    "body", [{}, {"reduce_by": "1", "reduce_to": "1"}, {"reduce_by": 1}, {"reduce_to": "x"}]
)
async def test_malformed_decreases(desk: "Desk", body: dict[str, object]) -> None:
    """Exactly one of the two amounts must be given, as a text."""
    bot = desk.client()
    said = await decrease(bot, await rest(bot), **body)
    assert (said.status, said.body["code"]) == (400, "invalid_parameters")


async def test_decreases_that_do_nothing(desk: "Desk") -> None:
    """Reducing by nothing, or to more than there is, is refused."""
    bot = desk.client()
    order_id = await rest(bot)
    for body in ({"reduce_by": "0"}, {"reduce_to": "10"}, {"reduce_to": "11"}):
        said = await decrease(bot, order_id, **body)
        assert (said.status, said.body["error"]["code"]) == (400, "invalid_order")


async def test_pauses(desk: "Desk") -> None:
    """A trading pause lets orders be decreased but not amended."""
    bot = desk.client()
    order_id = await rest(bot)
    desk.face.pause(0)
    assert (await amend(bot, order_id)).body["error"]["code"] == "trading_is_paused"
    assert (await decrease(bot, order_id, reduce_by="1")).status == 200
    desk.face.pause(0, trading_only=False)
    assert (await decrease(bot, order_id, reduce_by="1")).body["error"]["code"] == (
        "exchange_is_paused"
    )


async def test_queue_positions(desk: "Desk") -> None:
    """Contracts ahead are counted at the order's own price, for the markets that are named."""
    bot = desk.client()
    desk.post("SIM-1-A", "yes", "0.30", "7")
    order_id = await rest(bot)
    rows = await bot.get("/portfolio/orders/queue_positions", market_tickers="SIM-1-A,SIM-1-B")
    assert rows["queue_positions"] == [
        {"order_id": order_id, "market_ticker": "SIM-1-A", "queue_position_fp": "7.00"}
    ]
    assert await bot.get("/portfolio/orders/queue_positions", event_ticker="SIM-1") == rows
    said = await bot.ask("GET", "/portfolio/orders/queue_positions")
    assert (said.status, set(said.body)) == (400, {"msg"})
