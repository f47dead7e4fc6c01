"""The public side: catalogue, streams, books."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import attrs

from arb.market.book import BookView
from arb.market.instruments import Catalogue, Market, Venue
from arb.market.units import Ns
from arb.venues.polymarket.answers import read_json
from arb.venues.polymarket.book_stream import PolymarketBookStream
from arb.venues.polymarket.books import parse_book
from arb.venues.polymarket.clients import PolymarketClients
from arb.venues.polymarket.config import PolymarketUrls
from arb.venues.polymarket.directory import PolymarketDirectory, reference
from arb.venues.polymarket.discovery import Discovery
from arb.venues.polymarket.fields import mapping
from arb.venues.protocols import Socket, Sockets
from arb.venues.wire import ask

MARKETS_A_SHARD = 100
"""Both tokens of so many make 200 assets: larger connections have been seen to fall silent.

Both are subscribed although each change is mirrored anyway: a snapshot comes for either, and
either alone is the whole book."""


@attrs.frozen
class PolymarketMarketData:
    """Public data. Every market it discovers is entered in the shared directory."""

    clients: PolymarketClients
    urls: PolymarketUrls
    sockets: Sockets
    directory: PolymarketDirectory
    now_ns: Callable[[], Ns]
    confirm_with_clob: bool = True
    """Ask the CLOB about each market too: a fee that only one source states is not known."""
    venue: Venue = Venue.POLYMARKET

    async def discover(self) -> Catalogue:
        """Read the catalogue. Raises as `Discovery.read`."""
        catalogue = await Discovery(self.clients, self.confirm_with_clob).read(self.now_ns())
        self.directory.learn(catalogue.markets)
        return catalogue

    async def relist(self) -> Catalogue:
        """Read Gamma's pages alone. Tick and smallest size are minutes old then.

        Some 100 requests for 10,000 events, of 500 allowed in 10 s (docs: rate-limits).
        """
        return await Discovery(self.clients, confirm_with_clob=False).read(self.now_ns())

    def shards(self, markets: Sequence[Market]) -> list[tuple[Market, ...]]:
        """Split markets into connections of at most 200 assets."""
        starts = range(0, len(markets), MARKETS_A_SHARD)
        return [tuple(markets[start : start + MARKETS_A_SHARD]) for start in starts]

    def book_stream(self, markets: Sequence[Market]) -> PolymarketBookStream:
        """Start a conversation about these markets."""
        return PolymarketBookStream(markets)

    def connect_books(self) -> AbstractAsyncContextManager[Socket]:
        """Open a market-data connection."""
        return self.sockets.open(self.urls.market_ws)

    async def book(self, market: Market) -> BookView:
        """Read one book. Raises Refused where the CLOB has none: closed, or not yet open."""
        params = [("token_id", reference(market).yes_token)]
        answer = await ask(self.clients.clob, "GET", "/book", params=params)
        return parse_book(mapping(read_json(answer)), market, self.now_ns())
