"""Orders, trades and balances as their owner reads them."""

from typing import TYPE_CHECKING

import trio

from arb.market.instruments import Action
from arb.market.units import MICRO, Qty
from arb.sim.polymarket.conditions import Conditions

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Person, Venue


async def test_open_orders_are_listed_and_filtered(bot: "Person", markets: "Markets") -> None:
    """Only live orders are listed; by id also those that ended."""
    plain, fine = markets["plain"], markets["fine"]
    first = (await bot.place(plain.tokens[0], "BUY", "10", "0.3")).body["orderID"]
    second = (await bot.place(plain.tokens[1], "BUY", "10", "0.3")).body["orderID"]
    third = (await bot.place(fine.tokens[0], "BUY", "10", "0.301")).body["orderID"]
    await bot.ask("DELETE", "/order", {"orderID": third})

    async def ids(**params: str) -> list[str]:
        said = await bot.ask("GET", "/data/orders", None, **params)
        assert said.body["next_cursor"] == "LTE="
        assert said.body["count"] == len(said.body["data"])
        return [row["id"] for row in said.body["data"]]

    assert await ids() == [first, second]
    assert await ids(next_cursor="MA==") == [first, second]
    assert await ids(next_cursor="LTE=") == []
    assert await ids(market=plain.condition_id) == [first, second]
    assert await ids(asset_id=plain.tokens[1]) == [second]
    assert await ids(id=third) == [third]


