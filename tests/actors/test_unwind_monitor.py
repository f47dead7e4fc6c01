"""Whatever is half done is found out, completed or sold back, and ends once."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import attrs
import trio
import trio.lowlevel

from arb.market.instruments import Action, Outcome, Venue
from arb.market.units import MICRO, Qty, Usd
from arb.messages import BasketEnd, BasketEnded, Level, Noted, Unwind
from arb.placing import Refusal, Unknown
from arb.store.leftovers import LeftState, read_leftovers
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.floor import UNWIND_S, Floor, audit, floor
from tests.fakes.markets import approve, make_market, make_order
from tests.fakes.venue import Answer, FakeVenue, Script

TEN = 10 * MICRO
PLENTY = 1_000 * MICRO
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], TEN)
FIRST = make_order(POLY, "o1", qty=TEN, limit=450_000)


def stage(*, bid: int, no_ask: int) -> list[FakeVenue]:
    """Somebody buys YES back at `bid` on Polymarket and sells NO at `no_ask` on Kalshi."""
    poly, kalshi = FakeVenue(Venue.POLYMARKET), FakeVenue(Venue.KALSHI)
    poly.quote(POLY, {bid: PLENTY} if bid else {}, {450_000: PLENTY})
    kalshi.quote(KALSHI, {MICRO - no_ask: PLENTY} if no_ask else {}, {})
    return [poly, kalshi]


@attrs.frozen
class Unwound:
    """How it went."""

    ended: BasketEnded
    took_s: float
    venues: list[FakeVenue]
    built: Floor

    @property
    def did(self) -> list[tuple[Venue, Action, Outcome]]:
        """Orders after the first leg, as the venues received them."""
        orders = [prepared.order for venue in self.venues for prepared in venue.sent]
        return [(o.market.venue, o.action, o.outcome) for o in orders if o.id != FIRST.id]


Then = Callable[[list[FakeVenue]], None]


async def unwind(
    folder: Path, venues: list[FakeVenue], *, first: Script | None = None, then: Then | None = None
) -> Unwound:
    """Buy the first leg alone, change the world with `then`, and hand over what is open."""
    venues[0].scripts.append(first or Script())
    async with floor(folder, venues) as built:
        await built.around.store.record(CROSS)
        got = await built.around.placer.place(FIRST)
        if then is not None:
            then(venues)
        started = trio.current_time()
        await built.unwinds.send(handed_over(got))
        await built.end()
        took_s = trio.current_time() - started
        await built.written()
        return Unwound(audit(built, CROSS, venues), took_s, venues, built)


def handed_over(got: Qty | Refusal | Unknown) -> Unwind:
    assert not isinstance(got, Refusal), "the first leg is always taken"
    if isinstance(got, Unknown):
        return Unwind(CROSS, (Qty(0), Qty(0)), ((0, got.prepared),), "an order's end is unknown")
    return Unwind(CROSS, (got, Qty(0)), (), "legs filled unevenly")


@virtual
async def test_a_market_that_refuses_is_not_asked_again_while_selling_helps(
    tmp_path: Path,
) -> None:
    """Completing would bring more, but the venue says no: one try, then what is held is sold."""
    venues = stage(bid=440_000, no_ask=460_000)
    venues[1].scripts.extend([Script(refused="trading is paused")] * 50)
    result = await unwind(tmp_path, venues)
    assert result.did == [
        (Venue.POLYMARKET, Action.SELL, Outcome.YES),
        (Venue.KALSHI, Action.BUY, Outcome.NO),
    ]
    assert result.ended.end is BasketEnd.UNWOUND
    assert result.ended.refused == (KALSHI.id,)
    assert result.took_s < UNWIND_S / 2


@virtual
async def test_a_halt_is_waited_out_where_nothing_else_helps(tmp_path: Path) -> None:
    """Nobody buys back what is held: the market that refused is asked again, every few seconds."""
    venues = stage(bid=0, no_ask=460_000)
    venues[1].scripts.extend([Script(refused="trading is paused")] * 3)
    result = await unwind(tmp_path, venues)
    assert result.ended.end is BasketEnd.COMPLETED
    tried = [venue for venue, action, _ in result.did if action is Action.BUY]
    assert tried == [Venue.KALSHI] * 4
    assert 15 <= result.took_s < UNWIND_S


@virtual
async def test_selling_wins_where_it_brings_more(tmp_path: Path) -> None:
    """Sold at 0.60 beats completing for 1 less 0.50: the exposure is sold and nothing is bought."""
    done = await unwind(tmp_path, stage(bid=600_000, no_ask=500_000))
    assert done.did == [(Venue.POLYMARKET, Action.SELL, Outcome.YES)]
    assert (done.ended.end, done.ended.sets) == (BasketEnd.UNWOUND, 0)


@virtual
async def test_completing_wins_where_it_brings_more(tmp_path: Path) -> None:
    """A set worth 1 less 0.50 beats 0.30 from selling: the missing leg is bought."""
    done = await unwind(tmp_path, stage(bid=300_000, no_ask=500_000))
    assert done.did == [(Venue.KALSHI, Action.BUY, Outcome.NO)]
    assert (done.ended.end, done.ended.sets) == (BasketEnd.COMPLETED, TEN)


@virtual
async def test_a_part_is_sold_and_then_the_rest(tmp_path: Path) -> None:
    """A sale that gets a part is followed by another until nothing is exposed."""

    def reluctant(venues: list[FakeVenue]) -> None:
        venues[0].scripts.extend([Script(most=4 * MICRO), Script(most=0), Script()])

    done = await unwind(tmp_path, stage(bid=600_000, no_ask=0), then=reluctant)
    assert (done.ended.end, done.ended.stuck) == (BasketEnd.UNWOUND, ())
    assert len(done.did) == 3


@virtual
async def test_with_nobody_to_trade_it_is_stuck_after_an_offer(tmp_path: Path) -> None:
    """No bids and nothing to complete with: one offer at what was paid, looks until it is time."""
    done = await unwind(tmp_path, stage(bid=0, no_ask=0))
    assert done.ended.end is BasketEnd.STUCK
    assert [(exposure.market, exposure.qty) for exposure in done.ended.stuck] == [(POLY, TEN)]
    assert done.did == [(Venue.POLYMARKET, Action.SELL, Outcome.YES)]
    assert UNWIND_S <= done.took_s < UNWIND_S + 1
    troubles = waiting(done.built.around.troubles)
    assert [(t.kind, t.venue) for t in troubles] == [("unwind failed", Venue.POLYMARKET)]
    notes = [look for look in waiting(done.built.around.looks) if isinstance(look, Noted)]
    assert "stuck" in {note.kind for note in notes}


@virtual
async def test_a_bid_that_comes_back_in_time_is_taken(tmp_path: Path) -> None:
    """Nobody buys for ten seconds: that is no reason to leave it to a person."""
    venues = stage(bid=0, no_ask=0)

    async def somebody_bids() -> None:
        await trio.sleep(10)
        venues[0].quote(POLY, {440_000: PLENTY}, {450_000: PLENTY})

    async with trio.open_nursery() as nursery:
        nursery.start_soon(somebody_bids)
        done = await unwind(tmp_path, venues)
    assert (done.ended.end, done.ended.stuck) == (BasketEnd.UNWOUND, ())
    assert done.took_s < UNWIND_S


@virtual
async def test_an_unknown_order_is_found_out_before_anything_else(tmp_path: Path) -> None:
    """The order that nobody could be asked about had filled: known first, then completed."""
    venues = stage(bid=300_000, no_ask=500_000)
    venues[0].down = {"read"}

    def comes_back(venues: list[FakeVenue]) -> None:
        venues[0].down = set()

    done = await unwind(tmp_path, venues, first=Script(answer=Answer.LOST), then=comes_back)
    assert (done.ended.end, done.ended.sets) == (BasketEnd.COMPLETED, TEN)


@virtual
async def test_an_unknown_order_that_got_nothing_leaves_nothing_to_do(tmp_path: Path) -> None:
    """An order that never arrived is known as empty in the end: missed, and no order more."""
    venues = stage(bid=300_000, no_ask=500_000)
    venues[0].down = {"read"}

    def comes_back(venues: list[FakeVenue]) -> None:
        venues[0].down = set()

    script = Script(answer=Answer.LOST, arrives=False)
    done = await unwind(tmp_path, venues, first=script, then=comes_back)
    assert (done.ended.end, done.did) == (BasketEnd.MISSED, [])


@virtual
async def test_what_cannot_be_found_out_is_stuck_and_named(tmp_path: Path) -> None:
    """A venue that stays away: stuck, naming the order; the journal keeps it unfinished."""
    venues = stage(bid=300_000, no_ask=500_000)
    venues[0].down = {"read"}
    venues[0].scripts.append(Script(answer=Answer.LOST))
    async with floor(tmp_path, venues) as built:
        await built.around.store.record(CROSS)
        got = await built.around.placer.place(FIRST)
        await built.unwinds.send(handed_over(got))
        ended = await built.end()
        await built.written()
        (open_order,) = built.around.journal.orders(unfinished=True)
    assert ended.end is BasketEnd.STUCK
    assert open_order.key in ended.note


@virtual
async def test_it_ends_in_time_whatever_the_venue_does(tmp_path: Path) -> None:
    """Sales that never fill end after the deadline and one order's patience, not later."""

    def endless(venues: list[FakeVenue]) -> None:
        venues[0].scripts.extend([Script(most=0)] * 1_000)

    done = await unwind(tmp_path, stage(bid=600_000, no_ask=0), then=endless)
    assert done.ended.end is BasketEnd.STUCK
    assert "time" in done.ended.note
    assert done.took_s < UNWIND_S + 1


