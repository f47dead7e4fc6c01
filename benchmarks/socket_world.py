"""What `sockets.py` measures: feeds, book cache and gate at work, and when each frame was decided."""

import random
import ssl
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import attrs
import trio
from loopback_venue import LoopbackVenue, Pace, Script, Sent
from universe import Walk, baskets, reference, universe, zipf

from arb.actors.book_cache import BookCache
from arb.actors.feed import Feed
from arb.market.book import BookView
from arb.market.errors import Unreachable
from arb.market.instruments import Catalogue, Market, Venue
from arb.market.units import Ns
from arb.messages import BookBatch, BookBroken, BookReplaced, Crossings, DeskEvent, FeedId
from arb.ports import Lossy
from arb.venues.backoff import Backoff
from arb.venues.polymarket.book_stream import PolymarketBookStream
from arb.venues.protocols import Socket, Sockets

SEED = 20_261_121
QUEUE = 256
"""feeds.queue_batches as shipped."""
NEVER_S = 3600.0
GIVE_UP_S = 60.0
Make = Callable[[Callable[[], ssl.SSLContext]], Sockets]
Certificates = tuple[ssl.SSLContext, ssl.SSLContext]
"""The server's and the client's, of an authority of our own."""


@attrs.frozen
class CountedSocket:
    """A connection that notes how many frames each read brought."""

    socket: Socket
    reads: deque[int]

    async def send(self, text: str) -> None:
        """Pass on."""
        await self.socket.send(text)

    async def receive(self) -> str | bytes:
        """Pass on a batch of one."""
        self.reads.append(1)
        return await self.socket.receive()

    async def receive_batch(self) -> list[str | bytes]:
        """Pass on, and note."""
        frames = await self.socket.receive_batch()
        self.reads.append(len(frames))
        return frames


@attrs.frozen
class LoopbackData:
    """The market data (`MarketData`) of one connection to the server."""

    sockets: Sockets
    url: str
    reads: deque[int]
    venue: Venue = Venue.POLYMARKET

    async def discover(self) -> Catalogue:
        """Markets are known beforehand."""
        raise Unreachable(self.url)

    async def relist(self) -> Catalogue:
        """Nor do they change."""
        raise Unreachable(self.url)

    async def book(self, market: Market) -> BookView:
        """There is no REST here."""
        raise Unreachable(f"{self.url}: {market.id}")

    def shards(self, markets: Sequence[Market]) -> list[tuple[Market, ...]]:
        """All on this one."""
        return [tuple(markets)]

    def book_stream(self, markets: Sequence[Market]) -> PolymarketBookStream:
        """The real one."""
        return PolymarketBookStream(markets)

    @asynccontextmanager
    async def connect_books(self) -> AsyncIterator[Socket]:
        """Connect to the server."""
        async with self.sockets.open(self.url) as socket:
            yield CountedSocket(socket, self.reads)


class Gauge:
    """The cache's inbox, noting when the frames of each batch have been decided.

    The cache comes back for more only when everything it took before is applied and shown. Each
    read that brings changes makes one batch, so reads and batches go side by side.
    """

    def __init__(self, inbox: trio.MemoryReceiveChannel[BookBatch]) -> None:
        self._inbox = inbox
        self._open: list[BookBatch] = []
        self.reads: defaultdict[FeedId, deque[int]] = defaultdict(deque)
        self.decided: dict[FeedId, list[tuple[int, int]]] = {}
        """By connection: how many frames were decided by when."""
        self.frames = 0
        self.snapshots = 0
        self.batches = 0
        self._goal = 0
        self._reached = trio.Event()

    async def receive(self) -> BookBatch:
        """Pass on; what was passed on before is decided."""
        self._settle()
        batch = await self._inbox.receive()
        self._open.append(batch)
        return batch

    def receive_nowait(self) -> BookBatch:
        """Pass on."""
        batch = self._inbox.receive_nowait()
        self._open.append(batch)
        return batch

    def statistics(self) -> trio.MemoryChannelStatistics:
        """Pass on."""
        return self._inbox.statistics()

    def _settle(self) -> None:
        now = time.perf_counter_ns()
        for batch in self._open:
            self._count(batch, now)
        self._open.clear()

    def _count(self, batch: BookBatch, now: int) -> None:
        kind = type(batch.changes[0])
        if kind is BookBroken:
            return  # nothing was read: the feed tells that it begins
        frames = self.reads[batch.feed].popleft()
        if kind is BookReplaced:
            self.snapshots += frames
        else:
            self.frames += frames
            self.batches += 1
            self.decided.setdefault(batch.feed, []).append((frames, now))
        if self.frames + self.snapshots >= self._goal:
            self._reached.set()

    async def reach(self, more: int) -> None:
        """Wait until so many frames more than now have been decided."""
        self._goal, self._reached = self.frames + self.snapshots + more, trio.Event()
        await self._reached.wait()

    def take(self) -> dict[FeedId, list[tuple[int, int]]]:
        """Everything decided since the last call."""
        decided, self.decided = self.decided, {}
        return decided


