"""Clients of one stream of spot prices: what each asked for, and what waits to be sent to it."""

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import trio
from starlette.websockets import WebSocket, WebSocketState

from arb.market.units import Ns
from arb.sim.questions.subject import NS_PER_S
from arb.sim.spot.prices import CoinWalk

WAITING = 4_096
"""Frames for one client; one that falls behind is hung up on."""
CLOSE_POLICY = 1008
CLOSE_NORMAL = 1000
Json = dict[str, Any]


class SpotClient:
    """One connection: what it wants, how far its counting is, and its outbox."""

    def __init__(self) -> None:
        """Start without any wish."""
        self.known = False
        """Whether it said who it is, where that matters."""
        self.wants: set[tuple[str, str]] = set()
        """Channel and symbol."""
        self.sent: Counter[str] = Counter()
        self._outbox, self._frames = trio.open_memory_channel[str](WAITING)
        self._scope = trio.CancelScope()
        self._code = CLOSE_NORMAL

    def push(self, message: Mapping[str, Any]) -> None:
        """Queue a frame."""
        try:
            self._outbox.send_nowait(json.dumps(message, separators=(",", ":")))
        except trio.WouldBlock:
            self.hang_up(CLOSE_POLICY)

    def hang_up(self, code: int) -> None:
        """End the connection; what is queued by then is sent."""
        self._code = code
        self._outbox.close()

    @property
    def gone(self) -> bool:
        """Whether it was hung up on."""
        return self._outbox.statistics().open_send_channels == 0

    async def converse(self, socket: WebSocket, hub: "SpotHub") -> None:
        """Serve it until either side ends."""
        await socket.accept()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._read, socket, hub, nursery.cancel_scope)
            async for frame in self._frames:
                await socket.send_text(frame)
            nursery.cancel_scope.cancel(reason="hung up")
        if socket.client_state is WebSocketState.CONNECTED:
            with trio.move_on_after(1.0):
                await socket.close(self._code)

    async def _read(self, socket: WebSocket, hub: "SpotHub", both: trio.CancelScope) -> None:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                both.cancel(reason="client left")
                return
            frame = _object(message.get("text") or "")
            if not self.gone:
                hub.hear(self, frame)


class SpotHub(ABC):
    """Everybody on one stream."""

    def __init__(self, walks: Sequence[CoinWalk]) -> None:
        """Tell of these coins."""
        self.walks = walks
        self._clients: dict[SpotClient, None] = {}

    async def serve(self, socket: WebSocket) -> None:
        """Serve one client until it leaves."""
        client = SpotClient()
        self._clients[client] = None
        try:
            await client.converse(socket, self)
        finally:
            del self._clients[client]

    def tell(self) -> None:
        """Tell everybody what the last second brought."""
        for client in list(self._clients):
            if not client.gone:
                self.tell_one(client)

    @abstractmethod
    def hear(self, client: SpotClient, frame: Json | None) -> None:
        """Act on a client's frame; None: it was no JSON object."""

    @abstractmethod
    def tell_one(self, client: SpotClient) -> None:
        """Tell one client what the last second brought."""


def _object(text: str) -> Json | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def iso(at_ns: Ns) -> str:
    """A moment as "2026-10-22T23:37:21.000000000Z"."""
    whole = datetime.fromtimestamp(at_ns // NS_PER_S, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{at_ns % NS_PER_S:09d}Z"
