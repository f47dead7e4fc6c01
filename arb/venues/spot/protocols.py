"""What a source of spot prices is to the rest of the program."""

from collections import Counter
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from arb.market.spot import SpotSource, SpotTick
from arb.market.units import Ns
from arb.venues.protocols import Socket


class SpotStream(Protocol):
    """The conversation on one connection, without I/O.

    `counts` tells frames by kind and what was skipped by reason; nothing malformed raises.
    """

    counts: Counter[str]
    keepalive_s: float

    def opening(self) -> list[str]:
        """Frames to send once connected. Starts a new conversation."""
        ...

    def receive(self, frame: str | bytes, seen_ns: Ns) -> list[SpotTick]:
        """Read one frame; returns the prices it brings, in order.

        Raises Unreachable where the source said that it will tell nothing on this connection.
        """
        ...

    def replies(self) -> list[str]:
        """Frames that the conversation wants sent now. Each is returned once."""
        ...

    def keepalive(self) -> str:
        """The frame that keeps the connection open."""
        ...


class SpotLine(Protocol):
    """One source that can be connected to."""

    @property
    def source(self) -> SpotSource:
        """Which one."""
        ...

    def stream(self) -> SpotStream:
        """Start a conversation."""
        ...

    def connect(self) -> AbstractAsyncContextManager[Socket]:
        """Open a connection."""
        ...
