"""Start-up is recovery: whatever a former run left behind, afterwards journal and venues agree."""

import copy
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from arb.market.errors import ArbError, Unreachable
from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Qty
from arb.messages import BasketEnd, OrderEnded, OrderFilled
from arb.recovery import Recovered, Recovery
from arb.risk.ledger import pool_of
from arb.store.journal import Journal
from tests.fakes.bench import PATIENCE
from tests.fakes.clock import virtual
from tests.fakes.floor import floor
from tests.fakes.markets import approve, make_fill, make_market, make_order, make_prepared
from tests.fakes.venue import Answer, FakeVenue, Script, now_ns

TEN = 10 * MICRO
PLENTY = 1_000 * MICRO
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
MARKETS = {market.id: market for market in (POLY, KALSHI)}
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], TEN)
FIRST = make_prepared(make_order(POLY, "o1", qty=TEN, limit=450_000))
SECOND = make_prepared(make_order(KALSHI, "o2", outcome=Outcome.NO, qty=TEN, limit=500_000))


def stage() -> list[FakeVenue]:
    poly, kalshi = FakeVenue(Venue.POLYMARKET), FakeVenue(Venue.KALSHI)
    poly.quote(POLY, {430_000: PLENTY}, {450_000: PLENTY})
    kalshi.quote(KALSHI, {500_000: PLENTY}, {520_000: PLENTY})
    return [poly, kalshi]


def recovery(journal: Journal, venues: Sequence[FakeVenue]) -> Recovery:
    by_venue = {venue.venue: venue for venue in venues}
    return Recovery(journal, by_venue, by_venue, MARKETS, PATIENCE, now_ns)


async def recover(folder: Path, venues: Sequence[FakeVenue]) -> Recovered:
    journal = Journal(folder / "store.sqlite")
    try:
        return await recovery(journal, venues).run()
    finally:
        journal.close()


def left_behind(folder: Path, *records: object) -> None:
    """Write what a former run managed to write."""
    journal = Journal(folder / "store.sqlite")
    journal.write(records)  # type: ignore[arg-type]  # any records
    journal.close()


@virtual
async def test_a_first_start_opens_with_what_the_venues_hold(tmp_path: Path) -> None:
    """Nothing known yet: opening balances are written, and there is nothing to explain."""
    venues = stage()
    recovered = await recover(tmp_path, venues)
    assert (recovered.problems, recovered.unwinds) == ((), ())
    for venue, market in zip(venues, (POLY, KALSHI), strict=True):
        assert recovered.ledger.free(pool_of(market)) == venue.cash


@virtual
async def test_markets_settled_while_nobody_looked_are_booked(tmp_path: Path) -> None:
    """Resolution between two runs explains the cash, even where the market is listed no more."""
    venues = stage()
    await recover(tmp_path, venues)
    async with floor(tmp_path, venues) as built:
        await built.buy(CROSS)
        await built.end()
        await built.written()
    await recover(tmp_path, venues)
    venues[0].settle(POLY, MICRO)
    venues[1].settle(KALSHI, MICRO)
    journal = Journal(tmp_path / "store.sqlite")
    by_venue = {venue.venue: venue for venue in venues}
    forgotten = Recovery(journal, by_venue, by_venue, {}, PATIENCE, now_ns)
    recovered = await forgotten.run()
    journal.close()
    assert recovered.problems == ()
    assert recovered.ledger.positions() == {}
    assert recovered.ledger.settled == TEN
    for venue, market in zip(venues, (POLY, KALSHI), strict=True):
        assert recovered.ledger.free(pool_of(market)) == venue.cash


@virtual
async def test_cash_that_no_fill_explains_is_a_problem(tmp_path: Path) -> None:
    """One micro-dollar that came or went while nobody looked keeps trading from starting."""
    venues = stage()
    await recover(tmp_path, venues)
    venues[1].cash += 1
    (problem,) = (await recover(tmp_path, venues)).problems
    assert "+0.000001 dollars" in problem


