"""The private stream: orders, trades, and how far trades get on chain."""

from typing import TYPE_CHECKING, Any

import pytest
import trio

from arb.market.errors import Unreachable
from arb.market.instruments import Action
from arb.market.units import Px
from arb.sim.orders import Match
from arb.sim.polymarket.conditions import Conditions

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Frames, Markets, Person, Venue

Event = dict[str, Any]


def login(person: "Person", **more: object) -> dict[str, object]:
    creds = person.creds
    auth = {
        "apiKey": creds.api_key,
        "secret": creds.api_secret,
        "passphrase": creds.api_passphrase,
    }
    return {"type": "user", "auth": auth, **more}


def brief(events: list[Event]) -> list[tuple[str, str]]:
    """Kind and status of each event."""
    return [(event["type"], event["status"]) for event in events]


async def test_a_resting_order_is_told_from_placement_to_cancellation(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """Placed, partly filled, cancelled: each step once, with sizes in shares."""
    market = markets["plain"]
    async with venue.socket("/ws/user") as frames:
        await frames.say(login(bot))
        await trio.testing.wait_all_tasks_blocked()
        order_id = (await bot.place(market.tokens[0], "BUY", "10", "0.5")).body["orderID"]
        (placed,) = await frames.hear_all()
        assert (placed["event_type"], placed["type"], placed["id"]) == (
            "order",
            "PLACEMENT",
            order_id,
        )
        assert (placed["original_size"], placed["size_matched"]) == ("10", "0")
        assert (placed["owner"], placed["outcome"]) == (bot.creds.api_key, "Yes")
        assert isinstance(placed["created_at"], str)
        venue.rest(market, Action.SELL, "4", "0.5")
        updated, trade = await frames.hear_all()
        assert (updated["type"], updated["size_matched"]) == ("UPDATE", "4")
        assert updated["associate_trades"] == [trade["id"]]
        assert (trade["type"], trade["status"], trade["trader_side"]) == (
            "TRADE",
            "MATCHED",
            "MAKER",
        )
        await bot.ask("DELETE", "/order", {"orderID": order_id})
        (cancelled,) = await frames.hear_all()
        assert (cancelled["type"], cancelled["status"]) == ("CANCELLATION", "CANCELED")
        assert cancelled["size_matched"] == "4"


async def test_a_trade_settles_in_its_own_time(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """MATCHED at once, MINED after two seconds with its hash, CONFIRMED after four."""
    market = markets["plain"]
    venue.rest(market, Action.SELL, "100", "0.5")
    async with venue.socket("/ws/user") as frames:
        await frames.say(login(bot))
        await trio.testing.wait_all_tasks_blocked()
        said = await bot.place(market.tokens[0], "BUY", "10", "0.5")
        events = await frames.hear_all()
        assert brief(events) == [
            ("PLACEMENT", "LIVE"),
            ("UPDATE", "MATCHED"),
            ("TRADE", "MATCHED"),
        ]
        matched = events[-1]
        assert [matched["id"]] == said.body["tradeIDs"]
        assert (matched["trader_side"], matched["transaction_hash"]) == ("TAKER", "")
        assert matched["maker_orders"][0]["outcome_index"] == 0
        start = trio.current_time()
        mined = await frames.hear()
        assert trio.current_time() - start == pytest.approx(2, abs=0.01)
        confirmed = await frames.hear()
        assert trio.current_time() - start == pytest.approx(4, abs=0.01)
        assert brief([mined, confirmed]) == [("TRADE", "MINED"), ("TRADE", "CONFIRMED")]
        assert {mined["id"], confirmed["id"]} == {matched["id"]}
        assert len(mined["transaction_hash"]) == 66
    (trade,) = (await bot.ask("GET", "/data/trades")).body["data"]
    assert trade["status"] == "TRADE_STATUS_CONFIRMED"
    assert trade["transaction_hash"] == confirmed["transaction_hash"]


async def test_reverted_trades_are_sent_again(
    venue: "Venue", bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """A reverted trade is RETRYING and gets there later."""
    conditions.settlement.retry_ppm = 1_000_000
    venue.rest(markets["plain"], Action.SELL, "100", "0.5")
    async with venue.socket("/ws/user") as frames:
        await frames.say(login(bot))
        await trio.testing.wait_all_tasks_blocked()
        await bot.place(markets["plain"].tokens[0], "BUY", "10", "0.5")
        await frames.hear_all()
        events = [await frames.hear() for _ in range(3)]
        assert [event["status"] for event in events] == ["RETRYING", "MINED", "CONFIRMED"]


async def test_a_trade_that_fails_is_taken_back(
    failing: Any,  # noqa: ANN401 - opens a venue
    markets: "Markets",
) -> None:
    """A FAILED trade is told as such after its matches were handed back, once each."""
    taken_back: list[Match] = []
    async with failing(taken_back.append) as venue:
        bot = venue.people["bot"]
        venue.rest(markets["plain"], Action.SELL, "4", "0.5")
        venue.rest(markets["plain"], Action.SELL, "100", "0.5")
        async with venue.socket("/ws/user") as frames:
            await frames.say(login(bot))
            await trio.testing.wait_all_tasks_blocked()
            await bot.place(markets["plain"].tokens[0], "BUY", "10", "0.5")
            await frames.hear_all()
            assert taken_back == []
            events = [await frames.hear() for _ in range(2)]
            assert [event["status"] for event in events] == ["RETRYING", "FAILED"]
            assert sorted(match.qty for match in taken_back) == [4_000_000, 6_000_000]


async def test_money_comes_back_from_a_trade_that_fails(
    failing: Any,  # noqa: ANN401 - opens a venue
    markets: "Markets",
) -> None:
    """The exchange itself takes a FAILED trade back: cash, tokens, fees, rows, and a notice."""
    async with failing(None) as venue:
        bot = venue.people["bot"]
        before = bot.cash
        venue.rest(markets["plain"], Action.SELL, "100", "0.5")
        await bot.place(markets["plain"].tokens[0], "BUY", "10", "0.5")
        assert bot.cash < before
        await trio.sleep(10)
        assert bot.cash == before
        assert venue.exchange.position("bot", markets["plain"].id) == (0, 0)
        assert venue.exchange.fees_paid("bot") == 0
        user = {"user": bot.wallet.funder}
        assert (await venue.read("/v2/trades", **user))["data"] == []
        assert (await venue.read("/v2/positions", **user))["data"] == []
        (trade,) = (await bot.ask("GET", "/data/trades")).body["data"]
        assert trade["status"] == "TRADE_STATUS_FAILED"
        notices = (await bot.ask("GET", "/notifications", signature_type="0")).body
        assert [notice["type"] for notice in notices] == [2, 8]


async def test_maker_and_taker_hear_of_the_same_trade(
    venue: "Venue", bot: "Person", other: "Person", markets: "Markets"
) -> None:
    """Each side hears the trade from its own side, and nobody else's orders."""
    market = markets["plain"]
    async with venue.socket("/ws/user") as mine, venue.socket("/ws/user") as theirs:
        await mine.say(login(bot))
        await theirs.say(login(other))
        await trio.testing.wait_all_tasks_blocked()
        await other.place(market.tokens[1], "BUY", "10", "0.6")
        await theirs.hear_all()
        assert await mine.hear_all() == []
        await bot.place(market.tokens[0], "BUY", "10", "0.4")
        took = (await mine.hear_all())[-1]
        gave = (await theirs.hear_all())[-1]
        assert took["id"] == gave["id"]
        assert (took["trader_side"], gave["trader_side"]) == ("TAKER", "MAKER")
        assert (took["owner"], gave["owner"]) == (bot.creds.api_key, bot.creds.api_key)
        assert (took["trade_owner"], gave["trade_owner"]) == (
            bot.creds.api_key,
            other.creds.api_key,
        )
        (part,) = gave["maker_orders"]
        assert (part["asset_id"], part["price"], part["side"]) == (market.tokens[1], "0.6", "BUY")
        assert (part["outcome"], part["outcome_index"]) == ("No", 1)


async def test_dollar_sized_orders_are_told_in_dollars(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """The size of a FAK buy is what it is to cost; what is left of it is cancelled."""
    market = markets["free"]
    venue.rest(market, Action.SELL, "10", "0.5")
    async with venue.socket("/ws/user") as frames:
        await frames.say(login(bot))
        await trio.testing.wait_all_tasks_blocked()
        body = bot.sign(market.tokens[0], "BUY", 12_000_000, 24_000_000, order_type="FAK")
        await bot.ask("POST", "/order", body)
        updated, cancelled, trade = await frames.hear_all()
        assert (updated["original_size"], updated["size_matched"]) == ("12", "10")
        assert brief([cancelled, trade]) == [("CANCELLATION", "CANCELED"), ("TRADE", "MATCHED")]


async def test_resolution_cancels_what_rests(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """Resting orders of a resolved market end with that reason."""
    await bot.place(markets["plain"].tokens[0], "BUY", "10", "0.5")
    async with venue.socket("/ws/user") as frames:
        await frames.say(login(bot))
        await trio.testing.wait_all_tasks_blocked()
        venue.exchange.resolve(markets["plain"].id, Px(1_000_000))
        events = await frames.hear_all()
        assert brief(events) == [("CANCELLATION", "CANCELED_MARKET_RESOLVED")]


async def test_a_held_order_that_finds_nothing_is_cancelled_with_the_reason(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """After the hold a FOK whose makers left is told as cancelled, in the venue's words."""
    market = markets["sport"]
    ask, _ = venue.rest(market, Action.SELL, "100", "0.5")
    async with venue.socket("/ws/user") as frames:
        await frames.say(login(bot))
        await trio.testing.wait_all_tasks_blocked()
        said = await bot.place(market.tokens[0], "BUY", "10", "0.5", order_type="FOK")
        assert said.body["status"] == "delayed"
        venue.exchange.cancel(ask.id)
        event = await frames.hear()
        assert event["type"] == "CANCELLATION"
        assert event["status"] == (
            "CANCELED_order couldn't be fully filled. FOK orders are fully filled or killed."
        )
    assert (await bot.order(said.body["orderID"]))["status"] == event["status"]


async def test_markets_can_be_chosen(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """With a list of markets only those are told; it can grow and shrink."""
    plain, fine = markets["plain"], markets["fine"]

    async def heard(frames: "Frames") -> list[str]:
        for market in (plain, fine):
            await bot.place(market.tokens[0], "BUY", "10", "0.3")
        return [event["market"] for event in await frames.hear_all()]

    async with venue.socket("/ws/user") as frames:
        await frames.say(login(bot, markets=[plain.condition_id]))
        await trio.testing.wait_all_tasks_blocked()
        assert await heard(frames) == [plain.condition_id]
        await frames.say({"operation": "subscribe", "markets": [fine.condition_id]})
        await trio.testing.wait_all_tasks_blocked()
        assert await heard(frames) == [plain.condition_id, fine.condition_id]
        await frames.say({"operation": "unsubscribe", "markets": [plain.condition_id]})
        await trio.testing.wait_all_tasks_blocked()
        assert await heard(frames) == [fine.condition_id]
        await frames.say({"operation": "dance"})
        assert await frames.text() == "INVALID OPERATION"


@pytest.mark.parametrize("wrong", ["apiKey", "secret", "passphrase", "type", None])
async def test_bad_credentials_are_hung_up_on(
    venue: "Venue", bot: "Person", wrong: str | None
) -> None:
    """Whatever is wrong with the first frame, the venue just closes."""
    frame = login(bot)
    auth = frame["auth"]
    assert isinstance(auth, dict)
    if wrong == "type":
        frame["type"] = "market"
    elif wrong:
        auth[wrong] = "x"
    else:
        del frame["auth"]
    async with venue.socket("/ws/user") as frames:
        await frames.say(frame)
        with pytest.raises(Unreachable):
            await frames.text()


async def test_ping_is_answered(venue: "Venue", bot: "Person") -> None:
    """PING is answered with PONG before and after the log-in."""
    async with venue.socket("/ws/user") as frames:
        await frames.say("PING")
        assert await frames.text() == "PONG"
        await frames.say(login(bot))
        await frames.say("PING")
        assert await frames.text() == "PONG"
