"""How a run ends: exit codes, and the first reason that asks for the end."""

import enum

import attrs
import trio

from arb.market.errors import ArbError
from arb.redaction import SECRETS


class Exit(enum.IntEnum):
    """Exit codes of `arb run`."""

    OK = 0
    """Ran its time, or was asked to stop by a signal."""
    ERROR = 1
    USAGE = 2
    """Settings, files or options are wrong."""
    KILLED = 3
    """A KILL file exists."""
    CRASH_LOOP = 4
    STORE_FAILED = 5
    DISAGREES = 6
    """Our books and a venue's differ."""
    OCCUPIED = 7
    """Another process works in the data directory."""
    NOT_ALLOWED = 8
    """A venue, or a rule of ours, forbids to trade from here now."""
    UNHEALTHY = 9
    """Of `arb doctor` and `arb drill`: something would not do what it must."""


class Stopped(ArbError):
    """The run cannot begin; carries the exit code."""

    def __init__(self, text: str, code: Exit) -> None:
        """Say why, and with which code the program ends."""
        super().__init__(text)
        self.code = code


@attrs.define
class Stop:
    """Why trading ended: the first reason counts."""

    starting: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    trading: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    reason: str = ""
    code: Exit = Exit.OK

    def request(self, reason: str, code: Exit) -> None:
        """End trading, or the start of it."""
        if not self.reason:
            self.reason, self.code = SECRETS.strike_out(reason), code
        self.starting.cancel(reason=reason)
        self.trading.cancel(reason=reason)
