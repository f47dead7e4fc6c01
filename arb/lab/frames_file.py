"""Files of recorded frames, line by line and never whole.

A line is a frame as it was received (a JSON object or array), or an object with the frame's text
as `raw` and, where known, when it was received (`recv_ts_ns`) and whose it is (`venue`).
"""

from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

import attrs
import msgspec

from arb.market.errors import Refused, Unintelligible
from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.venues.polymarket.fields import moment

EXPECTED = (
    "one recorded frame a line: a Polymarket market-channel message (object or array), a Kalshi"
    ' frame, or {"recv_ts_ns": ..., "raw": "<the frame\'s text>"}'
)
"""What a file of frames should hold, for people."""
LONGEST_LINE = 64 * 1024 * 1024
"""Bytes: four times the largest frame that a connection takes. A longer line is no frame, and is
not read into memory."""
PONG = b"PONG"
"""The one frame that is no JSON."""

Message = object
"""A frame decoded without a schema: enough to tell what it is."""


@attrs.frozen
class RecordedFrame:
    """One frame, as the connection brought it."""

    line: int
    """Counted from 1."""
    frame: bytes
    message: Message
    """The frame decoded; its text where it is no JSON."""
    received_ns: Ns | None
    """None where the recording does not say."""
    venue: Venue | None = None
    """Whose it is, where the recording says so."""


@attrs.frozen
class BadLine:
    """A line that holds no frame."""

    line: int
    why: str


def read_frames(path: Path) -> Iterator[RecordedFrame | BadLine]:
    """Read a recording; empty lines are passed over.

    Raises Refused where the file cannot be read.
    """
    for number, text in read_lines(path, EXPECTED):
        yield BadLine(number, text) if isinstance(text, str) else read_frame(number, text)


def read_lines(path: Path, expected: str) -> Iterator[tuple[int, bytes | str]]:
    """Number a file's lines from 1, empty ones left out; a text says what is wrong with a line.

    Raises Refused, with the file's name and what was expected, where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_bounded(file), start=1):
                if len(line) > LONGEST_LINE:
                    yield number, f"longer than {LONGEST_LINE} bytes"
                elif line.strip():
                    yield number, line.strip()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Refused(f"{path}: {reason}; expected a file with {expected}") from error


def read_frame(number: int, text: bytes) -> RecordedFrame | BadLine:
    """Read one line that is not empty."""
    if text == PONG:
        return RecordedFrame(number, text, "PONG", None)
    try:
        message = decode(text)
    except Unintelligible as error:
        return BadLine(number, str(error))
    if isinstance(message, dict) and "raw" in message:
        return _unwrap(number, message)
    if not isinstance(message, dict | list):
        return BadLine(number, f"neither an object nor an array: {text[:40]!r}")
    return RecordedFrame(number, text, message, None)


def decode(text: bytes | str) -> object:
    """Decode JSON. Raises Unintelligible for anything else."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unintelligible(f"not JSON ({error}): {text[:40]!r}") from error
    except RecursionError as error:
        raise Unintelligible(f"nested too deeply: {text[:40]!r}") from error


def venue_of(message: Message) -> Venue | None:
    """Recognise whose frame it is: Kalshi says `type`, Polymarket `event_type` or whole books."""
    match message:
        case {"event_type": str()} | {"price_changes": _} | {"asset_id": _, "bids": _}:
            return Venue.POLYMARKET
        case {"type": str()}:
            return Venue.KALSHI
        case [first, *_]:
            return venue_of(first)
        case [] | "PONG":
            return Venue.POLYMARKET
        case _:
            return None


def whose(line: RecordedFrame) -> Venue | None:
    """Whose frame a line holds: what the recording says, else what the frame looks like."""
    return line.venue or venue_of(line.message)


def stated_ns(message: Message) -> Ns | None:
    """When the venue says that it happened; None where it does not, or not legibly."""
    match message:
        case [first, *_]:
            return stated_ns(first)
        case {"msg": {"ts_ms": at}} | {"msg": {"ts": at}} | {"timestamp": at}:
            try:
                return moment(at)
            except Unintelligible:
                return None
        case _:
            return None


def _bounded(file: BufferedReader) -> Iterator[bytes]:
    """Lines of any length, each cut off once it is too long."""
    while line := file.readline(LONGEST_LINE + 1):
        rest = line
        while rest and not rest.endswith(b"\n") and len(line) > LONGEST_LINE:
            rest = file.readline(LONGEST_LINE)  # the rest of a line that is no frame
        yield line


def _unwrap(number: int, wrapper: dict[str, object]) -> RecordedFrame | BadLine:
    raw, at = wrapper["raw"], wrapper.get("recv_ts_ns")
    if not isinstance(raw, str):
        return BadLine(number, "raw is no text")
    if at is not None and (not isinstance(at, int) or isinstance(at, bool) or at < 0):
        return BadLine(number, "recv_ts_ns is no number of nanoseconds")
    venue = wrapper.get("venue")
    if venue is not None and venue not in list(Venue):
        return BadLine(number, f"venue is none of {', '.join(Venue)}")
    text = raw.strip()
    try:
        message = decode(text)
    except Unintelligible:
        message = text  # a text frame: the conversation knows what to make of it
    return RecordedFrame(
        number,
        text.encode(),
        message,
        None if at is None else Ns(at),
        None if venue is None else Venue(str(venue)),
    )
