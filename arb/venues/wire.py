"""HTTP and WebSocket under our own names: the one place that knows httpx and trio-websocket."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

import attrs
import h11
import httpx
import msgspec
import trio
import trio_websocket
from wsproto.utilities import ProtocolError

from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.venues.protocols import Socket
from arb.venues.sockets.dialing import system_trust
from arb.venues.sockets.single_error import single_error

USER_AGENT = "arb/0.1"
"""Polymarket's edge refuses clients without a name of their own (HTTP 403)."""
KEEPALIVE_S = 90.0
"""Idle connections are kept this long: httpx's 5 s would make most orders pay for a handshake."""
MAX_FRAME_BYTES = 16 * 1024 * 1024
"""Snapshots of hundreds of books come as one frame; trio-websocket's 1 MiB would cut them."""
FRAME_QUEUE = 4096
"""Frames waiting to be read: more than a burst, or pongs stop and the venue hangs up."""
READ_BYTES = 65536
"""One read takes what a burst brought: trio-websocket's 4096 halves its speed on snapshots."""
HANG_UP_S = 2.0
"""How long leaving a connection waits for a dead peer."""


def http_client(
    base_url: str, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """Make a client for one host. Timeouts are the callers' cancel scopes, not the client's."""
    return httpx.AsyncClient(
        base_url=base_url,
        transport=transport,
        headers={"user-agent": USER_AGENT},
        timeout=None,  # noqa: S113 - a deadline belongs to the operation: see the callers
        limits=httpx.Limits(max_connections=32, keepalive_expiry=KEEPALIVE_S),
        trust_env=False,
    )


@attrs.frozen
class Answer:
    """An HTTP answer that arrived whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - foreign data has no type until it is parsed
        """Decode the body. Raises Unintelligible where it is not JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            head = self.body[:80].decode("utf-8", "replace")
            raise Unintelligible(f"HTTP {self.status} without JSON: {head!r}") from error


async def ask(  # noqa: PLR0913 - the parts of a request
    client: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    params: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Send one request and read its whole answer, whatever its status.

    Raises Unreachable where no whole answer came: the request may have been acted on.
    """
    try:
        response = await client.request(
            method,
            path,
            params=list(params) or None,
            headers=dict(headers or {}),
            content=body,
        )
    except httpx.HTTPError as error:
        raise Unreachable(f"{method} {path}: {type(error).__name__}: {error}") from error
    return Answer(response.status_code, response.headers, response.content)


class _TrioSocket:
    """A trio-websocket connection as a `Socket`."""

    def __init__(self, connection: trio_websocket.WebSocketConnection) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        try:
            await self._connection.send_message(text)
        except trio_websocket.ConnectionClosed as error:
            raise Unreachable(f"socket closed: {error.reason}") from error

    async def receive(self) -> str | bytes:
        try:
            return await self._connection.get_message()
        except trio_websocket.ConnectionClosed as error:
            raise Unreachable(f"socket closed: {error.reason}") from error

    async def receive_batch(self) -> list[str | bytes]:
        return [await self.receive()]  # the library has no way to ask what else is there


@attrs.frozen
class TrioSockets:
    """Opens real connections with trio-websocket.

    The TCP stream is ours: trio-websocket 0.12 leaves it open where the server refuses the
    handshake or hangs up first.
    """

    tls: Callable[[], ssl.SSLContext] = system_trust
    """Whom a wss: address trusts."""

    @asynccontextmanager
    async def open(
        self, url: str, headers: Sequence[tuple[str, str]] = ()
    ) -> AsyncIterator[Socket]:
        """Connect, hand out the socket, and hang up within `HANG_UP_S`."""
        address = urlsplit(url)
        stream = await _dial(address, self.tls() if address.scheme == "wss" else None)
        leaving = False
        try:
            with single_error():
                async with trio.open_nursery() as nursery:
                    connection = await _shake_hands(nursery, stream, address, headers)
                    yield _TrioSocket(connection)
                    leaving = True
                    await _hang_up(connection)
                    nursery.cancel_scope.cancel(reason="hung up")
        except trio_websocket.ConnectionRejected as error:  # may come from its reader task
            text = (error.body or b"").decode("utf-8", "replace")
            words = f"{url}: handshake answered {error.status_code}: {text}"
            raise (Refused if 400 <= error.status_code < 500 else Unreachable)(words) from error  # noqa: PLR2004 - HTTP
        except trio_websocket.HandshakeError as error:
            raise Unreachable(f"{url}: {type(error).__name__} {error}") from error
        except (ProtocolError, h11.ProtocolError) as error:
            if not leaving:  # its reader answers pings even while we say goodbye
                raise Unreachable(f"{url}: {type(error).__name__} {error}") from error
        finally:
            await trio.aclose_forcefully(stream)


Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


async def _dial(address: SplitResult, context: ssl.SSLContext | None) -> Stream:
    host, default_port = address.hostname or "", 443 if context else 80
    try:
        stream = await trio.open_tcp_stream(host, address.port or default_port)
        return await _encrypt(stream, context, host) if context else stream
    except (OSError, trio.BrokenResourceError) as error:  # SSL errors are OSErrors
        words = f"{type(error).__name__} {error.__cause__ or error}"
        raise Unreachable(f"{address.geturl()}: {words}") from error


async def _encrypt(stream: trio.SocketStream, context: ssl.SSLContext, host: str) -> Stream:
    encrypted = trio.SSLStream(stream, context, server_hostname=host, https_compatible=True)
    try:
        await encrypted.do_handshake()
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise
    return encrypted


async def _shake_hands(
    nursery: trio.Nursery,
    stream: Stream,
    address: SplitResult,
    headers: Sequence[tuple[str, str]],
) -> trio_websocket.WebSocketConnection:
    resource = address.path or "/"
    with trio.CancelScope() as opening:
        return await trio_websocket.wrap_client_stream(
            cast("trio.Nursery", _Reader(nursery, opening)),
            stream,
            address.netloc,
            f"{resource}?{address.query}" if address.query else resource,
            extra_headers=[(name.encode(), value.encode()) for name, value in headers],
            message_queue_size=FRAME_QUEUE,
            max_message_size=MAX_FRAME_BYTES,
            receive_buffer_size=READ_BYTES,
        )
    raise Unreachable(f"{address.geturl()}: no handshake")


@attrs.frozen
class _Reader:
    """Stands in for the nursery of the library's one task, and ends the handshake with it.

    trio-websocket 0.12 waits for ever where a server hangs up before its handshake is complete,
    or answers one that is none.
    """

    nursery: trio.Nursery
    opening: trio.CancelScope

    def start_soon(self, read: Callable[[], Awaitable[None]]) -> None:
        self.nursery.start_soon(self._run, read)

    async def _run(self, read: Callable[[], Awaitable[None]]) -> None:
        await read()
        self.opening.cancel(reason="the reader has ended")


async def _hang_up(connection: trio_websocket.WebSocketConnection) -> None:
    """Say goodbye; a peer that does not answer is left after `HANG_UP_S`."""
    with trio.move_on_after(HANG_UP_S):
        await connection.aclose()
