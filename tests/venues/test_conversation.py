"""One conversation over one socket: what it does when the other side says nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from arb.venues.conversation import OPEN_S, SPEAK_S, converse
from arb.venues.protocols import Socket, Sockets
from arb.venues.sockets.direct import HANG_UP_S, DirectSockets
from arb.venues.wire import TrioSockets
from tests.fakes.clock import virtual
from tests.fakes.line_venue import LineSocket, LineStream
from tests.fakes.markets import make_market
from tests.venues.peer import Peer, house, text

MARKET = make_market("a")


async def never(frames: list[str | bytes]) -> bool:
    await trio.lowlevel.checkpoint()
    pytest.fail(f"heard {frames}")


@virtual
async def test_a_server_that_accepts_and_says_nothing_is_unreachable() -> None:
    """A handshake that is never answered is given up after `OPEN_S`, by either library."""

    async def deaf(peer: Peer) -> None:
        del peer
        await trio.sleep_forever()

    for sockets in (TrioSockets(), DirectSockets()):
        async with house(deaf, shakes_hands=False) as url:
            began = trio.current_time()
            why = await converse(
                lambda kind=sockets, at=url: _open(kind, at),  # type: ignore[misc]  # bound per turn
                LineStream([]),
                never,
                silence_s=1.0,
                connected=lambda: pytest.fail("connected"),
            )
            assert "no connection" in why
            assert trio.current_time() - began <= OPEN_S + HANG_UP_S


@virtual
async def test_opening_has_a_deadline_and_talking_has_none() -> None:
    """Once subscribed a connection lasts as long as data comes."""
    socket = LineSocket()

    @asynccontextmanager
    async def connect() -> AsyncIterator[Socket]:
        yield socket

    async def heard(frames: list[str | bytes]) -> bool:
        await trio.lowlevel.checkpoint()
        assert frames
        return True

    async with trio.open_nursery() as nursery:
        nursery.start_soon(_say_now_and_then, socket)
        why = await converse(connect, LineStream([]), heard, silence_s=30.0, connected=lambda: None)
    assert why == "no data for 30 s"
    assert trio.current_time() - socket.opened_at == pytest.approx(20 * OPEN_S + 30.0)


async def _say_now_and_then(socket: LineSocket) -> None:
    for _ in range(20):
        await trio.sleep(OPEN_S)
        socket.say("data")


@virtual
async def test_a_wish_is_told_though_nothing_arrives() -> None:
    """A book that must be asked for again is asked for on a quiet connection as well."""
    socket, stream = LineSocket(), LineStream([])

    @asynccontextmanager
    async def connect() -> AsyncIterator[Socket]:
        yield socket

    async with trio.open_nursery() as nursery:
        nursery.start_soon(_wish, stream)
        await converse(connect, stream, never, silence_s=5 * SPEAK_S, connected=lambda: None)
    assert socket.heard == ["subscribe ", f"snapshot {MARKET.id}"]


async def _wish(stream: LineStream) -> None:
    await trio.sleep(SPEAK_S / 2)
    stream.resync([MARKET])


@virtual
async def test_what_arrives_together_is_heard_together() -> None:
    """Frames of one segment are one call, in their order, on the direct connection."""
    batches: list[list[str | bytes]] = []
    words = [f"{number}" for number in range(50)]

    async def script(peer: Peer) -> None:
        assert await peer.hear() == "subscribe "
        await peer.say(b"".join(map(text, words)))
        await peer.listen()

    async def heard(frames: list[str | bytes]) -> bool:
        await trio.lowlevel.checkpoint()
        batches.append(frames)
        return True

    async with house(script) as url:
        await converse(
            lambda: _open(DirectSockets(), url),
            LineStream([]),
            heard,
            silence_s=5.0,
            connected=lambda: None,
        )
    assert batches == [words]


@asynccontextmanager
async def _open(sockets: Sockets, url: str) -> AsyncIterator[Socket]:
    async with sockets.open(url) as socket:
        yield socket
