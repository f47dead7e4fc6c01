"""Discovery against a scripted venue."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.market.fees import KalshiFees
from arb.market.instruments import Catalogue
from arb.market.units import Ns
from arb.venues.kalshi.discovery import Discovery
from arb.venues.kalshi.fee_rules import FeeRule
from arb.venues.kalshi.rest import Rest
from arb.venues.kalshi.series import MAX_AGE_NS, SeriesFees

if TYPE_CHECKING:
    from tests.venues_kalshi.conftest import ScriptedVenue

QUADRATIC = {"fee_type": "quadratic", "fee_multiplier": 1}


def market(ticker: str, event: str, **changes: object) -> dict[str, object]:
    return {
        "ticker": ticker,
        "event_ticker": event,
        "market_type": "binary",
        "title": f"Will {ticker}?",
        "yes_sub_title": ticker,
        "status": "active",
        "close_time": "2026-12-09T18:55:00Z",
        "price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}],
    } | changes


def event(ticker: str, *markets: object, series: str = "S", **changes: object) -> dict[str, object]:
    return {
        "event_ticker": ticker,
        "series_ticker": series,
        "title": ticker,
        "mutually_exclusive": True,
        "markets": list(markets),
    } | changes


def series(venue: "ScriptedVenue", ticker: str = "S", **fee: object) -> None:
    body = {"series": {"ticker": ticker} | (fee or QUADRATIC)}
    venue.answers("GET", f"/series/{ticker}", body)


def rest(venue: "ScriptedVenue") -> Rest:
    return Rest(venue.urls, venue.credentials, venue.client, venue.now_ns)


async def discover(venue: "ScriptedVenue") -> Catalogue:
    return await Discovery(rest(venue), venue.now_ns).read()


async def test_pages_are_read_to_the_end(venue: "ScriptedVenue") -> None:
    """Open events come with nested markets, page by page, and each market once."""
    venue.answers("GET", "/events", {"events": [event("E1", market("A", "E1"))], "cursor": "c2"})
    venue.answers(
        "GET",
        "/events",
        {"events": [event("E1", market("A", "E1")), event("E2", market("B", "E2"))], "cursor": ""},
    )
    series(venue)
    catalogue = await discover(venue)
    assert [one.id for one in catalogue.events] == ["kalshi:E1", "kalshi:E2"]
    assert [one.id for one in catalogue.markets] == ["kalshi:A", "kalshi:B"]
    assert catalogue.left_out == {"event listed twice": 1}
    first, second = venue.requests("/events")
    assert dict(first.params) == {"status": "open", "with_nested_markets": "true", "limit": "200"}
    assert dict(second.params)["cursor"] == "c2"
    assert len(venue.requests("/series/S")) == 1


async def test_markets_beside_their_events_are_found_too(venue: "ScriptedVenue") -> None:
    """Where an answer puts the markets next to the events, each event gets its own."""
    venue.answers(
        "GET",
        "/events",
        {
            "events": [event("E1"), event("E2", market("B", "E2"))],
            "markets": [market("A", "E1"), market("B", "E2"), market("Z", "E9"), 7],
            "cursor": None,
        },
    )
    series(venue)
    catalogue = await discover(venue)
    assert [one.id for one in catalogue.markets] == ["kalshi:A", "kalshi:B"]
    assert catalogue.left_out == {"market unreadable": 1}


async def test_one_bad_entry_hides_no_other(venue: "ScriptedVenue") -> None:
    """Events and markets that cannot be read are counted, the rest is listed."""
    events = [
        {"event_ticker": 7},
        event("E1", market("A", "E1"), {"ticker": None}, market("B", "E1", status="settled")),
        event("E2", market("C", "E2"), series="GONE"),
        event("E3", market("D", "E3"), series="FLAT"),
        event("E4", series="S", markets=None),
    ]
    venue.answers("GET", "/events", {"events": events})
    series(venue)
    series(venue, "FLAT", fee_type="flat", fee_multiplier=1)
    catalogue = await discover(venue)
    assert [one.id for one in catalogue.markets] == ["kalshi:A"]
    assert catalogue.left_out == {
        "event unreadable": 1,
        "market unreadable": 1,
        "status unknown": 1,
        "fee unknown": 2,
    }


async def test_fees_come_from_the_series_exactly(venue: "ScriptedVenue") -> None:
    """The multiplier is read from the JSON number without a float in between."""
    venue.answers("GET", "/events", {"events": [event("E1", market("A", "E1"))]})
    raw = b'{"series":{"ticker":"S","fee_type":"quadratic","fee_multiplier":0.10000}}'
    venue.answers("GET", "/series/S", raw)
    assert (await discover(venue)).markets[0].fees == KalshiFees(7_000, 0)


async def test_many_series_are_read_as_one_list(venue: "ScriptedVenue") -> None:
    """Beyond a few dozen, one large answer is cheaper than asking for each."""
    names = [f"S{number}" for number in range(60)]
    events = [event(f"E{name}", market(name, f"E{name}"), series=name) for name in names]
    venue.answers("GET", "/events", {"events": events})
    listed: list[Any] = [{"ticker": name, **QUADRATIC} for name in names[1:]]
    venue.answers("GET", "/series", {"series": [*listed, {"ticker": 3}, {"ticker": "S0"}]})
    catalogue = await discover(venue)
    assert len(catalogue.markets) == 59
    assert catalogue.left_out == {"fee unknown": 1}
    assert [one.path for one in venue.asked] == ["/events", "/series"]


@attrs.define
class Clock:
    ns: int

    def now(self) -> Ns:
        return Ns(self.ns)


async def test_fees_are_remembered_and_asked_for_again(venue: "ScriptedVenue") -> None:
    """A series is asked for once until its answer is too old, an unknown one like any other."""
    series(venue)
    clock = Clock(venue.now_ns())
    fees = SeriesFees(rest(venue), clock.now)
    rule = FeeRule("quadratic", Decimal(1))
    for _ in range(3):
        assert await fees.rules_of(["S", "GONE", "S"]) == {"S": rule, "GONE": None}
    assert len(venue.asked) == 2
    clock.ns += MAX_AGE_NS
    await fees.rules_of(["S", "GONE"])
    assert len(venue.asked) == 4


def announced(venue: "ScriptedVenue", path: str, body: dict[str, object]) -> None:
    """Announce other fees than those that the venue begins with."""
    del venue.script["GET", path]
    venue.answers("GET", path, body)


@pytest.mark.parametrize(
    ("when_s", "listed"),
    [(60, ["B"]), (900, ["B"]), (901, ["A", "B"]), (-5, ["B"])],
)
async def test_a_series_whose_fee_is_about_to_change_is_left_out(
    venue: "ScriptedVenue", when_s: int, listed: list[str]
) -> None:
    """For as long before as its fee would be remembered; an hour away it is still the same."""
    at = datetime.fromtimestamp(venue.now_ns() / 10**9 + when_s, UTC)
    change = {"series_ticker": "S", "scheduled_ts": at.isoformat()}
    announced(venue, "/series/fee_changes", {"series_fee_change_arr": [change]})
    events = [event("E1", market("A", "E1")), event("E2", market("B", "E2"), series="T")]
    venue.answers("GET", "/events", {"events": events})
    series(venue)
    series(venue, "T")
    catalogue = await Discovery(rest(venue), venue.now_ns).reread()
    assert [one.id for one in catalogue.markets] == [f"kalshi:{one}" for one in listed]
    assert catalogue.left_out.get("fee about to change", 0) == 2 - len(listed)


async def test_an_event_whose_fee_changes_at_an_unknown_time_is_left_out(
    venue: "ScriptedVenue",
) -> None:
    """A time that cannot be read may be now; the series' other events stay."""
    change = {"event_ticker": "E1", "scheduled_ts": "soon"}
    announced(venue, "/events/fee_changes", {"event_fee_changes": [change], "cursor": ""})
    events = [event("E1", market("A", "E1")), event("E2", market("B", "E2"))]
    venue.answers("GET", "/events", {"events": events})
    series(venue)
    catalogue = await Discovery(rest(venue), venue.now_ns).reread()
    assert [one.id for one in catalogue.markets] == ["kalshi:B"]


