"""Connections given up at any moment, senders side by side, readers who are elsewhere."""

import gc
import random
import warnings

import pytest
import trio

from arb.venues.sockets.direct import HELD_FRAMES, DirectSockets
from arb.venues.sockets.pipe import READ_BYTES
from tests.fakes.clock import virtual
from tests.venues.conftest import Line, Trust, batched, talking
from tests.venues.peer import Peer, house, text


@pytest.mark.parametrize("where", ["handshake", "reading", "leaving"])
async def test_a_cancelled_connection_leaves_no_socket_behind(line: Line, where: str) -> None:
    """Wherever its caller gives up, the TCP socket is closed."""

    async def script(peer: Peer) -> None:
        if where != "handshake":
            await peer.shake_hands()
        await trio.sleep_forever()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with house(script, line.tls, shakes_hands=False) as url:
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_converse_forever, line, url, where)
                    await trio.testing.wait_all_tasks_blocked(0.01)
                    scope.cancel()
            assert scope.cancelled_caught
        gc.collect()
    assert [str(one.message) for one in caught if one.category is ResourceWarning] == []


async def _converse_forever(line: Line, url: str, where: str) -> None:
    async with line.sockets.open(url) as socket:
        if where == "reading":
            await socket.receive_batch()


async def test_giving_up_on_a_read_loses_nothing(line: Line) -> None:
    """A read that is cancelled at any moment leaves every frame for the next one."""
    dice = random.Random(7)
    frames = [f"{number}" * dice.randrange(1, 200) for number in range(200)]
    stream = b"".join(map(text, frames))

    async def script(peer: Peer) -> None:
        for start in range(0, len(stream), 97):
            await peer.say(stream[start : start + 97])
            for _ in range(dice.randrange(3)):
                await trio.lowlevel.checkpoint()
        await peer.listen()

    heard: list[str | bytes] = []
    async with talking(line, script) as socket:
        while len(heard) < len(frames):
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_cancel_soon, scope, dice.randrange(6))
                    heard += await socket.receive_batch()
                    nursery.cancel_scope.cancel()
    assert heard == frames


async def _cancel_soon(scope: trio.CancelScope, steps: int) -> None:
    for _ in range(steps):
        await trio.lowlevel.checkpoint()
    scope.cancel()


async def test_senders_side_by_side_tear_no_frame(line: Line) -> None:
    """With the kernel's buffers full, every frame arrives whole."""
    heard: list[str] = []
    words = [f"{number}:" + "x" * 200_000 for number in range(40)]
    start = trio.Event()

    async def script(peer: Peer) -> None:
        await start.wait()
        while len(heard) < len(words):
            heard.append(str(await peer.hear()))
        await peer.say(text("all"))
        await peer.listen()

    async with talking(line, script) as socket:
        async with trio.open_nursery() as nursery:
            for word in words:
                nursery.start_soon(socket.send, word)
            await trio.testing.wait_all_tasks_blocked(0.01)
            start.set()
        assert await socket.receive() == "all"
    assert sorted(heard) == sorted(words)


@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_a_send_given_up_halfway_still_goes_out_whole(scheme: str, trust: Trust) -> None:
    """With the kernel's buffers full a sender gives up; its frame arrives, and the next one.

    Trio-websocket tears the frame: there a cancelled send must end the connection.
    """
    line = Line(DirectSockets(lambda: trust.client), trust.server if scheme == "wss" else None)
    start, heard = trio.Event(), list[str]()

    async def script(peer: Peer) -> None:
        await start.wait()
        while not heard or heard[-1] != "the end":
            heard.append(str(await peer.hear()))
        await peer.listen()

    async with talking(line, script) as socket:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(socket.send, "x" * 12_000_000)
                await trio.testing.wait_all_tasks_blocked(0.01)
                scope.cancel()
        start.set()
        await socket.send("the end")
    assert heard == ["x" * 12_000_000, "the end"]


@virtual
async def test_what_is_read_ahead_is_bounded() -> None:
    """Nobody reads for an hour: some thousand frames are held, the kernel makes the peer wait."""
    said = 0

    async def script(peer: Peer) -> None:
        nonlocal said
        while said < 100_000:
            await peer.say(text("x" * 1_000) * 10)
            said += 10

    async with talking(Line(DirectSockets(), None), script) as socket:
        await trio.sleep(3600)
        assert said < 100_000
        held = await socket.receive_batch()
        assert HELD_FRAMES <= len(held) < HELD_FRAMES + READ_BYTES // 1_000 + 2
        await batched(socket, 100_000 - len(held))
