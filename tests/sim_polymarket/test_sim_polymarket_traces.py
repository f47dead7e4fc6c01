"""End-to-end traces of the venue, as its clients meet them: start, orders, doubts, restarts."""

from typing import TYPE_CHECKING, Any

import pytest
import trio
import trio.testing

from arb.market.instruments import Action
from arb.market.units import MICRO
from arb.sim.polymarket.conditions import Conditions, Mode
from arb.sim.polymarket.errors import FAK_UNMATCHED, FOK_UNFILLED
from arb.sim.polymarket.refusals import Refusal, VersionWords

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Frames, Markets, Person, Venue


async def hear_user(frames: "Frames", person: "Person") -> None:
    """Listen to a person's own stream."""
    auth = {
        "apiKey": person.creds.api_key,
        "secret": person.creds.api_secret,
        "passphrase": person.creds.api_passphrase,
    }
    await frames.say({"type": "user", "auth": auth})
    await trio.testing.wait_all_tasks_blocked()


async def test_the_start_of_a_trader(venue: "Venue", bot: "Person") -> None:
    """Everything that a trader asks before its first order, in order."""
    assert (await venue.read("/api/geoblock"))["blocked"] is False
    assert await venue.read("/version") == {"version": 2}
    assert (await venue.ask("GET", "/time")).body == venue.now_s()
    derived = await bot.ask_with_wallet("GET", "/auth/derive-api-key")
    assert derived.body["apiKey"] == bot.creds.api_key
    closed = await bot.ask("GET", "/auth/ban-status/closed-only")
    assert closed.body == {"closed_only": False}
    asked = {"asset_type": "COLLATERAL", "signature_type": "0"}
    assert (await bot.ask("GET", "/balance-allowance/update", None, **asked)).status == 200
    balance = (await bot.ask("GET", "/balance-allowance", None, **asked)).body
    assert balance["balance"] == str(1000 * MICRO)
    slugs = [market["conditionId"] for market in await sweep(venue)]
    for condition_id in slugs:
        short = await venue.read(f"/clob-markets/{condition_id}")
        assert {"t", "mts", "mos", "v"} <= short.keys()
    assert (await bot.ask("GET", "/data/orders")).body["data"] == []
    assert (await bot.ask("DELETE", "/cancel-all")).body == {"canceled": [], "not_canceled": {}}
    beat = await bot.ask("POST", "/v1/heartbeats", {"heartbeat_id": ""})
    assert len(beat.body["heartbeat_id"]) == 36
    assert (await bot.ask("POST", "/heartbeats", {})).body == {"status": "ok"}


async def sweep(venue: "Venue") -> list[dict[str, Any]]:
    """Every open market, by pages of events."""
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        asked = {"closed": "false", "limit": "3", "end_date_min": "2026-01-01", **cursor}
        page = await venue.read("/events/keyset", **asked)
        rows += [market for event in page["events"] for market in event["markets"]]
        if "next_cursor" not in page:
            return rows
        cursor = {"after_cursor": page["next_cursor"]}