@attrs.frozen
class World:
    """One implementation with its server, feeds, books and gate."""

    name: str
    venue: LoopbackVenue
    gauge: Gauge

    async def play(self, pace: Pace) -> "Round":
        """Have the frames sent and decide them all."""
        target = self.gauge.frames + pace.frames
        batches = self.gauge.batches
        self.gauge.take()
        cpu = time.process_time_ns()
        self.venue.start(pace)
        with trio.move_on_after(GIVE_UP_S):
            await self.gauge.reach(pace.frames)
        cpu = time.process_time_ns() - cpu
        sent = await trio.to_thread.run_sync(self.venue.sent)
        missing = target - self.gauge.frames
        return Round(sent, self.gauge.take(), cpu, self.gauge.batches - batches, missing)


@attrs.frozen
class Round:
    """What was sent, when each of it was decided, and the CPU it took."""

    sent: Sent
    decided: dict[FeedId, list[tuple[int, int]]]
    cpu_ns: int
    batches: int
    missing: int
    """Frames sent and never decided."""

    def decided_ns(self) -> list[int]:
        """Clock readings, frame by frame in the order sent."""
        ends = {feed: _one_by_one(batches) for feed, batches in self.decided.items()}
        return [next(ends[FeedId(f"{route}")], 0) for route in self.sent.routes]

    def lags_us(self) -> tuple[list[float], list[float]]:
        """Sorted: from when due, from when written."""
        decided = self.decided_ns()
        late = sorted((end - due) / 1e3 for end, due in zip(decided, self.sent.due_ns, strict=True))
        slow = sorted(
            (end - start) / 1e3 for end, start in zip(decided, self.sent.written_ns, strict=True)
        )
        return late, slow

    @property
    def wall_rate(self) -> float:
        """Frames a second from the first written to the last decided."""
        last = max(end for batches in self.decided.values() for _, end in batches)
        return len(self.sent.due_ns) / (last - self.sent.written_ns[0]) * 1e9

    @property
    def cpu_us(self) -> float:
        """CPU a frame."""
        return self.cpu_ns / len(self.sent.due_ns) / 1e3


def _one_by_one(batches: Sequence[tuple[int, int]]) -> Iterator[int]:
    for frames, end in batches:
        for _ in range(frames):
            yield end


class Universe:
    """Markets, baskets and frames, spread over connections."""

    def __init__(self, connections: int, frames: int) -> None:
        dice = random.Random(SEED)
        events = universe(dice)
        self.shards: list[list[Market]] = [[] for _ in range(connections)]
        for number, event in enumerate(events):
            self.shards[number % connections] += event
        self.markets = [market for event in events for market in event]
        self.baskets = baskets(events)
        walk = Walk(dice, events)
        routes = {
            reference(market).condition_id.encode(): number
            for number, shard in enumerate(self.shards)
            for market in shard
        }
        snapshots: list[list[bytes]] = [[] for _ in self.shards]
        for snapshot in walk.snapshots():
            snapshots[routes[_condition(snapshot)]].append(snapshot)
        made = [bytes(frame) for frame in walk.frames(zipf, frames)]
        self.script = Script(snapshots, made, [routes[_condition(frame)] for frame in made])


def _condition(frame: bytes) -> bytes:
    return frame[11:77]  # {"market":"0x...


@asynccontextmanager
async def opened(
    name: str, sockets: Sockets, stage: Universe, venue: LoopbackVenue, *, rescan_s: float
) -> AsyncIterator[World]:
    """Connect; all books live. Ends the venue with it.

    A venue must be there before any books: a fork behind them makes every page of them new.
    """
    batches, inbox = trio.open_memory_channel[BookBatch](QUEUE)
    gauge = Gauge(inbox)
    crossings, shown = trio.open_memory_channel[Crossings](1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_cache(stage, gauge, Lossy(crossings, shown), rescan_s).run)
        nursery.start_soon(_take_all, shown)
        for number, shard in enumerate(stage.shards):
            url = f"wss://127.0.0.1:{venue.port}/{number}"
            data = LoopbackData(sockets, url, gauge.reads[FeedId(f"{number}")])
            await nursery.start(_feed(number, shard, data, batches).run)
        if gauge.snapshots < 2 * len(stage.markets):
            await gauge.reach(2 * len(stage.markets) - gauge.snapshots)
        yield World(name, venue, gauge)
        nursery.cancel_scope.cancel()
    venue.close()


def _desk() -> Lossy[DeskEvent]:
    return Lossy(*trio.open_memory_channel[DeskEvent](16))


def _cache(stage: Universe, gauge: Gauge, outbox: Lossy[Crossings], rescan_s: float) -> BookCache:
    return BookCache(
        markets=stage.markets,
        baskets=stage.baskets,
        inbox=cast("trio.MemoryReceiveChannel[BookBatch]", gauge),
        outbox=outbox,
        resyncs={},
        desk=_desk(),
        rescan_s=rescan_s,
    )


async def _take_all(shown: trio.MemoryReceiveChannel[Crossings]) -> None:
    """In the scanner's place: what it does with crossings is measured elsewhere."""
    async for _ in shown:
        pass


def _feed(
    number: int,
    shard: Sequence[Market],
    data: LoopbackData,
    outbox: trio.MemorySendChannel[BookBatch],
) -> Feed:
    return Feed(
        id=FeedId(f"{number}"),
        data=data,
        markets=shard,
        outbox=outbox,
        resyncs=trio.open_memory_channel[Market](1)[1],
        desk=_desk(),
        silence_s=NEVER_S,
        backoff=Backoff(NEVER_S, NEVER_S, random.Random(SEED)),
        now_ns=_now,
    )


def _now() -> Ns:
    return Ns(time.time_ns())
