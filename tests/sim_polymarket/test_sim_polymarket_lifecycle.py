"""Markets from their listing to their payout, and what may change on the way."""

from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio
import trio.testing

from arb.market.errors import UnknownRule
from arb.market.instruments import Action
from arb.market.units import MICRO, Ns, Px, Qty
from arb.sim.orders import Rejection
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.listing import FeeSchedule, PolymarketEvent, PolymarketListing

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Frames, Markets, Person, Venue

HOUR_S = 3_600


def game(venue: "Venue", start_in_s: int = HOUR_S) -> PolymarketEvent:
    """A game that starts a while from now."""
    start = Ns((venue.now_s() + start_in_s) * 10**9)
    market = PolymarketListing(
        gamma_id="800",
        condition_id=f"0x{800:064x}",
        question="Suns or Lakers?",
        slug="suns-lakers",
        tokens=("8000", "8001"),
        outcomes=("Suns", "Lakers"),
        end_ns=Ns(start + HOUR_S * 10**9),
        game_start_ns=start,
        clear_on_start=True,
        seconds_delay=3,
    )
    return PolymarketEvent("1800", "suns-lakers", "Suns or Lakers?", (market,), market.end_ns)


async def greet(frames: "Frames", *tokens: str) -> None:
    """Listen to tokens and to everything custom."""
    frame = {"type": "market", "assets_ids": list(tokens), "custom_feature_enabled": True}
    await frames.say(frame)
    await trio.testing.wait_all_tasks_blocked()


async def test_a_whole_life(venue: "Venue", bot: "Person", conditions: Conditions) -> None:
    """Listed, tradable, fine-ticked, kicked off, proposed, resolved, redeemed."""
    conditions.auto_redeem_s = None
    conditions.socket_silence_s = 2.0 * HOUR_S
    event = game(venue)
    (market,) = event.markets
    yes, no = market.tokens
    async with venue.socket("/ws/market") as frames:
        await greet(frames, yes)
        venue.face.list_event(event)
        assert (await frames.hear())["event_type"] == "new_market"
        listed = await venue.read("/markets/slug/suns-lakers")
        assert (listed["acceptingOrders"], listed["closed"]) == (True, False)
        assert (await venue.ask("GET", "/book", token_id=yes)).status == 404
        assert (await bot.place(yes, "BUY", "10", "0.5")).status == 404
        await trio.sleep(91)
        book = await frames.hear()
        assert (book["event_type"], book["bids"], book["asks"]) == ("book", [], [])
        venue.exchange.split("maker", market.id, Qty(1_000 * MICRO))
        await move_to_the_end(venue, market, frames)
        resting = (await bot.place(no, "BUY", "100", "0.01")).body["orderID"]
        await trio.sleep(HOUR_S)
        assert (await bot.order(resting))["status"] == "CANCELED"
        assert venue.exchange.levels(market.id) == ((), ())
        venue.rest(market, Action.SELL, "100", "0.98")
        held = await bot.place(yes, "BUY", "10", "0.98")
        assert held.body["status"] == "delayed"
        await trio.sleep(4)
        assert (await bot.order(held.body["orderID"]))["status"] == "MATCHED"
        resting = (await bot.place(no, "BUY", "100", "0.01")).body["orderID"]
        await frames.hear_all()
        venue.face.resolve(market.condition_id, Px(MICRO))
        await expect_proposed(venue, bot, market, resting)
        await trio.sleep(61)
        await expect_resolved(venue, bot, market, frames, resting)


async def move_to_the_end(venue: "Venue", market: PolymarketListing, frames: "Frames") -> None:
    """Prices beyond 0.96 make the tick fine: both tokens hear of it, then come the books."""
    venue.quote(market, "0.96", "0.97")
    await trio.testing.wait_all_tasks_blocked()
    events = [event["event_type"] for event in await frames.hear_all()]
    assert events[-2:] == ["tick_size_change", "book"]
    assert (await venue.read("/tick-size", token_id=market.tokens[0])) == {
        "minimum_tick_size": 0.001
    }
    shown = await venue.read("/markets/slug/suns-lakers")
    assert shown["orderPriceMinTickSize"] == 0.001


