"""Cancels, one by one, in batches, all at once; and pauses."""

from typing import TYPE_CHECKING

import pytest

from arb.market.units import ONE, Px, parse_micros

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Client, Desk, Said

ORDERS = "/portfolio/events/orders"
GTC = "good_till_canceled"
SECOND = 1_000_000_000
DAY = 86_400 * SECOND


async def rest(client: "Client", ticker: str = "SIM-1-A", **more: object) -> str:
    """Rest three contracts far from the market; returns the order's id."""
    said = await client.order(ticker, "bid", "3", "0.05", time_in_force=GTC, **more)
    assert said.status == 201, said
    order_id: str = said.body["order_id"]
    return order_id


async def cancel(client: "Client", order_id: str, **params: object) -> "Said":
    return await client.ask("DELETE", f"{ORDERS}/{order_id}", **params)


async def test_cancel(desk: "Desk") -> None:
    """A cancel tells what it took off; the book has it no more; a second one finds nothing."""
    bot = desk.client()
    order_id = await rest(bot, client_order_id="mine")
    said = await cancel(bot, order_id)
    assert said.status == 200
    assert said.body["order_id"] == order_id
    assert said.body["client_order_id"] == "mine"
    assert said.body["reduced_by"] == "3.00"
    book = (await bot.get("/markets/SIM-1-A/orderbook"))["orderbook_fp"]
    assert ["0.0500", "3.00"] not in book["yes_dollars"]
    again = await cancel(bot, order_id)
    assert (again.status, again.body["error"]["code"]) == (404, "not_found")
    order = (await bot.get(f"/portfolio/orders/{order_id}"))["order"]
    assert (order["status"], order["remaining_count_fp"]) == ("canceled", "0.00")


async def test_cancel_of_unknown_and_executed_orders_look_alike(desk: "Desk") -> None:
    """Unknown and executed orders give the same bytes: only a read tells which it was."""
    bot = desk.client()
    executed = await bot.order("SIM-1-A", "ask", "10", "0.41")
    first = await cancel(bot, executed.body["order_id"])
    second = await cancel(bot, "no-such-order")
    assert first == second
    assert first.status == 404


async def test_cancel_needs_the_shard(desk: "Desk") -> None:
    """Without ticker or shard, shard 0 is meant; an order on shard 2 is not found there."""
    bot = desk.client()
    order_id = await rest(bot, "SIMB-1-T")
    assert (await cancel(bot, order_id)).status == 404
    assert (await cancel(bot, order_id, exchange_index=0)).status == 404
    assert (await cancel(bot, order_id, exchange_index=2)).status == 200
    assert (await cancel(bot, await rest(bot, "SIMB-1-T"), market_ticker="SIMB-1-T")).status == 200


async def test_batch_cancel(desk: "Desk") -> None:
    """A batch cancel has a body, and an answer for each order in its order."""
    bot = desk.client()
    first, second = await rest(bot), await rest(bot, "SIMB-1-T")
    items = [
        {"order_id": first},
        {"order_id": "no-such-order"},
        {"order_id": second, "market_ticker": "SIMB-1-T"},
    ]
    said = await bot.ask("DELETE", f"{ORDERS}/batched", {"orders": items})
    assert said.status == 200
    rows = said.body["orders"]
    assert [row["order_id"] for row in rows] == [first, "no-such-order", second]
    assert [row["reduced_by"] for row in rows] == ["3.00", "0.00", "3.00"]
    assert rows[1]["error"]["code"] == "not_found"


async def test_cancel_all(desk: "Desk") -> None:
    """Cancel-all empties every shard of the member's orders, and of nobody else's."""
    bot, other = desk.client("bot"), desk.client("other")
    await rest(bot)
    await rest(bot, "SIMB-1-T")
    await rest(other)
    said = await bot.ask("DELETE", ORDERS)
    assert (said.status, said.body) == (204, None)
    assert (await bot.get("/portfolio/orders", status="resting"))["orders"] == []
    assert len((await other.get("/portfolio/orders", status="resting"))["orders"]) == 1


