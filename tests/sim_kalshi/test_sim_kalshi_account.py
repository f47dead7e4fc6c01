"""What members read of themselves: orders, fills, positions, cash, settlements."""

from typing import TYPE_CHECKING

from arb.market.units import ONE, Px

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk

GTC = "good_till_canceled"
START_S = 1_760_000_000


async def test_order_row(desk: "Desk") -> None:
    """An order shows its direction in all words, its price in both terms, and its figures."""
    bot = desk.client()
    said = await bot.order("SIM-1-A", "ask", "12", "0.41", time_in_force=GTC, client_order_id="c-1")
    order = (await bot.get(f"/portfolio/orders/{said.body['order_id']}"))["order"]
    expected = {
        "client_order_id": "c-1",
        "user_id": "user-bot",
        "ticker": "SIM-1-A",
        "outcome_side": "no",
        "book_side": "ask",
        "side": "no",
        "action": "buy",
        "type": "limit",
        "status": "resting",
        "yes_price_dollars": "0.4100",
        "no_price_dollars": "0.5900",
        "initial_count_fp": "12.00",
        "fill_count_fp": "10.00",
        "remaining_count_fp": "2.00",
        "taker_fill_cost_dollars": "5.900000",
        "maker_fill_cost_dollars": "0.000000",
        "created_time": "2025-10-09T08:53:20Z",
        "expiration_time": None,
        "order_group_id": None,
        "self_trade_prevention_type": "taker_at_cross",
        "subaccount_number": 0,
        "exchange_index": 0,
    }
    assert order.items() >= expected.items()


async def test_order_list(desk: "Desk") -> None:
    """Newest first; by status, market, event, shard and time; page after page."""
    bot = desk.client()
    await bot.order("SIM-1-A", "ask", "10", "0.41")
    await bot.order("SIM-1-B", "ask", "10", "0.52")
    desk.offset_ns += 10_000_000_000
    await bot.order("SIMB-1-T", "bid", "1", "0.50", time_in_force=GTC)

    async def found(**params: object) -> list[str]:
        body = await bot.get("/portfolio/orders", **params)
        return [row["ticker"] for row in body["orders"]]

    assert await found() == ["SIMB-1-T", "SIM-1-B", "SIM-1-A"]
    assert await found(status="executed") == ["SIM-1-A"]
    assert await found(status="canceled") == ["SIM-1-B"]
    assert await found(status="resting") == ["SIMB-1-T"]
    assert await found(ticker="SIM-1-A") == ["SIM-1-A"]
    assert await found(event_ticker="SIM-1,SIMF-1") == ["SIM-1-B", "SIM-1-A"]
    assert await found(exchange_index=2) == ["SIMB-1-T"]
    assert await found(min_ts=START_S + 10) == ["SIMB-1-T"]
    assert await found(max_ts=START_S + 9) == ["SIM-1-B", "SIM-1-A"]
    rows = await desk.pages("/portfolio/orders", "orders", limit=1)
    assert [row["ticker"] for row in rows] == await found()


async def test_too_many_events(desk: "Desk") -> None:
    """At most ten events at once."""
    events = ",".join(f"E-{n}" for n in range(11))
    said = await desk.client().ask("GET", "/portfolio/orders", event_ticker=events)
    assert said.status == 400


async def test_fill_list(desk: "Desk") -> None:
    """Fills are newest first; by order, market and time; page after page."""
    bot = desk.client()
    first = await bot.order("SIM-1-A", "ask", "15", "0.40")
    desk.offset_ns += 10_000_000_000
    await bot.order("SIM-1-B", "bid", "1", "0.55")
    rows = await desk.pages("/portfolio/fills", "fills", limit=2)
    assert [row["ticker"] for row in rows] == ["SIM-1-B", "SIM-1-A", "SIM-1-A"]
    assert [row["ts"] for row in rows] == [START_S + 10, START_S, START_S]
    assert rows[0]["ticker"] == rows[0]["market_ticker"]
    of_order = await bot.get("/portfolio/fills", order_id=first.body["order_id"])
    assert len(of_order["fills"]) == 2
    late = await bot.get("/portfolio/fills", min_ts=START_S + 10)
    assert [row["ticker"] for row in late["fills"]] == ["SIM-1-B"]
    both = await bot.get("/portfolio/fills", ticker="SIM-1-A,SIM-1-C")
    assert len(both["fills"]) == 2


async def test_maker_fill(desk: "Desk") -> None:
    """A maker's fill is told at its own price and side, without fee in a plain series."""
    maker, bot = desk.client("maker"), desk.client("bot")
    await maker.order("SIM-1-A", "bid", "5", "0.43", time_in_force=GTC)
    await bot.order("SIM-1-A", "ask", "5", "0.40")
    (fill,) = (await maker.get("/portfolio/fills"))["fills"]
    assert (fill["outcome_side"], fill["is_taker"]) == ("yes", False)
    assert (fill["yes_price_dollars"], fill["fee_cost"]) == ("0.4300", "0.000000")
    (taken,) = (await bot.get("/portfolio/fills"))["fills"]
    assert taken["trade_id"] == fill["trade_id"]


