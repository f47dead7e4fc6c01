"""One WebSocket client: what waits to be sent to it, and when it is hung up on."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain

import trio
from starlette.websockets import WebSocket, WebSocketState

from arb.sim.polymarket.conditions import Conditions

PING = "PING"
PONG = "PONG"
BAD_REQUEST = "INVALID OPERATION"
"""The venue answers nonsense with some plain text; its words are not on record."""
CLOSE_POLICY = 1008
"""The close code where credentials are wrong. The venue's is not documented."""
CLOSE_NORMAL = 1000


class Connection:
    """A client's outbox. Never waits for the client: one that falls behind is hung up on."""

    def __init__(self, conditions: Conditions, counts: Counter[str]) -> None:
        """Hold at most as many frames as the conditions say now."""
        channel = trio.open_memory_channel[tuple[float, str]](conditions.socket_backlog)
        self._send, self._frames = channel
        self._conditions = conditions
        self._scope = trio.CancelScope()
        self._counts = counts
        self.close_code = CLOSE_NORMAL

    def push(self, frame: str) -> None:
        """Queue a frame; on a connection that is ending, drop it."""
        if self._scope.cancel_called or (self._conditions.sockets_frozen and frame != PONG):
            return
        lag_s = self._conditions.stream_lag_s
        leaves = trio.current_time() + lag_s if lag_s else 0.0
        try:
            self._send.send_nowait((leaves, frame))
        except trio.WouldBlock:
            self._counts["hung up: too slow"] += 1
            self.hang_up()

    def hang_up(self, code: int = CLOSE_NORMAL) -> None:
        """End the connection; what is queued is lost."""
        self.close_code = code
        self._scope.cancel(reason="hung up")

    async def converse(self, socket: WebSocket, hear: Callable[[str], None]) -> None:
        """Accept the client and serve it until either side ends; `hear` gets its frames."""
        await socket.accept()
        self._counts["connected"] += 1
        with self._scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, socket)
                await self._read(socket, hear)
                nursery.cancel_scope.cancel(reason="client left")
        if socket.client_state is WebSocketState.CONNECTED:
            await _close(socket, self.close_code)

    async def _write(self, socket: WebSocket) -> None:
        async for first in self._frames:
            for leaves, frame in chain((first,), self._waiting()):
                if leaves:
                    await trio.sleep_until(leaves)
                await socket.send({"type": "websocket.send", "text": frame})

    def _waiting(self) -> Iterator[tuple[float, str]]:
        """What waits besides: taken without a pause, it leaves the server in one write."""
        with suppress(trio.WouldBlock):
            while True:
                yield self._frames.receive_nowait()

    async def _read(self, socket: WebSocket, hear: Callable[[str], None]) -> None:
        """Read until the client leaves or has not sent PING for too long."""
        conditions = self._conditions
        with trio.move_on_after(conditions.socket_silence_s) as silence:
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                text = message.get("text") or ""
                if text == PING:
                    silence.deadline = trio.current_time() + conditions.socket_silence_s
                    self.push(PONG)
                else:
                    hear(text)
        self._counts["hung up: silent"] += 1


async def _close(socket: WebSocket, code: int) -> None:
    """Say goodbye, unless the client is past hearing it."""
    with trio.move_on_after(1.0):
        await socket.close(code)


def compact(data: object) -> str:
    """JSON as it goes on the wire."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def read_object(text: str) -> dict[str, object] | None:
    """A client's frame as a JSON object; None where it is none."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def strings_of(data: dict[str, object], key: str) -> list[str] | None:
    """A list of strings in a client's frame; None where there is none."""
    value = data.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return list(value)
