"""The smaller reads: history, notifications, scoring, rebates, search, read-only keys."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs
import pytest
import trio

from arb.market.instruments import Action
from arb.market.units import MICRO, Ns, Qty
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.listing import PolymarketEvent

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Person, Venue


async def test_prices_by_the_minute(venue: "Venue", markets: "Markets") -> None:
    """Midpoints of changed books, at most one a minute, from both services and for both tokens."""
    market = markets["plain"]
    for bid, ask in (("0.4", "0.6"), ("0.42", "0.6"), ("0.44", "0.6")):
        venue.quote(market, bid, ask)
        await trio.sleep(61)
    asked = {"market": market.tokens[0], "interval": "1h", "fidelity": "1"}
    points = (await venue.read("/prices-history", **asked))["history"]
    assert [point["p"] for point in points] == [0.5, 0.51, 0.52]
    other = await venue.read("/prices-history", market=market.tokens[1], fidelity="2")
    assert [point["p"] for point in other["history"]] == [0.5, 0.48]
    page = await venue.read("/v2/prices-history", token_id=market.tokens[0], interval="1d")
    assert [row["price"] for row in page["data"]] == [0.5, 0.51, 0.52]
    assert {row["resolution_seconds"] for row in page["data"]} == {60}
    since = {"market": market.tokens[0], "startTs": str(points[1]["t"])}
    assert len((await venue.read("/prices-history", **since))["history"]) == 2
    bad = await venue.ask("GET", "/prices-history", market=market.tokens[0], interval="1y")
    assert bad.status == 400


async def test_live_activity(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """The latest trades of a market, the newest first."""
    market = markets["plain"]
    venue.rest(market, Action.SELL, "100", "0.5")
    for size in ("5", "6"):
        await bot.place(market.tokens[0], "BUY", size, "0.5")
    rows = (await venue.ask("GET", f"/markets/live-activity/{market.condition_id}")).body
    assert [row["size"] for row in rows] == ["6", "5"]
    assert rows[0]["market"]["condition_id"] == market.condition_id


async def test_notifications(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """Fills and cancels are noted for the wallet they concern, and can be dropped."""
    market = markets["plain"]
    order_id = (await bot.place(market.tokens[0], "BUY", "10", "0.5")).body["orderID"]
    venue.rest(market, Action.SELL, "4", "0.5")
    venue.face.flush()
    await bot.ask("DELETE", "/order", {"orderID": order_id})
    kept = (await bot.ask("GET", "/notifications", signature_type="0")).body
    assert [notice["type"] for notice in kept] == [2, 1]
    payload = kept[0]["payload"]
    assert (payload["order_id"], payload["matched_size"], payload["remaining_size"]) == (
        order_id,
        "4",
        "6",
    )
    assert (await bot.ask("GET", "/notifications", signature_type="3")).body == []
    assert (await bot.ask("DELETE", "/notifications", ids=str(kept[0]["id"]))).body == "OK"
    left = (await bot.ask("GET", "/notifications")).body
    assert [notice["id"] for notice in left] == [kept[1]["id"]]
    assert (await bot.ask("DELETE", "/notifications", ids="x")).status == 400
    assert (await bot.ask("DELETE", "/notifications")).body == "OK"
    assert (await bot.ask("GET", "/notifications")).body == []


async def test_which_orders_score(
    venue: "Venue", markets: "Markets", conditions: Conditions
) -> None:
    """An order scores where the market pays rewards and it is large and near enough."""
    conditions.hydration_s = 0
    bot, market = (
        venue.people["bot"],
        attrs.evolve(
            markets["plain"],
            gamma_id="850",
            condition_id=f"0x{850:064x}",
            slug="rewarded",
            tokens=("8500", "8501"),
            rewards_min_size=50,
            rewards_max_spread_tenths=30,
        ),
    )
    venue.face.list_event(PolymarketEvent("1850", "rewarded", "R", (market,), Ns(2 * 10**18)))
    venue.exchange.split("maker", market.id, Qty(1_000 * MICRO))
    venue.quote(market, "0.48", "0.52")
    orders = {}
    for name, size, price in (
        ("good", "60", "0.48"),
        ("far", "60", "0.46"),
        ("small", "40", "0.48"),
    ):
        said = await bot.place(market.tokens[0], "BUY", size, price)
        orders[said.body["orderID"]] = name
    scores = (await bot.ask("POST", "/orders-scoring", list(orders))).body
    assert {orders[key]: value for key, value in scores.items()} == {
        "good": True,
        "far": False,
        "small": False,
    }
    (first, *_) = orders
    assert (await bot.ask("GET", "/order-scoring", order_id=first)).body == {"scoring": True}
    current = await venue.read("/rewards/markets/current")
    assert [row["condition_id"] for row in current["data"]] == [market.condition_id]
    described = await venue.read(f"/rewards/markets/{market.condition_id}")
    assert described["data"][0]["rewards_min_size"] == 50
    sampling = await venue.read("/sampling-markets")
    assert [row["condition_id"] for row in sampling["data"]] == [market.condition_id]


async def test_rebates_of_a_maker(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """A day's rebates are a quarter of the fees that one's resting orders brought the venue."""
    market = markets["plain"]
    venue.exchange.split("other", market.id, Qty(400 * MICRO))
    await venue.people["other"].place(market.tokens[0], "SELL", "400", "0.5")
    await bot.place(market.tokens[0], "BUY", "400", "0.5")
    date = datetime.fromtimestamp(venue.now_s(), UTC).date().isoformat()
    maker = venue.people["other"].wallet.funder
    (row,) = (await venue.ask("GET", "/rebates/current", date=date, maker_address=maker)).body
    assert (row["condition_id"], row["rebated_fees_usdc"]) == (market.condition_id, "1.25")
    taker = bot.wallet.funder
    assert (await venue.ask("GET", "/rebates/current", date=date, maker_address=taker)).body == []
    assert (await venue.ask("GET", "/rebates/current", date="today")).status == 400


async def test_search_tags_and_series(venue: "Venue") -> None:
    """Events by words, their tags, and the older paged list with its sunset."""
    found = await venue.read("/public-search", q="will rain happen")
    assert [event["slug"] for event in found["events"]] == ["event-1"]
    assert found["pagination"] == {"hasMore": False, "totalResults": 1}
    tags = (await venue.ask("GET", "/tags")).body
    assert tags == [{"id": "84", "slug": "weather", "label": "Weather"}]
    assert (await venue.ask("GET", "/events/901/tags")).body == tags
    assert (await venue.ask("GET", "/markets/1/tags")).body == tags
    assert (await venue.ask("GET", "/series")).body == []
    old = await venue.ask("GET", "/events", limit="2", offset="2")
    assert [event["id"] for event in old.body] == ["903", "904"]
    assert "sunset" in old.headers
    counted = await venue.read("/events/pagination", limit="2", offset="6")
    assert counted["pagination"] == {"hasMore": False, "totalResults": 7}


async def test_read_only_keys(bot: "Person") -> None:
    """Read-only keys are made, listed and dropped by name."""
    made = [(await bot.ask("POST", "/auth/readonly-api-key")).body["apiKey"] for _ in range(2)]
    assert (await bot.ask("GET", "/auth/readonly-api-keys")).body == made
    assert (await bot.ask("DELETE", "/auth/readonly-api-key", {"key": made[0]})).body == "OK"
    assert (await bot.ask("GET", "/auth/readonly-api-keys")).body == made[1:]
    assert (await bot.ask("DELETE", "/auth/readonly-api-key", {"key": made[0]})).status == 400


async def test_activity_in_pages(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """Activity by kind, side and time, newest first, in the envelope of that API."""
    market = markets["free"]
    venue.rest(market, Action.SELL, "100", "0.5")
    start = venue.now_s()
    for wait_s in (0, 10, 10):
        await trio.sleep(wait_s)
        await bot.place(market.tokens[0], "BUY", "10", "0.5")
    user = {"user": bot.wallet.funder}
    page = await venue.read("/v2/activity", limit="2", **user)
    assert [row["timestamp"] for row in page["data"]] == [start + 20, start + 10]
    assert page["pagination"]["has_more"] is True
    rest = await venue.read("/v2/activity", cursor=page["pagination"]["next_cursor"], **user)
    assert [row["timestamp"] for row in rest["data"]] == [start]
    late = await venue.read("/v2/activity", start=str(start + 5), sort_direction="ASC", **user)
    assert [row["timestamp"] for row in late["data"]] == [start + 10, start + 20]
    assert (await venue.read("/v2/activity", type="SPLIT,MERGE", **user))["data"] == []
    assert (await venue.read("/v2/activity", side="SELL", **user))["data"] == []
    takers = await venue.read("/v2/trades", taker_only="true", **user)
    assert len(takers["data"]) == 3


@pytest.mark.parametrize(
    ("path", "asked", "parameter"),
    [
        ("/v2/activity", {"type": "NAP"}, "type"),
        ("/v2/activity", {"start": "then"}, "start"),
        ("/v2/positions", {"status": "LOST"}, "status"),
        ("/v2/positions", {"condition_id": "0x12"}, "condition_id"),
        ("/v2/positions", {"sort_by": "LUCK"}, "sort_by"),
        ("/v2/positions", {"limit": "0"}, "limit"),
        ("/v2/resolutions", {"event_id": "1", "condition_id": "0x12"}, "event_id"),
    ],
)
async def test_questions_the_data_api_does_not_understand(
    venue: "Venue", bot: "Person", path: str, asked: dict[str, str], parameter: str
) -> None:
    """A wrong parameter is named, with a code and a trace id."""
    user = {} if path == "/v2/resolutions" else {"user": bot.wallet.funder}
    said = await venue.ask("GET", path, None, None, **user, **asked)
    assert (said.status, said.body["code"]) == (400, "invalid_parameter")
    assert (said.body["parameter"], len(said.body["trace_id"])) == (parameter, 32)


async def test_positions_of_one_market(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """Without a user exactly one market may be named; mergeable pairs can be singled out."""
    market = markets["free"]
    venue.rest(market, Action.SELL, "100", "0.5")
    await bot.place(market.tokens[0], "BUY", "10", "0.5")
    venue.exchange.split("other", market.id, Qty(3 * MICRO))
    rows = (await venue.read("/v2/positions", condition_id=market.condition_id))["data"]
    assert sorted(row["current_size"] for row in rows) == [3, 3, 10]
    assert rows[0]["current_value"] >= rows[-1]["current_value"]
    pairs = await venue.read("/v2/positions", condition_id=market.condition_id, status="MERGEABLE")
    assert {row["current_size"] for row in pairs["data"]} == {3}
    assert (await venue.ask("GET", "/v2/positions")).status == 400
