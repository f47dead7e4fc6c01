"""Ended baskets whose contracts turned out otherwise are hedged or sold again; people may ask too."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from arb.actors.reopener import Reopener
from arb.market.instruments import Market, Outcome, Venue
from arb.market.units import MICRO, Usd
from arb.messages import AccountEvent, BasketEnd, Noted
from arb.store.asking import StoreReader
from arb.store.half_done import grant
from arb.store.leftovers import LeftState, change_state, read_leftovers
from tests.fakes.bench import KillAt, in_place, waiting
from tests.fakes.clock import virtual
from tests.fakes.floor import Floor, audit, floor
from tests.fakes.markets import approve, make_market
from tests.fakes.venue import Answer, FakeVenue, Script, now_ns

TEN = 10 * MICRO
PLENTY = 1_000 * MICRO
EVERY_S = 1.0
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], TEN)


def stage() -> list[FakeVenue]:
    poly, kalshi = FakeVenue(Venue.POLYMARKET), FakeVenue(Venue.KALSHI)
    poly.quote(POLY, {440_000: PLENTY}, {450_000: PLENTY})
    kalshi.quote(KALSHI, {500_000: PLENTY}, {510_000: PLENTY})
    return [poly, kalshi]


@asynccontextmanager
async def reopening(
    folder: Path,
    venues: Sequence[FakeVenue],
    *,
    listed: Sequence[Market] = (POLY, KALSHI),
    unwinding: trio.CancelScope | None = None,
) -> AsyncIterator[Floor]:
    """The floor, and somebody who opens baskets again."""
    around = floor(folder, venues, unwinding=unwinding)
    async with around as built, trio.open_nursery() as nursery:
        await nursery.start(_reopener(built, listed).run)
        yield built
        nursery.cancel_scope.cancel(reason="the test is over")


def _reopener(built: Floor, listed: Sequence[Market]) -> Reopener:
    return Reopener(
        reader=StoreReader(built.around.journal, in_place),
        markets={market.id: market for market in listed},
        inbox=built.surprises,
        unwinds=built.unwinds,
        store=built.around.store,
        desk=built.around.desk,
        every_s=EVERY_S,
        now_ns=now_ns,
    )


def taken_back(built: Floor, venue: FakeVenue) -> None:
    """The venue's first fill failed to settle, and its stream says so."""
    built.tracker.send_nowait(AccountEvent(venue.venue, venue.take_back(0)))


async def last_end(built: Floor, venues: Sequence[FakeVenue]) -> BasketEnd:
    """Everything that the basket holds in the end, by all records, is what its last end says."""
    await built.end()
    await built.written()
    built.seen = built.seen[-1:]
    held = [
        venues[number].held(market, leg.leg.outcome)
        for number, (market, leg) in enumerate(zip(CROSS.markets, CROSS.plan.legs, strict=True))
    ]
    ended = built.seen[0]
    assert ended.sets == min(held)
    assert sum(left.qty for left in ended.stuck) == max(held) - min(held)
    (stored,) = built.around.journal.baskets()
    assert (stored.outcome, stored.sets) == (ended.end, ended.sets)
    return ended.end


@virtual
async def test_a_fill_that_is_taken_back_is_bought_again(tmp_path: Path) -> None:
    """Complete, then one leg fails to settle: what is missing is bought, and it is hedged again."""
    venues = stage()
    async with reopening(tmp_path, venues) as built:
        await built.buy(CROSS)
        assert (await built.end()).end is BasketEnd.COMPLETED
        taken_back(built, venues[0])
        assert await last_end(built, venues) is BasketEnd.COMPLETED
        troubles = waiting(built.around.troubles)
    assert [(one.kind, one.market) for one in troubles] == [("ghost fill", POLY.id)]
    assert venues[0].held(POLY, Outcome.YES) == TEN


@virtual
async def test_where_it_cannot_be_bought_again_the_other_leg_is_sold(tmp_path: Path) -> None:
    """Nobody offers the missing leg any more: the leg that is there is sold back, at a real loss."""
    venues = stage()
    async with reopening(tmp_path, venues) as built:
        await built.buy(CROSS)
        await built.end()
        venues[0].quote(POLY, {}, {})
        taken_back(built, venues[0])
        assert await last_end(built, venues) is BasketEnd.UNWOUND
        spent = sum(1_000 * MICRO - venue.cash for venue in venues)
        assert built.seen[0].loss == spent > 0


