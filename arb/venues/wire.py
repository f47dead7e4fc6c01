"""HTTP and WebSocket under our own names: the one place that knows httpx and trio-websocket."""

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import SplitResult, urlsplit

import attrs
import httpx
import msgspec
import trio
import trio_websocket
from wsproto.utilities import ProtocolError

from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.venues.protocols import Socket

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


class TrioSockets:
    """Opens real connections with trio-websocket.

    The TCP stream is ours: trio-websocket 0.12 leaves it open where the server refuses the
    handshake or hangs up first.
    """

    @asynccontextmanager
    async def open(
        self, url: str, headers: Sequence[tuple[str, str]] = ()
    ) -> AsyncIterator[Socket]:
        """Connect, hand out the socket, and hang up within `HANG_UP_S`."""
        address = urlsplit(url)
        stream = await _dial(address)
        leaving = False
        try:
            with _one_error():
                async with trio.open_nursery() as nursery:
                    connection = await _shake_hands(nursery, stream, address, headers)
                    yield _TrioSocket(connection)
                    leaving = True
                    await _hang_up(connection)
                    nursery.cancel_scope.cancel(reason="hung up")
        except trio_websocket.ConnectionRejected as error:  # may come from its reader task
            text = (error.body or b"").decode("utf-8", "replace")
            words = f"{url}: handshake answered {error.status_code}: {text}"
            raise Refused(words) from error
        except trio_websocket.HandshakeError as error:
            raise Unreachable(f"{url}: {type(error).__name__} {error}") from error
        except ProtocolError as error:  # its reader answers pings even while we say goodbye
            if not leaving:
                raise Unreachable(f"{url}: {type(error).__name__} {error}") from error
        finally:
            await trio.aclose_forcefully(stream)


Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


async def _dial(address: SplitResult) -> Stream:
    host, secure = address.hostname or "", address.scheme == "wss"
    try:
        stream = await trio.open_tcp_stream(host, address.port or (443 if secure else 80))
        return await _encrypt(stream, host) if secure else stream
    except (OSError, trio.BrokenResourceError) as error:  # SSL errors are OSErrors
        raise Unreachable(f"{address.geturl()}: {type(error).__name__} {error}") from error


async def _encrypt(stream: trio.SocketStream, host: str) -> Stream:
    encrypted = trio.SSLStream(
        stream, ssl.create_default_context(), server_hostname=host, https_compatible=True
    )
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
    return await trio_websocket.wrap_client_stream(
        nursery,
        stream,
        address.netloc,
        f"{resource}?{address.query}" if address.query else resource,
        extra_headers=[(name.encode(), value.encode()) for name, value in headers],
        message_queue_size=FRAME_QUEUE,
        max_message_size=MAX_FRAME_BYTES,
        receive_buffer_size=READ_BYTES,
    )


async def _hang_up(connection: trio_websocket.WebSocketConnection) -> None:
    """Say goodbye; a peer that does not answer is left after `HANG_UP_S`."""
    with trio.move_on_after(HANG_UP_S):
        await connection.aclose()


@contextmanager
def _one_error() -> Iterator[None]:
    """Take the one error out of the groups that nurseries put around it."""
    try:
        yield
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        raise error from error.__cause__  # noqa: ASYNC123 - the group says nothing more
