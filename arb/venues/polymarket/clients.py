"""One HTTP client for each of the venue's hosts."""

import attrs
import httpx

from arb.venues.polymarket.config import PolymarketUrls
from arb.venues.wire import http_client


@attrs.frozen
class PolymarketClients:
    """The connections of the REST side. Whoever opens them closes them."""

    clob: httpx.AsyncClient
    gamma: httpx.AsyncClient
    data: httpx.AsyncClient
    site: httpx.AsyncClient
    """Serves the geoblock check only."""

    @classmethod
    def open(
        cls, urls: PolymarketUrls, transport: httpx.AsyncBaseTransport | None = None
    ) -> "PolymarketClients":
        """Make the four clients; nothing is connected yet."""
        hosts = (urls.clob, urls.gamma, urls.data, urls.geoblock)
        return cls(*(http_client(host, transport) for host in hosts))

    async def close(self) -> None:
        """Close them all."""
        for client in (self.clob, self.gamma, self.data, self.site):
            await client.aclose()