@pytest.mark.parametrize(
    ("script", "filled"),
    [
        pytest.param(Script(), TEN, id="filled"),
        pytest.param(Script(rests=True, most=MICRO), MICRO, id="still resting"),
        pytest.param(Script(held_s=4.0, most=MICRO), MICRO, id="still held"),
        pytest.param(Script(most=0), 0, id="killed"),
        pytest.param(None, 0, id="never arrived"),
    ],
)
@virtual
async def test_an_unfinished_order_gets_the_end_the_venue_knows(
    tmp_path: Path, script: Script | None, filled: int
) -> None:
    """Intent written, process gone: the order is ended as the venue has it, fills and cash too."""
    venues = stage()
    await recover(tmp_path, venues)
    left_behind(tmp_path, CROSS, FIRST)
    if script is not None:
        venues[0].scripts.append(script)
        await venues[0].send(FIRST)
    recovered = await recover(tmp_path, venues)
    journal = Journal(tmp_path / "store.sqlite")
    (stored,) = journal.orders()
    assert stored.filled == filled
    assert sum(line.fill.qty for line in journal.fills()) == filled
    assert recovered.ledger.cash[Venue.POLYMARKET, 0] == venues[0].cash
    assert len(recovered.unwinds) == (1 if filled else 0)
    assert journal.baskets()[0].outcome == (None if filled else BasketEnd.MISSED)
    assert not recovered.tracking.wanting
    assert await venues[0].open_orders() == ()
    journal.close()


@virtual
async def test_an_even_basket_is_ended(tmp_path: Path) -> None:
    """Both legs filled alike, the end not written: the basket is ended with its sets."""
    venues = stage()
    await recover(tmp_path, venues)
    left_behind(tmp_path, CROSS, FIRST, SECOND)
    for venue, prepared in zip(venues, (FIRST, SECOND), strict=True):
        venue.scripts.append(Script(most=4 * MICRO))
        await venue.send(prepared)
    recovered = await recover(tmp_path, venues)
    assert (recovered.problems, recovered.unwinds) == ((), ())
    journal = Journal(tmp_path / "store.sqlite")
    assert (journal.baskets()[0].outcome, journal.baskets()[0].sets) == ("reduced", 4 * MICRO)
    journal.close()


@virtual
async def test_a_half_done_basket_is_handed_to_the_unwind(tmp_path: Path) -> None:
    """What is exposed comes back as an unwind of the same basket, with what each leg holds."""
    venues = stage()
    await recover(tmp_path, venues)
    left_behind(tmp_path, CROSS, FIRST)
    await venues[0].send(FIRST)
    (unwind,) = (await recover(tmp_path, venues)).unwinds
    assert (unwind.bought, unwind.unknown) == ((TEN, 0), ())
    assert unwind.approved.basket == CROSS.basket
    assert unwind.approved.plan.template.payout == CROSS.plan.template.payout
    assert unwind.approved.markets == CROSS.markets


@virtual
async def test_fills_told_to_nobody_are_found(tmp_path: Path) -> None:
    """An order whose end is known but whose fills are not: they are read and booked."""
    venues = stage()
    await recover(tmp_path, venues)
    left_behind(tmp_path, CROSS, FIRST, OrderEnded(FIRST.order.id, "v1", Qty(TEN), "", Ns(1)))
    await venues[0].send(FIRST)
    recovered = await recover(tmp_path, venues)
    assert recovered.ledger.cash[Venue.POLYMARKET, 0] == venues[0].cash
    assert not recovered.tracking.wanting


@pytest.mark.parametrize("call", ["read", "cancel", "fills", "balances"])
@virtual
async def test_a_venue_that_cannot_be_asked_stops_the_start(tmp_path: Path, call: str) -> None:
    """Nothing is guessed: recovery raises, and the order stays unfinished for the next start."""
    venues = stage()
    left_behind(tmp_path, CROSS, FIRST)
    venues[0].down = {call}
    with pytest.raises(ArbError):
        await recover(tmp_path, venues)
    venues[0].down = set()
    assert (await recover(tmp_path, venues)).unwinds == ()


@pytest.mark.parametrize("how", ["hangs", "held for ever"])
@virtual
async def test_an_order_without_end_does_not_hang_the_start(tmp_path: Path, how: str) -> None:
    """A read that never returns, or an order that is never done, is told after a while."""
    venues = stage()
    left_behind(tmp_path, CROSS, FIRST)
    venues[0].scripts.append(Script(held_s=1e9))
    await venues[0].send(FIRST)
    if how == "hangs":
        venues[0].hangs = {"read"}
    with pytest.raises(Unreachable, match="cannot be found out"):
        await recover(tmp_path, venues)
    assert trio.current_time() <= PATIENCE.resolve_s + 1