@virtual
async def test_a_leg_taken_back_while_its_basket_goes_on_is_seen_to_afterwards(
    tmp_path: Path,
) -> None:
    """The second leg is still on its way when the first is taken back: opened once it ended."""
    venues = stage()
    venues[1].scripts.append(Script(held_s=4.0))
    async with reopening(tmp_path, venues) as built:
        await built.buy(CROSS)
        await trio.sleep(1)
        first = next(venue for venue in venues if venue.told)
        taken_back(built, first)
        assert (await built.end()).end is BasketEnd.COMPLETED
        assert await last_end(built, venues) is BasketEnd.COMPLETED
    assert venues[0].held(POLY, Outcome.YES) == TEN


@virtual
async def test_what_a_former_run_left_is_found_at_the_start(tmp_path: Path) -> None:
    """Taken back just before the end of a run: the next one opens the basket at once."""
    venues = stage()
    async with floor(tmp_path, venues) as built:
        await built.buy(CROSS)
        await built.end()
        taken_back(built, venues[0])
        await trio.sleep(1)
        await built.written()
        async with trio.open_nursery() as nursery:
            await nursery.start(_reopener(built, (POLY, KALSHI)).run)
            assert await last_end(built, venues) is BasketEnd.COMPLETED
            nursery.cancel_scope.cancel(reason="the test is over")


@virtual
async def test_a_basket_in_a_market_that_is_gone_keeps_its_end(tmp_path: Path) -> None:
    """Nothing can be traded there: people are told, and the store still says how it ended."""
    venues = stage()
    async with reopening(tmp_path, venues, listed=[KALSHI]) as built:
        await built.buy(CROSS)
        await built.end()
        taken_back(built, venues[0])
        await trio.sleep(5)
        notes = [look for look in waiting(built.around.looks) if isinstance(look, Noted)]
        (stored,) = built.around.journal.baskets()
    assert stored.outcome is not None
    assert any("not listed any more" in note.text for note in notes)


async def stick(built: Floor, venues: Sequence[FakeVenue]) -> None:
    """Buy the first leg of a basket whose way out is closed on both sides."""
    venues[1].scripts.append(Script(most=0))

    def close(_: object) -> None:
        venues[0].quote(POLY, {}, {450_000: PLENTY})
        venues[1].quote(KALSHI, {}, {})

    venues[1].on_send = close
    await built.buy(CROSS)
    assert (await built.end()).end is BasketEnd.STUCK
    venues[1].on_send = lambda _: None


@virtual
async def test_a_person_may_ask_for_another_try(tmp_path: Path) -> None:
    """Stuck; somebody bids again, too little for its budget: sold once a person allows the loss."""
    venues = stage()
    async with reopening(tmp_path, venues) as built:
        await stick(built, venues)
        await built.written()
        venues[0].quote(POLY, {300_000: PLENTY}, {310_000: PLENTY})
        journal, at_ns = built.around.journal, now_ns()
        (left,) = journal.ask(read_leftovers)
        assert (left.state, left.qty, left.basket) == (LeftState.STUCK, TEN, CROSS.basket)
        journal.ask(lambda db: grant(db, CROSS.basket, Usd(3 * MICRO)))
        journal.ask(lambda db: change_state(db, CROSS.basket, LeftState.RETRY, "ann", "go", at_ns))
        assert await last_end(built, venues) is BasketEnd.UNWOUND
        assert journal.ask(read_leftovers) == ()


@virtual
async def test_what_a_person_took_over_is_left_alone(tmp_path: Path) -> None:
    """Acknowledged: no order is sent for it, though there is a bid again."""
    venues = stage()
    async with reopening(tmp_path, venues) as built:
        await stick(built, venues)
        await built.written()
        venues[0].quote(POLY, {440_000: PLENTY}, {450_000: PLENTY})
        sent, at_ns = len(venues[0].sent), now_ns()
        built.around.journal.ask(
            lambda db: change_state(db, CROSS.basket, LeftState.ACKNOWLEDGED, "ann", "", at_ns)
        )
        await trio.sleep(20)
        (left,) = built.around.journal.ask(read_leftovers)
    assert len(venues[0].sent) == sent
    assert (left.state, left.who) == (LeftState.ACKNOWLEDGED, "ann")