@virtual
async def test_books_that_come_back_are_used(tmp_path: Path) -> None:
    """Books that cannot be read for a while only delay the unwind, and people are told."""
    venues = stage(bid=600_000, no_ask=500_000)

    def dark(venues: list[FakeVenue]) -> None:
        for venue in venues:
            venue.down = {"book"}

    async def light() -> None:
        await trio.sleep(10)
        for venue in venues:
            venue.down = set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(light)
        done = await unwind(tmp_path, venues, then=dark)
    assert (done.ended.end, done.ended.stuck) == (BasketEnd.UNWOUND, ())
    troubles = waiting(done.built.around.troubles)
    assert {trouble.venue for trouble in troubles if trouble.kind == "book"} == set(Venue)


@virtual
async def test_a_book_that_hangs_is_asked_for_again(tmp_path: Path) -> None:
    """One lost request does not eat the time of the unwind."""
    venues = stage(bid=600_000, no_ask=500_000)

    def stuck(venues: list[FakeVenue]) -> None:
        venues[0].hangs = {"book"}

    async def works_again() -> None:
        await trio.sleep(1)
        venues[0].hangs = set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(works_again)
        done = await unwind(tmp_path, venues, then=stuck)
    assert done.ended.stuck == ()
    assert done.took_s < UNWIND_S