@virtual
async def test_a_market_no_longer_listed_is_a_problem(tmp_path: Path) -> None:
    """What cannot be looked up is neither ended nor unwound, and trading does not start."""
    gone = make_market("gone")
    basket = approve([(gone, Outcome.YES, 400_000)], TEN, name="b9")
    order = make_order(gone, "o9", basket="b9")
    left_behind(tmp_path, basket, make_prepared(order))
    recovered = await recover(tmp_path, stage())
    assert recovered.unwinds == ()
    assert any("no longer listed" in problem for problem in recovered.problems)


@virtual
async def test_without_venues_nothing_is_touched(tmp_path: Path) -> None:
    """A dry run over a store with unfinished business reads it and changes nothing."""
    fill = make_fill(POLY, "f1", qty=TEN, key=FIRST.key, venue_order_id="v1")
    left_behind(tmp_path, CROSS, FIRST, SECOND, OrderFilled(FIRST.order, fill))
    recovered = await recover(tmp_path, [])
    assert (recovered.unwinds, recovered.problems) == ((), ())
    assert recovered.ledger.position(POLY.id).yes == TEN
    journal = Journal(tmp_path / "store.sqlite")
    assert len(journal.orders(unfinished=True)) == 2
    assert journal.baskets()[0].outcome is None
    journal.close()


@attrs.define(eq=False)
class Photographer(trio.abc.Instrument):
    """After so many steps, take what a dead process would leave: the file and the venues."""

    step: int
    source: Path
    target: Path
    venues: list[FakeVenue]
    taken: list[FakeVenue] = attrs.field(factory=list)
    armed: bool = False

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        del task
        if not self.armed or self.taken:
            return
        self.step -= 1
        if self.step < 0:
            self.taken = copy.deepcopy(self.venues)
            self.target.mkdir()
            here, there = (
                sqlite3.connect(self.source),
                sqlite3.connect(self.target / "store.sqlite"),
            )
            here.backup(there)
            here.close()
            there.close()


def dies_at(folder: Path, scripts: Sequence[Script], step: int) -> bool:
    """Kill a run of one basket at `step` and start anew. False: it was over before."""
    venues = stage()
    for venue, script in zip(venues, scripts, strict=True):
        venue.scripts.append(script)
    camera = Photographer(step, folder / "store.sqlite", folder / "later", venues)

    async def first() -> None:
        await recover(folder, venues)
        async with floor(folder, venues) as built:
            camera.armed = True
            await built.buy(CROSS)
            await built.end()
            await built.written()
            camera.armed = False

    async def second() -> None:
        recovered = await recover(camera.target, camera.taken)
        agree(camera.target, camera.taken, recovered)
        again = await recover(camera.target, camera.taken)
        assert again.ledger.cash == recovered.ledger.cash
        assert again.unwinds == recovered.unwinds

    run(first, camera)
    if camera.taken:
        run(second)
    return bool(camera.taken)


def run(main: Callable[[], object], *instruments: trio.abc.Instrument) -> None:
    trio.run(main, clock=MockClock(autojump_threshold=0), instruments=instruments)  # type: ignore[arg-type]


def agree(folder: Path, venues: Sequence[FakeVenue], recovered: Recovered) -> None:
    """Journal, ledger and venues know the same orders, fills and cash; no basket is forgotten."""
    journal = Journal(folder / "store.sqlite")
    filled = {order.key: order.filled for order in journal.orders()}
    for venue in venues:
        for placed in venue.placed:
            assert filled.pop(placed.prepared.key) == placed.filled
        assert recovered.ledger.cash[venue.venue, 0] == venue.cash
    assert all(rest == 0 for rest in filled.values())
    told = {(fill.venue, fill.id) for venue in venues for fill in venue.told}
    assert {(line.fill.venue, line.fill.id) for line in journal.fills()} == told
    unwound = {unwind.approved.basket for unwind in recovered.unwinds}
    for basket in journal.baskets():
        assert (basket.outcome is None) == (basket.id in unwound)
    assert recovered.problems == ()
    journal.close()


@pytest.mark.parametrize(
    "scripts",
    [
        pytest.param([Script(), Script()], id="plain"),
        pytest.param([Script(takes_s=1.0), Script(answer=Answer.LOST)], id="slow, then lost"),
        pytest.param(
            [Script(rests=True, most=5 * MICRO), Script(most=0)], id="rests, then unwound"
        ),
    ],
)
def test_a_death_at_any_moment_is_recovered_from(
    tmp_path_factory: pytest.TempPathFactory, scripts: list[Script]
) -> None:
    """Killed between any two steps: the next start ends every order as the venues have it."""
    step = 0
    while dies_at(tmp_path_factory.mktemp("death"), scripts, step):
        step += 1
    assert step > 20
