"""WebSocket frames and the bytes they are (RFC 6455), without I/O. The client's side of it.

Splitting costs less than a microsecond a frame, because nearly all frames are whole texts without
a mask; whatever else comes takes the longer way.
"""

import secrets
import struct
from typing import Final

import attrs

TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

NORMAL: Final = 1000
NO_CODE: Final = 1005
"""A close frame without a code; never sent."""
LOST: Final = 1006
"""The connection ended without a close frame; never sent."""
PROTOCOL_ERROR: Final = 1002
NOT_UTF8: Final = 1007
TOO_BIG: Final = 1009

_FIN = 0x80
_MASK = 0x80
_WHOLE_TEXT = _FIN | TEXT
_HEAD_BYTES = 2
_MEDIUM_HEAD_BYTES = 4
_SHORT, _MEDIUM, _LONG = 125, 126, 127
_CONTROL_BYTES = 125
_SENDABLE_CODES = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})

Frame = str | bytes
"""A whole message: text is `str`, binary is `bytes`."""


@attrs.frozen
class Ending:
    """Why no more frames come: the peer's close frame, or its fault in our words."""

    code: int
    """As RFC 6455 section 7.4 numbers them."""
    reason: str
    by_peer: bool


class _FaultError(Exception):
    """The peer broke the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        self.ending = Ending(code, reason, by_peer=False)
        super().__init__(reason)


class Splitter:
    """Makes messages of a byte stream, however it is cut into pieces.

    Once `ending` is set nothing more comes: frames before it are given, bytes after it are not
    looked at. `ping` is the newest unanswered ping's payload; whoever answers it sets it to None
    (RFC 6455 section 5.5.3: only the newest needs an answer).
    """

    def __init__(self, max_bytes: int) -> None:
        """Take messages of up to `max_bytes`; a longer one is a fault, told by its header."""
        self.ending: Ending | None = None
        self.ping: bytes | None = None
        self._max_bytes = max_bytes
        self._rest = bytearray()
        self._needed = 0
        """How long `_rest` must grow before looking at it again is worth it."""
        self._parts: bytearray | None = None
        """What has come of a message in several fragments; None outside of one."""
        self._parts_opcode = TEXT

    def split(self, data: bytes) -> list[Frame]:
        """Take the next bytes; returns the messages that are complete now, in order."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return []
            data = bytes(self._rest)
            self._rest.clear()
        frames: list[Frame] = []
        if self.ending is None:
            try:
                self._rest += data[self._walk(data, frames) :]
            except _FaultError as fault:
                self.ending = fault.ending
            except UnicodeDecodeError:
                self.ending = Ending(NOT_UTF8, "a text that is not UTF-8", by_peer=False)
        return frames

    def _walk(self, data: bytes, frames: list[Frame]) -> int:
        """Read frame after frame; returns where the first incomplete one begins."""
        position, size = 0, len(data)
        while size - position >= _HEAD_BYTES and self.ending is None:
            first, length = data[position], data[position + 1]
            start = position + _HEAD_BYTES
            if length == _MEDIUM and size - position >= _MEDIUM_HEAD_BYTES:
                length = data[start] << 8 | data[start + 1]
                start = position + _MEDIUM_HEAD_BYTES
                if length <= _SHORT:
                    raise _FaultError(PROTOCOL_ERROR, "a length in too many digits")
            elif length > _SHORT:
                start += _wide(length)
                if start > size:
                    self._needed = start - position
                    return position
                length = _long_length(data[position + _HEAD_BYTES : start])
            usual = first == _WHOLE_TEXT and self._parts is None
            if not usual or length > self._max_bytes:
                self._check(first, length)
            end = start + length
            if end > size:
                self._needed = end - position
                return position
            if usual:
                frames.append(data[start:end].decode())
            else:
                self._take(first, data[start:end], frames)
            position = end
        self._needed = _HEAD_BYTES
        return position

    def _check(self, first: int, length: int) -> None:
        """Refuse a frame for its header, before its bytes have come."""
        opcode = first & 0x0F
        if first & 0x70:
            raise _FaultError(PROTOCOL_ERROR, "a reserved bit is set")
        if opcode >= CLOSE:
            if opcode > PONG:
                raise _FaultError(PROTOCOL_ERROR, f"unknown opcode {opcode}")
            if length > _CONTROL_BYTES or not first & _FIN:
                raise _FaultError(PROTOCOL_ERROR, "a control frame in several parts or too long")
            return
        if opcode > BINARY:
            raise _FaultError(PROTOCOL_ERROR, f"unknown opcode {opcode}")
        if (opcode == 0) != (self._parts is not None):
            raise _FaultError(PROTOCOL_ERROR, "a fragment out of place")
        if length + len(self._parts or b"") > self._max_bytes:
            raise _FaultError(TOO_BIG, f"a message of more than {self._max_bytes} bytes")

    def _take(self, first: int, payload: bytes, frames: list[Frame]) -> None:
        """Take a complete frame of any kind."""
        opcode = first & 0x0F
        if opcode >= CLOSE:
            self._take_control(opcode, payload)
            return
        if self._parts is None:
            self._parts, self._parts_opcode = bytearray(), opcode
        self._parts += payload
        if first & _FIN:
            whole, self._parts = bytes(self._parts), None
            frames.append(whole.decode() if self._parts_opcode == TEXT else whole)

    def _take_control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.ping = payload
        elif opcode == CLOSE:
            self.ending = _peers_ending(payload)


