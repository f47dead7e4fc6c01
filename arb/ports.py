"""Ends of channels with a rule: what happens when the other side is slow."""

from typing import Generic, TypeVar

import attrs
import trio

from arb.messages import DeskEvent

T = TypeVar("T")


@attrs.frozen
class Lossy(Generic[T]):
    """A channel that drops its oldest item rather than make the sender wait.

    `behind` is a clone of the receiving end, used to take the oldest out.
    """

    outbox: trio.MemorySendChannel[T]
    behind: trio.MemoryReceiveChannel[T]

    def send(self, item: T) -> T | None:
        """Send without waiting; returns what was dropped to make room, if anything was."""
        dropped = None
        while True:
            try:
                self.outbox.send_nowait(item)
            except trio.WouldBlock:
                dropped = self.behind.receive_nowait()
            else:
                return dropped


DeskPort = Lossy[DeskEvent]
"""Where copies of messages go for people to look at: a slow viewer delays nothing."""