@virtual
async def test_fills_of_an_order_of_unknown_end_count_once(tmp_path: Path) -> None:
    """Its fill came over the stream and its end is found out by another try: 4 contracts, not 8."""
    venues = stage()
    venues[1].scripts.append(Script(answer=Answer.LOST, most=4 * MICRO))
    venues[1].down = {"read"}
    async with reopening(tmp_path, venues) as built:
        await built.buy(CROSS)
        assert (await built.end()).end is BasketEnd.STUCK
        for fill in venues[1].told:
            built.tracker.send_nowait(AccountEvent(Venue.KALSHI, fill))
        await built.written()
        venues[1].down = set()
        assert await last_end(built, venues) is BasketEnd.COMPLETED
    assert venues[1].held(KALSHI, Outcome.NO) == TEN


@virtual
async def test_an_order_of_unknown_end_is_asked_for_until_it_is_known(tmp_path: Path) -> None:
    """Its venue is silent for longer than an unwind lasts, and nothing else is left over."""
    venues = stage()
    for venue in venues:
        venue.scripts.append(Script(answer=Answer.LOST))
        venue.down = {"read"}
    async with reopening(tmp_path, venues) as built:
        await built.buy(CROSS)
        assert (await built.end()).end is BasketEnd.STUCK
        await trio.sleep(600)
        for venue in venues:
            venue.down = set()
        await trio.sleep(60)
        await built.written()
        journal = built.around.journal
        assert journal.orders(unfinished=True) == ()
        assert [basket.outcome for basket in journal.baskets()] == [BasketEnd.COMPLETED]
    assert venues[0].held(POLY, Outcome.YES) == venues[1].held(KALSHI, Outcome.NO) == TEN


@virtual
async def test_what_a_person_took_over_stays_theirs_whatever_is_found_out(tmp_path: Path) -> None:
    """An order of unknown end beside contracts that a person deals with: they are asked no more."""
    venues = stage()
    venues[1].scripts.append(Script(answer=Answer.LOST, arrives=False))
    venues[1].down = {"read"}
    venues[0].on_send = lambda _: venues[0].quote(POLY, {}, {450_000: PLENTY})
    async with reopening(tmp_path, venues) as built:
        await built.buy(CROSS)
        await built.end()
        await built.written()
        journal, at_ns = built.around.journal, now_ns()
        journal.ask(
            lambda db: change_state(db, CROSS.basket, LeftState.ACKNOWLEDGED, "ann", "", at_ns)
        )
        await trio.sleep(100)
        (left,) = journal.ask(read_leftovers)
        (stored,) = journal.baskets()
    assert (left.state, left.qty, left.who) == (LeftState.ACKNOWLEDGED, TEN, "ann")
    assert stored.outcome == BasketEnd.STUCK


def reopened(folder: Path, step: int) -> KillAt:
    """Take a fill back, and cancel the unwinder at `step`; the store must not lose the basket."""
    instrument, venues = KillAt(step), stage()

    async def main() -> None:
        async with reopening(folder, venues, unwinding=instrument.scope) as built:
            await built.buy(CROSS)
            await built.end()
            venues[0].quote(POLY, {}, {})
            instrument.arm()
            taken_back(built, venues[0])
            with trio.move_on_after(60):
                await built.end()
            instrument.fired = True  # what comes now is only the reopener's looking
            await built.written()
            if built.unwinds.statistics().current_buffer_used:
                (stored,) = built.around.journal.baskets()
                assert stored.outcome is None, "the next start finds it unfinished"
            else:
                built.seen = built.seen[1:]
                audit(built, CROSS, venues)

    trio.run(main, clock=MockClock(autojump_threshold=0), instruments=[instrument])
    return instrument


def test_a_kill_while_a_basket_is_hedged_again_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Killed at each await in turn: one more end that agrees with the venue, or none in the store."""
    step = 0
    while reopened(tmp_path_factory.mktemp("kill"), step).scope.cancel_called:
        step += 1
    assert step > 10


@virtual
async def test_a_kill_while_the_store_is_asked_parts_nothing(tmp_path: Path) -> None:
    """What the store takes an end away from is handed over, whenever the kill comes."""
    handed: list[str] = []

    async def slowly(call: Callable[[], None], /) -> None:
        call()
        await trio.sleep(1)

    async with floor(tmp_path, stage()) as built:
        with trio.move_on_after(0.5) as scope:
            await StoreReader(built.around.journal, slowly).take(lambda _: "taken", handed.append)
    assert scope.cancelled_caught
    assert handed == ["taken"]