def _wide(length: int) -> int:
    """How many bytes hold the length that the header's own seven bits do not hold."""
    if length & _MASK:
        raise _FaultError(PROTOCOL_ERROR, "a server's frame with a mask")
    return 2 if length == _MEDIUM else 8


def _long_length(digits: bytes) -> int:
    length = int.from_bytes(digits, "big")
    if length <= 0xFFFF or length >> 63:  # noqa: PLR2004 - two bytes
        raise _FaultError(PROTOCOL_ERROR, "a length in too many digits")
    return length


def _peers_ending(payload: bytes) -> Ending:
    if not payload:
        return Ending(NO_CODE, "", by_peer=True)
    code = int.from_bytes(payload[:2], "big")
    if len(payload) < 2 or code not in _SENDABLE_CODES:  # noqa: PLR2004 - a code has two bytes
        raise _FaultError(PROTOCOL_ERROR, "a close frame with a code that may not be sent")
    return Ending(code, payload[2:].decode(), by_peer=True)


def encode(opcode: int, payload: bytes) -> bytes:
    """One whole frame as a client sends it: with a mask of its own.

    Raises ValueError for a control frame of more than 125 bytes.
    """
    length = len(payload)
    if opcode >= CLOSE and length > _CONTROL_BYTES:
        raise ValueError("a control frame holds at most 125 bytes")
    if length <= _SHORT:
        head = struct.pack("!BB", _FIN | opcode, _MASK | length)
    elif length <= 0xFFFF:  # noqa: PLR2004 - two bytes
        head = struct.pack("!BBH", _FIN | opcode, _MASK | _MEDIUM, length)
    else:
        head = struct.pack("!BBQ", _FIN | opcode, _MASK | _LONG, length)
    mask = secrets.token_bytes(4)
    return head + mask + _masked(payload, mask)


def _masked(payload: bytes, mask: bytes) -> bytes:
    """XOR all of it at once: as one number it takes no loop."""
    length = len(payload)
    key = (mask * (length // 4 + 1))[:length]
    mixed = int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")
    return mixed.to_bytes(length, "little")


def closing(ending: Ending) -> bytes:
    """The payload of our close frame: the peer's own code, or the fault that we found."""
    if ending.code in {NO_CODE, LOST}:
        return b""
    reason = b"" if ending.by_peer else ending.reason.encode()[: _CONTROL_BYTES - 2]
    return struct.pack("!H", ending.code) + reason