async def expect_proposed(
    venue: "Venue", bot: "Person", market: PolymarketListing, resting: str
) -> None:
    """Proposed: no book any more, orders stay where they are, nobody trades."""
    yes = market.tokens[0]
    shown = await venue.read("/markets/slug/suns-lakers")
    assert (shown["umaResolutionStatus"], shown["closed"]) == ("proposed", False)
    assert (await venue.ask("GET", "/book", token_id=yes)).status == 404
    assert (await bot.place(yes, "BUY", "10", "0.5")).status == 404
    with pytest.raises(Rejection, match="halted"):
        venue.rest(market, Action.BUY, "10", "0.5")
    assert (await bot.order(resting))["status"] == "LIVE"
    (row,) = (await venue.read("/v2/resolutions", condition_id=market.condition_id))["data"]
    assert (row["status"], row["proposed_price"], row["price"]) == ("proposed", 1, 69)


async def expect_resolved(
    venue: "Venue", bot: "Person", market: PolymarketListing, frames: "Frames", resting: str
) -> None:
    """Resolved: announced, closed, orders cancelled, winners redeemable."""
    told = [event for event in await frames.hear_all() if event["event_type"] != "price_change"]
    assert [event["event_type"] for event in told] == ["market_resolved"]
    assert (told[0]["winning_asset_id"], told[0]["winning_outcome"]) == (market.tokens[0], "Suns")
    shown = await venue.read("/markets/slug/suns-lakers")
    assert (shown["closed"], shown["outcomePrices"]) == (True, '["1", "0"]')
    assert shown["umaResolutionStatus"] == "resolved"
    assert (await bot.order(resting))["status"] == "CANCELED_MARKET_RESOLVED"
    (row,) = (await venue.read("/v2/resolutions", condition_id=market.condition_id))["data"]
    assert (row["status"], row["payouts"], row["price"]) == ("resolved", [MICRO, 0], 1)
    user = {"user": bot.wallet.funder}
    (position,) = (await venue.read("/v2/positions", **user))["data"]
    assert (position["status"], position["current_price"]) == ("REDEEMABLE", 1)
    cash = bot.cash
    assert venue.exchange.redeem("bot", market.id) == 10 * MICRO
    assert bot.cash == cash + 10 * MICRO
    assert (await venue.read("/v2/positions", **user))["data"] == []
    (gone,) = (await venue.read("/v2/positions", status="CLOSED", **user))["data"]
    assert (gone["status"], gone["current_size"]) == ("CLOSED", 0)


async def test_winners_are_paid_without_asking(venue: "Venue", bot: "Person") -> None:
    """Auto-redemption pays whoever holds winners, and tells of it; losers keep their tokens."""
    event = game(venue)
    (market,) = event.markets
    venue.face.list_event(event)
    venue.exchange.split("bot", market.id, Qty(10 * MICRO))
    venue.exchange.split("other", market.id, Qty(10 * MICRO))
    await trio.sleep(91)
    venue.rest(market, Action.BUY, "10", "0.5")
    await venue.people["other"].place(market.tokens[1], "SELL", "5", "0.5", order_type="FAK")
    venue.face.resolve(market.condition_id, Px(0))
    await trio.sleep(61)
    assert venue.exchange.position("bot", market.id) == (10 * MICRO, 10 * MICRO)
    await trio.sleep(20)
    assert bot.cash == 1000 * MICRO
    (row,) = (await venue.read("/v2/activity", user=bot.wallet.funder, type="REDEEM"))["data"]
    assert (row["condition_id"], row["size"], row["usdc_size"]) == (market.condition_id, 20, 10)
    notices = (await bot.ask("GET", "/notifications")).body
    assert [notice["type"] for notice in notices] == [4, 9]
    assert (notices[1]["payload"]["amount"], notices[1]["payload"]["txnHash"]) == (
        10,
        row["transaction_hash"],
    )


