"""The scanner: who gets an opportunity, in which order, and what one lane's failure stops."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import attrs
import trio

from arb.actors.scanner import Scanner
from arb.detect.basket import Lane, Template, TemplateId
from arb.detect.firewall import FirewallLimits
from arb.detect.isolation import LaneLimits
from arb.detect.opportunity import Criteria, Opportunity
from arb.detect.reasons import Reason
from arb.detect.sweep import SweepLimits
from arb.market.book import Book, BookView
from arb.market.instruments import Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty
from arb.messages import Crossing, Crossings, DeskEvent, LanesSeen, Noted, Rejected, Sighted
from arb.ports import Lossy
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.markets import approve, make_market
from tests.fakes.venue import now_ns

TEN = 10 * MICRO
HOUR_NS = 3600 * 10**9
CRITERIA = Criteria(FirewallLimits(HOUR_NS, HOUR_NS, 0, MICRO), SweepLimits(), 10**9)
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
TWINS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 480_000)], TEN).plan.template
SINGLE = approve([(KALSHI, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 480_000)], TEN)
PAIR = attrs.evolve(SINGLE.plan.template, lane=Lane.BINARY, id=TemplateId("pair"))


def view(market: Market, bid: int, ask: int, size: int = TEN) -> BookView:
    book = Book(market)
    book.replace([(Px(bid), Qty(size))], [(Px(ask), Qty(size))])
    book.seen_ns = now_ns()
    return book.view(now_ns())


def sound(template: Template, size: int = TEN) -> Crossing:
    """Books that show seven cents a set before fees."""
    return Crossing(
        template, (view(POLY, 440_000, 450_000, size), view(KALSHI, 520_000, 530_000, size))
    )


def broken(template: Template) -> Crossing:
    """What no cache sends: the views of another basket."""
    return Crossing(template, (view(POLY, 440_000, 450_000), view(POLY, 520_000, 530_000)))


@attrs.frozen
class Scanning:
    crossings: trio.MemorySendChannel[Crossings]
    taken: trio.MemoryReceiveChannel[Opportunity]
    looks: trio.MemoryReceiveChannel[DeskEvent]

    async def show(self, *crossings: Crossing) -> list[DeskEvent]:
        found: Mapping[TemplateId, Crossing] = {one.template.id: one for one in crossings}
        self.crossings.send_nowait(Crossings(dict(found)))
        await trio.sleep(0.001)
        return waiting(self.looks)


@asynccontextmanager
async def scanning(*, trades: bool = True, budget_ns: int = HOUR_NS) -> AsyncIterator[Scanning]:
    crossings, inbox = trio.open_memory_channel[Crossings](10)
    offers, taken = trio.open_memory_channel[Opportunity](0)
    desk, looks = trio.open_memory_channel[DeskEvent](1_000)
    scanner = Scanner(
        criteria=CRITERIA,
        lanes=LaneLimits(budget_ns, 60 * 10**9),
        inbox=inbox,
        outbox=offers if trades else None,
        desk=Lossy(desk, looks),
        now_ns=now_ns,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(scanner.run)
        yield Scanning(crossings, taken, looks)
        nursery.cancel_scope.cancel()


def of(kind: type[DeskEvent], events: list[DeskEvent]) -> list[DeskEvent]:
    return [event for event in events if isinstance(event, kind)]


@virtual
async def test_nobody_ready_is_a_reason() -> None:
    """What nobody takes this very moment is shown with the reason, never queued."""
    async with scanning() as bench:
        (seen,) = of(Sighted, await bench.show(sound(TWINS)))
        assert isinstance(seen, Sighted)
        assert seen.why_not == "the treasurer is busy"
        assert seen.score is not None
        assert waiting(bench.taken) == []


@virtual
async def test_the_best_score_is_offered_first() -> None:
    """Of two baskets at once the larger one, worth more on average, is the one that is taken."""
    small = attrs.evolve(TWINS, id=TemplateId("a small one"))
    async with scanning() as bench, trio.open_nursery() as nursery:
        got: list[Opportunity] = []

        async def take() -> None:
            got.append(await bench.taken.receive())

        nursery.start_soon(take)
        await trio.sleep(0.001)
        await bench.show(sound(small, MICRO), sound(TWINS))
    assert [one.plan.template.id for one in got] == [TWINS.id]


@virtual
async def test_a_lane_that_fails_stops_no_other() -> None:
    """LANE-12: counted, reported and left alone; the other lanes are looked at all the same."""
    async with scanning(trades=False) as bench:
        events = await bench.show(broken(PAIR), sound(TWINS))
        assert [event.kind for event in events if isinstance(event, Noted)] == ["lane failed"]
        assert len(of(Sighted, events)) == 1
        await trio.sleep(1.0)
        events = await bench.show(sound(PAIR), sound(TWINS))
        (refused,) = of(Rejected, events)
        assert isinstance(refused, Rejected)
        assert (refused.lane, refused.reason) == (Lane.BINARY, Reason.LANE_PAUSED)
        assert refused.markets == tuple(leg.market for leg in PAIR.legs)
        assert len(of(Sighted, events)) == 1
        (told,) = of(LanesSeen, events)
        assert isinstance(told, LanesSeen)
        figures = {one.lane: one for one in told.lanes}
        assert (figures["binary"].failed, figures["binary"].paused) == (1, True)
        assert (figures[TWINS.lane].failed, figures[TWINS.lane].found) == (0, 2)


@virtual
async def test_a_failed_lane_is_looked_at_again_after_its_pause() -> None:
    """A minute later it has another chance."""
    async with scanning(trades=False) as bench:
        await bench.show(broken(TWINS))
        await trio.sleep(61.0)
        assert len(of(Sighted, await bench.show(sound(TWINS)))) == 1


@virtual
async def test_a_lane_out_of_time_waits_for_the_next_message() -> None:
    """A budget of nothing: every basket of the lane is put off, and says so."""
    async with scanning(trades=False, budget_ns=0) as bench:
        (refused,) = of(Rejected, await bench.show(sound(TWINS)))
        assert isinstance(refused, Rejected)
        assert refused.reason == Reason.LANE_OUT_OF_TIME
        assert refused.at_ns == Ns(refused.at_ns) > 0