async def test_foreign_subaccounts(desk: "Desk") -> None:
    """An order is found in its own subaccount alone; numbers that cannot be are an error."""
    bot = desk.client()
    order_id = await rest(bot)
    assert (await cancel(bot, order_id, subaccount=1)).status == 404
    assert (await cancel(bot, order_id, subaccount=64)).status == 400
    assert (await cancel(bot, order_id, subaccount=0)).status == 200


# --- pauses -------------------------------------------------------------------------------------


async def test_trading_pause(desk: "Desk") -> None:
    """In a trading pause nothing is placed, everything can be cancelled, what rests stays."""
    bot = desk.client()
    order_id, doomed = await rest(bot), await rest(bot, cancel_order_on_pause=True)
    desk.face.pause(0)
    said = await bot.order("SIM-1-A", "bid", "1", "0.05")
    assert (said.status, said.body["error"]["code"]) == (409, "trading_is_paused")
    resting = (await bot.get("/portfolio/orders", status="resting"))["orders"]
    assert [order["order_id"] for order in resting] == [order_id]
    assert (await cancel(bot, doomed)).status == 404
    assert (await cancel(bot, order_id)).status == 200
    assert (await bot.order("SIMB-1-T", "bid", "1", "0.05")).status == 201  # another shard
    desk.face.unpause(0)
    assert (await bot.order("SIM-1-A", "bid", "1", "0.05")).status == 201


async def test_exchange_pause(desk: "Desk") -> None:
    """In an exchange pause nothing changes at all, cancels included."""
    bot = desk.client()
    order_id = await rest(bot)
    desk.face.pause(0, trading_only=False)
    for said in (await bot.order("SIM-1-A", "bid", "1", "0.05"), await cancel(bot, order_id)):
        assert (said.status, said.body["error"]["code"]) == (409, "exchange_is_paused")
    await bot.ask("DELETE", ORDERS)
    desk.face.unpause(0)
    assert (await cancel(bot, order_id)).status == 200


async def test_pauses_in_the_status(desk: "Desk") -> None:
    """The status shows every shard; its top level speaks of shard 0 alone."""
    public = desk.client(None)
    desk.face.pause(2)
    status = await public.get("/exchange/status")
    assert status["exchange_active"] is True
    assert status["trading_active"] is True
    shards = {one["exchange_index"]: one for one in status["exchange_index_statuses"]}
    assert shards[2]["trading_active"] is False
    assert shards[2]["exchange_active"] is True
    assert shards[0]["trading_active"] is True
    desk.face.pause(0, trading_only=False)
    assert (await public.get("/exchange/status"))["exchange_active"] is False


async def test_halted_market(desk: "Desk") -> None:
    """One market can be halted; when it trades again its resting orders are cancelled."""
    bot = desk.client()
    order_id = await rest(bot)
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["market_lifecycle_v2", "user_orders"])
        await frames.hear_all()
        desk.face.halt("SIM-1-A")
        assert (await bot.get("/markets/SIM-1-A"))["market"]["status"] == "inactive"
        said = await bot.order("SIM-1-A", "bid", "1", "0.05")
        assert (said.status, said.body["error"]["code"]) == (409, "trading_is_paused")
        assert (await bot.get("/markets", status="paused"))["markets"][0]["ticker"] == "SIM-1-A"
        desk.face.resume("SIM-1-A")
        heard = [frame["msg"] for frame in await frames.hear_all()]
    assert [msg.get("event_type") for msg in heard] == ["deactivated", None, "activated"]
    assert heard[1]["order_id"] == order_id
    assert heard[1]["last_update_reason"] == "HaltCancel"
    assert (await bot.order("SIM-1-A", "bid", "1", "0.05")).status == 201


# --- time ---------------------------------------------------------------------------------------


async def test_expiry(desk: "Desk") -> None:
    """An order expires at its second, with the reason, before anybody looks."""
    bot = desk.client()
    soon = desk.now_ns() // SECOND + 60
    order_id = await rest(bot, expiration_time=soon)
    desk.offset_ns += 59 * SECOND
    assert (await bot.get(f"/portfolio/orders/{order_id}"))["order"]["status"] == "resting"
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["user_orders"])
        await frames.hear()
        desk.offset_ns += SECOND
        assert (await bot.get(f"/portfolio/orders/{order_id}"))["order"]["status"] == "canceled"
        assert (await frames.hear())["msg"]["last_update_reason"] == "ExpiryCancel"


