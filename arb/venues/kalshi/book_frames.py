"""Frames of the market-data connection: how they are read, and the commands that are sent."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from arb.market.errors import Unintelligible
from arb.venues.kalshi.schema import decode

CHANNEL = "orderbook_delta"
SNAPSHOT = "orderbook_snapshot"
DELTA = "orderbook_delta"
BOOK_KINDS = frozenset({SNAPSHOT, DELTA})
CONTROL_KINDS = frozenset({"subscribed", "unsubscribed", "ok", "error", "trade"})
"""Kinds that are known and change no book."""
TERMINAL_CODES = frozenset({10, 17, 25})
"""Channel error, internal error, overflow of a reader too slow: the subscription is dead (docs:
websockets)."""
TICKERS_PER_COMMAND = 500
"""Ten thousand markets on one subscription worked, added in such steps (recorded traffic)."""

NOTHING = msgspec.Raw(b"{}")
"""Stands for an absent inside. (`Raw | None` would accept nothing but null.)"""
UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What decoding hostile bytes can raise."""


ODD_DELTA = (*UNREADABLE, KeyError, ValueError, OverflowError)
"""What reading a delta that is not as they always are can raise."""


class Body(msgspec.Struct, gc=False):
    """The inside of any frame that is read, merged; the frame's kind says what is set."""

    market_ticker: str = ""
    price_dollars: str = ""
    delta_fp: str = ""
    side: str = ""
    yes_dollars_fp: list[tuple[str, str]] | None = None
    no_dollars_fp: list[tuple[str, str]] | None = None
    channel: str = ""
    sid: int = 0
    code: int = 0


NO_BODY = Body()


class Frame(msgspec.Struct, gc=False):
    """A frame. `sid` and `seq` count from 1: 0 stands for none."""

    type: str = ""
    sid: int = 0
    seq: int = 0
    msg: Body | None = None


class DeltaBody(msgspec.Struct, gc=False):
    """The inside of a delta, nothing else, read for speed: the size as a number."""

    market_ticker: str
    price_dollars: str
    delta_fp: float
    side: Literal["yes", "no"]


class DeltaFrame(msgspec.Struct, gc=False):
    """A delta as it always is; whatever else a frame may be, `decode_frame` reads."""

    type: Literal["orderbook_delta"]
    sid: int
    seq: int
    msg: DeltaBody


class Envelope(msgspec.Struct):
    """A frame whose inside cannot be read as a whole."""

    type: str = ""
    sid: int = 0
    seq: int = 0
    msg: msgspec.Raw = NOTHING

    @property
    def ticker(self) -> str:
        """The market it speaks of, or ""."""
        try:
            return decode(self.msg, _Named).market_ticker
        except Unintelligible:
            return ""


class _Named(msgspec.Struct):
    market_ticker: str = ""


decode_delta = msgspec.json.Decoder(DeltaFrame, strict=False).decode
"""Read a delta. Raises one of `UNREADABLE`. `strict=False` is what reads a number out of its text
without a detour."""
decode_frame = msgspec.json.Decoder(Frame).decode
"""Read a frame. Raises one of `UNREADABLE`."""


def envelope_of(frame: str | bytes) -> Envelope | None:
    """Read the outside of a frame that `decode_frame` would not read; None where there is none."""
    try:
        return decode(frame, Envelope)
    except Unintelligible:
        return None


def subscribing(command: int, tickers: Sequence[str], channel: str = CHANNEL) -> str:
    """Subscribe. The flag is always said: the venue is going to turn its default over."""
    params = {"channels": [channel], "market_tickers": list(tickers), "use_yes_price": False}
    return _command(command, "subscribe", params)


def adding(command: int, sid: int, tickers: Sequence[str]) -> str:
    """Add markets to a subscription."""
    params = {
        "sid": sid,
        "action": "add_markets",
        "market_tickers": list(tickers),
        "send_initial_snapshot": True,
    }
    return _command(command, "update_subscription", params)


def asking_snapshots(command: int, sid: int, tickers: Sequence[str]) -> str:
    """Ask for whole books again."""
    params = {"sid": sid, "action": "get_snapshot", "market_tickers": list(tickers)}
    return _command(command, "update_subscription", params)


def in_steps(tickers: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut tickers into what one command may hold."""
    for start in range(0, len(tickers), TICKERS_PER_COMMAND):
        yield tickers[start : start + TICKERS_PER_COMMAND]


def _command(command: int, name: str, params: dict[str, object]) -> str:
    return msgspec.json.encode({"id": command, "cmd": name, "params": params}).decode()
