"""Fills from streams and polls: each told once, to the store and to the ledger's owner."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from arb.actors.order_tracker import OrderTracker, TrackerMessage
from arb.market.units import MICRO
from arb.messages import (
    AccountEvent,
    FillStatus,
    HoldingsChanged,
    Noted,
    OrderEnded,
    OrderFilled,
    OrderSent,
    OrderState,
    Phase,
)
from arb.ports import Lossy
from arb.trade.tracking import Tracking
from tests.fakes.bench import Bench, bench, waiting
from tests.fakes.clock import virtual
from tests.fakes.markets import approve, make_fill, make_market, make_order, make_prepared
from tests.fakes.venue import FakeVenue, Script, now_ns

MARKET = make_market("m")
ORDER = make_order(MARKET)
INTENT = make_prepared(ORDER)
BASKET = approve([(MARKET, ORDER.outcome, 400_000)], 10 * MICRO)
FILL = make_fill(MARKET, "s1", key=INTENT.key, venue_order_id="v1")
POLL_S = 5.0


@attrs.frozen
class Tracked:
    """A tracker with its two ends."""

    around: Bench
    inbox: trio.MemorySendChannel[TrackerMessage]
    outbox: trio.MemoryReceiveChannel[OrderSent | OrderEnded | OrderFilled]
    nudged: trio.MemoryReceiveChannel[None]
    surprises: trio.MemoryReceiveChannel[HoldingsChanged]

    async def buy(self) -> None:
        """Place the order, and pass what the placer reports on to the tracker."""
        await self.around.store.record(BASKET)
        await self.around.placer.place(ORDER)
        for report in self.around.told():
            self.inbox.send_nowait(report)
        await trio.testing.wait_all_tasks_blocked()

    async def told(self) -> list[OrderFilled]:
        """What reached the treasurer; and the store must know the same."""
        await self.around.store.record()
        return [told for told in waiting(self.outbox) if isinstance(told, OrderFilled)]


@asynccontextmanager
async def tracked(folder: Path, venue: FakeVenue) -> AsyncIterator[Tracked]:
    venue.quote(MARKET, {}, {400_000: 50 * MICRO})
    into, inbox = trio.open_memory_channel[TrackerMessage](1_000)
    outbox, told = trio.open_memory_channel[OrderSent | OrderEnded | OrderFilled](1_000)
    surprised, surprises = trio.open_memory_channel[HoldingsChanged](1_000)
    nudge, nudged = trio.open_memory_channel[None](1)
    async with bench(folder, [venue]) as around, trio.open_nursery() as nursery:
        tracker = OrderTracker(
            tracking=Tracking(),
            accounts={venue.venue: venue},
            inbox=inbox,
            outbox=outbox,
            nudges=Lossy(nudge, nudged),
            surprises=surprised,
            troubles=around.troubled,
            store=around.store,
            desk=around.desk,
            poll_s=POLL_S,
            hurry_s=0.25,
            now_ns=now_ns,
        )
        await nursery.start(tracker.run)
        yield Tracked(around, into, told, nudged, surprises)
        nursery.cancel_scope.cancel()


@virtual
async def test_a_fill_the_stream_never_told_is_found_by_polling(tmp_path: Path) -> None:
    """An order that ended with fills nobody told of is asked about at once, not at the next poll."""
    async with tracked(tmp_path, FakeVenue()) as built:
        await built.buy()
        await trio.sleep(1)
        (found,) = await built.told()
        assert found.order == ORDER
        assert waiting(built.nudged) == [None], "balances are worth reading again"
        assert [line.fill for line in built.around.journal.fills()] == [found.fill]


@virtual
async def test_stream_and_poll_tell_a_fill_once(tmp_path: Path) -> None:
    """What the stream told, later polls do not tell again."""
    venue = FakeVenue()
    async with tracked(tmp_path, venue) as built:
        await built.buy()
        for _ in range(2):
            built.inbox.send_nowait(AccountEvent(venue.venue, venue.told[0]))
        await trio.sleep(4 * POLL_S)
        assert len(await built.told()) == 1
        assert len(built.around.journal.fills()) == 1


@virtual
async def test_a_new_status_is_told_again_and_only_forwards(tmp_path: Path) -> None:
    """Provisional, firm, reversed are told in this order; an older report after that is not."""
    venue = FakeVenue()
    venue.scripts.append(Script(most=0))
    async with tracked(tmp_path, venue) as built:
        await built.buy()
        for status in (*FillStatus, FillStatus.PROVISIONAL, FillStatus.FIRM):
            built.inbox.send_nowait(AccountEvent(venue.venue, attrs.evolve(FILL, status=status)))
        await trio.sleep(1)
        assert [seen.fill.status for seen in await built.told()] == list(FillStatus)
        (line,) = built.around.journal.fills()
        assert line.fill.status is FillStatus.REVERSED


@virtual
async def test_a_fill_before_its_order_is_known_waits(tmp_path: Path) -> None:
    """A stream that names a fill by the venue's id is understood once that id is known."""
    venue = FakeVenue()
    venue.scripts.append(Script(most=0))
    nameless = attrs.evolve(FILL, key=None)
    async with tracked(tmp_path, venue) as built:
        built.inbox.send_nowait(AccountEvent(venue.venue, nameless))
        await trio.sleep(1)
        assert await built.told() == []
        await built.buy()
        state = OrderState(INTENT.key, "v1", Phase.OPEN, ORDER.qty)
        built.inbox.send_nowait(AccountEvent(venue.venue, state))
        await trio.sleep(1)
        assert [seen.fill for seen in await built.told()] == [nameless]


