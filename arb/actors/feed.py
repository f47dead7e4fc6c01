"""One market-data connection: what it says becomes batches; when it is cut, its books break."""

from collections.abc import Sequence

import attrs
import trio

from arb.market.instruments import Market
from arb.market.units import Clock
from arb.messages import BookBatch, BookBroken, BookChange, FeedId, FeedSeen
from arb.ports import DeskPort
from arb.venues.backoff import Backoff
from arb.venues.conversation import converse
from arb.venues.protocols import BookStream, MarketData

TELL_EVERY_S = 0.5
"""How often people are told what came over a connection."""


@attrs.frozen
class Feed:
    """Own one connection and its conversation.

    Sends one `BookBatch` a socket read that changes books, and `BookBroken` for all of its markets when
    the connection is lost; receives the markets whose books must be asked for again. Never
    returns: it reconnects by itself, with growing pauses.
    """

    id: FeedId
    data: MarketData
    markets: Sequence[Market]
    outbox: trio.MemorySendChannel[BookBatch]
    resyncs: trio.MemoryReceiveChannel[Market]
    desk: DeskPort
    silence_s: float
    backoff: Backoff
    now_ns: Clock

    async def run(  # noqa: ASYNC128 - a call reports once it brings something
        self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Stay connected."""
        failures = 0
        await self._cut("not connected yet")  # after a crash the books still look alive
        while True:
            self._forget_wishes()
            call = _Call(self, self.data.book_stream(self.markets), task_status)
            why = await self._connection(call)
            failures = 1 if call.changes else failures + 1
            await self._cut(why)
            await trio.sleep(self.backoff.pause_s(failures))

    async def _connection(self, call: "_Call") -> str:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._ask_again, call.stream)
            why = await self._talk(call)
            nursery.cancel_scope.cancel(reason=why)
        return why

    async def _talk(self, call: "_Call") -> str:
        return await converse(
            self.data.connect_books,
            call.stream,
            call.heard,
            silence_s=self.silence_s,
            connected=call.connected,
        )

    def _forget_wishes(self) -> None:
        """A new connection brings every book anyway."""
        while self.resyncs.statistics().current_buffer_used:
            self.resyncs.receive_nowait()

    async def _ask_again(self, stream: BookStream) -> None:
        async for market in self.resyncs:
            broken = stream.resync([market])
            if broken:
                await self.outbox.send(BookBatch(self.id, self.now_ns(), broken))
            self.desk.send(FeedSeen(self.id, connected=True, frames=0, note="", gaps=1))

    async def _cut(self, why: str) -> None:
        broken: list[BookChange] = [BookBroken(market.id, why) for market in self.markets]
        await self.outbox.send(BookBatch(self.id, self.now_ns(), broken))
        self.desk.send(FeedSeen(self.id, connected=False, frames=0, note=why))


@attrs.define
class _Call:
    """One connection while it lasts."""

    feed: Feed
    stream: BookStream
    task_status: trio.TaskStatus[None]
    changes: int = 0
    _frames: int = 0
    _told_at: float = 0.0

    def connected(self) -> None:
        """The subscription is out."""
        self.feed.desk.send(FeedSeen(self.feed.id, connected=True, frames=0, note=""))

    async def heard(self, frames: list[str | bytes]) -> bool:
        """Pass on what one read brought; say whether that was data."""
        seen_ns = self.feed.now_ns()
        receive = self.stream.receive
        changes: list[BookChange] = []
        for frame in frames:
            changes += receive(frame, seen_ns)
        self._tell(len(frames))
        if not changes:
            return False
        await self._pass_on(BookBatch(self.feed.id, seen_ns, changes))
        if not self.changes:
            self.task_status.started()
        self.changes += len(changes)
        return True

    async def _pass_on(self, batch: BookBatch) -> None:
        """Wait only for room: reading has just let others run, and again costs three frames."""
        try:
            self.feed.outbox.send_nowait(batch)
        except trio.WouldBlock:
            await self.feed.outbox.send(batch)

    def _tell(self, frames: int) -> None:
        self._frames += frames
        if trio.current_time() - self._told_at >= TELL_EVERY_S:
            self.feed.desk.send(
                FeedSeen(self.feed.id, connected=True, frames=self._frames, note="")
            )
            self._frames, self._told_at = 0, trio.current_time()
