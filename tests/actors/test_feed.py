"""One connection: what it says is passed on, and when it is lost its books are broken."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import attrs
import pytest
import trio

from arb.actors.feed import Feed
from arb.market.instruments import Market
from arb.messages import (
    BookBatch,
    BookBroken,
    BookReplaced,
    DeskEvent,
    FeedId,
    FeedSeen,
    LevelSet,
)
from arb.ports import Lossy
from arb.supervise import Restarts, supervise
from arb.venues.backoff import Backoff
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.line_venue import LineVenue
from tests.fakes.markets import make_market
from tests.fakes.venue import now_ns

MARKETS = [make_market("a"), make_market("b")]
A, B = (market.id for market in MARKETS)
SILENCE_S = 30.0
RESTARTS = Restarts(5, 60.0, 0.1, 5.0)
BOOK_A = f"book {A} bid 400000 5 ask 500000 6"


@attrs.frozen
class Fed:
    venue: LineVenue
    batches: trio.MemoryReceiveChannel[BookBatch]
    resyncs: trio.MemorySendChannel[Market]
    looks: trio.MemoryReceiveChannel[DeskEvent]

    async def settle(self) -> None:
        await trio.sleep(0.001)

    def changes(self) -> list[object]:
        return [change for batch in waiting(self.batches) for change in batch.changes]


@asynccontextmanager
async def fed(*, room: int = 100) -> AsyncIterator[Fed]:
    outbox, batches = trio.open_memory_channel[BookBatch](room)
    asking, resyncs = trio.open_memory_channel[Market](10)
    desk, looks = trio.open_memory_channel[DeskEvent](10_000)
    venue = LineVenue()
    feed = Feed(
        id=FeedId("f"),
        data=venue,
        markets=MARKETS,
        outbox=outbox,
        resyncs=resyncs,
        desk=Lossy(desk, looks.clone()),
        silence_s=SILENCE_S,
        backoff=Backoff(0.25, 30.0, random.Random(7)),
        now_ns=now_ns,
    )

    async def run() -> None:
        await supervise(feed, RESTARTS, crashed=lambda _: None)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        built = Fed(venue, batches, asking, looks)
        await built.settle()
        built.changes()
        yield built
        nursery.cancel_scope.cancel()


@virtual
async def test_frames_become_batches_with_the_time_they_came() -> None:
    """One batch a read that brings changes, in their order, stamped on arrival; pongs are none."""
    async with fed() as built:
        assert built.venue.socket.heard == [f"subscribe {A} {B}"]
        await trio.sleep(3)
        at = now_ns()
        for frame in (BOOK_A, "pong", f"set {A} bid 410000 1"):
            built.venue.socket.say(frame)
        await built.settle()
        (batch,) = waiting(built.batches)
        assert (batch.feed, batch.seen_ns) == ("f", at)
        assert [type(change) for change in batch.changes] == [BookReplaced, LevelSet]
        built.venue.socket.say("pong")
        await built.settle()
        built.venue.socket.say(f"set {A} bid 420000 1")
        await built.settle()
        (batch,) = waiting(built.batches)
        assert (batch.seen_ns, len(batch.changes)) == (now_ns() - 1_000_000, 1)


@virtual
async def test_people_are_told_of_every_frame() -> None:
    """However many frames a read brings, each is counted."""
    async with fed() as built:
        for count in (1, 10, 300):
            for _ in range(count):
                built.venue.socket.say("pong")
            await trio.sleep(1)
        seen = [told.frames for told in waiting(built.looks) if isinstance(told, FeedSeen)]
        assert sum(seen) == 311


@virtual
async def test_a_cut_breaks_every_book_and_connects_again() -> None:
    """Once the socket closes all markets are told broken, and a new connection subscribes."""
    async with fed() as built:
        built.venue.socket.say(BOOK_A)
        built.venue.socket.cut()
        await built.settle()
        broken = built.changes()[1:]
        assert [(type(change), change.market) for change in broken] == [  # type: ignore[attr-defined]
            (BookBroken, A),
            (BookBroken, B),
        ]
        await trio.sleep(1)
        assert len(built.venue.sockets) == 2
        assert built.venue.socket.heard == [f"subscribe {A} {B}"]


@virtual
async def test_data_that_stops_is_a_cut_however_lively_the_pongs() -> None:
    """Pongs do not count as life: without data for the time allowed the connection is left."""
    async with fed() as built:
        first = built.venue.socket
        for _ in range(4):
            await trio.sleep(10)
            first.say(BOOK_A)
        assert built.venue.socket is first
        for _ in range(4):
            await trio.sleep(10)
            first.say("pong")
        assert built.venue.socket is not first
        assert first.heard.count("ping") >= 3
        notes = [seen.note for seen in waiting(built.looks) if isinstance(seen, FeedSeen)]
        assert "no data for 30 s" in notes


@virtual
async def test_a_venue_that_is_away_is_tried_ever_more_seldom() -> None:
    """Pauses double to a bound, with jitter between half of it and all, and start over after data."""
    async with fed() as built:
        built.venue.down = True
        built.venue.socket.cut()
        await trio.sleep(300)
        tries = built.venue.tries[1:]
        pauses = [after - before for before, after in pairwise(tries)]
        for number, pause in enumerate(pauses):
            longest = min(30.0, 0.25 * 2 ** (number + 1))
            assert longest / 2 <= pause <= longest + 0.001
        built.venue.down = False
        await trio.sleep(31)
        built.venue.socket.say(BOOK_A)
        await built.settle()
        built.venue.socket.cut()
        cut_at = trio.current_time()
        await trio.sleep(1)
        assert built.venue.tries[-1] - cut_at <= 0.25 + 0.001


@pytest.mark.parametrize("how", ["refused", "unreachable"])
@virtual
async def test_a_handshake_that_fails_is_no_crash(how: str) -> None:
    """However a venue turns us away, the feed keeps trying and says why."""
    async with fed() as built:
        built.venue.refuses = "403" if how == "refused" else ""
        built.venue.down = True
        built.venue.socket.cut()
        await trio.sleep(600)
        assert len(built.venue.tries) > 10
        notes = [seen.note for seen in waiting(built.looks) if isinstance(seen, FeedSeen)]
        assert notes[-1] == ("403" if how == "refused" else "no route")


@virtual
async def test_books_asked_for_again_are_asked_for_on_the_wire() -> None:
    """A wish for a snapshot leaves with the next frame; a new connection makes old wishes moot."""
    async with fed() as built:
        built.resyncs.send_nowait(MARKETS[1])
        await built.settle()
        built.venue.socket.say("pong")
        await built.settle()
        assert built.venue.socket.heard[-1] == f"snapshot {B}"
        built.venue.socket.cut()
        await built.settle()
        built.resyncs.send_nowait(MARKETS[0])
        await trio.sleep(1)
        built.venue.socket.say("pong")
        await built.settle()
        assert built.venue.socket.heard == [f"subscribe {A} {B}"]


@virtual
async def test_a_book_that_is_not_told_while_asked_for_is_broken_at_once() -> None:
    """On a venue that wants a new subscription for it, nothing waits for the next frame."""
    async with fed() as built:
        built.venue.blind = True
        built.venue.socket.cut()
        await trio.sleep(1)
        built.changes()
        built.resyncs.send_nowait(MARKETS[1])
        await built.settle()
        assert built.changes() == [BookBroken(B, "asked for anew")]


@virtual
async def test_a_slow_cache_makes_the_socket_wait() -> None:
    """With the queue full no frame is read ahead and none is lost."""
    async with fed(room=2) as built:
        for number in range(1, 11):
            built.venue.socket.say(f"set {A} bid {number * 10_000} 1")
        await built.settle()
        seen = list[object]()
        while len(seen) < 10:
            seen += built.changes()
            await built.settle()
        assert [change.px for change in seen] == [  # type: ignore[attr-defined]
            number * 10_000 for number in range(1, 11)
        ]


@virtual
async def test_after_a_fault_of_ours_the_books_are_broken_too() -> None:
    """A crash while reading leaves no book that looks alive: the next start breaks them first."""
    async with fed() as built:
        built.venue.socket.say(BOOK_A)
        await built.settle()
        built.venue.socket.say("stumble")
        await trio.sleep(1)
        assert [type(change) for change in built.changes()[1:]] == [BookBroken, BookBroken]
        assert len(built.venue.sockets) == 2


@virtual
async def test_a_cut_that_both_directions_notice_is_one_cut() -> None:
    """Reader and keepalive failing in the same moment are no crash: no pause of a crash follows."""
    async with fed() as built:
        for _ in range(20):
            socket = built.venue.socket
            socket.say(BOOK_A)
            await trio.sleep(10 - (trio.current_time() - socket.opened_at))
            socket.cut()
            await trio.sleep(1)
        assert len(built.venue.sockets) == 21
