"""HTTP/1.1 over kept connections: a request is one write, and leaves before anything is awaited.

httpx's own way writes head and body apart, through five layers: half a millisecond an order. What
a client adds (cookies, decoding, errors by kind) stays httpx's.
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import attrs
import h11
import httpx
import trio

from arb.market.errors import Unreachable
from arb.venues.sockets.dialing import dial, system_trust
from arb.venues.sockets.pipe import Pipe

KEPT_S = 90.0
"""Idle connections are kept this long: an order should not pay for a handshake."""
MOST_CONNECTIONS = 32
"""Open at a time, to one host; more requests wait for one of them. What is read from one host never
holds up an order to another."""
MOST_BYTES = 64 * 1024 * 1024
"""Of an answer's body. The longest known, a page of markets with their texts, has some 10 MB."""


@attrs.define
class _Connection:
    """One connection: a request, its answer, the next request."""

    pipe: Pipe
    http: h11.Connection = attrs.field(factory=lambda: h11.Connection(h11.CLIENT))
    idle_since: float = 0.0

    def is_fresh(self, now: float) -> bool:
        """Whether it may be used again: kept not too long, not ended, and nothing unasked came."""
        if now - self.idle_since > KEPT_S:
            return False
        try:
            return not self.pipe.pull()
        except (OSError, EOFError):
            return False

    async def exchange(self, request: httpx.Request, body: bytes) -> httpx.Response:
        """Send a request and read its whole answer. Raises httpx.TransportError."""
        with _as_httpx():
            if not self.pipe.push(_written(self.http, request, body)):
                await self.pipe.drain()
            return await self._answer()

    def can_go_on(self) -> bool:
        """Make ready for the next request, where both sides are willing."""
        if self.http.our_state is not h11.DONE or self.http.their_state is not h11.DONE:
            return False
        self.http.start_next_cycle()
        return True

    async def _answer(self) -> httpx.Response:
        head: h11.Response | None = None
        body = bytearray()
        while True:
            match event := await self._event():
                case h11.Response():
                    head = event
                case h11.Data():
                    body += event.data
                    if len(body) > MOST_BYTES:
                        raise httpx.ReadError(f"an answer of more than {MOST_BYTES} bytes")
                case h11.EndOfMessage() if head is not None:
                    headers = list(head.headers.raw_items())
                    return httpx.Response(head.status_code, headers=headers, content=bytes(body))
                case h11.InformationalResponse():
                    continue
                case _:
                    raise httpx.RemoteProtocolError(f"no answer, but {event}")

    async def _event(self) -> object:
        """What the peer says next."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            await self._hear()
        return event

    async def _hear(self) -> None:
        """Read what has come; the end of the stream may be the end of an answer."""
        if not self.pipe.has_ended:
            await self.pipe.wait_readable()
        try:
            data = self.pipe.pull()
        except EOFError:
            self.http.receive_data(b"")
            return
        if data:  # b"" would mean the end; a part of a TLS record is not that
            self.http.receive_data(data)


def _written(http: h11.Connection, request: httpx.Request, body: bytes) -> bytes:
    """A request as the bytes of one write."""
    head = h11.Request(
        method=request.method, target=request.url.raw_path, headers=request.headers.raw
    )
    parts = (http.send(head), http.send(h11.Data(data=body)), http.send(h11.EndOfMessage()))
    return b"".join(part or b"" for part in parts)


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Errors under httpx's names."""
    try:
        yield
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error
    except (OSError, EOFError, trio.ClosedResourceError) as error:
        raise httpx.ReadError(f"{type(error).__name__} {error}") from error


@attrs.frozen
class _Host:
    """The connections to one host."""

    idle: list[_Connection] = attrs.field(factory=list)
    room: trio.CapacityLimiter = attrs.field(factory=lambda: trio.CapacityLimiter(MOST_CONNECTIONS))


class HttpConnections(httpx.AsyncBaseTransport):
    """Reaches any host; a request takes the connection to its host that was used last.

    A request that fails is never sent again: nobody knows what became of it. Only a connection
    that has ended before anything was sent is replaced by a new one. Deadlines are the callers'
    cancel scopes.
    """

    def __init__(self, tls: Callable[[], ssl.SSLContext] = system_trust) -> None:
        """Nothing is connected yet; `tls` says whom an https: address trusts."""
        self._tls = tls
        self._hosts: dict[tuple[bytes, bytes, int | None], _Host] = {}
        self._is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; its answer comes whole. Raises httpx.TransportError."""
        url = request.url
        host = self._hosts.setdefault((url.raw_scheme, url.raw_host, url.port), _Host())
        body = await request.aread()
        async with host.room:
            connection = _take(host.idle) or await self._connect(url)
            kept = False
            try:
                response = await connection.exchange(request, body)
                kept = connection.can_go_on() and not self._is_closed
            finally:
                if not kept:
                    connection.pipe.close()
        if kept:
            connection.idle_since = trio.current_time()
            host.idle.append(connection)
        return response

    async def _connect(self, url: httpx.URL) -> _Connection:
        context = self._tls() if url.scheme == "https" else None
        try:
            return _Connection(await dial(urlsplit(str(url)), context))
        except Unreachable as error:
            raise httpx.ConnectError(str(error)) from error

    async def aclose(self) -> None:
        """Close what is idle. A request under way closes its own."""
        self._is_closed = True
        for host in self._hosts.values():
            while host.idle:
                host.idle.pop().pipe.close()
        await trio.lowlevel.checkpoint()


def _take(idle: list[_Connection]) -> _Connection | None:
    """The connection used last that is still good; what is not any more is closed on the way."""
    while idle:
        connection = idle.pop()
        if connection.is_fresh(trio.current_time()):
            return connection
        connection.pipe.close()
    return None
