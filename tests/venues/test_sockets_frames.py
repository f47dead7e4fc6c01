"""Frames on real sockets, whatever implements the connection: whole, in order, pings answered."""

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arb.market.errors import Unreachable
from arb.venues.sockets.direct import DirectSockets
from arb.venues.wire import TrioSockets
from tests.fakes.clock import virtual
from tests.venues.conftest import Line, batched, saying, talking
from tests.venues.peer import BINARY, PING, PONG, TEXT, Peer, Script, frame, house, text

SIZES = (0, 1, 125, 126, 127, 65_535, 65_536, 70_000, 1_500_000)


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
