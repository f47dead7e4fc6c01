"""How connections end on real sockets: goodbyes, resets, faults, and what is told of them."""

import socket as sockets_of_the_system
import struct

import pytest
import trio

from arb.market.errors import Unreachable
from arb.venues.sockets.direct import HANG_UP_S, DirectSockets
from arb.venues.wire import TrioSockets
from tests.fakes.clock import virtual
from tests.venues.conftest import Line, talking
from tests.venues.peer import PING, TEXT, Peer, Script, close, frame, house, text


async def test_the_peers_goodbye_is_answered_and_told(line: Line) -> None:
    """Frames before it arrive, then Unreachable says why; the answer repeats the code."""
    answers: list[str | bytes] = []

    async def script(peer: Peer) -> None:
        await peer.say(text("last") + close(4001, "try another shard") + text("too late"))
        answers.append(await peer.hear())

    async with talking(line, script) as socket:
        assert await socket.receive() == "last"
        for _ in range(2):
            with pytest.raises(Unreachable, match="try another shard"):
                await socket.receive_batch()
        with pytest.raises(Unreachable):
            await socket.send("hello?")
        await trio.testing.wait_all_tasks_blocked()
    assert answers == ["close 4001"]


async def test_leaving_says_goodbye_and_waits_for_the_answer(line: Line) -> None:
    """The peer hears 1000 and its last frames are taken before the connection closes."""
    heard: list[str | bytes] = []

    async def script(peer: Peer) -> None:
        heard.append(await peer.hear())
        await peer.say(text("one more") + close(1000))
        heard.append(bytes(await peer.stream.receive_some()))

    async with house(script, line.tls) as url:
        async with line.sockets.open(url):
            pass
        await trio.testing.wait_all_tasks_blocked()
    assert heard[0] == "close 1000"


@virtual
async def test_a_dead_peer_is_left_in_time() -> None:
    """A peer that never answers the goodbye delays the leaving by `HANG_UP_S` and no more."""
    for kind in (TrioSockets, DirectSockets):

        async def script(peer: Peer) -> None:
            del peer
            await trio.sleep_forever()

        async with house(script) as url:
            async with kind().open(url):
                began = trio.current_time()
            assert trio.current_time() - began <= HANG_UP_S + 0.001


async def test_a_reset_is_unreachable(line: Line) -> None:
    """RST ends reading and sending with the same error."""

    async def script(peer: Peer) -> None:
        stream = peer.stream
        tcp = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
        linger = struct.pack("ii", 1, 0)
        tcp.socket.setsockopt(
            sockets_of_the_system.SOL_SOCKET, sockets_of_the_system.SO_LINGER, linger
        )
        tcp.socket.close()
        await trio.lowlevel.checkpoint()

    async with talking(line, script) as socket:
        with pytest.raises(Unreachable):
            await socket.receive()
        with pytest.raises(Unreachable):
            await socket.send("hello?")


@pytest.mark.parametrize(
    "cut",
    [b"", text("half of it")[:5], frame(TEXT, b"a" * 300)[:3], frame(TEXT, b"a", final=False)],
    ids=["between frames", "in a frame", "in a header", "in a message"],
)
async def test_an_end_without_goodbye_is_unreachable(line: Line, cut: bytes) -> None:
    """Wherever the stream breaks off, whole frames arrive and then the connection is over."""

    async def script(peer: Peer) -> None:
        await peer.say(text("whole") + cut)

    async with talking(line, script) as socket:
        assert await socket.receive() == "whole"
        with pytest.raises(Unreachable):
            await socket.receive()


UNLAWFUL = {
    "masked": frame(TEXT, b"hello", mask=b"\0\0\0\0"),
    "reserved bit": bytes([0xC1, 1]) + b"a",
    "unknown opcode": frame(0x3, b"a"),
    "unknown control opcode": frame(0xB, b"a"),
    "long ping": frame(PING, b"a" * 126),
    "ping in parts": frame(PING, b"a", final=False),
    "stray fragment": frame(0, b"a"),
    "message in a message": frame(TEXT, b"a", final=False) + text("b"),
    "not UTF-8": frame(TEXT, b"\xff\xfe"),
    "half a character": frame(TEXT, "\u20ac".encode()[:2]),
    "goodbye of one byte": frame(0x8, b"\x03"),
    "goodbye with a secret code": close(1005),
    "goodbye not in UTF-8": frame(0x8, b"\x03\xe8\xff"),
    "wasteful length": bytes([0x81, 126, 0, 5]) + b"hello",
    "huge length": bytes([0x82, 127]) + b"\xff" * 8 + b"a" * 100,
    "HTTP": b"HTTP/1.1 500 Internal Server Error\r\n\r\n",
}


@pytest.mark.parametrize("fault", UNLAWFUL)
async def test_an_unlawful_frame_ends_the_connection(line: Line, fault: str) -> None:
    """What came before it arrives; then the connection is over, and nothing after it is read."""

    async def script(peer: Peer) -> None:
        await peer.say(text("lawful") + UNLAWFUL[fault] + text("after it"))
        await peer.listen()

    with pytest.raises(Unreachable):
        await _read_one_and_another(line, script)


async def _read_one_and_another(line: Line, script: Script) -> None:
    async with talking(line, script) as socket:
        assert await socket.receive() == "lawful"
        pytest.fail(f"read {await socket.receive_batch()!r:.80}")


async def test_a_message_beyond_the_limit_ends_the_connection(line: Line) -> None:
    """16 MiB in one message is the most; nobody waits for the rest of a larger one."""
    half = frame(TEXT, b"a" * 9_000_000, final=False)
    rest = frame(0, b"a" * 9_000_000)

    async def script(peer: Peer) -> None:
        await peer.say(half + rest)
        await peer.listen()

    async with talking(line, script) as socket:
        with pytest.raises(Unreachable):
            await socket.receive()