async def test_orders_come_in_pages(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """More than 500 orders come in several pages, each once."""
    token = markets["plain"].tokens[0]
    bodies = [bot.limit(token, "BUY", "5", "0.01") for _ in range(510)]
    for start in range(0, 510, 15):
        said = await bot.ask("POST", "/orders", bodies[start : start + 15])
        assert {entry["status"] for entry in said.body} == {"live"}
    first = (await bot.ask("GET", "/data/orders")).body
    assert first["count"] == 500
    rest = (await bot.ask("GET", "/data/orders", next_cursor=first["next_cursor"])).body
    assert (rest["count"], rest["next_cursor"]) == (10, "LTE=")
    assert len({row["id"] for row in first["data"] + rest["data"]}) == 510
    bad = await bot.ask("GET", "/data/orders", next_cursor="%%%")
    assert bad.status == 400
    assert venue.exchange.reserved("bot")[0] == 510 * 50_000


async def test_an_order_of_somebody_else_is_not_found(
    bot: "Person", other: "Person", markets: "Markets"
) -> None:
    """An unknown hash and somebody else's order look alike."""
    mine = (await bot.place(markets["plain"].tokens[0], "BUY", "10", "0.3")).body["orderID"]
    for order_id in (mine, "0x" + "0" * 64):
        said = await other.ask("GET", f"/data/order/{order_id}")
        assert (said.status, said.body) == (404, {"error": "order not found"})


async def test_one_trade_names_all_its_makers(
    venue: "Venue", bot: "Person", other: "Person", markets: "Markets"
) -> None:
    """A taker's matches of one placement are one trade; mint makers show their own token."""
    market = markets["plain"]
    await other.place(market.tokens[1], "BUY", "5", "0.6")  # NO at 0.6 sells YES at 0.4
    venue.rest(market, Action.SELL, "100", "0.41")
    said = await bot.place(market.tokens[0], "BUY", "10", "0.45")
    trades = (await bot.ask("GET", "/data/trades")).body["data"]
    assert [trade["id"] for trade in trades] == said.body["tradeIDs"]
    trade = trades[0]
    assert (trade["trader_side"], trade["side"], trade["outcome"]) == ("TAKER", "BUY", "Yes")
    assert (trade["size"], trade["price"], trade["fee_rate_bps"]) == ("10", "0.405", "0")
    assert trade["taker_order_id"] == said.body["orderID"]
    assert (trade["status"], trade["transaction_hash"]) == ("TRADE_STATUS_MATCHED", "")
    minted, bought = trade["maker_orders"]
    assert (minted["asset_id"], minted["price"], minted["side"]) == (market.tokens[1], "0.6", "BUY")
    assert (minted["owner"], minted["matched_amount"]) == (other.creds.api_key, "5")
    assert (bought["asset_id"], bought["price"], bought["side"]) == (
        market.tokens[0],
        "0.41",
        "SELL",
    )
    assert len(bought["order_id"]) == 66


async def test_a_maker_reads_the_same_trade(
    bot: "Person", other: "Person", markets: "Markets"
) -> None:
    """Maker and taker see one trade from their own side."""
    market = markets["plain"]
    await other.place(market.tokens[1], "BUY", "10", "0.6")
    await bot.place(market.tokens[0], "BUY", "10", "0.4")
    mine = (await bot.ask("GET", "/data/trades")).body["data"]
    theirs = (await other.ask("GET", "/data/trades")).body["data"]
    assert [trade["id"] for trade in mine] == [trade["id"] for trade in theirs]
    assert (mine[0]["trader_side"], theirs[0]["trader_side"]) == ("TAKER", "MAKER")
    assert theirs[0]["owner"] == bot.creds.api_key


async def test_trades_by_time_market_and_id(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """Trades can be asked for by id, market, token, maker address and time."""
    market = markets["free"]
    venue.rest(market, Action.SELL, "100", "0.5")
    start = venue.now_s()
    first = (await bot.place(market.tokens[0], "BUY", "10", "0.5")).body["tradeIDs"]
    await trio.sleep(100)
    second = (await bot.place(market.tokens[0], "BUY", "10", "0.5")).body["tradeIDs"]

    async def ids(**params: str) -> list[str]:
        said = await bot.ask("GET", "/data/trades", None, **params)
        return [row["id"] for row in said.body["data"]]

    assert await ids() == second + first
    assert await ids(after=str(start + 50)) == second
    assert await ids(before=str(start + 50)) == first
    assert await ids(id=first[0]) == first
    assert await ids(market=markets["plain"].condition_id) == []
    assert await ids(asset_id=market.tokens[1]) == []
    assert await ids(maker_address=bot.wallet.funder) == second + first
    said = await bot.ask("GET", "/data/trades", None, after="yesterday")
    assert said.status == 400


async def test_balances_are_base_units(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """Cash and tokens come as whole millionths in strings, with an allowance per exchange."""
    market = markets["free"]
    venue.rest(market, Action.SELL, "100", "0.5")
    await bot.place(market.tokens[0], "BUY", "10", "0.5")
    cash = await bot.ask("GET", "/balance-allowance", asset_type="COLLATERAL", signature_type="0")
    assert cash.body["balance"] == str(995 * MICRO)
    assert len(cash.body["allowances"]) == 3
    token = {"asset_type": "CONDITIONAL", "token_id": market.tokens[0], "signature_type": "0"}
    assert (await bot.ask("GET", "/balance-allowance", None, **token)).body["balance"] == "10000000"
    wrong = {**token, "asset_type": "CONDITIONAL-V2"}
    assert (await bot.ask("GET", "/balance-allowance", None, **wrong)).status == 400


async def test_balances_lag_until_they_are_updated(
    venue: "Venue", bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """With a lag the balance is that of a while ago, unless an update is asked for."""
    asked = {"asset_type": "COLLATERAL", "signature_type": "0"}

    async def balance() -> int:
        return int((await bot.ask("GET", "/balance-allowance", None, **asked)).body["balance"])

    await balance()
    conditions.balance_lag_s = 3.0
    venue.rest(markets["free"], Action.SELL, "100", "0.5")
    await bot.place(markets["free"].tokens[0], "BUY", "10", "0.5")
    assert await balance() == 1000 * MICRO
    await trio.sleep(3.1)
    assert await balance() == 995 * MICRO
    await bot.place(markets["free"].tokens[0], "BUY", "10", "0.5")
    assert await balance() == 995 * MICRO
    assert (await bot.ask("GET", "/balance-allowance/update", None, **asked)).status == 200
    assert await balance() == 990 * MICRO


async def test_positions_and_their_worth(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """The Data API shows size, cost without fees, fees and worth, as JSON numbers."""
    market = markets["plain"]
    venue.quote(market, "0.48", "0.5")
    await bot.place(market.tokens[0], "BUY", "10", "0.5")
    page = await venue.read("/v2/positions", user=bot.wallet.funder)
    assert page["pagination"] == {"limit": 100, "offset": 0, "has_more": False, "next_cursor": None}
    (row,) = page["data"]
    assert (row["token_id"], row["condition_id"]) == (market.tokens[0], market.condition_id)
    assert (row["current_size"], row["avg_price"], row["entry_cost_usdc"]) == (10, 0.5, 5)
    assert (row["entry_fees_usdc"], row["total_cost_usdc"]) == (0.125, 5.125)
    assert (row["current_price"], row["current_value"], row["unrealized_pnl"]) == (0.49, 4.9, -0.1)
    assert (row["outcome"], row["outcome_index"]) == ("Yes", 0)
    value = await venue.read("/v2/value", user=bot.wallet.funder)
    assert value == {"data": {"proxy_wallet": bot.wallet.funder, "value": 4.9}}


async def test_dust_is_hidden_unless_asked_for(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """Positions below 0.1 shares are shown only to those who ask for them."""
    venue.exchange.split("bot", markets["plain"].id, Qty(99_999))
    user = {"user": bot.wallet.funder}
    assert (await venue.read("/v2/positions", **user))["data"] == []
    shown = await venue.read("/v2/positions", filter_type="TOKENS", filter_amount="0", **user)
    assert [row["current_size"] for row in shown["data"]] == [0.099999, 0.099999]
    cash = await venue.read("/v2/positions", filter_type="CASH", filter_amount="1", **user)
    assert cash["data"] == []


async def test_a_trade_of_the_data_api(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """Trades of a wallet, newest first; errors in the envelope of that API."""
    venue.rest(markets["plain"], Action.SELL, "100", "0.5")
    await bot.place(markets["plain"].tokens[0], "BUY", "10", "0.5")
    (row,) = (await venue.read("/v2/trades", user=bot.wallet.funder))["data"]
    assert (row["side"], row["size"], row["price"]) == ("BUY", 10, 0.5)
    said = await venue.ask("GET", "/v2/positions")
    assert said.status == 400
    assert said.body["code"] == "invalid_parameter"
    assert (said.body["parameter"], said.body["retryable"]) == ("user", False)
