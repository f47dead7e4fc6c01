"""The streams of spot prices on the simulated Polymarket's host, beside the venue itself."""

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from arb.sim.spot.hub import SpotHub

POLYMARKET_PATH = "/spot/polymarket"
COINBASE_PATH = "/spot/coinbase"


class SpotDoor:
    """Sends those who want spot prices to the streams, and everybody else to the venue."""

    def __init__(self, venue: ASGIApp, polymarket: SpotHub, coinbase: SpotHub) -> None:
        """Stand before `venue`."""
        self._venue = venue
        self._streams = Starlette(
            routes=[
                WebSocketRoute(POLYMARKET_PATH, polymarket.serve),
                WebSocketRoute(COINBASE_PATH, coinbase.serve),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        wanted = scope.get("path") in {POLYMARKET_PATH, COINBASE_PATH}
        await (self._streams if wanted else self._venue)(scope, receive, send)