async def test_positions_net_at_once(desk: "Desk") -> None:
    """Buying YES over a NO position closes it: the pairs pay at once, the rest opens."""
    bot = desk.client()
    await bot.order("SIM-1-A", "ask", "10", "0.41")
    await bot.order("SIM-1-A", "bid", "4", "0.44")
    (row,) = (await bot.get("/portfolio/positions"))["market_positions"]
    assert row["position_fp"] == "-6.00"
    assert row["market_exposure_dollars"] == "3.5400"  # 6 of 10 that cost 5.90
    assert row["realized_pnl_dollars"] == "-0.1200"  # 4 x (0.56 - 0.59)
    assert row["total_traded_dollars"] == "7.6600"  # 10 x 0.59 + 4 x 0.44
    cash = (await bot.get("/portfolio/balance", exchange_index=0))["balance_dollars"]
    fees = row["fees_paid_dollars"]
    assert fees == "0.2384"  # 0.1694 + 0.0690
    assert cash == "996.1016"  # 1000 - 5.90 + 4 x 0.56 - fees
    await bot.order("SIM-1-A", "bid", "10", "0.45")
    (row,) = (await bot.get("/portfolio/positions"))["market_positions"]
    assert row["position_fp"] == "4.00"
    assert row["market_exposure_dollars"] == "1.8000"  # 4 at 0.45, after closing 6 at 0.44


async def test_position_filters(desk: "Desk") -> None:
    """By event, market, shard; flat positions stay listed unless only positions count."""
    bot = desk.client()
    await bot.order("SIM-1-A", "ask", "10", "0.41")
    await bot.order("SIM-1-A", "bid", "10", "0.44")
    await bot.order("SIM-1-B", "bid", "1", "0.55")

    async def found(**params: object) -> list[str]:
        body = await bot.get("/portfolio/positions", **params)
        return [row["ticker"] for row in body["market_positions"]]

    assert await found() == ["SIM-1-A", "SIM-1-B"]
    assert await found(count_filter="position") == ["SIM-1-B"]
    assert await found(count_filter="position,total_traded") == ["SIM-1-B"]
    assert await found(ticker="SIM-1-A") == ["SIM-1-A"]
    assert await found(event_ticker="SIMB-1") == []
    assert await found(exchange_index=2) == []
    assert await found(settlement_status="settled") == []
    body = await bot.get("/portfolio/positions")
    (event,) = body["event_positions"]
    assert event["event_ticker"] == "SIM-1"
    assert event["total_cost_shares_fp"] == "21.00"
    assert event["event_exposure_dollars"] == "0.5500"
    rows = await desk.pages("/portfolio/positions", "market_positions", limit=1)
    assert [row["ticker"] for row in rows] == ["SIM-1-A", "SIM-1-B"]


async def test_balance_by_shard(desk: "Desk") -> None:
    """The balance sums the shards; the breakdown and the filter tell them apart."""
    bot = desk.client()
    every = await bot.get("/portfolio/balance")
    assert (every["balance"], every["balance_dollars"]) == (105000, "1050.0000")
    assert every["balance_breakdown"] == [
        {"exchange_index": 0, "balance": "1000.0000"},
        {"exchange_index": 2, "balance": "50.0000"},
    ]
    assert every["updated_ts"] == START_S
    one = await bot.get("/portfolio/balance", exchange_index=2)
    assert (one["balance"], len(one["balance_breakdown"])) == (5000, 1)


async def test_cents_are_cut_off(desk: "Desk") -> None:
    """The balance in cents drops what four decimals show; positions count at the last price."""
    bot = desk.client()
    await bot.order("SIM-1-A", "ask", "1", "0.41")
    body = await bot.get("/portfolio/balance", exchange_index=0)
    assert (body["balance_dollars"], body["balance"]) == ("999.3930", 99939)
    assert body["portfolio_value"] == 59


async def test_settlement_of_both_sides(desk: "Desk") -> None:
    """YES of a market that pays brings a dollar each; NO of it brings nothing; flat is no row."""
    bot, other, maker = desk.client("bot"), desk.client("other"), desk.client("maker")
    await bot.order("SIM-1-A", "bid", "2.50", "0.44")
    await other.order("SIM-1-A", "ask", "3", "0.41")
    await maker.order("SIM-1-A", "ask", "1", "0.41")
    await maker.order("SIM-1-A", "bid", "1", "0.44")
    desk.face.determine("SIM-1-A", ONE)
    desk.offset_ns += 60_000_000_000
    (won,) = (await bot.get("/portfolio/settlements"))["settlements"]
    (lost,) = (await other.get("/portfolio/settlements"))["settlements"]
    assert (won["market_result"], won["yes_count_fp"], won["revenue"]) == ("yes", "2.50", 250)
    assert (won["value"], won["yes_total_cost_dollars"]) == (100, "1.1000")
    assert (lost["no_count_fp"], lost["revenue"]) == ("3.00", 0)
    assert (await maker.get("/portfolio/settlements"))["settlements"] == []
    assert (await bot.get("/portfolio/settlements", event_ticker="SIMB-1"))["settlements"] == []
    assert len((await bot.get("/portfolio/settlements", ticker="SIM-1-A"))["settlements"]) == 1
    assert (await bot.get("/portfolio/positions"))["market_positions"] == []
    (old,) = (await bot.get("/portfolio/positions", settlement_status="settled"))[
        "market_positions"
    ]
    assert (old["position_fp"], old["realized_pnl_dollars"]) == ("0.00", "1.4000")


async def test_resolved_behind_the_venues_back(desk: "Desk") -> None:
    """A market that the engine resolves by itself is determined and settled on the face too."""
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", "1", "0.44")
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["market_lifecycle_v2"])
        await frames.hear()
        market = desk.exchange.orders_of("bot")
        desk.exchange.resolve(next(iter(market)).market, Px(1_000_000))
        kinds = [(await frames.hear())["msg"]["event_type"] for _ in range(2)]
    assert kinds == ["determined", "settled"]
    assert (await bot.get("/markets/SIM-1-A"))["market"]["status"] == "finalized"
    assert len((await bot.get("/portfolio/settlements"))["settlements"]) == 1
