"""What every WebSocket connection must do, on real sockets, whatever implements it.

The peer's end is written byte by byte; nothing here measures time, and waits are virtual.
"""

import gc
import random
import socket as sockets_of_the_system
import ssl
import struct
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arb.market.errors import Refused, Unreachable
from arb.venues.protocols import Socket
from arb.venues.sockets.direct import HANG_UP_S, HELD_FRAMES, DirectSockets
from arb.venues.sockets.pipe import READ_BYTES
from arb.venues.wire import TrioSockets
from tests.fakes.clock import virtual
from tests.venues.conftest import Line, Trust
from tests.venues.peer import BINARY, PING, PONG, TEXT, Peer, Script, close, frame, house, text

SIZES = (0, 1, 125, 126, 127, 65_535, 65_536, 70_000, 1_500_000)


@asynccontextmanager
async def talking(line: Line, script: Script) -> AsyncIterator[Socket]:
    async with house(script, line.tls) as url, line.sockets.open(url) as socket:
        yield socket


def saying(data: bytes) -> Script:
    """Say these bytes, then listen."""

    async def script(peer: Peer) -> None:
        await peer.say(data)
        await peer.listen()

    return script


async def batched(socket: Socket, count: int) -> list[str | bytes]:
    frames: list[str | bytes] = []
    while len(frames) < count:
        batch = await socket.receive_batch()
        assert batch
        frames += batch
    return frames


# --- frames -------------------------------------------------------------------------------------


async def test_every_length_arrives_whole_and_in_order(line: Line) -> None:
    """Text is str and binary is bytes, at every size that has a header of its own."""
    texts = ["x" * size for size in SIZES]
    blobs = [bytes([size % 251]) * size for size in SIZES]
    stream = b"".join(map(text, texts)) + b"".join(frame(BINARY, blob) for blob in blobs)
    async with talking(line, saying(stream)) as socket:
        assert [await socket.receive() for _ in range(3)] == texts[:3]
        assert await batched(socket, 2 * len(SIZES) - 3) == [*texts[3:], *blobs]


async def test_fragments_become_one_message_around_a_ping(line: Line) -> None:
    """A message in several frames is one, even where a control frame comes between."""
    stream = b"".join(
        [
            frame(TEXT, "gr\u00fc".encode()[:3], final=False),  # cut inside a character
            frame(PING, b"are you there"),
            frame(0, "gr\u00fc".encode()[3:], final=False),
            frame(0, b"", final=False),
            frame(0, b"n"),
            frame(BINARY, b"a", final=False),
            frame(0, b"b"),
            text("after"),
        ]
    )
    async with talking(line, saying(stream)) as socket:
        assert await batched(socket, 3) == ["gr\u00fcn", b"ab", "after"]


async def test_frames_behind_the_handshake_are_not_lost(line: Line) -> None:
    """A venue may speak in the same segment in which it accepts."""

    async def script(peer: Peer) -> None:
        await peer.shake_hands(text("one") + text("two")[:2])
        await peer.say(text("two")[2:])
        await peer.listen()

    async with (
        house(script, line.tls, shakes_hands=False) as url,
        line.sockets.open(url) as socket,
    ):
        assert await batched(socket, 2) == ["one", "two"]


async def test_what_we_say_arrives_masked_and_whole(line: Line) -> None:
    """The peer's library refuses frames without a mask, and reads ours at every size."""
    words = ["", "subscribe", "\u20ac" * 50, "y" * 126, "z" * 70_000]
    heard: list[str | bytes] = []
    done = trio.Event()

    async def script(peer: Peer) -> None:
        heard.extend([await peer.hear() for _ in words])
        done.set()
        await peer.listen()

    async with talking(line, script) as socket:
        for word in words:
            await socket.send(word)
        await done.wait()
    assert heard == words


async def test_headers_and_address_are_sent_as_given(line: Line) -> None:
    """A signed handshake's headers and the query reach the peer unchanged."""
    seen: list[Peer] = []

    async def script(peer: Peer) -> None:
        seen.append(peer)
        await peer.listen()

    signed = [("KALSHI-ACCESS-KEY", "k"), ("KALSHI-ACCESS-SIGNATURE", "a+b/c==")]
    async with house(script, line.tls) as url, line.sockets.open(url, signed):
        await trio.testing.wait_all_tasks_blocked()
    (peer,) = seen
    assert peer.target == "/ws/market?a=1"
    assert {(name.lower(), value) for name, value in signed} <= {
        (name.lower(), value) for name, value in peer.headers
    }


# --- pings --------------------------------------------------------------------------------------