async def test_a_fee_that_changed_is_known_with_the_next_reading(venue: "ScriptedVenue") -> None:
    """It was announced, so what was remembered of it is forgotten, however fresh."""
    venue.answers("GET", "/events", {"events": [event("E1", market("A", "E1"))]})
    series(venue, fee_type="quadratic", fee_multiplier=0.5)
    discovery = Discovery(rest(venue), venue.now_ns)
    (cheap,) = (await discovery.read()).markets
    at = datetime.fromtimestamp(venue.now_ns() / 10**9 + 30, UTC)
    change = {"series_ticker": "S", "scheduled_ts": at.isoformat()}
    announced(venue, "/series/fee_changes", {"series_fee_change_arr": [change]})
    assert (await discovery.reread()).markets == ()
    announced(venue, "/series/fee_changes", {"series_fee_change_arr": []})
    del venue.script["GET", "/series/S"]
    series(venue)
    (dear,) = (await discovery.reread()).markets
    assert (cheap.fees, dear.fees) == (KalshiFees(35_000, 0), KalshiFees(70_000, 0))


async def test_an_answer_about_another_series_is_not_believed(venue: "ScriptedVenue") -> None:
    """The series told of must be the one asked for."""
    venue.answers("GET", "/series/S", {"series": {"ticker": "T", **QUADRATIC}})
    with pytest.raises(Unintelligible):
        await SeriesFees(rest(venue), venue.now_ns).rules_of(["S"])


async def test_a_list_that_leads_back_to_itself_ends(venue: "ScriptedVenue") -> None:
    """A cursor that comes twice is an error, not an endless loop."""
    venue.answers("GET", "/events", {"events": [], "cursor": "again"})
    with pytest.raises(Unintelligible):
        await discover(venue)
    assert len(venue.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"msg": "limit too large"}, Refused),
        (503, b"<html>", Unreachable),
        (200, b"<html>", Unintelligible),
        (200, {"cursor": ""}, Unintelligible),
        (200, {"events": {}}, Unintelligible),
    ],
)
async def test_a_page_that_does_not_come_fails_the_whole(
    venue: "ScriptedVenue", status: int, body: object, error: type[Exception]
) -> None:
    """A catalogue is whole or it is an error, never the half that arrived."""
    venue.answers("GET", "/events", body, status)
    with pytest.raises(error):
        await discover(venue)


async def test_a_read_waits_out_the_rate_limit(
    venue: "ScriptedVenue",
    autojump_clock: MockClock,  # noqa: ARG001 - waits in virtual time
) -> None:
    """429 is met with patience, for being refused brings no penalty."""
    for _ in range(2):
        venue.answers("GET", "/events", {"error": "too many requests"}, 429)
    venue.answers("GET", "/events", {"events": []})
    before = trio.current_time()
    assert (await discover(venue)).markets == ()
    assert trio.current_time() - before == pytest.approx(0.7)


async def test_patience_ends(
    venue: "ScriptedVenue",
    autojump_clock: MockClock,  # noqa: ARG001 - waits in virtual time
) -> None:
    """A venue that always says 429 is Unreachable after a few tries."""
    venue.answers("GET", "/events", {"error": "too many requests"}, 429)
    with pytest.raises(Unreachable):
        await discover(venue)
    assert len(venue.asked) == 4
