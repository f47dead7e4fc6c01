"""Taking orders off the book: by hand, by their end, and by silence."""

from typing import TYPE_CHECKING

import pytest
import trio

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Person, Venue

GONE = "already canceled or matched"


async def rest(person: "Person", markets: "Markets", market: str = "plain", side: int = 0) -> str:
    """Rest an order; returns its hash."""
    said = await person.place(markets[market].tokens[side], "BUY", "10", "0.3")
    assert said.body["status"] == "live"
    return str(said.body["orderID"])


async def test_a_cancelled_order_is_gone(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """A cancel takes the order off at once; a second one says that nothing was left."""
    order_id = await rest(bot, markets)
    said = await bot.ask("DELETE", "/order", {"orderID": order_id})
    assert said.body == {"canceled": [order_id], "not_canceled": {}}
    assert venue.exchange.levels(markets["plain"].id) == ((), ())
    assert (await bot.order(order_id))["status"] == "CANCELED"
    again = await bot.ask("DELETE", "/order", {"orderID": order_id})
    assert again.body == {"canceled": [], "not_canceled": {order_id: GONE}}


async def test_nobody_cancels_for_others(
    bot: "Person", other: "Person", markets: "Markets"
) -> None:
    """Somebody else's order is not found, and stays."""
    order_id = await rest(bot, markets)
    said = await other.ask("DELETE", "/order", {"orderID": order_id})
    assert said.body == {"canceled": [], "not_canceled": {order_id: "order not found"}}
    assert (await bot.order(order_id))["status"] == "LIVE"


@pytest.mark.parametrize("order_id", ["", "0x12", "f" * 64, 5, None])
async def test_ids_that_are_none(bot: "Person", order_id: object) -> None:
    """An order id is 0x and 64 hex digits."""
    said = await bot.ask("DELETE", "/order", {"orderID": order_id})
    assert (said.status, said.body) == (400, {"error": "Invalid orderID"})


async def test_many_at_once(bot: "Person", markets: "Markets") -> None:
    """Many ids in one call, each counted once, up to a thousand."""
    first, second = await rest(bot, markets), await rest(bot, markets)
    unknown = "0x" + "0" * 64
    said = await bot.ask("DELETE", "/orders", [first, second, first, unknown])
    assert said.body["canceled"] == [first, second]
    assert list(said.body["not_canceled"]) == [unknown]
    said = await bot.ask("DELETE", "/orders", [unknown] * 1001)
    assert said.body == {"error": "Too many orders in payload: 1001, max allowed: 1000"}


async def test_all_of_an_account(bot: "Person", other: "Person", markets: "Markets") -> None:
    """Cancel-all takes everything of the account, and nothing of others."""
    mine = [await rest(bot, markets), await rest(bot, markets, "fine")]
    others = await rest(other, markets)
    said = await bot.ask("DELETE", "/cancel-all")
    assert said.body == {"canceled": mine, "not_canceled": {}}
    assert (await other.order(others))["status"] == "LIVE"


async def test_all_of_a_market_or_token(bot: "Person", markets: "Markets") -> None:
    """Orders can be cancelled by market, by token, or by both."""
    plain = markets["plain"]
    yes, no = await rest(bot, markets), await rest(bot, markets, side=1)
    fine = await rest(bot, markets, "fine")
    said = await bot.ask("DELETE", "/cancel-market-orders", {"asset_id": plain.tokens[1]})
    assert said.body["canceled"] == [no]
    said = await bot.ask("DELETE", "/cancel-market-orders", {"market": plain.condition_id})
    assert said.body["canceled"] == [yes]
    assert (await bot.order(fine))["status"] == "LIVE"
    said = await bot.ask("DELETE", "/cancel-market-orders", {})
    assert said.status == 400


async def test_a_filled_part_stays_filled(
    venue: "Venue", bot: "Person", other: "Person", markets: "Markets"
) -> None:
    """A cancel takes what is left; what matched is not undone."""
    order_id = await rest(bot, markets, side=0)
    await other.place(markets["plain"].tokens[1], "BUY", "6", "0.7")
    said = await bot.ask("DELETE", "/order", {"orderID": order_id})
    assert said.body["canceled"] == [order_id]
    shown = await bot.order(order_id)
    assert (shown["status"], shown["size_matched"]) == ("CANCELED", "6")
    assert venue.exchange.position("bot", markets["plain"].id)[0] == 6_000_000


async def test_gtd_orders_end_a_minute_early(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """An order good until T is gone at T less a minute, and not before."""
    end = venue.now_s() + 240
    token = markets["plain"].tokens[0]
    said = await bot.place(token, "BUY", "10", "0.3", order_type="GTD", expiration=end)
    order_id = said.body["orderID"]
    await trio.sleep(179)
    assert (await bot.order(order_id))["status"] == "LIVE"
    await trio.sleep(2)
    shown = await bot.order(order_id)
    assert (shown["status"], shown["expiration"]) == ("CANCELED_EXPIRED_ORDER", str(end))


async def test_heartbeats_chain(bot: "Person") -> None:
    """Each beat carries the id of the last answer; a wrong one is told the right one."""
    first = await bot.ask("POST", "/v1/heartbeats", {"heartbeat_id": ""})
    one = first.body["heartbeat_id"]
    second = await bot.ask("POST", "/v1/heartbeats", {"heartbeat_id": one})
    two = second.body["heartbeat_id"]
    assert one != two
    wrong = await bot.ask("POST", "/v1/heartbeats", {"heartbeat_id": one})
    assert wrong.status == 400
    assert wrong.body == {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": two}


async def test_silence_cancels_everything_of_the_key(
    bot: "Person", other: "Person", markets: "Markets"
) -> None:
    """Ten seconds without a beat cancel the key's orders at the next check, every five seconds."""
    mine, others = await rest(bot, markets), await rest(other, markets)
    beat = await bot.ask("POST", "/v1/heartbeats", {"heartbeat_id": ""})
    await trio.sleep(9)
    again = await bot.ask("POST", "/v1/heartbeats", beat.body)
    assert again.status == 200
    await trio.sleep(9.5)
    assert (await bot.order(mine))["status"] == "LIVE"
    await trio.sleep(5.6)
    assert (await bot.order(mine))["status"] == "CANCELED"
    assert (await other.order(others))["status"] == "LIVE"


async def test_silence_disarms_the_switch(bot: "Person", markets: "Markets") -> None:
    """After it fired, the switch starts anew with an empty id; new orders are safe until then."""
    beat = await bot.ask("POST", "/v1/heartbeats", {"heartbeat_id": ""})
    await trio.sleep(20)
    order_id = await rest(bot, markets)
    await trio.sleep(60)
    assert (await bot.order(order_id))["status"] == "LIVE"
    stale = await bot.ask("POST", "/v1/heartbeats", beat.body)
    assert stale.body == {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": ""}
    assert (await bot.ask("POST", "/v1/heartbeats", {"heartbeat_id": ""})).status == 200


async def test_a_wrong_beat_moves_no_deadline(bot: "Person", markets: "Markets") -> None:
    """Rejected beats do not keep orders alive."""
    order_id = await rest(bot, markets)
    await bot.ask("POST", "/v1/heartbeats", {"heartbeat_id": ""})
    for _ in range(4):
        await trio.sleep(4)
        said = await bot.ask("POST", "/v1/heartbeats", {"heartbeat_id": "wrong"})
        assert said.status == 400
    assert (await bot.order(order_id))["status"] == "CANCELED"
