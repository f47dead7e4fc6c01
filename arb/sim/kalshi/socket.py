"""The way in over WebSocket: the handshake, one conversation, and no patience for slow readers.

The venue pings every 10 s with the payload "heartbeat". ASGI has no word for pings: here the
server beneath sends them (hypercorn's `websocket_ping_interval`), with a payload of its own.
"""

from collections import deque
from collections.abc import Callable

import attrs
import trio
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from arb.sim.engine import Clock
from arb.sim.kalshi.auth import ApiKey, Doorman
from arb.sim.kalshi.auth import Scope as Scopes
from arb.sim.kalshi.broadcast import Broadcast
from arb.sim.kalshi.calls import Reply, forbidden
from arb.sim.kalshi.errors import ApiError, not_found, too_many_requests
from arb.sim.kalshi.gate import response, signed_path
from arb.sim.kalshi.settings import StreamRules
from arb.sim.kalshi.subscriptions import Session

PATH = "/trade-api/ws/v2"
BURST = 10_000
"""Frames that may wait for a client, beside one book for each market it follows."""
GRACE_S = 5.0
"""How long a client that fell behind may take to read why it is hung up on."""
_POLICY_VIOLATION = 1008


@attrs.define(eq=False)
class SocketConnection:
    """One open socket and what waits to be sent on it."""

    session: Session
    counts: dict[str, int]
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    slow: bool = False
    _queue: deque[str] = attrs.field(factory=deque)
    _wake: trio.Event = attrs.field(factory=trio.Event)

    def push(self, text: str) -> None:
        """Queue one piece of news, or start to hang up where too much waits already."""
        if self.slow:
            return
        if len(self._queue) >= BURST + self.session.market_count:
            self._give_up()
        else:
            self._queue.append(text)
        self._wake.set()

    def reply(self, frames: list[str]) -> None:
        """Queue the answer to a command, however long: the client asked for it."""
        if not self.slow:
            self._queue.extend(frames)
            self._wake.set()

    async def write(self, websocket: WebSocket) -> None:
        """Send what waits, for as long as the connection lives."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            while self._queue:
                await websocket.send_text(self._queue.popleft())
            if self.slow:
                self.scope.cancel(reason="client too slow")

    async def read(self, websocket: WebSocket) -> None:
        """Take commands until the client leaves."""
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                self.scope.cancel(reason="client left")
                return
            self.reply(self.session.receive(message.get("text") or message.get("bytes") or ""))

    def _give_up(self) -> None:
        self.slow = True
        self.counts["too slow"] += 1
        self._queue.clear()
        self._queue.extend(self.session.overflow())
        self.scope.deadline = trio.current_time() + GRACE_S


@attrs.frozen
class SocketDoor:
    """Admits sockets."""

    doorman: Doorman
    broadcast: Broadcast
    now_ns: Clock
    rules: StreamRules
    catch_up: Callable[[], None]
    """Does what is due by now, before anybody is told how things stand."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection from handshake to end."""
        websocket = WebSocket(scope, receive, send)
        self.catch_up()
        try:
            key = self._admit(websocket)
        except ApiError as error:
            await websocket.send_denial_response(response(Reply(error.body(), error.status)))
            return
        session = Session(key, self.broadcast, self.now_ns, self.rules)
        connection = SocketConnection(session, self.broadcast.counts)
        await websocket.accept()
        await self._converse(websocket, connection)

    async def _converse(self, websocket: WebSocket, connection: SocketConnection) -> None:
        counts, connections = self.broadcast.counts, self.broadcast.connections
        connections.append(connection)
        counts["opened"] += 1
        try:
            with connection.scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_until_it_breaks, connection, websocket)
                    await connection.read(websocket)
        finally:
            connections.remove(connection)
            counts["closed"] += 1
        if connection.slow:
            with trio.move_on_after(GRACE_S):
                await websocket.close(_POLICY_VIOLATION)

    def _admit(self, websocket: WebSocket) -> ApiKey:
        path = signed_path(websocket.scope)
        if path != PATH:
            raise not_found()
        key = self.doorman.admit_socket(websocket.headers, path, self.now_ns())
        if not key.may(Scopes.READ):
            raise forbidden("this API key lacks the read scope")
        theirs = [one for one in self.broadcast.connections if one.session.key.member == key.member]
        if len(theirs) >= self.rules.connections_per_user:
            raise too_many_requests()
        return key


async def _until_it_breaks(connection: SocketConnection, websocket: WebSocket) -> None:
    try:
        await connection.write(websocket)
    except WebSocketDisconnect:
        connection.scope.cancel(reason="connection broke")
