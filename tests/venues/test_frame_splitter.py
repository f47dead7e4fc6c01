"""Bytes to frames, without a network: any cut, any bytes, and wsproto as a witness."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, TextMessage
from wsproto.utilities import ProtocolError

from arb.venues.sockets.frames import Ending, Frame, Splitter, closing, encode
from tests.venues.peer import BINARY, CLOSE, PING, PONG, TEXT, close, frame, text

MOST = 1_000

PIECES = st.one_of(
    st.text(max_size=200).map(text),
    st.binary(max_size=200).map(lambda blob: frame(BINARY, blob)),
    st.binary(max_size=125).map(lambda blob: frame(PING, blob)),
    st.binary(max_size=125).map(lambda blob: frame(PONG, blob)),
    st.tuples(
        st.sampled_from((0, TEXT, BINARY)), st.binary(min_size=0, max_size=400), st.booleans()
    ).map(lambda part: frame(part[0], part[1], final=part[2])),
    st.just(text("y" * MOST)),
    st.just(text("y" * (MOST + 1))),
    st.tuples(st.sampled_from((999, 1000, 1005, 1011, 3000, 5000)), st.text(max_size=20)).map(
        lambda end: close(*end)
    ),
    st.binary(max_size=40),
)
STREAMS = st.lists(PIECES, max_size=10).map(b"".join)


def split(stream: bytes, cuts: list[int]) -> tuple[list[Frame], Ending | None]:
    """Everything that comes out, with the stream in pieces of these sizes in turn."""
    splitter, frames, start, turn = Splitter(MOST), list[Frame](), 0, 0
    while start < len(stream):
        size = cuts[turn % len(cuts)]
        frames += splitter.split(stream[start : start + size])
        start, turn = start + size, turn + 1
    return frames, splitter.ending


@settings(max_examples=400, deadline=None)
@given(stream=STREAMS, cuts=st.lists(st.integers(1, 300), min_size=1, max_size=8))
def test_any_cut_gives_the_same_frames_and_the_same_end(stream: bytes, cuts: list[int]) -> None:
    """Lawful or not, what comes out does not depend on how the bytes came in."""
    assert split(stream, cuts) == split(stream, [max(len(stream), 1)])


def witness(stream: bytes) -> list[Frame]:
    """What wsproto makes of it: whole messages, up to the end or the first fault."""
    connection, frames = Connection(ConnectionType.CLIENT), list[Frame]()
    parts: list[str | bytes | bytearray] = []
    connection.receive_data(stream)
    with suppress(ProtocolError):
        for event in connection.events():
            if isinstance(event, CloseConnection):
                break
            if isinstance(event, TextMessage | BytesMessage):
                parts.append(event.data)
                if event.message_finished:
                    frames.append(_joined(event, parts))
                    parts = []
    return frames


def _joined(last: TextMessage | BytesMessage, parts: list[str | bytes | bytearray]) -> Frame:
    if isinstance(last, TextMessage):
        return "".join(map(str, parts))
    return b"".join(bytes(part) for part in parts if not isinstance(part, str))


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(PIECES.filter(lambda piece: len(piece) <= MOST), max_size=10))
def test_wsproto_reads_the_same(pieces: list[bytes]) -> None:
    """Both make the same messages of any bytes, and reach the last one or do not."""
    stream = b"".join([*pieces, text("the last one")])
    assert Splitter(len(stream) + 1).split(stream) == witness(stream)


def test_a_large_message_is_refused_by_its_header() -> None:
    """Nobody waits for the bytes of what is too long, in one frame or in many."""
    splitter = Splitter(MOST)
    assert splitter.split(text("y" * (MOST + 1))[:4]) == []
    assert splitter.ending == Ending(1009, f"a message of more than {MOST} bytes", by_peer=False)
    splitter = Splitter(MOST)
    parts = [frame(TEXT if not turn else 0, b"y" * 300, final=False) for turn in range(4)]
    assert splitter.split(b"".join(parts)) == []
    assert splitter.ending is not None
    assert splitter.ending.code == 1009


def test_only_the_newest_ping_waits_for_an_answer() -> None:
    """Of several pings in one read the last is enough (RFC 6455 section 5.5.3)."""
    splitter = Splitter(MOST)
    splitter.split(frame(PING, b"1") + text("between") + frame(PING, b"2") + frame(PONG, b"3"))
    assert splitter.ping == b"2"


def test_nothing_is_read_after_the_end() -> None:
    """Frames behind a goodbye or a fault are not frames."""
    splitter = Splitter(MOST)
    assert splitter.split(text("a") + close(1000) + text("b")) == ["a"]
    assert splitter.split(text("c")) == []


@pytest.mark.parametrize(
    ("ending", "payload"),
    [
        (Ending(1000, "", by_peer=False), b"\x03\xe8"),
        (Ending(4001, "their words", by_peer=True), b"\x0f\xa1"),
        (Ending(1005, "", by_peer=True), b""),
        (Ending(1002, "our words", by_peer=False), b"\x03\xeaour words"),
    ],
)
def test_our_goodbye_repeats_theirs_or_names_the_fault(ending: Ending, payload: bytes) -> None:
    """Their code without their words; ours with ours; no code where none was sent."""
    assert closing(ending) == payload


def test_long_control_frames_are_not_made() -> None:
    """A ping, pong or goodbye holds at most 125 bytes."""
    with pytest.raises(ValueError, match="125"):
        encode(CLOSE, b"x" * 126)
