"""Placing orders: what fills, at which price, for which fee, and what the answer says."""

from typing import TYPE_CHECKING

import pytest
import trio

from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, parse_qty
from arb.sim.orders import Stp
from arb.sim.polymarket.conditions import Conditions

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Person, Venue


THOUSAND = 1000 * MICRO


async def test_an_order_that_meets_nobody_rests(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """A limit order below the ask is live, under its hash, with nothing matched."""
    venue.quote(markets["plain"], "0.48", "0.52")
    said = await bot.place(markets["plain"].tokens[0], "BUY", "10", "0.5")
    assert said.status == 200
    assert said.body["status"] == "live"
    assert (said.body["makingAmount"], said.body["takingAmount"]) == ("", "")
    assert said.body["tradeIDs"] == []
    assert said.body["transactionsHashes"] == []
    shown = await bot.order(said.body["orderID"])
    assert shown["status"] == "LIVE"
    assert shown["original_size"] == "10"
    assert type(shown["created_at"]) is int


async def test_a_taker_pays_the_makers_price_and_its_fee(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """A buy through the book pays each maker's price and rate * p * (1 - p) a share on top."""
    market = markets["plain"]
    venue.rest(market, Action.SELL, "4", "0.5")
    venue.rest(market, Action.SELL, "100", "0.52")
    said = await bot.place(market.tokens[0], "BUY", "10", "0.55")
    assert said.body["status"] == "matched"
    assert said.body["makingAmount"] == "5.12"
    assert said.body["takingAmount"] == "10"
    assert len(said.body["tradeIDs"]) == 1
    fees = 50_000 + 74_880  # 4 * 0.05 * 0.25, 6 * 0.05 * 0.52 * 0.48
    assert bot.cash == THOUSAND - 5_120_000 - fees
    assert venue.exchange.position("bot", market.id) == (10 * MICRO, 0)
    assert venue.exchange.fees_paid("bot") == fees


async def test_a_fee_is_rounded_up_to_five_decimals(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """0.05 * 5.01 * 0.37 * 0.63 = 0.05839155 is charged as 0.0584."""
    market = markets["plain"]
    venue.rest(market, Action.SELL, "100", "0.37")
    await bot.place(market.tokens[0], "BUY", "5.01", "0.37")
    assert venue.exchange.fees_paid("bot") == 58_400
    assert bot.cash == THOUSAND - 1_853_700 - 58_400


async def test_a_seller_pays_its_fee_from_the_proceeds(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """A sale brings price times shares less the fee, and takes the tokens."""
    market = markets["plain"]
    venue.quote(market, "0.4", "0.5")
    await bot.place(market.tokens[0], "BUY", "10", "0.5")
    before = bot.cash
    said = await bot.place(market.tokens[0], "SELL", "10", "0.4", order_type="FAK")
    assert (said.body["makingAmount"], said.body["takingAmount"]) == ("10", "4")
    assert bot.cash == before + 4_000_000 - 120_000
    assert venue.exchange.position("bot", market.id) == (0, 0)


async def test_markets_without_a_schedule_are_free(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """Where the market has no fee schedule nobody pays."""
    venue.rest(markets["free"], Action.SELL, "100", "0.5")
    await bot.place(markets["free"].tokens[0], "BUY", "10", "0.5")
    assert bot.cash == THOUSAND - 5_000_000


async def test_buying_no_takes_the_yes_bids(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """A buy of NO at 1 - p meets a bid for YES at p: a pair is minted from both sides' dollars."""
    market = markets["plain"]
    venue.rest(market, Action.BUY, "100", "0.6")
    maker_before = venue.exchange.position("maker", market.id)
    said = await bot.place(market.tokens[1], "BUY", "10", "0.41")
    assert (said.body["makingAmount"], said.body["takingAmount"]) == ("4", "10")
    assert venue.exchange.position("bot", market.id) == (0, 10 * MICRO)
    yes, no = venue.exchange.position("maker", market.id)
    assert (yes, no) == (maker_before[0] + 10 * MICRO, maker_before[1])


async def test_a_dollar_sized_buy_gets_more_shares_at_a_better_price(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """A FAK buy spends its dollars, not its shares."""
    market = markets["free"]
    venue.rest(market, Action.SELL, "100", "0.4")
    body = bot.sign(market.tokens[0], "BUY", 10_000_000, 19_230_700, order_type="FAK")
    said = await bot.ask("POST", "/order", body)
    assert said.body["status"] == "matched"
    assert (said.body["makingAmount"], said.body["takingAmount"]) == ("10", "25")
    assert bot.cash == THOUSAND - 10_000_000


async def test_the_rest_of_a_fak_is_killed(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """A FAK sale takes what there is and leaves nothing behind."""
    market = markets["free"]
    venue.exchange.split("bot", market.id, parse_qty("20"))
    venue.rest(market, Action.BUY, "6", "0.5")
    body = bot.limit(market.tokens[0], "SELL", "20", "0.5", order_type="FAK")
    said = await bot.ask("POST", "/order", body)
    assert (said.body["status"], said.body["makingAmount"]) == ("matched", "6")
    shown = await bot.order(said.body["orderID"])
    assert (shown["status"], shown["size_matched"]) == ("CANCELED", "6")
    assert venue.exchange.levels(market.id) == ((), ())


async def test_a_fok_takes_all(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """A FOK that the book can fill is filled over several levels."""
    market = markets["free"]
    venue.rest(market, Action.SELL, "10", "0.4")
    venue.rest(market, Action.SELL, "100", "0.5")
    body = bot.sign(market.tokens[0], "BUY", 9_000_000, 18_000_000, order_type="FOK")
    said = await bot.ask("POST", "/order", body)
    assert (said.body["makingAmount"], said.body["takingAmount"]) == ("9", "20")
    assert (await bot.order(said.body["orderID"]))["status"] == "MATCHED"


async def test_what_a_resting_order_does_not_fill_stays(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """A GTC that crosses fills what it can; the remainder rests at its limit."""
    market = markets["plain"]
    venue.rest(market, Action.SELL, "4", "0.5")
    said = await bot.place(market.tokens[0], "BUY", "10", "0.5")
    assert said.body["status"] == "matched"
    shown = await bot.order(said.body["orderID"])
    assert (shown["status"], shown["size_matched"]) == ("LIVE", "4")
    assert shown["associate_trades"] == said.body["tradeIDs"]
    bids, asks = venue.exchange.levels(market.id)
    assert (bids, asks) == (((500_000, 6_000_000),), ())


async def test_a_maker_pays_no_fee(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """A resting order that is taken pays its own price and nothing else."""
    market = markets["plain"]
    await bot.place(market.tokens[0], "BUY", "10", "0.5")
    venue.rest(market, Action.SELL, "10", "0.4")
    assert bot.cash == THOUSAND - 5_000_000
    assert venue.exchange.fees_paid("bot") == 0


@pytest.mark.parametrize(("market", "exchange"), [("neg0", "neg"), ("v2", "v3")])
async def test_every_exchange_takes_its_own_orders(
    venue: "Venue", bot: "Person", markets: "Markets", market: str, exchange: str
) -> None:
    """Orders for negative-risk markets and for position ids are signed for other exchanges."""
    listing = markets[market]
    venue.rest(listing, Action.SELL, "100", "0.5")
    said = await bot.place(listing.tokens[0], "BUY", "10", "0.5", exchange=exchange)
    assert (said.status, said.body["status"]) == (200, "matched")
    assert venue.exchange.position("bot", listing.id) == (10 * MICRO, 0)


async def test_a_deposit_wallet_trades_with_its_owners_signature(
    venue: "Venue", markets: "Markets"
) -> None:
    """A wrapped signature (type 3) of the wallet's owner is taken, and the wallet pays."""
    wallet = venue.people["deposit"]
    market = markets["free"]
    venue.rest(market, Action.SELL, "100", "0.5")
    said = await wallet.place(market.tokens[0], "BUY", "10", "0.5")
    assert (said.status, said.body["status"]) == (200, "matched")
    assert wallet.cash == THOUSAND - 5_000_000
    assert venue.people["bot"].cash == THOUSAND


async def test_a_batch_is_as_many_orders_as_it_holds(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """Each order of a batch stands alone: one refusal does not touch the others."""
    token = markets["plain"].tokens[0]
    venue.rest(markets["plain"], Action.SELL, "100", "0.5")
    bodies = [
        bot.limit(token, "BUY", "10", "0.4"),
        bot.limit(token, "BUY", "3", "0.4"),
        bot.limit(token, "BUY", "10", "0.5"),
    ]
    said = await bot.ask("POST", "/orders", bodies)
    assert said.status == 200
    assert [entry["status"] for entry in said.body] == ["live", "", "matched"]
    refused = said.body[1]
    assert refused["errorMsg"].endswith("is invalid. Size (3) lower than the minimum: 5")
    assert (refused["success"], refused["orderID"]) == (True, "")


async def test_a_sports_taker_is_held_and_then_filled(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """An order that would take on a sports market is answered as delayed and fills later."""
    market = markets["sport"]
    venue.rest(market, Action.SELL, "100", "0.5")
    said = await bot.place(market.tokens[0], "BUY", "10", "0.5")
    assert said.body["status"] == "delayed"
    order_id = said.body["orderID"]
    assert (await bot.order(order_id))["status"] == "DELAYED"
    kept = await bot.ask("DELETE", "/order", {"orderID": order_id})
    assert kept.body["canceled"] == []
    assert order_id in kept.body["not_canceled"]
    await trio.sleep(2.9)
    assert (await bot.order(order_id))["size_matched"] == "0"
    await trio.sleep(0.2)
    shown = await bot.order(order_id)
    assert (shown["status"], shown["size_matched"]) == ("MATCHED", "10")


async def test_makers_may_leave_during_a_short_hold(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """Where takers are held for a moment the answer waits, and tells what was left."""
    market = markets["crypto"]
    ask, _ = venue.rest(market, Action.SELL, "100", "0.5")
    answers = []

    async def buy() -> None:
        answers.append(await bot.place(market.tokens[0], "BUY", "10", "0.5"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(buy)
        await trio.sleep(0.1)
        assert answers == []
        venue.exchange.cancel(ask.id)
    assert answers[0].body["status"] == "live"


async def test_money_is_conserved(
    venue: "Venue", bot: "Person", other: "Person", markets: "Markets"
) -> None:
    """Cash and pairs at the end are the cash and pairs of the start, less the fees."""
    market = markets["fine"]
    accounts = ("bot", "other", "maker")

    def wealth() -> int:
        cash = sum(venue.exchange.cash(name)[0] for name in accounts)
        tokens = [venue.exchange.position(name, market.id) for name in accounts]
        yes, no = (sum(side) for side in zip(*tokens, strict=True))
        assert yes == no
        return int(cash + yes + sum(venue.exchange.fees_paid(name) for name in accounts))

    before = wealth()
    venue.quote(market, "0.333", "0.337", "33.33")
    await bot.place(market.tokens[0], "BUY", "20.01", "0.337")
    await other.place(market.tokens[1], "BUY", "50.07", "0.667")
    body = bot.sign(market.tokens[0], "BUY", 7_010_000, 20_801_100, order_type="FAK")
    await bot.ask("POST", "/order", body)
    await other.place(market.tokens[1], "SELL", "11.11", "0.1")
    assert wealth() == before
    assert venue.exchange.fees_paid("bot") > 0
    assert venue.exchange.position("other", market.id)[list(Outcome).index(Outcome.NO)] > 0


async def test_market_orders_below_the_minimum(
    venue: "Venue", bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """Whether FAK and FOK need five shares is contested: a switch lets a dollar's worth pass."""
    market = markets["free"]
    venue.rest(market, Action.SELL, "100", "0.5")
    body = bot.limit(market.tokens[0], "BUY", "4", "0.5", order_type="FAK")
    assert "lower than the minimum: 5" in (await bot.ask("POST", "/order", body)).body["error"]
    conditions.market_minimum = False
    assert (await bot.ask("POST", "/order", body)).body["status"] == "matched"


async def test_market_amounts_by_the_docs_table(
    venue: "Venue", bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """Five decimals on a fine tick pass where the docs' table is in force."""
    market = markets["fine"]
    venue.rest(market, Action.SELL, "100", "0.985")
    body = bot.sign(market.tokens[0], "BUY", 9_980_000, 10_131_970, order_type="FAK")
    assert "a max of 4 decimals" in (await bot.ask("POST", "/order", body)).body["error"]
    conditions.flat_market_decimals = False
    assert (await bot.ask("POST", "/order", body)).body["status"] == "matched"


async def test_self_trades_may_be_allowed(
    venue: "Venue", bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """Self-trade prevention is not documented, so every way of the engine can be chosen."""
    market = markets["free"]
    venue.exchange.split("bot", market.id, parse_qty("10"))
    resting = (await bot.place(market.tokens[0], "SELL", "5", "0.5")).body["orderID"]
    conditions.self_trades = Stp.NONE
    met = await bot.place(market.tokens[0], "BUY", "5", "0.5")
    assert (met.body["status"], (await bot.order(resting))["status"]) == ("matched", "MATCHED")
    resting = (await bot.place(market.tokens[0], "SELL", "5", "0.5")).body["orderID"]
    conditions.self_trades = Stp.MAKER
    gone = await bot.place(market.tokens[0], "BUY", "5", "0.5")
    assert (gone.body["status"], (await bot.order(resting))["status"]) == ("live", "CANCELED")


async def test_how_many_cancels(bot: "Person", conditions: Conditions) -> None:
    """The number of ids in one cancel is contested too."""
    ids = [f"0x{number:064x}" for number in range(1001)]
    assert (await bot.ask("DELETE", "/orders", ids)).status == 400
    conditions.most_cancels = 3000
    assert len((await bot.ask("DELETE", "/orders", ids)).body["not_canceled"]) == 1001
