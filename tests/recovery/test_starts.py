"""What a start finds is told line by line, kept, and explained or not."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import trio

from arb.market.instruments import Action, Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Qty
from arb.messages import (
    BasketEnd,
    BasketEnded,
    Exposure,
    LineKind,
    Position,
    Reconciled,
    ReconciliationLine,
)
from arb.money import replay
from arb.recovery import Recovered, Recovery, report_lines
from arb.store.journal import Journal
from arb.store.leftovers import LeftState, change_state
from arb.store.standing import identity
from arb.store.starts import read_last_reconciled
from tests.fakes.bench import PATIENCE
from tests.fakes.clock import virtual
from tests.fakes.markets import approve, make_market, make_order, make_prepared
from tests.fakes.venue import FakeVenue, Script, now_ns

TEN = 10 * MICRO
PLENTY = 1_000 * MICRO
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
MARKETS = {market.id: market for market in (POLY, KALSHI)}
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], TEN)
FIRST = make_prepared(make_order(POLY, "o1", qty=TEN, limit=450_000))


def stage() -> list[FakeVenue]:
    poly, kalshi = FakeVenue(Venue.POLYMARKET), FakeVenue(Venue.KALSHI)
    poly.quote(POLY, {430_000: PLENTY}, {450_000: PLENTY})
    kalshi.quote(KALSHI, {500_000: PLENTY}, {520_000: PLENTY})
    return [poly, kalshi]


async def recover(folder: Path, venues: list[FakeVenue], *acknowledged: str) -> Recovered:
    journal, by_venue = Journal(folder / "store.sqlite"), {venue.venue: venue for venue in venues}
    names = frozenset(map(identity, acknowledged))
    start = Recovery(journal, by_venue, by_venue, MARKETS, PATIENCE, now_ns, names)
    try:
        return await start.run()
    finally:
        journal.close()


def write(folder: Path, *records: object) -> None:
    journal = Journal(folder / "store.sqlite")
    journal.write(records)  # type: ignore[arg-type]  # any records
    journal.close()


def kinds(lines: Iterable[ReconciliationLine]) -> list[tuple[LineKind, bool]]:
    return [(line.kind, line.explained) for line in lines]


async def buy_by_hand(venue: FakeVenue, market: Market, number: str) -> None:
    price = 450_000 if market is POLY else 520_000
    await venue.send(make_prepared(make_order(market, number, qty=TEN, limit=price)))


@virtual
async def test_contracts_held_before_the_first_start_are_known_and_not_ours(
    tmp_path: Path,
) -> None:
    """They are told once, explain themselves at every later start, and can never be sold."""
    venues = stage()
    await buy_by_hand(venues[0], POLY, "hand")
    first = await recover(tmp_path, venues)
    assert (first.problems, kinds(first.report.lines)) == ((), [(LineKind.OPENED, True)])
    again = await recover(tmp_path, venues)
    assert (again.problems, again.report.lines) == ((), ())
    assert again.ledger.position(POLY.id).yes == TEN
    assert again.ledger.sellable(POLY.id, Outcome.YES) == 0
    assert again.ledger.cash[Venue.POLYMARKET, 0] == venues[0].cash


@virtual
async def test_contracts_from_before_are_netted_as_the_venue_nets_them(tmp_path: Path) -> None:
    """A NO bought beside a YES of before becomes a dollar at Kalshi, in our books too."""
    venues = stage()
    await buy_by_hand(venues[1], KALSHI, "hand")
    await recover(tmp_path, venues)
    basket = approve([(KALSHI, Outcome.NO, 500_000)], TEN)
    prepared = make_prepared(make_order(KALSHI, "o1", outcome=Outcome.NO, qty=TEN, limit=500_000))
    write(tmp_path, basket, prepared)
    await venues[1].send(prepared)
    venues[1].cash += TEN  # the venue pays the pairs out
    recovered = await recover(tmp_path, venues)
    assert recovered.problems == ()
    assert recovered.ledger.cash[Venue.KALSHI, 0] == venues[1].cash
    assert recovered.ledger.positions() == {}


@virtual
async def test_contracts_that_come_later_by_hand_are_a_difference(tmp_path: Path) -> None:
    """Only what was there at the first start is known: later ones must be looked at."""
    venues = stage()
    await recover(tmp_path, venues)
    await buy_by_hand(venues[0], POLY, "hand")
    recovered = await recover(tmp_path, venues)
    assert kinds(recovered.report.lines) == [(LineKind.DIFFERENCE, False)] * 2
    assert recovered.problems == tuple(line.words for line in recovered.report.lines)


@virtual
async def test_everything_found_is_told_by_kind_and_kept(tmp_path: Path) -> None:
    """An order with its end, its fill, and its basket half done; the store has the same lines."""
    venues = stage()
    await recover(tmp_path, venues)
    write(tmp_path, CROSS, FIRST)
    await venues[0].send(FIRST)
    report = (await recover(tmp_path, venues)).report
    expected = [LineKind.ORDER, LineKind.FILL, LineKind.HALF_DONE]
    assert kinds(report.lines) == [(kind, True) for kind in expected]
    journal = Journal(tmp_path / "store.sqlite")
    assert journal.ask(read_last_reconciled) == report
    journal.close()


@virtual
async def test_an_order_that_never_arrived_is_told(tmp_path: Path) -> None:
    """The intent is there, the venue knows of none, and the basket is ended as missed."""
    venues = stage()
    await recover(tmp_path, venues)
    write(tmp_path, CROSS, FIRST)
    report = (await recover(tmp_path, venues)).report
    assert kinds(report.lines) == [(LineKind.NEVER_ARRIVED, True), (LineKind.EVEN, True)]


@virtual
async def test_a_basket_sold_back_before_the_end_was_written_is_unwound(tmp_path: Path) -> None:
    """Its loss counts among those of the day that were not hedged, as if nobody had died."""
    venues = stage()
    await recover(tmp_path, venues)
    back = make_order(POLY, "o2", action=Action.SELL, qty=TEN, limit=430_000)
    write(tmp_path, CROSS, FIRST, make_prepared(back))
    await venues[0].send(FIRST)
    await venues[0].send(make_prepared(back))
    ledger = (await recover(tmp_path, venues)).ledger
    journal = Journal(tmp_path / "store.sqlite")
    (stored,) = journal.baskets()
    replay(journal, ledger)
    journal.close()
    assert stored.outcome == BasketEnd.UNWOUND
    assert ledger.results.lost_on(now_ns()) == PLENTY - venues[0].cash > 0


@virtual
async def test_what_a_basket_left_over_stops_trading_until_a_person_looked(
    tmp_path: Path,
) -> None:
    """Unhedged contracts are a problem at each start, until acknowledged or taken over."""
    venues = stage()
    await recover(tmp_path, venues)
    write(tmp_path, CROSS, FIRST)
    await venues[0].send(FIRST)
    left = Exposure(POLY, Outcome.YES, Qty(TEN))
    end = BasketEnded(CROSS.basket, BasketEnd.STUCK, Qty(0), (left,), "nobody buys it", Ns(1))
    await recover(tmp_path, venues)
    write(tmp_path, end)
    (problem,) = (await recover(tmp_path, venues)).problems
    assert "unhedged: nobody buys it" in problem
    looked_at = await recover(tmp_path, venues, problem)
    assert (looked_at.problems, looked_at.acknowledged) == ((), (problem,))
    journal = Journal(tmp_path / "store.sqlite")
    journal.ask(
        partial(
            change_state,
            basket=CROSS.basket,
            state=LeftState.ACKNOWLEDGED,
            who="me",
            why="",
            at_ns=Ns(2),
        )
    )
    journal.close()
    assert (await recover(tmp_path, venues)).report.lines == ()


class LateIndex(FakeVenue):
    """Its list of positions knows of nothing for the first seconds."""

    async def positions(self) -> tuple[Position, ...]:
        held = await super().positions()
        return held if trio.current_time() > 3.0 else ()


@virtual
async def test_positions_that_lag_the_fills_are_waited_for(tmp_path: Path) -> None:
    """An index that is seconds behind is no difference, whatever it says at first."""
    poly, kalshi = LateIndex(Venue.POLYMARKET), stage()[1]
    poly.quote(POLY, {430_000: PLENTY}, {450_000: PLENTY})
    await recover(tmp_path, [poly, kalshi])
    write(tmp_path, CROSS, FIRST)
    await poly.send(FIRST)
    assert (await recover(tmp_path, [poly, kalshi])).problems == ()
    assert 3.0 < trio.current_time() <= 3.0 + PATIENCE.absent_s


@virtual
async def test_many_unfinished_orders_are_ended_side_by_side(tmp_path: Path) -> None:
    """Sixty orders, a third of them unknown to the venue, take no longer than one of those."""
    venues = stage()
    await recover(tmp_path, venues)
    orders = [make_prepared(make_order(POLY, f"n{n}", qty=MICRO, limit=450_000)) for n in range(60)]
    write(tmp_path, CROSS, *orders)
    for prepared in orders[:40]:
        venues[0].scripts.append(Script(rests=True, most=0))
        await venues[0].send(prepared)
    before = trio.current_time()
    report = (await recover(tmp_path, venues)).report
    assert [kind for kind, _ in kinds(report.lines)].count(LineKind.NEVER_ARRIVED) == 20
    assert trio.current_time() - before <= 2 * PATIENCE.absent_s + 1
    journal = Journal(tmp_path / "store.sqlite")
    assert journal.orders(unfinished=True) == ()
    journal.close()


def test_a_report_tells_counts_and_in_full_what_nothing_explains() -> None:
    """Thousands of orders are a number; what stops trading is told word for word."""
    line = ReconciliationLine(LineKind.ORDER, "an order", explained=True)
    odd = ReconciliationLine(LineKind.DIFFERENCE, "cash is off", explained=False)
    told = report_lines(Reconciled((line, line, odd), Ns(1)))
    assert told == ["recovery: order 2, difference 1", "  cash is off"]
    assert "nothing was left behind" in report_lines(Reconciled((), Ns(1)))[0]
