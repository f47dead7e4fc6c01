"""The wire without sockets: HTTP and WebSocket calls straight into ASGI applications.

Under virtual time nothing here takes any. The venue's side of every call runs in a nursery of its
own, so a caller who gives up does not stop what the venue has begun: an order whose answer nobody
waits for still lands, as it would over a network.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import attrs
import httpx
import trio
from starlette.types import ASGIApp, Message, Scope

from arb.market.errors import Refused, Unreachable
from arb.venues.protocols import Socket

FRAMES = 4096
"""Frames on the way in one direction: as many as a real client queues before it pushes back."""
LOST = 1006
"""The close code of a peer that is gone; hypercorn reports it for every client that leaves."""
WIRE = "arb.wire"
"""The extension by which an application may break the connection that it serves ..."""
RESET = "arb.reset"
"""... with this message: the peer is gone, without a word."""
_CLIENT = ("127.0.0.1", 1)


class InProcessNetwork:
    """Hosts and the applications behind them.

    `apps` maps base URLs ("https://host") to ASGI applications; WebSocket addresses find them by
    their host alone. What the applications do runs in `nursery`, and so do their exceptions.
    """

    def __init__(self, apps: Mapping[str, ASGIApp], nursery: trio.Nursery) -> None:
        """Name the hosts."""
        self._hosts = {urlsplit(base).netloc: app for base, app in apps.items()}
        self._nursery = nursery
        self.sockets = InProcessSockets(self._hosts, nursery)

    def transport(self, base_url: str) -> httpx.AsyncBaseTransport:
        """What an `httpx.AsyncClient` for this base URL must use. Raises Unreachable."""
        return _AppTransport(_app_of(self._hosts, urlsplit(base_url)), self._nursery)


# --- WebSocket ----------------------------------------------------------------------------------


class InProcessSockets:
    """Opens WebSocket connections to applications of this process (`Sockets`)."""

    def __init__(self, hosts: Mapping[str, ASGIApp], nursery: trio.Nursery) -> None:
        """Know the hosts and where their side of a connection runs."""
        self._hosts = hosts
        self._nursery = nursery

    def open(
        self, url: str, headers: Sequence[tuple[str, str]] = ()
    ) -> AbstractAsyncContextManager[Socket]:
        """Connect; raises Refused where the application declines, Unreachable without one."""
        return self._open(url, headers)

    @asynccontextmanager
    async def _open(self, url: str, headers: Sequence[tuple[str, str]]) -> AsyncIterator[Socket]:
        address = urlsplit(url)
        app = _app_of(self._hosts, address)
        connection = _Connection(url)
        self._nursery.start_soon(  # noqa: ASYNC113 - its answer is waited for below
            connection.serve, app, _socket_scope(address, headers)
        )
        try:
            await connection.wait_for_answer()
            yield connection
        finally:
            connection.hang_up()


class _Connection:
    """One WebSocket connection, seen from both ends. The client's end is a `Socket`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._to_app, self._from_client = trio.open_memory_channel[str](FRAMES)
        self._to_client, self._from_app = trio.open_memory_channel[str | bytes](FRAMES)
        self._answered = trio.Event()
        self._accepted = False
        self._greeted = False
        self._refusal = bytearray()
        self._status = 0
        self._ending = f"{LOST}"

    # the client's end

    async def wait_for_answer(self) -> None:
        await self._answered.wait()
        if self._status:
            words = self._refusal.decode("utf-8", "replace")
            raise Refused(f"{self._url}: handshake answered {self._status}: {words}")
        if not self._accepted:
            raise Unreachable(f"{self._url}: the application ended without an answer")

    async def send(self, text: str) -> None:
        try:
            await self._to_app.send(text)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise Unreachable(f"socket closed: {self._ending}") from error

    async def receive(self) -> str | bytes:
        try:
            return await self._from_app.receive()
        except (trio.EndOfChannel, trio.ClosedResourceError) as error:
            raise Unreachable(f"socket closed: {self._ending}") from error

    async def receive_batch(self) -> list[str | bytes]:
        first = await self.receive()
        waiting = self._from_app.statistics().current_buffer_used
        return [first, *(self._from_app.receive_nowait() for _ in range(waiting))]

    def hang_up(self) -> None:
        self._to_app.close()
        self._from_app.close()

    # the application's end

    async def serve(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self._next_event, self._take_event)
        finally:
            self._answered.set()
            self._from_client.close()
            self._to_client.close()

    async def _next_event(self) -> Message:
        if not self._greeted:
            self._greeted = True
            return {"type": "websocket.connect"}
        try:
            text = await self._from_client.receive()
        except (trio.EndOfChannel, trio.ClosedResourceError):
            return {"type": "websocket.disconnect", "code": LOST, "reason": ""}
        return {"type": "websocket.receive", "text": text}

    async def _take_event(self, event: Message) -> None:
        match event["type"]:
            case "websocket.accept":
                self._accepted = True
                self._answered.set()
            case "websocket.send":
                await self._push(event)
            case "websocket.close":
                self._close(event)
            case "arb.reset":
                self._break()
            case "websocket.http.response.start":
                self._status = event["status"]
            case "websocket.http.response.body":
                self._refusal += event.get("body", b"")
                if not event.get("more_body", False):
                    self._answered.set()
            case other:
                raise ValueError(f"an application sent {other} to a websocket")

    async def _push(self, event: Message) -> None:
        """Hand a frame over; to a client that is gone, do nothing, as servers do."""
        text = event.get("text")
        frame = event["bytes"] if text is None else text
        try:
            await self._to_client.send(frame)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            await trio.lowlevel.checkpoint()

    def _close(self, event: Message) -> None:
        if not self._accepted:
            self._status = 403
        self._ending = f"{event.get('code', 1000)} {event.get('reason') or ''}".rstrip()
        self._answered.set()
        self._from_client.close()
        self._to_client.close()

    def _break(self) -> None:
        """End at once: what is on its way is lost with the connection."""
        self._ending = f"{LOST} connection reset"
        self._from_app.close()
        self._from_client.close()


