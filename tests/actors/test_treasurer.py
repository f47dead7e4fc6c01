"""The treasurer: what it books, releases and tells, message by message."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import attrs
import trio
import trio.testing

from arb.actors.treasurer import Report, Treasurer
from arb.detect.opportunity import Opportunity
from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import (
    AccountRead,
    Approved,
    Balance,
    BasketEnd,
    BasketEnded,
    BasketId,
    BasketReopened,
    ClaimBarred,
    DeskEvent,
    Level,
    MarketBarred,
    MoneySeen,
    Noted,
    OrderEnded,
    OrderFilled,
    OrderSent,
    Settlement,
    SettlementId,
    StandingChanged,
    VenueBarred,
)
from arb.ports import Lossy
from arb.risk.budget import LossLimits
from arb.risk.ledger import pool_of
from arb.risk.treasury import Treasury
from arb.store.port import StorePort, StoreRequest
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.markets import EPOCH_NS, approve, make_fill, make_market, make_order, make_prepared
from tests.fakes.treasury import Terms, make_treasury, rich_ledger

NOW = Ns(EPOCH_NS)
POLY, KALSHI = make_market("p", Venue.POLYMARKET), make_market("k")
APPROVED = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 480_000)], 10 * MICRO)
ORDER = make_order(POLY, "o1", qty=10 * MICRO, limit=450_000)
FILL = make_fill(POLY, "f1", px=450_000, qty=10 * MICRO)


@attrs.frozen
class Stage:
    treasury: Treasury
    reports: trio.MemorySendChannel[Report]
    told: trio.MemoryReceiveChannel[StandingChanged]
    looks: trio.MemoryReceiveChannel[DeskEvent]
    stored: trio.MemoryReceiveChannel[StoreRequest]

    async def tell(self, *reports: Report) -> None:
        for report in reports:
            self.reports.send_nowait(report)
        await trio.testing.wait_all_tasks_blocked()


@asynccontextmanager
async def staged(losses: LossLimits | None = None, *, lost: int = 0) -> AsyncIterator[Stage]:
    """A treasurer at work; `lost` is what an earlier run of the same day lost."""
    terms = Terms() if losses is None else Terms(losses=losses)
    treasury = make_treasury(rich_ledger(), lambda: NOW, terms=terms)
    earlier = BasketId("earlier")
    treasury.ledger.results.plan(earlier, Usd(MICRO))
    treasury.ledger.results.move(earlier, -lost)
    treasury.ledger.results.end(earlier, Qty(0), NOW, unhedged=False)
    _, opportunities = trio.open_memory_channel[Opportunity](0)
    reporting, reports = trio.open_memory_channel[Report](100)
    outbox, _ = trio.open_memory_channel[Approved](0)
    halts, told = trio.open_memory_channel[StandingChanged](10)
    desk, looks = trio.open_memory_channel[DeskEvent](100)
    storing, stored = trio.open_memory_channel[StoreRequest](100)
    treasurer = Treasurer(
        treasury=treasury,
        opportunities=opportunities,
        reports=reports,
        outbox=outbox,
        halts=halts,
        store=StorePort(storing),
        desk=Lossy(desk, looks.clone()),
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(treasurer.run)
        yield Stage(treasury, reporting, told, looks, stored)
        nursery.cancel_scope.cancel()


def ended(end: BasketEnd, sets: int = 0) -> BasketEnded:
    return BasketEnded(APPROVED.basket, end, Qty(sets), (), "", NOW)


def moves(stage: Stage) -> Sequence[DeskEvent]:
    """What the desk was told, but for the account that it is given once a second."""
    return [one for one in waiting(stage.looks) if not isinstance(one, MoneySeen)]


def notes(stage: Stage) -> Sequence[str]:
    return [one.kind for one in waiting(stage.looks) if isinstance(one, Noted)]


@virtual
async def test_money_follows_an_order_from_intent_to_end() -> None:
    """Held when it leaves, spent when it is filled, free when it ended, and no fill booked twice."""
    async with staged() as stage:
        ledger, pool = stage.treasury.ledger, pool_of(POLY)
        sent = OrderSent(make_prepared(ORDER))
        await stage.tell(sent)
        assert ledger.reserved(pool) >= 4_500_000
        filled = OrderFilled(ORDER, FILL)
        over = OrderEnded(ORDER.id, "", FILL.qty, "", NOW)
        await stage.tell(filled, filled, over)
        assert ledger.reserved(pool) == 0
        assert ledger.cash[pool] == 1_000 * MICRO - 4_500_000
        assert moves(stage) == [sent, filled, over]


@virtual
async def test_a_pair_that_resolved_differently_is_told_and_halts_the_day() -> None:
    """Both legs of ten sets lose: people hear of ten dollars at once, and nothing more is begun."""
    async with staged(LossLimits(Usd(5 * MICRO), Usd(8 * MICRO), Usd(8 * MICRO))) as stage:
        stage.treasury.take_up(APPROVED)
        for number, (leg, market) in enumerate(
            zip(APPROVED.plan.legs, APPROVED.markets, strict=True)
        ):
            outcome = leg.leg.outcome
            order = make_order(market, f"o{number}", outcome=outcome, limit=leg.limit)
            fill = make_fill(market, f"f{number}", outcome=outcome, px=leg.limit)
            await stage.tell(OrderFilled(order, fill))
        await stage.tell(ended(BasketEnd.COMPLETED, 10 * MICRO))
        assert waiting(stage.told) == []
        for market in (POLY, KALSHI):
            settled = Settlement(SettlementId("lost"), market.venue, 0, market.id, Usd(0), NOW)
            await stage.tell(settled)
        (halt,) = waiting(stage.told)
        assert (halt.level, halt.who) == (Level.PAUSED, "daily loss")
        told = [look.text for look in waiting(stage.looks) if isinstance(look, Noted)]
    words = "kalshi:k resolved otherwise: $10 that complete sets had to pay were not paid"
    assert told[0] == words


@virtual
async def test_a_basket_that_is_worked_on_again_is_in_flight_until_it_ends() -> None:
    """A reopened basket takes a place among those in flight, and its end frees it."""
    async with staged() as stage:
        await stage.tell(BasketReopened(APPROVED))
        assert stage.treasury.in_flight == 1
        await stage.tell(ended(BasketEnd.UNWOUND))
        assert stage.treasury.in_flight == 0


@virtual
async def test_settlements_are_written_down_once() -> None:
    """News goes to the store and the desk; what was told before goes nowhere."""
    async with staged() as stage:
        paid = Settlement(SettlementId("s"), Venue.KALSHI, 0, KALSHI.id, Usd(7), NOW)
        await stage.tell(paid, paid)
        assert [request.records for request in waiting(stage.stored)] == [(paid,)]
        assert moves(stage) == [paid]


@virtual
async def test_every_bar_declines_and_every_lift_frees() -> None:
    """Venues, markets, claims and levels are taken as they are told."""
    async with staged() as stage:
        objection = stage.treasury.objection
        bars: list[tuple[Report, Report]] = [
            (VenueBarred(Venue.KALSHI, "x"), VenueBarred(Venue.KALSHI, None)),
            (MarketBarred(POLY.id, "x"), MarketBarred(POLY.id, None)),
            (
                StandingChanged(Level.PAUSED, "a", "x", "", NOW),
                StandingChanged(Level.RUNNING, "a", "", "", NOW),
            ),
        ]
        for bar, lift in bars:
            await stage.tell(bar)
            assert objection([POLY, KALSHI])
            await stage.tell(lift)
            assert objection([POLY, KALSHI]) == ""
        claims = APPROVED.plan.template.proof.claims
        await stage.tell(ClaimBarred(claims[0].source, "x"))
        assert stage.treasury.obstacles.doubt(claims)


@virtual
async def test_a_halt_is_told_to_whoever_keeps_it_and_to_people() -> None:
    """A loss that leaves no further budget goes out once, with its reason."""
    async with staged(LossLimits(Usd(MICRO), Usd(5 * MICRO), Usd(5 * MICRO))) as stage:
        stage.treasury.take_up(APPROVED)
        order = attrs.evolve(ORDER, basket=APPROVED.basket)
        await stage.tell(OrderFilled(order, FILL), ended(BasketEnd.STUCK))
        await stage.tell(VenueBarred(Venue.KALSHI, None))
        (halt,) = waiting(stage.told)
        assert (halt.level, halt.who) == (Level.PAUSED, "daily loss")
        assert notes(stage) == ["daily loss"]


@virtual
async def test_what_was_lost_before_the_start_halts_at_once() -> None:
    """The first thing that is told after a restart of the same day is the halt."""
    losses = LossLimits(Usd(MICRO), Usd(20 * MICRO), Usd(20 * MICRO))
    async with staged(losses, lost=19 * MICRO + 1) as stage:
        assert [change.level for change in waiting(stage.told)] == [Level.PAUSED]
        assert stage.treasury.objection([POLY]).startswith("halted for today")
    async with staged(losses, lost=19 * MICRO) as stage:
        assert waiting(stage.told) == []


@virtual
async def test_drift_and_what_is_held_without_an_end_are_told() -> None:
    """Two readings that agree on a difference are a drift; an order of unknown end is named."""
    async with staged() as stage:
        off = AccountRead(Venue.KALSHI, (Balance(Venue.KALSHI, 0, Usd(5)),), (), NOW)
        await stage.tell(off, off)
        assert notes(stage) == ["drift"]
        order = attrs.evolve(ORDER, basket=BasketId("gone"))
        await stage.tell(OrderSent(make_prepared(order)), off)
        assert notes(stage) == ["held"]
        await stage.tell(off)
        assert notes(stage) == [], "once is enough"


@virtual
async def test_what_was_reported_before_the_end_is_booked() -> None:
    """Whoever ends in the same moment has the last word written into the books."""
    async with staged() as stage:
        sent = OrderSent(make_prepared(ORDER))
        stage.reports.send_nowait(sent)
        stage.reports.send_nowait(OrderFilled(ORDER, FILL))
        stage.reports.send_nowait(OrderEnded(ORDER.id, "", FILL.qty, "", NOW))
    ledger, pool = stage.treasury.ledger, pool_of(POLY)
    assert ledger.cash[pool] == 1_000 * MICRO - 4_500_000
    assert ledger.reserved(pool) == 0
