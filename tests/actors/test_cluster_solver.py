"""Clusters: shown when they move, solved beside the books, handed to the scanner as any basket."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs
import trio

from arb.actors.book_cache import BookCache, Clusters
from arb.actors.cluster_solver import ClusterSolver
from arb.detect.basket import TemplateId
from arb.detect.clusters import Cluster, find_clusters
from arb.detect.lanes.twins import Twins
from arb.detect.rules import Rule, RuleKind
from arb.market.instruments import Market, MarketId, Venue
from arb.market.units import MICRO, Px, Qty
from arb.messages import (
    BookBatch,
    BookReplaced,
    ClusterSeen,
    Crossings,
    DeskEvent,
    FeedId,
    Rejected,
)
from arb.ports import Lossy
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.markets import make_market
from tests.fakes.venue import now_ns

TEN = 10 * MICRO
MARKETS = [make_market(name, Venue.POLYMARKET) for name in "abc"]
RULE = Rule(
    RuleKind.AT_MOST_ONE, tuple(market.id for market in MARKETS), "a person", 1, accepted=True
)
(CLUSTER,) = find_clusters(
    [RULE], (), {market.id: market for market in MARKETS}, Twins.of_pairs((), {})
).clusters
FEED = FeedId("p")


def book(market: Market, bid: int, ask: int) -> BookReplaced:
    return BookReplaced(market.id, ((Px(bid), Qty(TEN)),), ((Px(ask), Qty(TEN)),))


CHEAP = [book(market, 380_000, 390_000) for market in MARKETS]
"""NO of each at 0.62 and a fee: no pair is below a dollar, all three below two."""
FAIR = [book(market, 310_000, 320_000) for market in MARKETS]


async def in_place(call: Callable[[], None]) -> None:
    await trio.lowlevel.checkpoint()
    call()


@attrs.frozen
class Wired:
    batches: trio.MemorySendChannel[BookBatch]
    crossings: trio.MemoryReceiveChannel[Crossings]
    looks: trio.MemoryReceiveChannel[DeskEvent]
    seen: list[ClusterSeen]

    async def say(self, *changes: BookReplaced, wait_s: float = 1.0) -> None:
        self.batches.send_nowait(BookBatch(FEED, now_ns(), list(changes)))
        await trio.sleep(wait_s)

    def shown(self) -> set[TemplateId]:
        return {known for one in waiting(self.crossings) for known in one.found}


@asynccontextmanager
async def wired(budget_s: float = 10.0, cluster: Cluster = CLUSTER) -> AsyncIterator[Wired]:
    """The owner of the books and the solver, as the app wires them."""
    batches, inbox = trio.open_memory_channel[BookBatch](100)
    outbox, crossings = trio.open_memory_channel[Crossings](1)
    moved, to_solve = trio.open_memory_channel[ClusterSeen](1)
    desk, looks = trio.open_memory_channel[DeskEvent](1_000)
    wish, _wishes = trio.open_memory_channel[Market](len(MARKETS))
    seen: list[ClusterSeen] = []

    async def counting(call: Callable[[], None]) -> None:
        seen.append(ClusterSeen(cluster, ()))
        await in_place(call)

    cache = BookCache(
        markets=MARKETS,
        baskets=[],
        inbox=inbox,
        outbox=Lossy(outbox, crossings.clone()),
        resyncs={FEED: (MARKETS, wish)},
        desk=Lossy(desk, looks.clone()),
        rescan_s=1_000.0,
        clusters=Clusters([cluster], Lossy(moved, to_solve.clone()), 0.25, now_ns),
    )
    solver = ClusterSolver(
        inbox=to_solve,
        outbox=Lossy(outbox.clone(), crossings.clone()),
        desk=Lossy(desk.clone(), looks.clone()),
        in_thread=counting,
        budget_s=budget_s,
        now_ns=now_ns,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(cache.run)
        await nursery.start(solver.run)
        yield Wired(batches, crossings, looks, seen)
        nursery.cancel_scope.cancel()


@virtual
async def test_a_cluster_that_moved_becomes_a_crossing() -> None:
    """Three exclusive questions: no lane watches the three together, the program finds them, and
    the scanner sees one more crossing with the books of its legs."""
    async with wired() as desk:
        await desk.say(*CHEAP)
        found = [one for batch in waiting(desk.crossings) for one in batch.found.values()]
        (crossing,) = found
        assert {leg.market for leg in crossing.template.legs} == {m.id for m in MARKETS}
        assert crossing.template.payout == 2 * MICRO
        assert [view.market.id for view in crossing.views] == [
            leg.market for leg in crossing.template.legs
        ]


@virtual
async def test_only_what_moved_is_solved_and_not_too_often() -> None:
    """Ten changes within the pause are solved twice at most; silence is never solved."""
    async with wired() as desk:
        await desk.say(*FAIR)
        first = len(desk.seen)
        assert desk.shown() == set()
        await trio.sleep(10)
        assert len(desk.seen) == first
        for at in range(10):
            await desk.say(book(MARKETS[0], 300_000 + at * 1_000, 350_000), wait_s=0.01)
        assert len(desk.seen) <= first + 2


@virtual
async def test_what_waits_for_the_scanner_is_kept() -> None:
    """A basket of a cluster never pushes out what the books showed before it."""
    async with wired() as desk:
        await desk.say(*CHEAP)
        await desk.say(book(MARKETS[0], 390_000, 400_000))
        assert len(desk.shown()) == 1


@virtual
async def test_a_program_without_an_answer_is_told() -> None:
    """Out of time is a refusal like any other, counted under the lane."""
    async with wired(budget_s=0.0) as desk:
        await desk.say(*CHEAP)
        told = [one for one in waiting(desk.looks) if isinstance(one, Rejected)]
        assert [(one.lane, one.reason) for one in told] == [("structural", "out of time")]
        assert told[0].markets == CLUSTER.markets
        assert all(isinstance(market, str) for market in told[0].markets)
        assert MarketId(CLUSTER.id) in told[0].markets
