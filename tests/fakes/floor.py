"""Sequencer and unwind monitor, wired as in a run, over fake venues and a real store."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from arb.actors.leg_sequencer import LegSequencer
from arb.actors.unwind_monitor import UnwindMonitor
from arb.market.instruments import Action
from arb.messages import Approved, BasketEnded, OrderEnded, Unwind
from arb.supervise import Actor
from tests.fakes.bench import Bench, bench, waiting
from tests.fakes.venue import FakeVenue, now_ns

UNWIND_S = 30.0


@attrs.define
class Floor:
    """Where baskets are bought and unwound."""

    around: Bench
    baskets: trio.MemorySendChannel[Approved]
    unwinds: trio.MemorySendChannel[Unwind]
    ends: trio.MemoryReceiveChannel[BasketEnded]
    seen: list[BasketEnded] = attrs.field(factory=list)

    async def buy(self, approved: Approved) -> None:
        """Hand a basket over."""
        await self.baskets.send(approved)

    async def end(self) -> BasketEnded:
        """Wait for the next end."""
        self.seen.append(await self.ends.receive())
        return self.seen[-1]

    async def written(self) -> None:
        """Wait until everything so far is on disk."""
        await self.around.store.record()


@asynccontextmanager
async def floor(
    folder: Path,
    venues: Sequence[FakeVenue],
    *,
    trading: trio.CancelScope | None = None,
    unwinding: trio.CancelScope | None = None,
) -> AsyncIterator[Floor]:
    """Run both actors, each in a scope that the test may cancel."""
    baskets, inbox = trio.open_memory_channel[Approved](0)
    ended, ends = trio.open_memory_channel[BasketEnded](100)
    unwinds, half_done = trio.open_memory_channel[Unwind](100)
    async with bench(folder, venues) as around, trio.open_nursery() as nursery:
        sequencer = LegSequencer(
            placer=around.placer,
            inbox=inbox,
            ended=ended,
            unwinds=unwinds,
            store=around.store,
            new_id=around.new_id,
            now_ns=now_ns,
        )
        monitor = UnwindMonitor(
            placer=around.placer,
            data={venue.venue: venue for venue in venues},
            inbox=half_done,
            ended=ended,
            store=around.store,
            desk=around.desk,
            new_id=around.new_id,
            now_ns=now_ns,
            timeout_s=UNWIND_S,
            pause_s=0.25,
            give_ticks=3,
        )
        nursery.start_soon(_run, sequencer, trading or trio.CancelScope())
        nursery.start_soon(_run, monitor, unwinding or trio.CancelScope())
        yield Floor(around, baskets, unwinds, ends)
        baskets.close()
        unwinds.close()


async def _run(actor: Actor, scope: trio.CancelScope) -> None:
    with scope:
        await actor.run()


def audit(built: Floor, approved: Approved, venues: Sequence[FakeVenue]) -> BasketEnded:
    """Hold journal, reports and venues against each other, after everything ended.

    Returns the one end of the basket. Nobody may know of contracts that another does not.
    """
    (ended,) = [*built.seen, *waiting(built.ends)]
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
    ends = [report for report in built.around.told() if isinstance(report, OrderEnded)]
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
