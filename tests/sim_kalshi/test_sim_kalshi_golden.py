"""The exchange of messages that the protocol notes work out by hand, value by value."""

from typing import TYPE_CHECKING, Any

import trio
import trio.testing

from arb.market.units import Px

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk

ORDERS = "/portfolio/events/orders"


def ask(ticker: str, client_id: str, price: str) -> dict[str, Any]:
    return {
        "ticker": ticker,
        "client_order_id": client_id,
        "side": "ask",
        "count": "10.00",
        "price": price,
        "time_in_force": "immediate_or_cancel",
        "self_trade_prevention_type": "taker_at_cross",
    }


async def test_no_basket_in_one_batch(desk: "Desk") -> None:
    """Three legs of a NO basket: two fill, one fills 4 of 10, means are YES prices and coarse."""
    bot = desk.client()
    batch = [ask("SIM-1-A", "u1", "0.4100"), ask("SIM-1-B", "u2", "0.5200")]
    batch.append(ask("SIM-1-C", "u3", "0.1200"))
    said = await bot.ask("POST", f"{ORDERS}/batched", {"orders": batch})
    assert said.status == 201
    rows = said.body["orders"]
    assert [row["client_order_id"] for row in rows] == ["u1", "u2", "u3"]
    assert [row["fill_count"] for row in rows] == ["10.00", "4.00", "10.00"]
    assert [row["remaining_count"] for row in rows] == ["0.00"] * 3
    assert [row["average_fill_price"] for row in rows] == ["0.4100", "0.5200", "0.1200"]
    assert [row["average_fee_paid"] for row in rows] == ["0.0169", "0.0175", "0.0074"]


async def test_single_ask_of_the_fixture(desk: "Desk") -> None:
    """`ask SIM-1-A 10 @ 0.41` moves cash, fills, position and order row exactly as worked out."""
    bot = desk.client()
    said = await bot.order("SIM-1-A", "ask", "10", "0.41", client_order_id="c1")
    assert said.status == 201
    assert said.body["fill_count"] == "10.00"
    assert said.body["remaining_count"] == "0.00"
    assert said.body["average_fill_price"] == "0.4100"

    balance = await bot.get("/portfolio/balance", exchange_index=0)
    assert balance["balance_dollars"] == "993.9306"
    assert balance["balance"] == 99393

    (fill,) = (await bot.get("/portfolio/fills"))["fills"]
    assert fill["count_fp"] == "10.00"
    assert fill["yes_price_dollars"] == "0.4100"
    assert fill["no_price_dollars"] == "0.5900"
    assert (fill["outcome_side"], fill["book_side"]) == ("no", "ask")
    assert fill["is_taker"] is True
    assert fill["fee_cost"] == "0.169400"
    assert fill["fill_id"] == fill["trade_id"]
    assert fill["order_id"] == said.body["order_id"]
    assert "client_order_id" not in fill

    (position,) = (await bot.get("/portfolio/positions"))["market_positions"]
    assert position["position_fp"] == "-10.00"
    assert position["market_exposure_dollars"] == "5.9000"
    assert position["fees_paid_dollars"] == "0.1694"

    order = (await bot.get(f"/portfolio/orders/{said.body['order_id']}"))["order"]
    assert order["status"] == "executed"
    assert order["taker_fill_cost_dollars"] == "5.900000"
    assert order["taker_fees_dollars"] == "0.169400"
    assert order["maker_fees_dollars"] == "0.000000"


async def test_frames_of_the_fixture(desk: "Desk") -> None:
    """The same order is told as delta, trade, fill, position and order, the delta as our own."""
    bot = desk.client()
    channels = ["orderbook_delta", "trade", "fill", "user_orders", "market_positions"]
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=channels, market_tickers=["SIM-1-A"])
        await frames.hear_all()
        await bot.order("SIM-1-A", "ask", "10", "0.41", client_order_id="c1")
        heard = {frame["type"]: frame["msg"] for frame in await frames.hear_all()}
    delta = heard["orderbook_delta"]
    assert (delta["side"], delta["price_dollars"], delta["delta_fp"]) == ("yes", "0.4100", "-10.00")
    trade = heard["trade"]
    assert (trade["taker_outcome_side"], trade["taker_book_side"]) == ("no", "ask")
    assert trade["count_fp"] == "10.00"
    assert heard["fill"]["fee_cost"] == "0.169400"
    assert heard["fill"]["post_position_fp"] == "-10.00"
    assert heard["fill"]["client_order_id"] == "c1"
    assert heard["user_order"]["status"] == "executed"
    assert heard["user_order"]["ticker"] == "SIM-1-A"
    assert heard["market_position"]["position_cost_dollars"] == "5.9000"


async def test_gap_drill(desk: "Desk") -> None:
    """A lost delta leaves a hole in `seq`; three asked-for snapshots carry the next numbers."""
    tickers = ["SIM-1-A", "SIM-1-B", "SIM-1-C"]
    async with desk.listen() as frames:
        params: dict[str, Any] = {"channels": ["orderbook_delta"], "market_tickers": tickers}
        await frames.say("subscribe", **params, use_yes_price=False)
        assert (await frames.hear())["type"] == "subscribed"
        first = [await frames.hear() for _ in tickers]
        desk.post("SIM-1-A", "yes", "0.42", "1")
        first.append(await frames.hear())
        desk.face.broadcast.faults.drop_deltas = 1
        desk.post("SIM-1-C", "yes", "0.11", "1")
        desk.post("SIM-1-B", "yes", "0.51", "1")
        first.append(await frames.hear())
        assert [frame["seq"] for frame in first] == [1, 2, 3, 4, 6]

        command = await frames.say(
            "update_subscription", sid=1, action="get_snapshot", market_tickers=tickers
        )
        again = [await frames.hear() for _ in tickers]
        assert [frame["type"] for frame in again] == ["orderbook_snapshot"] * 3
        assert [frame["seq"] for frame in again] == [7, 8, 9]
        assert [frame["id"] for frame in again] == [command] * 3
        assert ["0.1100", "1.00"] in again[2]["msg"]["yes_dollars_fp"]
        desk.post("SIM-1-A", "yes", "0.42", "1")
        assert (await frames.hear())["seq"] == 10


async def test_settlement_drill(
    desk: "Desk", nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """A NO position is paid when the settlement timer has run, with a row that adds up."""
    await nursery.start(desk.face.run)
    bot = desk.client()
    await bot.order("SIM-1-A", "ask", "10", "0.41")
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["market_lifecycle_v2"])
        await frames.hear()
        desk.face.determine("SIM-1-A", Px(0))
        determined = await frames.hear()
        assert determined["msg"]["event_type"] == "determined"
        assert determined["msg"]["result"] == "no"
        before = await bot.get("/markets/SIM-1-A")
        assert before["market"]["status"] == "determined"
        settled = await frames.hear()
        assert settled["msg"]["event_type"] == "settled"
        assert settled["seq"] == 2
    assert autojump_clock.current_time() >= 60
    after = await bot.get("/markets/SIM-1-A")
    assert (after["market"]["status"], after["market"]["result"]) == ("finalized", "no")
    (row,) = (await bot.get("/portfolio/settlements"))["settlements"]
    expected = {
        "market_result": "no",
        "yes_count_fp": "0.00",
        "no_count_fp": "10.00",
        "no_total_cost_dollars": "5.9000",
        "revenue": 1000,
        "value": 0,
        "fee_cost": "0.1694",
    }
    assert row.items() >= expected.items()
    balance = await bot.get("/portfolio/balance", exchange_index=0)
    assert balance["balance_dollars"] == "1003.9306"
