"""Lets quotes that only look real vanish when an order arrives at a venue."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from arb.market.instruments import Venue

ORDER_PATHS = {
    Venue.POLYMARKET: ("/order", "/orders"),
    Venue.KALSHI: (
        "/trade-api/v2/portfolio/events/orders",
        "/trade-api/v2/portfolio/events/orders/batched",
    ),
}
"""Where orders are posted (docs of both venues)."""


class LastLook:
    """A venue whose nimblest makers hear of an order just before it is matched."""

    def __init__(self, app: ASGIApp, venue: Venue, arrives: Callable[[Venue], None]) -> None:
        """Put `app` behind it; `arrives` is called before each request that places orders."""
        self._app = app
        self._venue = venue
        self._arrives = arrives

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one connection on."""
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        if is_post and scope["path"].rstrip("/") in ORDER_PATHS[self._venue]:
            self._arrives(self._venue)
        await self._app(scope, receive, send)
