"""Sequencer and unwind monitor, wired as in a run, over fake venues and a real store."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from arb.actors.leg_sequencer import LegSequencer
from arb.actors.order_tracker import OrderTracker, TrackerMessage
from arb.actors.unwind_monitor import Pace, UnwindMonitor
from arb.lookout import Lookout
from arb.market.instruments import Action
from arb.market.units import Px, Usd
from arb.messages import (
    AccountEvent,
    Approved,
    BasketEnded,
    BasketReopened,
    HoldingsChanged,
    OrderEnded,
    OrderFilled,
    OrderSent,
    Unwind,
)
from arb.ports import BookPort, BookQuestion, FlowPort, Lossy, Stops, running
from arb.supervise import Actor
from arb.trade.pretrade import PretradeLimits
from arb.trade.tracking import Tracking
from arb.trade.ways import UnwindLimits
from tests.fakes.bench import Bench, bench, waiting
from tests.fakes.venue import FakeVenue, now_ns

UNWIND_S = 30.0
REST_S = 2.0
PRETRADE = PretradeLimits(
    ttl_ns=10**18, max_price_ppm=5_000, max_cost_ppm=10_000, min_edge_ppm=0, most_legs_unread=10
)
"""Any age and any edge: the baskets of these tests are made by hand."""
UNWINDING = UnwindLimits(
    give_ticks=3,
    hold_usd=Usd(2_000_000),
    hold_haircut_ppm=300_000,
    rest_chance_ppm=300_000,
    rest_slip=Px(10_000),
    budget_usd=Usd(5_000_000),
)


@attrs.define
class Floor:
    """Where baskets are bought and unwound."""

    around: Bench
    baskets: trio.MemorySendChannel[Approved]
    unwinds: trio.MemorySendChannel[Unwind]
    ends: trio.MemoryReceiveChannel[BasketEnded | BasketReopened]
    reported: list[OrderSent | OrderEnded]
    surprises: trio.MemoryReceiveChannel[HoldingsChanged]
    tracker: trio.MemorySendChannel[TrackerMessage]
    seen: list[BasketEnded] = attrs.field(factory=list)

    async def buy(self, approved: Approved) -> None:
        """Hand a basket over."""
        await self.baskets.send(approved)

    async def end(self) -> BasketEnded:
        """Wait for the next end."""
        while True:
            told = await self.ends.receive()
            if isinstance(told, BasketEnded):
                self.seen.append(told)
                return told

    def all_ends(self) -> list[BasketEnded]:
        """Every end told so far."""
        told = waiting(self.ends)
        return [*self.seen, *(one for one in told if isinstance(one, BasketEnded))]

    async def written(self) -> None:
        """Wait until everything so far is on disk."""
        await self.around.store.record()


@asynccontextmanager
async def floor(  # noqa: PLR0913 - all but the first two have defaults
    folder: Path,
    venues: Sequence[FakeVenue],
    *,
    trading: trio.CancelScope | None = None,
    unwinding: trio.CancelScope | None = None,
    standing: Stops = running,
    pretrade: PretradeLimits = PRETRADE,
    limits: UnwindLimits = UNWINDING,
) -> AsyncIterator[Floor]:
    """Run the actors; sequencer and monitor each in a scope that the test may cancel."""
    baskets, inbox = trio.open_memory_channel[Approved](0)
    ended, ends = trio.open_memory_channel[BasketEnded | BasketReopened](100)
    asked, questions = trio.open_memory_channel[BookQuestion](100)
    to_tracker, tracked = trio.open_memory_channel[TrackerMessage](10_000)
    surprised, surprises = trio.open_memory_channel[HoldingsChanged](100)
    moved, _moves = trio.open_memory_channel[OrderSent | OrderEnded | OrderFilled](10_000)
    unwinds, half_done = trio.open_memory_channel[Unwind](100)
    async with bench(folder, venues) as around, trio.open_nursery() as nursery:
        lookout = Lookout(
            cache=BookPort(asked, 0.1),
            data={venue.venue: venue for venue in venues},
            troubles=around.troubled,
            book_s=5.0,
            now_ns=now_ns,
        )
        sequencer = LegSequencer(
            placer=around.placer,
            lookout=lookout,
            inbox=inbox,
            ended=ended,
            unwinds=unwinds,
            store=around.store,
            limits=pretrade,
            new_id=around.new_id,
            now_ns=now_ns,
            standing=standing,
        )
        monitor = UnwindMonitor(
            placer=around.placer,
            lookout=lookout,
            flows=FlowPort(to_tracker, 5.0),
            inbox=half_done,
            ended=ended,
            troubles=around.troubled,
            store=around.store,
            desk=around.desk,
            limits=limits,
            pace=Pace(UNWIND_S, pause_s=0.25, refused_s=5.0, rest_s=REST_S),
            new_id=around.new_id,
            now_ns=now_ns,
            standing=standing,
        )
        nudged, nudges = trio.open_memory_channel[None](1)
        tracker = OrderTracker(
            tracking=Tracking(),
            accounts={},
            inbox=tracked,
            outbox=moved,
            nudges=Lossy(nudged, nudges),
            surprises=surprised,
            troubles=around.troubled,
            store=around.store,
            desk=around.desk,
            poll_s=5.0,
            hurry_s=0.25,
            now_ns=now_ns,
        )
        reported = list[OrderSent | OrderEnded]()
        nursery.start_soon(_answer, questions, venues)
        nursery.start_soon(_relay, around, reported, to_tracker, venues)
        nursery.start_soon(_run, tracker, trio.CancelScope())
        nursery.start_soon(_run, sequencer, trading or trio.CancelScope())
        nursery.start_soon(_run, monitor, unwinding or trio.CancelScope())
        yield Floor(around, baskets, unwinds, ends, reported, surprises, to_tracker)
        nursery.cancel_scope.cancel(reason="the test is over")


async def _answer(
    questions: trio.MemoryReceiveChannel[BookQuestion], venues: Sequence[FakeVenue]
) -> None:
    """Play the book cache: it knows every book as it is."""
    async for question in questions:
        question.answer(
            {
                market.id: venue.look(market)
                for venue in venues
                for market in venue.quoted
                if market.id in question.markets
            }
        )


async def _relay(
    around: Bench,
    reported: list[OrderSent | OrderEnded],
    tracker: trio.MemorySendChannel[TrackerMessage],
    venues: Sequence[FakeVenue],
) -> None:
    """Hand reports to the tracker with all fills so far, and keep them for the audit.

    The private streams are played here: polls would wake the tracker for ever.
    """
    async for report in around.reports:
        reported.append(report)
        tracker.send_nowait(report)
        for venue in venues:
            for fill in () if venue.silent_fills else venue.told:
                tracker.send_nowait(AccountEvent(venue.venue, fill))


async def _run(actor: Actor, scope: trio.CancelScope) -> None:
    with scope:
        await actor.run()


def audit(built: Floor, approved: Approved, venues: Sequence[FakeVenue]) -> BasketEnded:
    """Hold journal, reports and venues against each other, after everything ended.

    Returns the one end of the basket. Nobody may know of contracts that another does not.
    """
    (ended,) = built.all_ends()
    _check_orders(built, venues)
    held = [
        venue.held(market, leg.leg.outcome)
        for leg, market in zip(approved.plan.legs, approved.markets, strict=True)
        for venue in venues
        if venue.venue is market.venue
    ]
    assert ended.sets == min(held)
    stuck = {exposure.market.id: exposure.qty for exposure in ended.stuck}
    surplus = {
        market.id: have - min(held)
        for market, have in zip(approved.markets, held, strict=True)
        if have > min(held)
    }
    assert stuck == surplus
    (basket,) = built.around.journal.baskets()
    assert (basket.outcome, basket.sets) == (ended.end, ended.sets)
    return ended


def _check_orders(built: Floor, venues: Sequence[FakeVenue]) -> None:
    stored = {order.key: order for order in built.around.journal.orders()}
    ends = [report for report in built.reported if isinstance(report, OrderEnded)]
    assert len({report.order for report in ends}) == len(ends), "an order ended twice"
    for venue in venues:
        for placed in venue.placed:
            assert stored[placed.prepared.key].filled == placed.filled
    arrived = {placed.prepared.key for venue in venues for placed in venue.placed}
    for key, order in stored.items():
        assert key in arrived or order.filled == 0
    by_action = dict.fromkeys(Action, 0)
    for order in stored.values():
        by_action[order.action] += order.filled or 0
    assert by_action[Action.BUY] >= by_action[Action.SELL]
