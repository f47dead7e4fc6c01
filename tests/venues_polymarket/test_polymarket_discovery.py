"""The catalogue: pages, the second witness, and what is left out."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.market.fees import PolymarketFees
from arb.market.instruments import Market, Outcome, PolymarketRef, Venue
from arb.market.units import MICRO, Ns
from arb.venues.polymarket.clients import PolymarketClients
from arb.venues.polymarket.clob_market import clob_path
from arb.venues.polymarket.config import PolymarketUrls
from arb.venues.polymarket.directory import Contract, PolymarketDirectory
from arb.venues.polymarket.market_data import PolymarketMarketData
from arb.venues.protocols import MarketData
from arb.venues.wire import TrioSockets

if TYPE_CHECKING:
    from tests.venues_polymarket.conftest import ScriptedVenue

NOW = Ns(1_790_000_000_000_000_000)  # 2026-09-21T14:13:20Z
GROUP = "0x" + "ab" * 31


@pytest.fixture
def directory() -> PolymarketDirectory:
    return PolymarketDirectory()


@pytest.fixture
def data(
    clients: PolymarketClients, urls: PolymarketUrls, directory: PolymarketDirectory
) -> PolymarketMarketData:
    made = PolymarketMarketData(clients, urls, TrioSockets(), directory, lambda: NOW)
    protocol: MarketData = made  # mypy holds the adapter to the Protocol here
    assert protocol.venue is Venue.POLYMARKET
    return made


def condition(number: int) -> str:
    return f"0x{number:064x}"


def gamma(number: int, **changes: object) -> dict[str, Any]:
    return {
        "version": "v1",
        "question": f"Question {number}?",
        "conditionId": condition(number),
        "questionID": f"{GROUP}{number:02x}",
        "outcomes": '["Yes", "No"]',
        "clobTokenIds": f'["1{number:076d}", "2{number:076d}"]',
        "active": True,
        "closed": False,
        "archived": False,
        "acceptingOrders": True,
        "enableOrderBook": True,
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
        "negRisk": True,
        "feesEnabled": True,
        "feeSchedule": {"rate": 0.05, "exponent": 1, "takerOnly": True},
    } | changes


def event(number: int, *markets: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(number),
        "title": f"Event {number}",
        "negRisk": True,
        "negRiskAugmented": False,
        "negRiskMarketID": f"{GROUP}00",
        "markets": list(markets),
    }


def clob(number: int, **changes: object) -> dict[str, Any]:
    return {
        "t": [{"t": f"1{number:076d}", "o": "Yes"}, {"t": f"2{number:076d}", "o": "No"}],
        "mos": 5,
        "mts": 0.01,
        "ao": True,
        "nr": True,
        "fd": {"r": 0.05, "e": 1, "to": True},
        "v": "v1",
    } | changes


def listing(venue: "ScriptedVenue", *numbers: int, **changes: object) -> None:
    """One event of these markets; the CLOB confirms them, the last one with changes."""
    events = [event(1, *(gamma(number) for number in numbers))]
    venue.on("GET", "/events/keyset", {"events": events})
    for number in numbers:
        body = clob(number, **(changes if number == numbers[-1] else {}))
        venue.on("GET", f"/clob-markets/{condition(number)}", body)


async def test_discovery_reads_every_page(
    data: PolymarketMarketData, venue: "ScriptedVenue"
) -> None:
    """Keyset pages until there is no cursor; overdue events are not asked for."""
    venue.on("GET", "/events/keyset", {"events": [event(1, gamma(0))], "next_cursor": "abc"})
    venue.on("GET", "/events/keyset", {"events": [event(2, gamma(1))]})
    for number in (0, 1):
        venue.on("GET", f"/clob-markets/{condition(number)}", clob(number))
    catalogue = await data.discover()
    assert [found.id for found in catalogue.events] == ["polymarket:1", "polymarket:2"]
    assert [found.id for found in catalogue.markets] == [
        f"polymarket:{condition(0)}",
        f"polymarket:{condition(1)}",
    ]
    assert not catalogue.left_out
    first, second = [heard.query for heard in venue.heard if heard.path == "/events/keyset"]
    assert first == {"closed": "false", "limit": "100", "end_date_min": "2026-09-14T14:13:20Z"}
    assert second == first | {"after_cursor": "abc"}


async def test_discovered_markets_are_known_by_their_tokens(
    data: PolymarketMarketData, venue: "ScriptedVenue", directory: PolymarketDirectory
) -> None:
    """Account and user stream will understand reports about them."""
    listing(venue, 0)
    (market,) = (await data.discover()).markets
    assert isinstance(market.ref, PolymarketRef)
    expected = Contract(market.id, Outcome.NO, PolymarketFees(50_000))
    assert directory.find(market.ref.no_token) == expected
    assert directory.find("5") is None


async def test_a_complete_confirmed_event_keeps_its_claims(
    data: PolymarketMarketData, venue: "ScriptedVenue"
) -> None:
    """Every question listed and confirmed: exactly one resolves YES."""
    listing(venue, 0, 1, 2)
    (found,) = (await data.discover()).events
    assert found.at_most_one.holds
    assert found.at_least_one.holds


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("fee_disagrees", {"fd": {"r": 0.07, "e": 1, "to": True}}),
        ("fee_disagrees", {"fd": {"r": 0.05, "e": 2, "to": True}}),
        ("fee_disagrees", {"fd": None}),
        ("clob_unknown_rule", {"fd": {"r": 0.05, "e": 1, "to": False}}),
        ("clob_unknown_rule", {"mts": 0.02}),
        ("neg_risk_disagrees", {"nr": None}),
        ("version_disagrees", {"v": "v2"}),
        ("tokens_disagree", {"t": [{"t": "1", "o": "Yes"}, {"t": "2", "o": "No"}]}),
        ("not_accepting_orders", {"ao": False}),
        ("clob_unintelligible", {"t": None}),
        ("clob_unintelligible", {"mos": "x"}),
        ("clob_unintelligible", {"nr": 1}),
    ],
)
async def test_a_market_that_the_clob_describes_otherwise_is_left_out(
    data: PolymarketMarketData, venue: "ScriptedVenue", reason: str, changes: dict[str, Any]
) -> None:
    """Two witnesses that disagree are none; the event loses its completeness."""
    listing(venue, 0, 1, **changes)
    catalogue = await data.discover()
    assert [market.id for market in catalogue.markets] == [f"polymarket:{condition(0)}"]
    assert catalogue.left_out == {reason: 1}
    assert not catalogue.events[0].at_least_one.holds
    assert catalogue.events[0].at_most_one.holds


async def test_reversed_tokens_are_never_confirmed(
    data: PolymarketMarketData, venue: "ScriptedVenue"
) -> None:
    """YES and NO exchanged would trade the opposite of what is meant."""
    listing(venue, 0, t=list(reversed(clob(0)["t"])))
    catalogue = await data.discover()
    assert not catalogue.markets
    assert catalogue.left_out == {"tokens_disagree": 1, "event_without_markets": 1}


async def test_tick_and_size_are_the_clobs(
    data: PolymarketMarketData, venue: "ScriptedVenue"
) -> None:
    """Gamma is minutes old: where prices run to an end, its tick is the old one."""
    listing(venue, 0, mts=0.001, mos=15)
    (market,) = (await data.discover()).markets
    assert (market.grid.finest_step, market.min_qty) == (1_000, 15 * MICRO)


async def test_a_market_not_yet_at_the_clob_is_left_out(
    data: PolymarketMarketData, venue: "ScriptedVenue"
) -> None:
    """The CLOB lags new listings by minutes."""
    venue.on("GET", "/events/keyset", {"events": [event(1, gamma(0))]})
    venue.on("GET", f"/clob-markets/{condition(0)}", {"error": "market not found"}, 404)
    assert (await data.discover()).left_out == {"clob_unknown": 1, "event_without_markets": 1}


async def test_a_few_unanswered_markets_are_left_out_but_not_all(
    data: PolymarketMarketData, venue: "ScriptedVenue"
) -> None:
    """One lost answer costs one market; a CLOB that answers nothing costs the reading."""
    events = [event(1, gamma(0), gamma(1))]
    venue.on("GET", "/events/keyset", {"events": events})
    venue.on("GET", f"/clob-markets/{condition(0)}", clob(0))
    venue.hang_up_on("GET", f"/clob-markets/{condition(1)}")
    assert (await data.discover()).left_out == {"clob_unreachable": 1}
    venue.replies["GET", f"/clob-markets/{condition(0)}"] = [None]
    with pytest.raises(Unreachable, match="none of 2"):
        await data.discover()


async def test_without_confirmation_gamma_is_taken_at_its_word(
    clients: PolymarketClients, urls: PolymarketUrls, venue: "ScriptedVenue"
) -> None:
    """A constructor flag: no request to the CLOB at all."""
    data = PolymarketMarketData(
        clients, urls, TrioSockets(), PolymarketDirectory(), lambda: NOW, confirm_with_clob=False
    )
    venue.on("GET", "/events/keyset", {"events": [event(1, gamma(0))]})
    assert len((await data.discover()).markets) == 1
    assert {heard.path for heard in venue.heard} == {"/events/keyset"}


async def test_what_cannot_be_read_is_counted(
    data: PolymarketMarketData, venue: "ScriptedVenue"
) -> None:
    """An event without id, a market without fee, one listed twice: each has its reason."""
    events = [
        {"title": "no id", "markets": []},
        {"id": "5", "title": "no markets"},
        event(1, gamma(0), gamma(1, feeSchedule=None), gamma(2, closed=True)),
        event(2, gamma(0)),
    ]
    venue.on("GET", "/events/keyset", {"events": events})
    venue.on("GET", f"/clob-markets/{condition(0)}", clob(0))
    catalogue = await data.discover()
    assert len(catalogue.markets) == 1
    assert catalogue.markets[0].event == "polymarket:1"
    assert catalogue.left_out == {
        "event_unintelligible": 2,
        "fee": 1,
        "closed": 1,
        "listed_twice": 1,
        "event_without_markets": 1,
    }


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"events": [], "next_cursor": "abc"}, Unintelligible),  # for ever
        (200, {"events": [], "next_cursor": ["abc"]}, Unintelligible),
        (200, {"events": "x"}, Unintelligible),
        (200, b"<html>", Unintelligible),
        (422, {"error": "order fields are not valid"}, Refused),
        (429, b"<html>", Unreachable),
        (500, {"error": "?"}, Unreachable),
    ],
)
async def test_pages_that_cannot_be_had_end_the_reading(
    data: PolymarketMarketData,
    venue: "ScriptedVenue",
    status: int,
    body: object,
    error: type[Exception],
) -> None:
    """Half a catalogue would look like markets that closed."""
    venue.on("GET", "/events/keyset", body, status)
    with pytest.raises(error):
        await data.discover()


def test_short_condition_ids_are_asked_for_padded() -> None:
    """Protocol V2 has 62 digits; the CLOB finds them under 64 only."""
    assert clob_path("0x" + "ab" * 31) == "/clob-markets/0x" + "ab" * 31 + "00"
    assert clob_path("0x" + "ab" * 32) == "/clob-markets/0x" + "ab" * 32


async def test_a_book_is_read_by_the_yes_token(
    data: PolymarketMarketData, venue: "ScriptedVenue", make_market: Callable[..., Market]
) -> None:
    """One request; the clock stamps it; a market without book is refused in the venue's words."""
    market = make_market()
    assert isinstance(market.ref, PolymarketRef)
    body = {
        "asset_id": market.ref.yes_token,
        "bids": [{"price": "0.5", "size": "1"}],
        "asks": [],
        "tick_size": "0.01",
    }
    venue.on("GET", "/book", body)
    venue.on("GET", "/book", {"error": "No orderbook exists for the requested token id"}, 404)
    view = await data.book(market)
    assert (view.bids, view.asks, view.seen_ns) == (((500_000, MICRO),), (), NOW)
    assert venue.heard[0].query == {"token_id": market.ref.yes_token}
    with pytest.raises(Refused, match="No orderbook"):
        await data.book(market)


def test_shards_hold_two_hundred_assets(
    data: PolymarketMarketData, make_market: Callable[..., Market]
) -> None:
    """A hundred markets a connection, in order, none lost."""
    markets = [make_market(number) for number in range(250)]
    shards = data.shards(markets)
    assert [len(shard) for shard in shards] == [100, 100, 50]
    assert [market for shard in shards for market in shard] == markets
    assert data.shards([]) == []
