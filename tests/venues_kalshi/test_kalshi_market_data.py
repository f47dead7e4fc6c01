"""The public side as a whole: discovery, shards, books."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING

import attrs
import pytest

from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.market.instruments import Market, PolymarketRef, Venue
from arb.market.units import MICRO
from arb.venues.kalshi.config import KalshiCredentials, KalshiUrls
from arb.venues.kalshi.market_data import KalshiMarketData
from arb.venues.protocols import MarketData, Socket

if TYPE_CHECKING:
    from tests.venues_kalshi.conftest import ScriptedVenue

Make = Callable[..., Market]


class SilentSocket:
    """A connection on which nothing is ever said."""

    async def send(self, text: str) -> None:
        raise Unreachable(f"nobody hears {text}")

    async def receive(self) -> str:
        raise Unreachable("nobody speaks")

    async def receive_batch(self) -> list[str | bytes]:
        raise Unreachable("nobody speaks")


@attrs.define
class SilentSockets:
    """Notes what was opened."""

    opened: list[tuple[str, dict[str, str]]] = attrs.field(factory=list)

    def open(
        self, url: str, headers: Sequence[tuple[str, str]] = ()
    ) -> AbstractAsyncContextManager[Socket]:
        self.opened.append((url, dict(headers)))
        return nullcontext(SilentSocket())


def market_data(
    venue: "ScriptedVenue",
    sockets: SilentSockets | None = None,
    *,
    credentials: KalshiCredentials | None = None,
    per_connection: int = 2_000,
) -> MarketData:
    return KalshiMarketData(
        venue.urls,
        credentials,
        venue.client,
        sockets or SilentSockets(),
        venue.now_ns,
        markets_per_connection=per_connection,
    )


async def test_a_book_is_read_now(venue: "ScriptedVenue", make_market: Make) -> None:
    """One market's levels come sorted, in YES terms, at our time; its ticker is made safe."""
    market = make_market("KX/1 A")
    sides = {"yes_dollars": [["0.4100", "10.00"]], "no_dollars": [["0.5600", "10.00"]]}
    venue.answers("GET", "/markets/KX/1 A/orderbook", {"orderbook_fp": sides})
    view = await market_data(venue).book(market)
    assert view.bids == ((410_000, 10 * MICRO),)
    assert view.asks == ((440_000, 10 * MICRO),)
    assert view.seen_ns == venue.now_ns()
    assert view.market is market


async def test_a_book_that_does_not_come_is_an_error(
    venue: "ScriptedVenue", make_market: Make
) -> None:
    """Unknown markets, odd bodies and foreign markets are told apart."""
    with pytest.raises(Refused, match="not_found"):
        await market_data(venue).book(make_market("GONE"))
    bodies: list[object] = [[], {}, b"<html>"]
    for body in bodies:
        venue.script.clear()
        venue.answers("GET", "/markets/A/orderbook", body)
        with pytest.raises(Unintelligible):
            await market_data(venue).book(make_market("A"))
    foreign = PolymarketRef("0x1", "1", "2", neg_risk=False, protocol="v2")
    with pytest.raises(Refused):
        await market_data(venue).book(attrs.evolve(make_market(), ref=foreign))


async def test_discovery_reads_what_is_open(venue: "ScriptedVenue") -> None:
    """The catalogue is Kalshi's, signed for where there is a key, asked for without one too."""
    venue.answers("GET", "/events", {"events": []})
    for credentials in (None, venue.credentials):
        catalogue = await market_data(venue, credentials=credentials).discover()
        assert (catalogue.venue, catalogue.markets) == (Venue.KALSHI, ())


async def test_markets_of_an_event_share_a_connection(  # noqa: ASYNC124 - its fixture is
    venue: "ScriptedVenue", make_market: Make
) -> None:
    """Connections are filled event by event; only one too large for any is cut."""
    sizes = {"E1": 3, "E2": 4, "E3": 2, "E4": 12}
    markets = [
        make_market(f"{event}-{number}", event=event)
        for number in range(12)
        for event, size in sizes.items()
        if number < size
    ]
    shards = market_data(venue, per_connection=5).shards(markets)
    assert [len(shard) for shard in shards] == [3, 4, 2, 5, 5, 2]
    assert sorted(one.id for shard in shards for one in shard) == sorted(one.id for one in markets)
    assert {one.event for one in shards[1]} == {"kalshi:E2"}
    assert market_data(venue).shards([]) == []
    assert market_data(venue).shards(markets) == [tuple(sorted(markets, key=lambda one: one.event))]


async def test_the_stream_wants_a_key(venue: "ScriptedVenue", make_market: Make) -> None:
    """Public channels need a signed handshake as well; without a key that is said at once."""
    sockets = SilentSockets()
    with pytest.raises(Refused):
        market_data(venue, sockets).connect_books()
    data = market_data(venue, sockets, credentials=venue.credentials)
    async with data.connect_books() as socket:
        with pytest.raises(Unreachable):
            await socket.receive()
    ((url, headers),) = sockets.opened
    assert url == venue.urls.ws
    assert headers["KALSHI-ACCESS-SIGNATURE"].startswith("Nkj8l3Mh")
    assert data.book_stream([make_market()]).opening() != []


def test_a_trailing_slash_does_no_harm() -> None:
    """Addresses are joined with paths that begin with one."""
    assert KalshiUrls("http://x/trade-api/v2/", "ws://x").rest == "http://x/trade-api/v2"
