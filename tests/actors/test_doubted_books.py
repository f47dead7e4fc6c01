"""From a doubtful price to a fresh snapshot: a phantom goes, news is believed, within a second.

Feed, book cache and scanner as they are wired; only the venue's end is in the test's hands.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import trio

from arb.actors.book_cache import BookCache
from arb.actors.feed import Feed
from arb.actors.scanner import Scanner, Snapshots
from arb.detect.doubts import DoubtLimits
from arb.detect.firewall import FirewallLimits
from arb.detect.isolation import LaneLimits
from arb.detect.opportunity import Criteria
from arb.detect.reasons import Reason
from arb.detect.sweep import SweepLimits
from arb.market.instruments import Market, MarketId, Outcome, Venue
from arb.market.units import MICRO
from arb.messages import BookBatch, Crossings, DeskEvent, FeedId, LanesSeen, Rejected, Sighted
from arb.ports import Lossy
from arb.venues.backoff import Backoff
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.line_venue import LineVenue
from tests.fakes.markets import approve, make_market
from tests.fakes.venue import now_ns

HOUR_NS = 3600 * 10**9
TEN = 10 * MICRO
POLY, KALSHI = make_market("p", Venue.POLYMARKET), make_market("k")
TWINS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 480_000)], TEN).plan.template
LIMITS = FirewallLimits(HOUR_NS, HOUR_NS, 0, MICRO, max_jump=100_000, jump_window_ns=30 * 10**9)
CALM = f"book {POLY.id} bid 590000 {TEN} ask 600000 {TEN}"
NEWS = f"book {POLY.id} bid 440000 {TEN} ask 450000 {TEN}"
FALL = (
    f"set {POLY.id} bid 590000 0",
    f"set {POLY.id} bid 440000 {TEN}",
    f"set {POLY.id} ask 450000 {TEN}",
)
"""The same in changes, which nothing confirms."""


@attrs.frozen
class Doubting:
    venue: LineVenue
    looks: trio.MemoryReceiveChannel[DeskEvent]

    async def say(self, *frames: str) -> list[DeskEvent]:
        for frame in frames:
            self.venue.socket.say(frame)
        await trio.sleep(0.05)
        return waiting(self.looks)

    def snapshots(self) -> int:
        heard = self.venue.socket.heard
        return sum(frame == f"snapshot {POLY.id}" for frame in heard)


@asynccontextmanager
async def doubting() -> AsyncIterator[Doubting]:
    venue, markets = LineVenue(), (POLY, KALSHI)
    batches, inbox = trio.open_memory_channel[BookBatch](100)
    shown, crossings = trio.open_memory_channel[Crossings](1)
    asking, asked = trio.open_memory_channel[Market](10)
    desk, looks = trio.open_memory_channel[DeskEvent](10_000)
    port, feed = Lossy(desk, looks.clone()), FeedId("f")

    def ask(market: MarketId) -> None:
        asking.send_nowait(next(one for one in markets if one.id == market))

    actors = (
        Feed(
            id=feed,
            data=venue,
            markets=markets,
            outbox=batches,
            resyncs=asked,
            desk=port,
            silence_s=60.0,
            backoff=Backoff(0.25, 30.0, random.Random(7)),
            now_ns=now_ns,
        ),
        BookCache(
            markets=markets,
            baskets=(TWINS,),
            inbox=inbox,
            outbox=Lossy(shown, crossings.clone()),
            resyncs={feed: ((), asking)},
            desk=port,
            rescan_s=60.0,
        ),
        Scanner(
            criteria=Criteria(LIMITS, SweepLimits(), 10**9),
            lanes=LaneLimits(HOUR_NS, HOUR_NS),
            inbox=crossings,
            outbox=None,
            desk=port,
            now_ns=now_ns,
            doubts=Snapshots(DoubtLimits(10 * 10**9, 5), ask),
        ),
    )
    async with trio.open_nursery() as nursery:
        for actor in actors:
            nursery.start_soon(actor.run)
        await trio.sleep(0.05)
        built = Doubting(venue, looks)
        await built.say(f"book {KALSHI.id} bid 520000 {TEN} ask 530000 {TEN}")
        await built.say(CALM)
        await trio.sleep(5)
        yield built
        nursery.cancel_scope.cancel()


def reasons(events: list[DeskEvent]) -> list[str]:
    return [event.reason for event in events if isinstance(event, Rejected)]


def sightings(events: list[DeskEvent]) -> int:
    return sum(isinstance(event, Sighted) for event in events)


@virtual
async def test_news_is_believed_with_the_snapshot_that_the_doubt_asked_for() -> None:
    """The jump is refused and the book asked for once; told whole again, it is an opportunity."""
    async with doubting() as bench:
        events = await bench.say(*FALL)
        assert set(reasons(events)) == {Reason.JUMP}
        assert bench.snapshots() == 0  # it leaves with the next read
        await bench.say("pong")
        assert bench.snapshots() == 1
        at = trio.current_time()
        events = await bench.say(NEWS)
        assert sightings(events) == 1
        assert trio.current_time() - at < 1.0


@virtual
async def test_a_phantom_is_gone_with_the_snapshot() -> None:
    """Where only our copy had the price, the book told anew has no basket, and none is shown."""
    async with doubting() as bench:
        await bench.say(*FALL)
        events = await bench.say("pong") + await bench.say(CALM)
        assert bench.snapshots() == 1
        assert sightings(events) == 0
        events = await bench.say(f"set {POLY.id} bid 580000 {TEN}")
        assert (reasons(events), sightings(events)) == ([], 0)


@virtual
async def test_one_doubt_asks_once() -> None:
    """While the doubt lasts the book is not asked for again and again; what was asked is told."""
    async with doubting() as bench:
        events = await bench.say(*FALL)
        for _ in range(20):
            events += await bench.say(f"set {KALSHI.id} bid 520000 0")
            events += await bench.say(f"set {KALSHI.id} bid 520000 {TEN}")
            await trio.sleep(0.1)
        assert reasons(events).count(Reason.JUMP) > 5
        assert bench.snapshots() == 1
        told = [event.asked_again for event in events if isinstance(event, LanesSeen)]
        assert told[-1] == 1