# --- HTTP ---------------------------------------------------------------------------------------


@attrs.define
class _Exchange:
    """One request and what the application has answered so far."""

    body: bytes
    status: int = 0
    headers: Sequence[tuple[bytes, bytes]] = ()
    answer: bytearray = attrs.field(factory=bytearray)
    complete: bool = False
    asked: bool = False
    broken: bool = False
    done: trio.Event = attrs.field(factory=trio.Event)

    async def serve(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self._next_event, self._take_event)
        finally:
            self.done.set()

    async def _next_event(self) -> Message:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self.done.wait()
        return {"type": "http.disconnect"}

    async def _take_event(self, event: Message) -> None:
        match event["type"]:
            case "http.response.start":
                self.status = event["status"]
                self.headers = tuple(event.get("headers", ()))
            case "http.response.body":
                self.answer += event.get("body", b"")
                if not event.get("more_body", False):
                    self.complete = True
                    self.done.set()
            case "arb.reset":
                self.broken = True
                self.done.set()
            case other:
                raise ValueError(f"an application sent {other} to an HTTP request")
        await trio.lowlevel.checkpoint()


class _AppTransport(httpx.AsyncBaseTransport):
    """Sends HTTP requests to one application; answers arrive whole."""

    def __init__(self, app: ASGIApp, nursery: trio.Nursery) -> None:
        self._app = app
        self._nursery = nursery

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(await request.aread())
        self._nursery.start_soon(exchange.serve, self._app, _http_scope(request))
        try:
            await exchange.done.wait()
        finally:
            exchange.done.set()  # a caller who gives up has left, and the application hears of it
        if exchange.broken:
            raise httpx.ReadError("connection reset")
        if not exchange.complete:
            raise httpx.RemoteProtocolError("the application ended without an answer")
        return httpx.Response(
            exchange.status, headers=list(exchange.headers), content=bytes(exchange.answer)
        )


# --- scopes -------------------------------------------------------------------------------------


def _app_of(hosts: Mapping[str, ASGIApp], address: SplitResult) -> ASGIApp:
    app = hosts.get(address.netloc)
    if app is None:
        raise Unreachable(f"no host {address.netloc!r} in this process")
    return app


def _socket_scope(address: SplitResult, headers: Sequence[tuple[str, str]]) -> Scope:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {
        "type": "websocket",
        "scheme": "wss",
        "extensions": {"websocket.http.response": {}, WIRE: {}},
        "subprotocols": [],
        **_common(address.netloc, address.path or "/", address.query),
        "headers": [(b"host", address.netloc.encode("latin-1")), *raw],
    }


def _http_scope(request: httpx.Request) -> Scope:
    url = request.url
    path = url.raw_path.partition(b"?")[0].decode("latin-1")
    return {
        "type": "http",
        "scheme": "https",
        "extensions": {WIRE: {}},
        "method": request.method,
        **_common(url.netloc.decode("latin-1"), path, url.query.decode("latin-1")),
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }


def _common(host: str, raw_path: str, query: str) -> dict[str, Any]:
    name, _, port = host.partition(":")
    return {
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "path": unquote(raw_path),
        "raw_path": raw_path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "server": (name, int(port or 443)),
        "client": _CLIENT,
    }
