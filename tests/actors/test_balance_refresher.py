"""The balance refresher tells what was settled before the cash that it explains."""

from collections.abc import Callable

import trio

from arb.actors.balance_refresher import BalanceRefresher
from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns
from arb.messages import AccountRead, DeskEvent, Noted, Settlement
from arb.ports import Lossy
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.markets import EPOCH_NS, make_market, make_order, make_prepared
from tests.fakes.venue import FakeVenue, now_ns

POLY = make_market("p", Venue.POLYMARKET)
EVERY_S = 5.0


@virtual
async def test_a_settlement_comes_before_the_cash_it_explains() -> None:
    """Whoever compares cash has booked the settlement already; until then nothing is told."""
    venue = await _holding()
    told, noted = await _watch(venue, lambda: venue.settle(POLY, MICRO))
    kinds = [type(message) for message in told]
    assert kinds == [AccountRead, Settlement, AccountRead]
    settlement = told[1]
    assert isinstance(settlement, Settlement)
    assert (settlement.market, settlement.usd) == (POLY.id, 10 * MICRO)
    first, last = told[0], told[2]
    assert isinstance(first, AccountRead)
    assert isinstance(last, AccountRead)
    assert last.balances[0].usd == first.balances[0].usd + settlement.usd
    assert noted == []


@virtual
async def test_without_settlements_no_cash_is_told() -> None:
    """A venue that does not answer for its settlements is said so, and its cash is not compared."""
    venue = await _holding()
    venue.down.add("settlements")
    told, noted = await _watch(venue, lambda: None)
    assert told == []
    assert [note.kind for note in noted] == ["balance", "balance"]


async def _holding() -> FakeVenue:
    """A venue where ten YES contracts were bought."""
    venue = FakeVenue(Venue.POLYMARKET)
    venue.quote(POLY, {}, {450_000: 100 * MICRO})
    order = make_order(POLY, "o1", outcome=Outcome.YES, qty=10 * MICRO, limit=450_000)
    await venue.send(make_prepared(order))
    return venue


async def _watch(
    venue: FakeVenue, then: Callable[[], None]
) -> tuple[list[Settlement | AccountRead], list[Noted]]:
    """What one reading tells, and the next one after `then` happened."""
    outbox, told = trio.open_memory_channel[Settlement | AccountRead](100)
    desk, noted = trio.open_memory_channel[DeskEvent](100)
    _, nudges = trio.open_memory_channel[None](1)
    refresher = BalanceRefresher(
        accounts={venue.venue: venue},
        nudges=nudges,
        outbox=outbox,
        desk=Lossy(desk, noted),
        opened_ns=Ns(EPOCH_NS),
        every_s=EVERY_S,
        now_ns=now_ns,
    )
    with trio.move_on_after(EVERY_S * 1.5):
        async with trio.open_nursery() as nursery:
            await nursery.start(refresher.run)
            await trio.sleep(EVERY_S / 2)
            then()
    return waiting(told), [note for note in waiting(noted) if isinstance(note, Noted)]
