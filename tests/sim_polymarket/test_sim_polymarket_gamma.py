"""The metadata host: pages, filters and the traps in its shapes."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from arb.market.units import Px

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Venue


async def sweep(venue: "Venue", what: str, **params: str) -> list[dict[str, Any]]:
    """Every page of a list."""
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await venue.read(f"/{what}/keyset", **params, **cursor)
        rows += page[what]
        if "next_cursor" not in page:
            return rows
        cursor = {"after_cursor": page["next_cursor"]}


@pytest.mark.parametrize("limit", ["1", "2", "100", "1000"])
@pytest.mark.parametrize("order", ["id", "volumeNum", "endDate"])
@pytest.mark.parametrize("ascending", ["true", "false"])
async def test_pages_hold_everything_once(
    venue: "Venue", markets: "Markets", limit: str, order: str, ascending: str
) -> None:
    """Whatever the page size and order, a sweep finds every market exactly once."""
    asked = {"limit": limit, "order": order, "ascending": ascending}
    found = await sweep(venue, "markets", **asked)
    assert sorted(row["slug"] for row in found) == sorted(one.slug for one in markets.values())
    events = await sweep(venue, "events", **asked)
    assert len({event["id"] for event in events}) == len(events) == 7


async def test_bad_questions(venue: "Venue") -> None:
    """Offsets, snake-case orders and foreign cursors are unprocessable."""
    for asked in ({"offset": "0"}, {"order": "volume_num"}, {"after_cursor": "xyz"}):
        said = await venue.ask("GET", "/events/keyset", None, None, **asked)
        assert said.status == 422
    said = await venue.ask("GET", "/markets/keyset", None, None, order="snake_case")
    assert said.body == {"error": "order fields are not valid"}


async def test_arrays_come_inside_strings(venue: "Venue", markets: "Markets") -> None:
    """Outcomes, prices and v1 tokens are JSON in a string; v2 position ids are an array."""
    venue.quote(markets["sport"], "0.6", "0.62")
    shown = await venue.read("/markets/4")
    assert shown["outcomes"] == '["Suns", "Lakers"]'
    assert json.loads(shown["clobTokenIds"]) == list(markets["sport"].tokens)
    assert json.loads(shown["outcomePrices"]) == ["0.61", "0.39"]
    assert (shown["bestBid"], shown["bestAsk"]) == (0.6, 0.62)
    assert (shown["version"], shown["secondsDelay"]) == ("v1", 3)
    assert (shown["orderPriceMinTickSize"], shown["orderMinSize"]) == (0.01, 5)
    future = await venue.read("/markets/slug/future")
    assert (future["version"], future["clobTokenIds"]) == ("v2", None)
    assert future["positionIds"] == list(markets["v2"].tokens)


async def test_fees_are_the_markets_own(venue: "Venue") -> None:
    """A schedule where there are fees, null where there are none."""
    shown = await venue.read("/markets/10")
    schedule = {"rate": 0.04, "exponent": 1, "takerOnly": True, "rebateRate": 0.25}
    assert (shown["feesEnabled"], shown["feeSchedule"]) == (True, schedule)
    assert shown["feeType"] == "politics_fees"
    free = await venue.read("/markets/2")
    assert (free["feesEnabled"], free["feeSchedule"], free["feeType"]) == (False, None, None)


async def test_an_augmented_event(venue: "Venue", markets: "Markets") -> None:
    """Placeholders are inactive and without prices yet accept orders; Other is flagged."""
    (event,) = await sweep(venue, "events", slug="event-7")
    assert (event["negRisk"], event["enableNegRisk"], event["negRiskAugmented"]) == (True,) * 3
    assert event["negRiskMarketID"] == markets["neg0"].neg_risk_market_id
    nested = event["markets"]
    assert [market["active"] for market in nested] == [True, True, False, True]
    assert [market["negRiskOther"] for market in nested] == [False, False, False, True]
    assert [market["acceptingOrders"] for market in nested] == [True] * 4
    assert ["outcomePrices" in market for market in nested] == [True, True, False, True]
    assert [market["questionID"][-2:] for market in nested] == ["00", "01", "02", "03"]
    assert "events" not in nested[0]
    bare = await sweep(venue, "events", slug="event-7", include_markets="false")
    assert "markets" not in bare[0]


async def test_closed_markets_are_asked_for(venue: "Venue", markets: "Markets") -> None:
    """A resolved market leaves the open list for the closed one, with its outcome as prices."""
    venue.exchange.resolve(markets["plain"].id, Px(1_000_000))
    assert "rain" not in [row["slug"] for row in await sweep(venue, "markets")]
    (closed,) = await sweep(venue, "markets", closed="true")
    assert (closed["slug"], closed["closed"]) == ("rain", True)
    assert (closed["umaResolutionStatus"], closed["acceptingOrders"]) == ("resolved", False)
    assert json.loads(closed["outcomePrices"]) == ["1", "0"]
    events = await sweep(venue, "events", closed="true")
    assert [event["slug"] for event in events] == ["event-1"]


@pytest.mark.parametrize(
    ("asked", "slugs"),
    [
        ({"id": "3"}, ["fine"]),
        ({"slug": "peace"}, ["peace"]),
        ({"version": "v2"}, ["future"]),
        ({"tag_slug": "weather"}, ["rain"]),
        ({"tag_id": "85"}, []),
        ({"end_date_max": "2026-01-01T00:00:00Z"}, []),
        ({"end_date_min": "2026-01-01", "id": "1"}, ["rain"]),
        ({"clob_token_ids": str(10**70 + 3)}, ["rain"]),
        ({"condition_ids": f"0x{2:064x}"}, ["peace"]),
        ({"question_ids": "0x" + "ab" * 31 + "01"}, ["candidate-1"]),
        ({"nobody_knows": "this"}, None),
    ],
)
async def test_filters(
    venue: "Venue", markets: "Markets", asked: dict[str, str], slugs: list[str] | None
) -> None:
    """Filters narrow the list; unknown parameters do nothing."""
    found = [row["slug"] for row in await sweep(venue, "markets", **asked)]
    assert found == slugs if slugs is not None else len(found) == len(markets)


async def test_single_objects(venue: "Venue") -> None:
    """Events and markets by id and slug; a wrong one is not found."""
    assert (await venue.read("/events/907"))["slug"] == "event-7"
    assert (await venue.read("/events/slug/event-1"))["id"] == "901"
    market = await venue.read("/markets/1")
    assert market["events"][0]["id"] == "901"
    for path in ("/events/1", "/markets/99", "/events/slug/x", "/markets/slug/x"):
        said = await venue.ask("GET", path)
        assert said.status == 404
        assert said.body["type"] == "not found error"


async def test_answers_are_cached_by_others(venue: "Venue") -> None:
    """Lists carry the cache header of the real host."""
    got = await venue.http.get("/events/keyset")
    assert got.headers["cache-control"] == "public, max-age=300"
