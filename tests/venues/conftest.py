"""Both implementations of WebSocket connections, in the clear and encrypted, and their peers."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs
import pytest
import trustme

from arb.venues.protocols import Socket, Sockets
from arb.venues.sockets.direct import DirectSockets
from arb.venues.wire import TrioSockets
from tests.venues.peer import Peer, Script, house


@attrs.frozen
class Trust:
    """An authority of our own: what a server shows and what a client believes."""

    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="session")
def trust() -> Trust:
    """Certify 127.0.0.1."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return Trust(server, client)


@attrs.frozen
class Line:
    """A client of one kind, and what its peers need to serve it."""

    sockets: Sockets
    tls: ssl.SSLContext | None


LIBRARIES: dict[str, Callable[[Callable[[], ssl.SSLContext]], Sockets]] = {
    "trio-websocket": TrioSockets,
    "direct": DirectSockets,
}


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> Callable[[Callable[[], ssl.SSLContext]], Sockets]:
    """Each implementation in turn."""
    return LIBRARIES[request.param]


@pytest.fixture(params=["ws", "wss"])
def line(
    request: pytest.FixtureRequest,
    trust: Trust,
    library: Callable[[Callable[[], ssl.SSLContext]], Sockets],
) -> Line:
    """Each implementation in turn, in the clear and encrypted."""
    sockets = library(lambda: trust.client)
    return Line(sockets, trust.server if request.param == "wss" else None)


@asynccontextmanager
async def talking(line: Line, script: Script) -> AsyncIterator[Socket]:
    """A client's connection to a peer that follows a script."""
    async with house(script, line.tls) as url, line.sockets.open(url) as socket:
        yield socket


def saying(data: bytes) -> Script:
    """Say these bytes, then listen."""

    async def script(peer: Peer) -> None:
        await peer.say(data)
        await peer.listen()

    return script


async def batched(socket: Socket, count: int) -> list[str | bytes]:
    """So many frames, however they come."""
    frames: list[str | bytes] = []
    while len(frames) < count:
        batch = await socket.receive_batch()
        assert batch
        frames += batch
    return frames