async def test_a_ping_is_answered_while_somebody_reads(line: Line) -> None:
    """The pong carries the ping's payload and needs no frame to go with it."""
    answers: list[str | bytes] = []

    async def script(peer: Peer) -> None:
        for payload in (b"", b"1", b"x" * 125):
            await peer.say(frame(PING, payload))
            answers.append(await peer.hear())
        await peer.say(frame(PONG, b"nobody asked") + text("done"))
        await peer.listen()

    async with talking(line, script) as socket:
        assert await socket.receive() == "done"
    assert answers == [b"", b"1", b"x" * 125]


@virtual
async def test_a_ping_is_answered_while_nobody_reads() -> None:
    """A reader who is busy for minutes loses neither the connection nor a frame."""
    for kind in (TrioSockets, DirectSockets):
        answers: list[str | bytes] = []

        async def script(peer: Peer, answers: list[str | bytes] = answers) -> None:
            for number in range(20):
                await peer.say(text(f"{number}") + frame(PING, b"%d" % number))
                answers.append(await peer.hear())
                await trio.sleep(10)
            await peer.listen()

        async with talking(Line(kind(), None), script) as socket:
            await trio.sleep(300)
            assert len(answers) == 20
            assert await batched(socket, 20) == [f"{number}" for number in range(20)]


# --- ends ---------------------------------------------------------------------------------------


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


# --- opening ------------------------------------------------------------------------------------


def answering(data: bytes) -> Script:
    """Answer the request with these bytes, and hang up."""

    async def script(peer: Peer) -> None:
        await peer.stream.receive_some()
        await peer.say(data)

    return script


WORDS = b'{"error":"who are you"}'
BODIES = {
    "counted": b"content-length: 23\r\n\r\n" + WORDS,
    "chunked": b"transfer-encoding: chunked\r\n\r\n17\r\n" + WORDS + b"\r\n0\r\n\r\n",
    "until the end": b"\r\n" + WORDS,
    "cut short": b"content-length: 99\r\n\r\n" + WORDS,
    "endless": b"\r\n" + WORDS + b"?" * 1_000_000,
}


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "429 Too Many"])
@pytest.mark.parametrize("body", ["counted", "chunked"])
async def test_a_refusal_is_told_with_its_words(line: Line, status: str, body: str) -> None:
    """4xx is the venue's no, with its words."""
    answer = f"HTTP/1.1 {status}\r\n".encode() + BODIES[body]
    async with house(answering(answer), line.tls, shakes_hands=False) as url:
        with pytest.raises(Refused, match=rf"{status[:3]}.*who are you"):
            async with line.sockets.open(url):
                pytest.fail("the door was open")


@pytest.mark.parametrize("body", ["until the end", "cut short", "endless"])
async def test_a_refusal_that_breaks_off_is_still_one(body: str) -> None:
    """What came of the words is told. (trio-websocket cannot tell it from no answer.)"""
    answer = b"HTTP/1.1 403 Forbidden\r\n" + BODIES[body]
    async with house(answering(answer), shakes_hands=False) as url:
        with pytest.raises(Refused, match=r"403.*who are you"):
            async with DirectSockets().open(url):
                pytest.fail("the door was open")


NO_HANDSHAKES = {
    "nothing": b"",
    "server's fault": b"HTTP/1.1 503 Unavailable\r\ncontent-length: 4\r\n\r\nwait",
    "redirect": b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
    "page": b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>",
    "no HTTP": b"\x15\x03\x01\x00\x02\x02\x50",
    "half a header": b"HTTP/1.1 101 Switching",
    "endless header": b"HTTP/1.1 101 Switching Protocols\r\nx: " + b"y" * 100_000,
    "no key": b"HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    "wrong key": b"HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
    "unasked extension": b"HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-extensions: permessage-deflate\r\n\r\n",
}


@pytest.mark.parametrize("answer", NO_HANDSHAKES)
async def test_any_other_answer_is_unreachable(line: Line, answer: str) -> None:
    """Whatever is no handshake and no refusal, the caller may try again."""
    async with house(answering(NO_HANDSHAKES[answer]), line.tls, shakes_hands=False) as url:
        with pytest.raises(Unreachable):
            async with line.sockets.open(url):
                pytest.fail("the door was open")


async def test_nobody_listening_is_unreachable(line: Line) -> None:
    """A closed port is no answer, not a no."""
    for url in ("ws://127.0.0.1:1/", "wss://127.0.0.1:1/"):
        with pytest.raises(Unreachable):
            async with line.sockets.open(url):
                pytest.fail("somebody answered")


