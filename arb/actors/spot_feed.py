"""One connection to a source of spot prices."""

import attrs
import trio

from arb.market.spot import SpotTick
from arb.market.units import Clock
from arb.messages import FeedId, FeedSeen, SpotBatch
from arb.ports import DeskPort
from arb.venues.backoff import Backoff
from arb.venues.conversation import converse
from arb.venues.spot.protocols import SpotLine, SpotStream


@attrs.frozen
class SpotFeed:
    """Own one connection and its conversation.

    Sends one `SpotBatch` a socket read that brings prices. A cut says nothing: a price that nobody
    repeats grows old, and old prices are not believed. Never returns: it reconnects by itself.
    """

    line: SpotLine
    outbox: trio.MemorySendChannel[SpotBatch]
    desk: DeskPort
    silence_s: float
    backoff: Backoff
    now_ns: Clock

    async def run(  # noqa: ASYNC128 - a call reports once it brings something
        self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Stay connected."""
        failures = 0
        while True:
            call = _Call(self, self.line.stream(), task_status)
            why = await converse(
                self.line.connect,
                call.stream,
                call.heard,
                silence_s=self.silence_s,
                connected=call.connected,
            )
            failures = 1 if call.prices else failures + 1
            self.desk.send(FeedSeen(self.id, connected=False, frames=0, note=why))
            await trio.sleep(self.backoff.pause_s(failures))

    @property
    def id(self) -> FeedId:
        """What people call this connection."""
        return FeedId(f"spot:{self.line.source}")


@attrs.define
class _Call:
    """One connection while it lasts."""

    feed: SpotFeed
    stream: SpotStream
    task_status: trio.TaskStatus[None]
    prices: int = 0

    def connected(self) -> None:
        """The opening frames are out."""
        self.feed.desk.send(FeedSeen(self.feed.id, connected=True, frames=0, note=""))

    async def heard(self, frames: list[str | bytes]) -> bool:
        """Pass on what one read brought; say whether that was prices."""
        seen_ns = self.feed.now_ns()
        ticks: list[SpotTick] = []
        for frame in frames:
            ticks += self.stream.receive(frame, seen_ns)
        if not ticks:
            return False
        await self.feed.outbox.send(SpotBatch(tuple(ticks)))
        if not self.prices:
            self.task_status.started()
        self.prices += len(ticks)
        return True