@virtual
async def test_an_unreachable_account_is_asked_again_from_where_it_was(tmp_path: Path) -> None:
    """Polls that fail are noted and lose nothing, however long the outage."""
    venue = FakeVenue()
    venue.down = {"fills"}
    async with tracked(tmp_path, venue) as built:
        await built.buy()
        await trio.sleep(600)
        assert await built.told() == []
        assert any(isinstance(seen, Noted) for seen in waiting(built.around.looks))
        venue.down = set()
        await trio.sleep(1)
        assert len(await built.told()) == 1


@virtual
async def test_a_poll_that_hangs_is_asked_again(tmp_path: Path) -> None:
    """A request that never returns does not keep fills from being found."""
    venue = FakeVenue()
    venue.hangs = {"fills"}
    async with tracked(tmp_path, venue) as built:
        await built.buy()
        await trio.sleep(1)
        venue.hangs = set()
        await trio.sleep(60)
        assert len(await built.told()) == 1


@virtual
async def test_a_fill_that_is_told_minutes_late_is_found(tmp_path: Path) -> None:
    """Polls without it were answered for ten minutes; it is asked for from its order on."""
    venue = FakeVenue()
    venue.silent_fills = True
    async with tracked(tmp_path, venue) as built:
        await built.buy()
        await trio.sleep(600)
        venue.silent_fills = False
        await trio.sleep(POLL_S + 1)
        assert len(await built.told()) == 1


@virtual
async def test_a_fill_that_fails_minutes_later_is_found_without_a_stream(tmp_path: Path) -> None:
    """Matched, and taken back ten minutes after: polls look at it until its status is a last one."""
    venue = FakeVenue()
    async with tracked(tmp_path, venue) as built:
        await built.buy()
        venue.told[0] = attrs.evolve(venue.told[0], status=FillStatus.PROVISIONAL)
        await trio.sleep(600)
        venue.take_back(0)
        await trio.sleep(POLL_S + 1)
        assert [told.fill.status for told in await built.told()] == [
            FillStatus.PROVISIONAL,
            FillStatus.REVERSED,
        ]
        assert len(waiting(built.surprises)) == 1


@virtual
async def test_fills_of_others_are_not_ours(tmp_path: Path) -> None:
    """A fill of an order we never sent is never booked."""
    venue = FakeVenue()
    async with tracked(tmp_path, venue) as built:
        stranger = attrs.evolve(FILL, key=None, venue_order_id="somebody else's")
        built.inbox.send_nowait(AccountEvent(venue.venue, stranger))
        await trio.sleep(3 * POLL_S)
        assert await built.told() == []
        assert built.around.journal.fills() == ()