async def test_a_taker_buy_through_a_marketable_limit(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """Matched partly, the rest cancelled, the trade walks to CONFIRMED on the stream."""
    market = markets["plain"]
    venue.rest(market, Action.SELL, "4", "0.52")
    async with venue.socket("/ws/user") as frames:
        await hear_user(frames, bot)
        said = (await bot.place(market.tokens[0], "BUY", "10", "0.52")).body
        assert (said["status"], said["makingAmount"], said["takingAmount"]) == (
            "matched",
            "2.08",
            "4",
        )
        events = await frames.hear_all()
        trade = next(event for event in events if event["event_type"] == "trade")
        assert (trade["id"], trade["status"]) == (said["tradeIDs"][0], "MATCHED")
        order_id = said["orderID"]
        gone = (await bot.ask("DELETE", "/order", {"orderID": order_id})).body
        assert gone == {"canceled": [order_id], "not_canceled": {}}
        again = (await bot.ask("DELETE", "/order", {"orderID": order_id})).body
        assert again["not_canceled"] == {order_id: "already canceled or matched"}
        shown = await bot.order(order_id)
        assert (shown["status"], shown["size_matched"]) == ("CANCELED", "4")
        await frames.hear_all()
        later = [await frames.hear() for _ in range(2)]
        assert [event["status"] for event in later] == ["MINED", "CONFIRMED"]


async def test_orders_that_find_nothing_alone_and_in_a_batch(
    bot: "Person", markets: "Markets"
) -> None:
    """Alone they are 400 with the text; in a batch the text is the entry's, and the call is 200."""
    token = markets["plain"].tokens[0]
    bodies = [
        bot.limit(token, "BUY", "10", "0.5", order_type=kind) for kind in ("FAK", "FOK", "FAK")
    ]
    alone = await bot.ask("POST", "/order", bodies[0])
    assert (alone.status, alone.body) == (400, {"error": FAK_UNMATCHED})
    batch = await bot.ask("POST", "/orders", bodies[1:])
    assert batch.status == 200
    assert [entry["errorMsg"] for entry in batch.body] == [FOK_UNFILLED, FAK_UNMATCHED]
    assert {entry["orderID"] for entry in batch.body} == {""}


async def test_an_ambiguous_order_is_found_by_its_hash(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """Whoever did not hear the answer asks for the hash, and may post the same bytes again."""
    market = markets["plain"]
    venue.rest(market, Action.SELL, "100", "0.5")
    body = bot.limit(market.tokens[0], "BUY", "10", "0.5")
    order_id = ""
    with trio.move_on_after(0):
        order_id = (await bot.ask("POST", "/order", body)).body["orderID"]  # never heard
    assert not order_id
    await trio.sleep(1)
    again = await bot.ask("POST", "/order", body)
    if again.status == 200:
        order_id = again.body["orderID"]
    else:
        order_id = again.body["error"].split(" ")[1]
        assert again.body["error"] == f"order {order_id} is invalid. Duplicated."
    assert (await bot.order(order_id))["status"] == "MATCHED"
    trades = (await bot.ask("GET", "/data/trades", after=str(venue.now_s() - 60))).body["data"]
    assert [trade["taker_order_id"] for trade in trades] == [order_id]
    assert bot.cash < 1000 * MICRO


async def test_a_restart(
    venue: "Venue", bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """425, then post-only with the seconds counting down, then everything; orders survive."""
    token = markets["plain"].tokens[0]
    kept = (await bot.place(token, "BUY", "10", "0.3")).body["orderID"]
    async with venue.socket("/ws/market") as frames:
        await frames.say({"type": "market", "assets_ids": [token]})
        await frames.dump()
        venue.face.restart_engine(60, 120)
        with pytest.raises(Exception, match="socket closed"):
            await frames.text()
    early = await bot.place(token, "BUY", "10", "0.5")
    assert (early.status, early.headers["retry-after"]) == (425, "1")
    assert (await bot.ask("DELETE", "/order", {"orderID": kept})).status == 425
    left = []
    for wait_s in (61, 40, 70):
        await trio.sleep(wait_s)
        said = await bot.place(token, "BUY", "10", "0.5")
        assert (said.status, said.body["code"]) == (503, "post_only_mode")
        assert said.headers["retry-after"] == str(said.body["retry_after_seconds"])
        left.append(said.body["retry_after_seconds"])
    assert left == [119, 79, 9]
    assert (await bot.place(token, "BUY", "10", "0.4", post_only=True)).status == 200
    await trio.sleep(10)
    assert (await bot.place(token, "BUY", "10", "0.5")).status == 200
    assert (await bot.order(kept))["status"] == "LIVE"
    assert conditions.mode is Mode.NORMAL


async def test_a_hand_on_the_mode_outlasts_a_restart(
    venue: "Venue", conditions: Conditions
) -> None:
    """A mode set by hand during a restart stays; a second restart starts anew."""
    venue.face.restart_engine(10, 10)
    await trio.sleep(5)
    venue.face.restart_engine(10, 10)
    await trio.sleep(7)
    assert conditions.mode is Mode.RESTARTING
    conditions.mode = Mode.CANCEL_ONLY
    await trio.sleep(60)
    assert conditions.mode is Mode.CANCEL_ONLY


async def test_a_region_that_is_closed_meanwhile(
    venue: "Venue", bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """When the region flips, new orders are refused, old ones can still be cancelled."""
    token = markets["plain"].tokens[0]
    order_id = (await bot.place(token, "BUY", "10", "0.3")).body["orderID"]
    conditions.geoblocked, conditions.country = True, "US"
    assert (await venue.read("/api/geoblock"))["country"] == "US"
    assert (await bot.place(token, "BUY", "10", "0.3")).status == 403
    gone = (await bot.ask("DELETE", "/order", {"orderID": order_id})).body
    assert gone["canceled"] == [order_id]


async def test_a_heartbeat_that_does_not_match(venue: "Venue", bot: "Person") -> None:
    """A refused heartbeat names the id to use, and with that one goes on."""
    first = (await bot.ask("POST", "/v1/heartbeats", {"heartbeat_id": ""})).body["heartbeat_id"]
    venue.face.scramble_heartbeats()
    refused = await bot.ask("POST", "/v1/heartbeats", {"heartbeat_id": first})
    assert (refused.status, refused.body["error_msg"]) == (400, "Invalid Heartbeat ID")
    right = {"heartbeat_id": refused.body["heartbeat_id"]}
    assert (await bot.ask("POST", "/v1/heartbeats", right)).status == 200


@pytest.mark.parametrize("refusal", list(Refusal))
async def test_every_documented_refusal_can_be_met(
    bot: "Person", markets: "Markets", conditions: Conditions, refusal: Refusal
) -> None:
    """What the chain or the executor would refuse is refused on demand, in its words and status."""
    conditions.refuse = refusal
    said = await bot.place(markets["plain"].tokens[0], "BUY", "10", "0.5")
    assert (said.status, said.body) == (refusal.status, {"error": refusal.value})
    assert (await bot.ask("GET", "/data/orders")).body["data"] == []


async def test_a_batch_that_fails_in_part(
    bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """Some entries meet the refusal, the others are taken; each answer tells its own."""
    conditions.refuse, conditions.refuse_ppm = Refusal.NOT_INSERTED, 500_000
    bodies = [bot.limit(markets["plain"].tokens[0], "BUY", "5", "0.1") for _ in range(15)]
    said = await bot.ask("POST", "/orders", bodies)
    refused = [entry for entry in said.body if entry["errorMsg"]]
    assert 0 < len(refused) < 15
    assert {entry["errorMsg"] for entry in refused} == {"could not insert order"}
    live = (await bot.ask("GET", "/data/orders")).body["data"]
    assert len(live) == 15 - len(refused)


@pytest.mark.parametrize("words", list(VersionWords))
async def test_orders_of_another_version_in_both_texts(
    bot: "Person", markets: "Markets", conditions: Conditions, words: VersionWords
) -> None:
    """V1 orders and orders for another exchange get the text in use, alone and in a batch."""
    conditions.version_words = words
    token = markets["plain"].tokens[0]
    old = bot.limit(token, "BUY", "10", "0.5")
    del old["order"]["timestamp"], old["order"]["metadata"], old["order"]["builder"]
    old["order"].update(taker="0x" + "0" * 40, nonce="0", feeRateBps="0")
    wrong = bot.limit(token, "BUY", "10", "0.5", exchange="neg")
    for body in (old, wrong):
        said = await bot.ask("POST", "/order", body)
        assert (said.status, said.body) == (400, {"error": words.value})
    good = bot.limit(token, "BUY", "10", "0.5")
    batch = (await bot.ask("POST", "/orders", [old, good, wrong])).body
    assert [entry["errorMsg"] for entry in batch] == [words.value, "", words.value]


async def test_a_clock_that_is_off(venue: "Venue", bot: "Person", conditions: Conditions) -> None:
    """The venue's clock may run ahead: its time says so, and signatures grow too old."""
    conditions.clock_offset_s = 30.0
    assert (await venue.ask("GET", "/time")).body == venue.now_s() + 30
    assert (await bot.ask("GET", "/data/orders")).status == 200
    conditions.clock_offset_s = 61.0
    assert (await bot.ask("GET", "/data/orders")).status == 401


async def test_streams_that_are_late_or_frozen(
    venue: "Venue", bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """The answer may come before its stream event; and a frozen stream answers PING alone."""
    conditions.stream_lag_s = 2.0
    async with venue.socket("/ws/user") as frames:
        await hear_user(frames, bot)
        start = trio.current_time()
        await bot.place(markets["plain"].tokens[0], "BUY", "10", "0.3")
        assert trio.current_time() == start
        assert (await frames.hear())["type"] == "PLACEMENT"
        assert trio.current_time() == start + 2
        conditions.stream_lag_s = 0.0
        conditions.sockets_frozen = True
        await bot.place(markets["plain"].tokens[0], "BUY", "10", "0.3")
        assert await frames.hear_all() == []
        await frames.say("PING")
        assert await frames.text() == "PONG"