async def test_close(desk: "Desk") -> None:
    """At its close a market cancels what rests and takes no more; no stream announces it."""
    bot = desk.client()
    order_id = await rest(bot)
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["market_lifecycle_v2", "user_orders"])
        await frames.hear_all()
        desk.offset_ns += 30 * DAY
        said = await bot.order("SIM-1-A", "bid", "1", "0.05")
        heard = [frame["msg"] for frame in await frames.hear_all()]
    assert (said.status, said.body["error"]["code"]) == (409, "market_closed")
    assert [msg.get("last_update_reason") for msg in heard] == ["CloseCancel"]
    assert heard[0]["order_id"] == order_id
    assert (await bot.get("/markets/SIM-1-A"))["market"]["status"] == "closed"
    book = (await bot.get("/markets/SIM-1-A/orderbook"))["orderbook_fp"]
    assert book == {"yes_dollars": [], "no_dollars": []}


async def test_moved_close(desk: "Desk") -> None:
    """A close that moves is announced, and the old date does nothing."""
    bot = desk.client()
    later = desk.now_ns() + 40 * DAY
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["market_lifecycle_v2"])
        await frames.hear()
        desk.face.lifecycle.move_close("SIM-1-A", later)  # type: ignore[arg-type]
        msg = (await frames.hear())["msg"]
    assert (msg["event_type"], msg["close_ts"]) == ("close_date_updated", later // SECOND)
    desk.offset_ns += 35 * DAY
    assert (await bot.order("SIM-1-A", "bid", "1", "0.05")).status == 201
    desk.offset_ns += 5 * DAY
    assert (await bot.order("SIM-1-A", "bid", "1", "0.05")).status == 409


async def test_not_yet_open(desk: "Desk") -> None:
    """A market that has not opened is listed as such and takes no orders."""
    bot = desk.client()
    fact = desk.face.board.markets["SIM-1-A"].facts
    new = type(fact)(
        ticker="SIM-1-D",
        event="SIM-1",
        title="D?",
        yes_sub_title="D",
        rules_primary="If D.",
        created_ns=fact.created_ns,
        open_ns=type(fact.close_ns)(desk.now_ns() + DAY),
        close_ns=fact.close_ns,
        expected_expiration_ns=fact.expected_expiration_ns,
        latest_expiration_ns=fact.latest_expiration_ns,
    )
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["market_lifecycle_v2"])
        await frames.hear()
        desk.face.lifecycle.list_market(new)
        msg = (await frames.hear())["msg"]
    assert (msg["event_type"], msg["market_ticker"]) == ("created", "SIM-1-D")
    assert msg["additional_metadata"]["event_ticker"] == "SIM-1"
    assert (await bot.get("/markets", status="unopened"))["markets"][0]["ticker"] == "SIM-1-D"
    said = await bot.order("SIM-1-D", "bid", "1", "0.05")
    assert (said.status, said.body["error"]["code"]) == (409, "market_inactive")
    desk.offset_ns += DAY
    assert (await bot.order("SIM-1-D", "bid", "1", "0.05")).status == 201


@pytest.mark.parametrize(
    ("payout", "result"), [(ONE, "yes"), (Px(0), "no"), (Px(500_000), "scalar")]
)
async def test_determined_markets_take_no_orders(desk: "Desk", payout: Px, result: str) -> None:
    """From determination on a market is closed for orders, and says its result."""
    bot = desk.client()
    desk.face.determine("SIM-1-A", payout)
    said = await bot.order("SIM-1-A", "bid", "1", "0.05")
    assert (said.status, said.body["error"]["code"]) == (409, "market_closed")
    market = (await bot.get("/markets/SIM-1-A"))["market"]
    assert market["result"] == result
    assert parse_micros(market["settlement_value_dollars"]) == payout
