"""What stands between a client and a simulated venue: the way there, and all that goes wrong."""

import attrs
from starlette.types import ASGIApp, Receive, Scope, Send

from arb.market.instruments import Venue
from arb.market.units import Clock
from arb.sim.faults.board import FaultBoard
from arb.sim.faults.connections import Connections
from arb.sim.faults.delays import RoundTrip
from arb.sim.faults.kinds import Layer
from arb.sim.faults.requests import Arrivals, RequestFaults
from arb.sim.faults.streams import StreamFaults


@attrs.frozen
class FaultMiddleware:
    """A venue's application as its clients reach it. Without delays and faults it adds nothing."""

    app: ASGIApp
    venue: Venue
    board: FaultBoard
    _requests: RequestFaults
    _streams: StreamFaults

    @classmethod
    def around(  # noqa: PLR0913 - everything that the way to a venue depends on
        cls,
        app: ASGIApp,
        venue: Venue,
        board: FaultBoard,
        *,
        connections: Connections,
        arrivals: Arrivals,
        round_trip: RoundTrip,
        now_ns: Clock,
    ) -> "FaultMiddleware":
        """Put it in front of an application."""
        requests = RequestFaults(app, venue, board, round_trip, arrivals, now_ns)
        streams = StreamFaults(app, venue, board, connections, now_ns)
        return cls(app, venue, board, requests, streams)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        if scope["type"] == "websocket":
            await self._streams.serve(scope, receive, send)
        elif scope["type"] == "http" and self._meddles():
            await self._requests.serve(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _meddles(self) -> bool:
        """Say whether requests are more than passed on."""
        acting = (Layer.REST, Layer.ARRIVAL)
        slow = self._requests.round_trip.mean_s > 0
        return slow or any(self.board.has(self.venue, layer) for layer in acting)
