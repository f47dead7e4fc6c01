"""The other end of a WebSocket connection, byte for byte in the test's hands.

wsproto reads what we send: a witness of its own. What the venue sends is written here by hand,
frame by frame, right or wrong.
"""

import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    Pong,
    Request,
    TextMessage,
)

from arb.venues.sockets.single_error import single_error

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


def frame(opcode: int, payload: bytes, *, final: bool = True, mask: bytes = b"") -> bytes:
    """One frame as a server sends it, however unlawful."""
    first, length = opcode | (0x80 if final else 0), len(payload)
    masked = 0x80 if mask else 0
    if length < 126:
        return struct.pack("!BB", first, masked | length) + mask + payload
    if length < 65_536:
        return struct.pack("!BBH", first, masked | 126, length) + mask + payload
    return struct.pack("!BBQ", first, masked | 127, length) + mask + payload


def text(words: str) -> bytes:
    """A whole text frame."""
    return frame(TEXT, words.encode())


def close(code: int, reason: str = "") -> bytes:
    """A close frame."""
    return frame(CLOSE, struct.pack("!H", code) + reason.encode())


class Peer:
    """One connection, after the handshake."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.headers: list[tuple[str, str]] = []
        self.target = ""
        self._server = WSConnection(ConnectionType.SERVER)
        self._heard: list[Event] = []

    async def shake_hands(self, behind: bytes = b"") -> None:
        """Accept; `behind` goes out in the same piece as the answer."""
        request = await self._next()
        assert isinstance(request, Request)
        self.target = request.target
        self.headers = [(name.decode(), value.decode()) for name, value in request.extra_headers]
        await self.say(self._server.send(AcceptConnection()) + behind)

    async def say(self, data: bytes) -> None:
        """Send bytes."""
        await self.stream.send_all(data)

    async def hear(self) -> str | bytes:
        """What the client sent next: a text, the payload of a pong or ping, "close CODE"."""
        match await self._next():
            case TextMessage(data=words, message_finished=True):
                return words
            case Pong(payload=payload) | Ping(payload=payload):
                return bytes(payload)
            case CloseConnection(code=code):
                return f"close {int(code)}"
            case other:
                raise AssertionError(other)

    async def listen(self) -> None:
        """Take whatever comes until the goodbye, and answer it."""
        while True:
            event = await self._next()
            if isinstance(event, CloseConnection):
                await self.say(self._server.send(event.response()))
                return

    async def _next(self) -> Event:
        words = ""
        while True:
            for event in self._server.events():
                self._heard.append(event)
            while self._heard:
                event = self._heard.pop(0)
                if not isinstance(event, TextMessage):
                    return event
                words += event.data  # wsproto tells a long message in pieces
                if event.message_finished:
                    return TextMessage(data=words)
            data = await self.stream.receive_some()
            if not data:
                raise trio.BrokenResourceError("the client hung up")
            self._server.receive_data(bytes(data))


Script = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def house(
    script: Script, tls: ssl.SSLContext | None = None, *, shakes_hands: bool = True
) -> AsyncIterator[str]:
    """Serve connections by a script at the address given; the script's end hangs up."""

    async def serve(tcp: trio.SocketStream) -> None:
        stream: Stream = tcp
        if tls is not None:
            stream = trio.SSLStream(tcp, tls, server_side=True, https_compatible=True)
        peer = Peer(stream)
        try:
            if shakes_hands:
                await peer.shake_hands()
            await script(peer)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            await trio.lowlevel.checkpoint()  # the client has left: that is its right
        finally:
            await trio.aclose_forcefully(stream)

    with single_error():
        async with trio.open_nursery() as nursery:
            listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
            await nursery.start(trio.serve_listeners, serve, listeners)
            port = listeners[0].socket.getsockname()[1]
            yield f"{'ws' if tls is None else 'wss'}://127.0.0.1:{port}/ws/market?a=1"
            nursery.cancel_scope.cancel()