async def test_losers_are_left_alone(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """Somebody with nothing but losers keeps them, worth nothing, and sees so."""
    market = markets["free"]
    venue.rest(market, Action.SELL, "10", "0.5")
    await bot.place(market.tokens[0], "BUY", "10", "0.5")
    venue.face.resolve(market.condition_id, Px(0))
    await trio.sleep(100)
    user = {"user": bot.wallet.funder}
    (row,) = (await venue.read("/v2/positions", status="REDEEMABLE_LOST", **user))["data"]
    assert (row["current_price"], row["redeemable"], row["current_size"]) == (0, True, 10)
    assert (await venue.read("/v2/activity", type="REDEEM", **user))["data"] == []


async def test_a_split_payout(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """50/50 pays half a dollar each and names no winner; negative-risk markets cannot."""
    async with venue.socket("/ws/market") as frames:
        await greet(frames)
        venue.face.resolve(markets["free"].condition_id, Px(500_000))
        await trio.sleep(61)
        (told,) = await frames.hear_all()
        assert (told["winning_asset_id"], told["winning_outcome"]) == ("", "")
    shown = await venue.read("/markets/slug/peace")
    assert shown["outcomePrices"] == '["0.5", "0.5"]'
    tokens = (await venue.read(f"/markets/{markets['free'].condition_id}"))["tokens"]
    assert [(token["price"], token["winner"]) for token in tokens] == [(0.5, False)] * 2
    with pytest.raises(UnknownRule, match="cannot pay"):
        venue.face.resolve(markets["neg0"].condition_id, Px(500_000))
    with pytest.raises(UnknownRule, match="resolved already"):
        venue.face.resolve(markets["free"].condition_id, Px(0))
    assert bot.cash == 1000 * MICRO


async def test_games_hold_takers_from_their_start(
    venue: "Venue", bot: "Person", conditions: Conditions
) -> None:
    """Before the game takers are not held, unless the switch says so."""
    conditions.hydration_s = 0
    event = game(venue)
    (market,) = event.markets
    venue.face.list_event(event)
    venue.exchange.split("maker", market.id, Qty(1_000 * MICRO))
    venue.quote(market, "0.4", "0.5")
    early = await bot.place(market.tokens[0], "BUY", "10", "0.5")
    assert early.body["status"] == "matched"
    conditions.delays_before_start = True
    held = await bot.place(market.tokens[0], "BUY", "10", "0.5")
    assert held.body["status"] == "delayed"


async def test_a_held_order_that_finds_nothing(
    venue: "Venue", bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """Delayed, then no fill: makers may have left, or the venue loses the match."""
    market = markets["sport"]
    order, _ = venue.rest(market, Action.SELL, "100", "0.5")
    first = await bot.place(market.tokens[0], "BUY", "10", "0.5")
    venue.exchange.cancel(order.id)
    await trio.sleep(4)
    assert (await bot.order(first.body["orderID"]))["status"] == "LIVE"
    await bot.ask("DELETE", "/cancel-all")
    conditions.delayed_lost = True
    venue.rest(market, Action.SELL, "100", "0.5")
    second = await bot.place(market.tokens[0], "BUY", "10", "0.5")
    await trio.sleep(4)
    shown = await bot.order(second.body["orderID"])
    assert shown["status"] == "CANCELED_order match delayed due to market conditions"
    assert bot.cash == 1000 * MICRO


async def test_ticks_can_stay(venue: "Venue", markets: "Markets", conditions: Conditions) -> None:
    """The thresholds come from older docs, so they can be switched off."""
    conditions.auto_tick = False
    venue.quote(markets["plain"], "0.97", "0.98")
    await trio.testing.wait_all_tasks_blocked()
    assert venue.face.shelf.with_condition(markets["plain"].condition_id).tick == 10_000


async def test_a_coarser_tick_cancels_what_is_off_it(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """Orders between the prices of a new grid are cancelled, and their owner hears of it."""
    market = markets["fine"]
    off = (await bot.place(market.tokens[0], "BUY", "10", "0.305")).body["orderID"]
    on = (await bot.place(market.tokens[0], "BUY", "10", "0.3")).body["orderID"]
    venue.face.change_tick(market.condition_id, 10_000)
    assert (await bot.order(off))["status"] == "CANCELED"
    assert (await bot.order(on))["status"] == "LIVE"


async def test_another_fee_schedule(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """A schedule may change: metadata, CLOB and charges follow together."""
    market = markets["plain"]
    venue.face.set_fee(market.condition_id, FeeSchedule(70_000, kind="crypto_fees_v2"))
    short = await venue.read(f"/clob-markets/{market.condition_id}")
    assert short["fd"] == {"r": 0.07, "e": 1, "to": True}
    shown = await venue.read("/markets/1")
    assert (shown["feeType"], shown["feeSchedule"]["rate"]) == ("crypto_fees_v2", 0.07)
    venue.rest(market, Action.SELL, "100", "0.5")
    await bot.place(market.tokens[0], "BUY", "100", "0.5")
    assert venue.exchange.fees_paid("bot") == 1_750_000
    venue.face.set_fee(market.condition_id, None)
    assert "fd" not in await venue.read(f"/clob-markets/{market.condition_id}")
    assert (await venue.read("/fee-rate", token_id=market.tokens[0])) == {"base_fee": 0}


async def test_ghosts_and_caches(
    venue: "Venue", markets: "Markets", conditions: Conditions
) -> None:
    """A ghost shows the ends of the grid; a cached book is that of a while ago."""
    token = markets["plain"].tokens[0]
    venue.quote(markets["plain"], "0.4", "0.6")
    conditions.ghost_tokens.add(token)
    ghost = await venue.read("/book", token_id=token)
    assert [level["price"] for level in (*ghost["bids"], *ghost["asks"])] == ["0.01", "0.99"]
    conditions.ghost_tokens.clear()
    conditions.book_cache_s = 5.0
    first = await venue.read("/book", token_id=token)
    venue.quote(markets["plain"], "0.45", "0.55")
    assert await venue.read("/book", token_id=token) == first
    await trio.sleep(5)
    fresh = await venue.read("/book", token_id=token)
    assert fresh["bids"][-1]["price"] == "0.45"


async def test_metadata_with_holes(venue: "Venue", conditions: Conditions) -> None:
    """Fields may be missing from the metadata, everywhere at once."""
    conditions.gamma_hidden |= {"clobTokenIds", "negRisk"}
    page = await venue.read("/events/keyset")
    rows: list[dict[str, Any]] = [*page["events"]]
    rows += [market for event in page["events"] for market in event["markets"]]
    assert not any(conditions.gamma_hidden & row.keys() for row in rows)
    assert "question" in await venue.read("/markets/1")


async def test_two_protocols(venue: "Venue", markets: "Markets") -> None:
    """A v2 market has both id fields, of which one counts, and another status field."""
    shown = await venue.read("/markets/slug/future")
    assert (shown["clobTokenIds"], shown["version"]) == (None, "v2")
    assert (shown["resolutionStatus"], len(shown["onchainEventId"])) == ("", 66)
    assert "umaResolutionStatus" not in shown
    venue.face.resolve(markets["v2"].condition_id, Px(MICRO))
    assert (await venue.read("/markets/slug/future"))["resolutionStatus"] == "active"
    await trio.sleep(61)
    assert (await venue.read("/markets/slug/future"))["resolutionStatus"] == "resolved"
    short = await venue.ask("GET", f"/clob-markets/{markets['v2'].condition_id[:64]}")
    assert short.status == 404
    with pytest.raises(UnknownRule, match="no protocol 'v3'"):
        attrs.evolve(markets["v2"], version="v3")