@virtual
async def test_books_that_stay_dark_end_in_time(tmp_path: Path) -> None:
    """Without any book nothing is traded, and the deadline still holds."""

    def dark(venues: list[FakeVenue]) -> None:
        for venue in venues:
            venue.down = {"book"}

    done = await unwind(tmp_path, stage(bid=600_000, no_ask=500_000), then=dark)
    assert (done.ended.end, done.did) == (BasketEnd.STUCK, [])
    assert UNWIND_S <= done.took_s < UNWIND_S + 1


# --- what an unwind may lose, and what it leaves ---


@virtual
async def test_the_loss_told_is_the_loss_made(tmp_path: Path) -> None:
    """Bought at 0.45, sold at 0.44: the loss is what the account lost, fees included."""
    done = await unwind(tmp_path, stage(bid=440_000, no_ask=700_000))
    assert done.ended.end is BasketEnd.UNWOUND
    assert done.ended.loss == 2_000 * MICRO - sum(venue.cash for venue in done.venues)
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as db:
        choices = db.execute("select way, loss from unwinds").fetchall()
    assert choices == [("sell", done.ended.loss)]


@virtual
async def test_fills_that_are_not_told_leave_an_estimate(tmp_path: Path) -> None:
    """The streams are silent: the basket ends in time all the same, with the loss as expected."""
    venues = stage(bid=440_000, no_ask=700_000)
    venues[0].silent_fills = True
    done = await unwind(tmp_path, venues)
    assert done.ended.end is BasketEnd.UNWOUND
    assert done.ended.loss > 0


