"""Buying baskets leg by leg: whatever happens, each has one end and no fill is lost."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from arb.market.instruments import Action, Market, Outcome, Venue
from arb.market.units import MICRO
from arb.messages import Approved, BasketEnd, BasketEnded, BasketId, Level, Noted
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.floor import Floor, audit, floor
from tests.fakes.markets import approve, make_market
from tests.fakes.venue import Answer, FakeVenue, Script

TEN = 10 * MICRO
PLENTY = 1_000 * MICRO
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], TEN)


def stage(markets: Sequence[Market] = (POLY, KALSHI), *, bid: int = 430_000) -> list[FakeVenue]:
    """Both venues; books deep enough for every basket here, with somebody to sell back to."""
    venues = [FakeVenue(Venue.POLYMARKET), FakeVenue(Venue.KALSHI)]
    for market in markets:
        venue = venues[market.venue is Venue.KALSHI]
        asks = {450_000: PLENTY} if market.venue is Venue.POLYMARKET else {520_000: PLENTY}
        bids = {bid: PLENTY} if market.venue is Venue.POLYMARKET else {500_000: PLENTY}
        venue.quote(market, bids, asks)
    return venues


async def trade(
    folder: Path, venues: list[FakeVenue], approved: Approved = CROSS
) -> tuple[Floor, BasketEnded]:
    """Buy one basket and wait until everything about it is over."""
    async with floor(folder, venues) as built:
        await built.buy(approved)
        await built.end()
        await built.written()
        return built, audit(built, approved, venues)


@virtual
async def test_a_basket_that_fills_is_complete(tmp_path: Path) -> None:
    """Every leg at the planned size, one order a leg, nothing exposed."""
    venues = stage()
    _, ended = await trade(tmp_path, venues)
    assert (ended.end, ended.sets, ended.stuck) == (BasketEnd.COMPLETED, TEN, ())
    assert [len(venue.sent) for venue in venues] == [1, 1]


@virtual
async def test_the_basket_is_on_disk_before_its_first_order(tmp_path: Path) -> None:
    """When the first leg leaves, the journal holds the basket, with no end yet."""
    venues, seen = stage(), list[object]()
    async with floor(tmp_path, venues) as built:
        venues[0].on_send = lambda _: seen.append(
            [(stored.id, stored.outcome) for stored in built.around.journal.baskets()]
        )
        await built.buy(CROSS)
        await built.end()
    assert seen == [[(CROSS.basket, None)]]


@virtual
async def test_the_second_leg_aims_at_what_the_first_got(tmp_path: Path) -> None:
    """A first leg filled by 4 of 10 makes a basket of 4, hedged and called reduced."""
    venues = stage()
    venues[0].scripts.append(Script(most=4 * MICRO))
    _, ended = await trade(tmp_path, venues)
    assert (ended.end, ended.sets) == (BasketEnd.REDUCED, 4 * MICRO)
    assert [prepared.order.qty for venue in venues for prepared in venue.sent] == [TEN, 4 * MICRO]


@virtual
async def test_a_first_leg_without_a_fill_ends_it(tmp_path: Path) -> None:
    """Nothing bought: missed, and the other venue never hears of it."""
    venues = stage()
    venues[0].scripts.append(Script(most=0))
    _, ended = await trade(tmp_path, venues)
    assert (ended.end, ended.sets) == (BasketEnd.MISSED, 0)
    assert venues[1].sent == []


@virtual
async def test_the_hardest_leg_goes_first(tmp_path: Path) -> None:
    """The leg with the least on offer for what is wanted is bought first."""
    venues, first = stage(), list[Venue]()
    for venue in venues:
        venue.on_send = lambda prepared: first.append(prepared.order.market.venue)
    venues[1].quote(KALSHI, {500_000: 11 * MICRO}, {520_000: PLENTY})
    await trade(tmp_path, venues)
    assert first == [Venue.KALSHI, Venue.POLYMARKET]


@virtual
async def test_a_lost_answer_is_never_bought_twice(tmp_path: Path) -> None:
    """A leg whose answer is lost is found by its key and the basket goes on."""
    venues = stage()
    venues[0].scripts.append(Script(answer=Answer.NEVER, hidden_s=2.0))
    _, ended = await trade(tmp_path, venues)
    assert (ended.end, ended.sets) == (BasketEnd.COMPLETED, TEN)
    assert [len(venue.sent) for venue in venues] == [1, 1]


@virtual
async def test_after_an_unknown_leg_nothing_more_is_bought_until_it_is_known(
    tmp_path: Path,
) -> None:
    """With a leg unknown the sequencer stops; the monitor finds it out and completes the basket."""
    venues = stage()
    venues[0].scripts.append(Script(answer=Answer.LOST))
    venues[0].down = {"read"}

    async def comes_back() -> None:
        await trio.sleep(25)
        assert venues[1].sent == []
        venues[0].down = set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(comes_back)
        _, ended = await trade(tmp_path, venues)
    assert ended.sets in (0, TEN)
    assert ended.stuck == ()


@virtual
async def test_a_failing_store_ends_the_basket_before_any_order(tmp_path: Path) -> None:
    """A basket that cannot be written is not bought, and still gets its one end."""
    venues = stage()
    async with floor(tmp_path, venues) as built:
        await built.buy(CROSS)
        await built.end()
        for venue in venues:
            venue.sent.clear()
        await built.buy(CROSS)  # the same basket again breaks the store's own rule
        ended = await built.end()
    assert (ended.basket, ended.end) == (CROSS.basket, BasketEnd.MISSED)
    assert [venue.sent for venue in venues] == [[], []]


@virtual
async def test_many_legs_end_even(tmp_path: Path) -> None:
    """Five legs, the third filled by half: hedged sets are the least leg, the rest is sold back."""
    markets = [make_market(f"k{number}", event="e") for number in range(5)]
    venue = FakeVenue(Venue.KALSHI)
    for market in markets:
        venue.quote(market, {170_000: PLENTY}, {180_000: 2 * TEN})
    venue.scripts.extend([Script(), Script(), Script(most=TEN // 2)])
    approved = approve([(market, Outcome.YES, 180_000) for market in markets], TEN)
    async with floor(tmp_path, [venue]) as built:
        await built.buy(approved)
        await built.end()
        await built.written()
        ended = audit(built, approved, [venue])
    assert ended.stuck == ()
    assert ended.sets in (TEN // 2, TEN)


LEG_SCRIPTS = st.builds(
    Script,
    answer=st.sampled_from([Answer.GIVEN, Answer.GIVEN, Answer.LOST, Answer.NEVER, Answer.BUG]),
    arrives=st.sampled_from([True, True, True, False]),
    refused=st.sampled_from(["", "", "", "closed"]),
    held_s=st.sampled_from([0.0, 0.0, 3.0]),
    hidden_s=st.sampled_from([0.0, 0.0, 2.0]),
    most=st.sampled_from([None, None, 0, MICRO, 5 * MICRO, 5 * MICRO + 5_000]),
    rests=st.booleans(),
    late=st.sampled_from([0, 0, MICRO]),
).filter(lambda s: s.arrives or s.answer is not Answer.GIVEN)


@given(
    first=st.lists(LEG_SCRIPTS, max_size=4),
    second=st.lists(LEG_SCRIPTS, max_size=4),
    bid=st.sampled_from([430_000, 100_000]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_the_venues_do_a_basket_has_one_end(
    first: list[Script], second: list[Script], bid: int
) -> None:
    """Any script of fills, rests, losses and refusals: one end, and all records agree."""
    venues = stage(bid=bid)
    venues[0].scripts.extend(first)
    venues[1].scripts.extend(second)

    async def main() -> None:
        with TemporaryDirectory() as folder:
            await trade(Path(folder), venues)

    trio.run(main, clock=MockClock(autojump_threshold=0))


# --- the last look, and what happens between legs ---


@virtual
async def test_what_moved_since_it_was_approved_is_not_begun(tmp_path: Path) -> None:
    """Ten cents dearer by the time it is to be bought: missed, with the reason, and no order."""
    venues = stage()
    venues[1].quote(KALSHI, {400_000: PLENTY}, {420_000: PLENTY})
    _, ended = await trade(tmp_path, venues)
    assert (ended.end, [venue.sent for venue in venues]) == (BasketEnd.MISSED, [[], []])
    assert "moved" in ended.note


@virtual
async def test_all_legs_are_cut_to_what_the_scarcest_offers(tmp_path: Path) -> None:
    """Six left of ten on one side: both legs are ordered at six."""
    venues = stage()
    venues[1].quote(KALSHI, {500_000: 6 * MICRO}, {520_000: PLENTY})
    _, ended = await trade(tmp_path, venues)
    assert (ended.end, ended.sets) == (BasketEnd.REDUCED, 6 * MICRO)
    assert [prepared.order.qty for venue in venues for prepared in venue.sent] == [6 * MICRO] * 2


@virtual
async def test_quotes_of_the_rest_are_looked_at_after_each_fill(tmp_path: Path) -> None:
    """The second leg shrinks while the first is bought: no more of it is asked for than is there."""
    venues = stage()

    def shrink(_: object) -> None:
        venues[1].quote(KALSHI, {500_000: 4 * MICRO}, {520_000: PLENTY})

    venues[0].on_send = shrink
    await trade(tmp_path, venues)
    assert venues[1].sent[0].order.qty == 4 * MICRO


@virtual
async def test_what_vanished_after_a_fill_is_not_asked_for(tmp_path: Path) -> None:
    """Nothing is left of the second leg: no order for it, the first is seen to at once."""
    venues = stage()

    def vanish(_: object) -> None:
        venues[1].quote(KALSHI, {400_000: PLENTY}, {420_000: PLENTY})

    venues[0].on_send = vanish
    _, ended = await trade(tmp_path, venues)
    assert ended.end is BasketEnd.UNWOUND
    assert [prepared.order.action for prepared in venues[0].sent] == [Action.BUY, Action.SELL]
    assert venues[1].sent == []
    assert ended.loss == 2_000 * MICRO - sum(venue.cash for venue in venues)


@virtual
@pytest.mark.parametrize("level", [Level.PAUSED, Level.REDUCE_ONLY, Level.FLATTEN])
async def test_nothing_is_begun_while_trading_is_stopped(tmp_path: Path, level: Level) -> None:
    """Approved a moment before the stop: no order leaves."""
    venues = stage()
    async with floor(tmp_path, venues, standing=lambda *_: level) as built:
        await built.buy(CROSS)
        ended = await built.end()
    assert (ended.end, [venue.sent for venue in venues]) == (BasketEnd.MISSED, [[], []])


@virtual
async def test_legs_not_yet_sent_stay_unsent_once_only_reducing_is_allowed(
    tmp_path: Path,
) -> None:
    """Stopped after the first leg: whatever follows is the unwind's doing, not the plan's."""
    venues, level = stage(), [Level.RUNNING]

    def stop(_: object) -> None:
        level[0] = Level.REDUCE_ONLY

    venues[0].on_send = stop
    async with floor(tmp_path, venues, standing=lambda *_: level[0]) as built:
        await built.buy(CROSS)
        await built.end()
        await built.written()
        ended = audit(built, CROSS, venues)
        notes = [look.text for look in waiting(built.around.looks) if isinstance(look, Noted)]
    assert ended.stuck == ()
    assert notes == ["b1: legs not yet sent are not sent any more"]


@virtual
async def test_a_venue_that_is_stopped_is_sent_no_leg(tmp_path: Path) -> None:
    """`KILL.kalshi` comes while the leg on Polymarket is bought: what was bought is unwound."""
    venues, stopped = stage(), set[Venue]()
    venues[0].on_send = lambda _: stopped.add(Venue.KALSHI)

    def standing(*asked: Venue) -> Level:
        return Level.STOPPED if stopped & {*asked} else Level.RUNNING

    async with floor(tmp_path, venues, standing=standing) as built:
        await built.buy(CROSS)
        await built.end()
        await built.written()
        assert audit(built, CROSS, venues).stuck == ()
        notes = [look.text for look in waiting(built.around.looks) if isinstance(look, Noted)]
        assert notes == ["b1: legs not yet sent are not sent any more"]
        await built.buy(attrs.evolve(CROSS, basket=BasketId("b2")))
        assert (await built.end()).end is BasketEnd.MISSED


@virtual
async def test_more_than_ten_legs_are_read_afresh_before_anything_is_bought(
    tmp_path: Path,
) -> None:
    """Our own books know all eleven, the venue tells none: nothing is bought on hearsay."""
    markets = [make_market(f"k{number}", event="e") for number in range(11)]
    venue = FakeVenue(Venue.KALSHI)
    for market in markets:
        venue.quote(market, {60_000: PLENTY}, {70_000: PLENTY})
    venue.down = {"book"}
    approved = approve([(market, Outcome.YES, 70_000) for market in markets], TEN)
    async with floor(tmp_path, [venue]) as built:
        await built.buy(approved)
        ended = await built.end()
        assert (ended.end, venue.sent) == (BasketEnd.MISSED, [])
        assert "not known" in ended.note
        venue.down = set()
        again = attrs.evolve(approved, basket=BasketId("b2"))
        await built.buy(again)
        assert (await built.end()).end is BasketEnd.COMPLETED


@virtual
async def test_books_that_do_not_answer_are_not_believed(tmp_path: Path) -> None:
    """Nobody keeps these books: the question is given up after its time, and nothing is bought."""
    venues = stage(markets=[POLY])
    async with floor(tmp_path, venues) as built:
        await built.buy(CROSS)
        ended = await built.end()
    assert (ended.end, venues[0].sent) == (BasketEnd.MISSED, [])