async def test_a_certificate_of_strangers_is_unreachable(line: Line, trust: Trust) -> None:
    """By default only the system's authorities are believed, and the name must fit."""
    async with house(Peer.listen, trust.server) as url:
        with pytest.raises(Unreachable, match="certificate"):
            async with type(line.sockets)().open(url):
                pytest.fail("a stranger was believed")
        with pytest.raises(Unreachable):
            async with line.sockets.open(url.replace("127.0.0.1", "127.0.0.2")):
                pytest.fail("another host was believed")


async def test_tls_may_speak_before_the_answer(trust: Trust, line: Line) -> None:
    """Session tickets come as a read of their own and bring no bytes: the handshake waits on."""

    async def script(peer: Peer) -> None:
        tcp = peer.stream
        assert isinstance(tcp, trio.SocketStream)
        arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trust.server.wrap_bio(arrived, leaving, server_side=True)
        while not _advanced(tls):
            if leaving.pending:
                await tcp.send_all(leaving.read())
            arrived.write(bytes(await tcp.receive_some()))
        await tcp.send_all(leaving.read())
        await trio.testing.wait_all_tasks_blocked(0.01)
        tls.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 5\r\n\r\nsorry")
        await tcp.send_all(leaving.read())

    async with house(script, shakes_hands=False) as url:
        with pytest.raises(Refused, match="sorry"):
            async with line.sockets.open(url.replace("ws:", "wss:")):
                pytest.fail("the door was open")


def _advanced(tls: ssl.SSLObject) -> bool:
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


async def test_no_tls_where_tls_is_due_is_unreachable(line: Line) -> None:
    """A server in the clear cannot pass for an encrypted one."""
    async with house(answering(b"HTTP/1.1 400 Bad\r\n\r\n"), shakes_hands=False) as url:
        with pytest.raises(Unreachable):
            async with line.sockets.open(url.replace("ws:", "wss:")):
                pytest.fail("in the clear")


async def test_garbage_in_the_tls_stream_is_unreachable(trust: Trust, line: Line) -> None:
    """Frames decrypted before it arrive; a broken record ends the connection."""

    async def script(peer: Peer) -> None:
        await peer.say(text("sound"))
        stream = peer.stream
        assert isinstance(stream, trio.SSLStream)
        await stream.transport_stream.send_all(b"\x17\x03\x03\x00\x20" + b"\0" * 32)
        await trio.sleep_forever()

    async with (
        house(script, trust.server) as url,
        line.sockets.open(url) as socket,
    ):
        assert await socket.receive() == "sound"
        with pytest.raises(Unreachable):
            await socket.receive()


# --- cancellation -------------------------------------------------------------------------------


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


# --- any cut, any bytes -------------------------------------------------------------------------

MESSAGES = st.lists(
    st.one_of(
        st.text(max_size=300).map(lambda words: (words, text(words))),
        st.binary(max_size=300).map(lambda blob: (blob, frame(BINARY, blob))),
        st.just(("y" * 66_000, text("y" * 66_000))),
        st.tuples(st.text(max_size=9), st.binary(max_size=9)).map(
            lambda parts: (
                parts[0],
                frame(TEXT, parts[0].encode(), final=False) + frame(PING, parts[1]) + frame(0, b""),
            )
        ),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(messages=MESSAGES, cuts=st.lists(st.integers(1, 900), min_size=1, max_size=6))
async def test_any_cut_of_the_stream_gives_the_same_frames(
    line: Line, messages: list[tuple[str | bytes, bytes]], cuts: list[int]
) -> None:
    """However the network cuts the bytes, and with a TLS record a piece, the frames are the same."""
    stream = b"".join(data for _, data in messages)

    async def script(peer: Peer) -> None:
        start, turn = 0, 0
        while start < len(stream):
            size = cuts[turn % len(cuts)] if turn < 100 else len(stream)
            await peer.say(stream[start : start + size])
            start, turn = start + size, turn + 1
        await peer.listen()

    async with talking(line, script) as socket:
        assert await batched(socket, len(messages)) == [words for words, _ in messages]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=400))
async def test_garbage_is_unreachable(line: Line, data: bytes) -> None:
    """Any bytes and then an end: frames perhaps, then Unreachable, never a hang or another error."""

    async def script(peer: Peer) -> None:
        await peer.say(data)

    with pytest.raises(Unreachable):
        await _read_for_ever(line, script)


async def _read_for_ever(line: Line, script: Script) -> None:
    async with talking(line, script) as socket:
        while True:
            await socket.receive_batch()


# --- a reader who is elsewhere ------------------------------------------------------------------


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