@virtual
async def test_nothing_is_sold_beyond_the_budget(tmp_path: Path) -> None:
    """Sold at 0.10 it would lose 3.50 of the one dollar that it may: stuck, nothing sold below."""
    tight = attrs.evolve(CROSS, loss_budget=Usd(MICRO))
    venues = stage(bid=100_000, no_ask=0)
    async with floor(tmp_path, venues) as built:
        await built.around.store.record(tight)
        got = await built.around.placer.place(FIRST)
        await built.unwinds.send(attrs.evolve(handed_over(got), approved=tight))
        ended = await built.end()
        await built.written()
        (left,) = built.around.journal.ask(read_leftovers)
    assert (ended.end, left.state) == (BasketEnd.STUCK, LeftState.STUCK)
    sold = [p.order.limit for p in venues[0].placed if p.order.action is Action.SELL]
    assert all(limit > 350_000 for limit in sold)


@virtual
async def test_what_is_cheap_and_unwanted_is_held_and_no_trouble(tmp_path: Path) -> None:
    """A hundred contracts at a cent, no bid: held until they resolve, no alert, freed by nobody."""
    cheap = approve([(POLY, Outcome.YES, 10_000), (KALSHI, Outcome.NO, 950_000)], 100 * MICRO)
    venues = stage(bid=0, no_ask=0)
    venues[0].quote(POLY, {}, {10_000: PLENTY})
    first = make_order(POLY, "o1", qty=100 * MICRO, limit=10_000)
    async with floor(tmp_path, venues) as built:
        await built.around.store.record(cheap)
        got = await built.around.placer.place(first)
        await built.unwinds.send(attrs.evolve(handed_over(got), approved=cheap))
        ended = await built.end()
        await built.written()
        (left,) = built.around.journal.ask(read_leftovers)
        troubles = waiting(built.around.troubles)
    assert (ended.end, left.state, left.best) == (BasketEnd.HELD, LeftState.HELD, 100 * MICRO)
    assert ended.loss == 1_000 * MICRO - venues[0].cash
    assert troubles == []


@virtual
async def test_nobody_waits_for_a_better_price_while_only_reducing_is_allowed(
    tmp_path: Path,
) -> None:
    """A spread wide enough for an offer: sold at once instead."""
    venues = stage(bid=420_000, no_ask=0)
    venues[0].quote(POLY, {420_000: PLENTY}, {450_000: TEN, 600_000: PLENTY})
    async with floor(tmp_path, venues, standing=lambda *_: Level.REDUCE_ONLY) as built:
        await built.around.store.record(CROSS)
        got = await built.around.placer.place(FIRST)
        await built.unwinds.send(handed_over(got))
        ended = await built.end()
    assert ended.end is BasketEnd.UNWOUND
    assert [p.order.rests for p in venues[0].placed] == [False, False]
