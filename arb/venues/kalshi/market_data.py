"""The public side of Kalshi. Its stream wants a key all the same."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import attrs
import httpx

from arb.market.book import BookView
from arb.market.errors import Refused
from arb.market.fees import KALSHI_DIRECT_PRECISION
from arb.market.instruments import Catalogue, EventId, Market, Venue
from arb.market.units import Clock
from arb.venues.kalshi.account import signed_handshake
from arb.venues.kalshi.book_stream import KalshiBookStream
from arb.venues.kalshi.config import KalshiCredentials, KalshiUrls
from arb.venues.kalshi.discovery import Discovery
from arb.venues.kalshi.identity import kalshi_ref, path_part
from arb.venues.kalshi.levels import parse_orderbook
from arb.venues.kalshi.listing import KNOWN_SHARDS
from arb.venues.kalshi.rest import Rest
from arb.venues.kalshi.signing import Signer
from arb.venues.protocols import BookStream, Socket, Sockets

MARKETS_PER_CONNECTION = 2_000
"""The venue takes many more; but one lost frame stops every book of its connection, and then so
many snapshots are due. 200 connections are allowed (docs: rate_limits)."""


@attrs.frozen
class KalshiMarketData:
    """Discovery, books by stream and books by REST.

    Without credentials REST works and the stream does not. Making one raises Refused where the
    private key cannot be used.
    """

    venue = Venue.KALSHI

    urls: KalshiUrls
    credentials: KalshiCredentials | None
    client: httpx.AsyncClient
    sockets: Sockets
    now_ns: Clock
    precision: int = KALSHI_DIRECT_PRECISION
    """The member's balance step in micro-dollars: 100, or 10,000 for customers of an FCM."""
    known_shards: frozenset[int] = KNOWN_SHARDS
    """Markets on other shards are left out: nobody has put money there."""
    markets_per_connection: int = MARKETS_PER_CONNECTION
    _rest: Rest = attrs.field(init=False, repr=False)
    _discovery: Discovery = attrs.field(init=False, repr=False)

    @_rest.default
    def _make_rest(self) -> Rest:
        return Rest(self.urls, self.credentials, self.client, self.now_ns)

    @_discovery.default
    def _make_discovery(self) -> Discovery:
        return Discovery(self._rest, self.now_ns, self.precision, self.known_shards)

    async def discover(self) -> Catalogue:
        """Read every open event and market, as of the last 15 s or so (the venue's cache)."""
        return await self._discovery.read()

    async def relist(self) -> Catalogue:
        """Read it again: some 30 requests of 10 tokens for 5,000 events, of 200 a second."""
        return await self._discovery.reread()

    def shards(self, markets: Sequence[Market]) -> list[tuple[Market, ...]]:
        """Split markets over connections, those of one event together where they fit."""
        events: dict[EventId, list[Market]] = {}
        for market in markets:
            events.setdefault(market.event, []).append(market)
        shards: list[list[Market]] = []
        for group in events.values():
            for start in range(0, len(group), self.markets_per_connection):
                _place(
                    group[start : start + self.markets_per_connection],
                    shards,
                    self.markets_per_connection,
                )
        return [tuple(shard) for shard in shards]

    def book_stream(self, markets: Sequence[Market]) -> BookStream:
        """Start the conversation for one shard."""
        return KalshiBookStream(markets, now_ns=self.now_ns, trades=True)

    def connect_books(self) -> AbstractAsyncContextManager[Socket]:
        """Open one market-data connection, signed. Raises Refused where there is no key."""
        if self.credentials is None:
            raise Refused("Kalshi's stream wants an API key, for public channels too")
        signer = Signer(self.credentials, self.now_ns)
        return self.sockets.open(self.urls.ws, signed_handshake(signer, self.urls.ws))

    async def book(self, market: Market) -> BookView:
        """Read one book now."""
        path = f"/markets/{path_part(kalshi_ref(market).ticker)}/orderbook"
        raw = await self._rest.read(dict[str, object], path)
        return parse_orderbook(raw, market, self.now_ns())


def _place(group: Sequence[Market], shards: list[list[Market]], at_most: int) -> None:
    """Put markets on the last connection, or on a new one where they would not fit."""
    if not shards or len(shards[-1]) + len(group) > at_most:
        shards.append([])
    shards[-1].extend(group)
