"""Acknowledged problems: exactly what a person saw stops nothing any more; the books go on."""

from pathlib import Path

from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO
from arb.recovery import Recovered, Recovery
from arb.risk.ledger import pool_of
from arb.store.journal import Journal
from arb.store.standing import identity
from tests.fakes.bench import PATIENCE
from tests.fakes.clock import virtual
from tests.fakes.markets import make_market, make_order, make_prepared
from tests.fakes.venue import FakeVenue, now_ns

KALSHI = make_market("k")


def stage() -> FakeVenue:
    venue = FakeVenue(Venue.KALSHI)
    venue.quote(KALSHI, {500_000: 1_000 * MICRO}, {520_000: 1_000 * MICRO})
    return venue


async def recover(folder: Path, venue: FakeVenue, *acknowledged: str) -> Recovered:
    journal = Journal(folder / "store.sqlite")
    try:
        return await Recovery(
            journal,
            {venue.venue: venue},
            {venue.venue: venue},
            {KALSHI.id: KALSHI},
            PATIENCE,
            now_ns,
            frozenset(map(identity, acknowledged)),
        ).run()
    finally:
        journal.close()


@virtual
async def test_acknowledged_cash_is_adopted_once_and_is_nobodys_profit(tmp_path: Path) -> None:
    """The ledger goes on from the venue's cash, by its opening; the next start finds nothing."""
    venue = stage()
    await recover(tmp_path, venue)
    venue.cash += 5
    (problem,) = (await recover(tmp_path, venue)).problems
    recovered = await recover(tmp_path, venue, problem)
    assert (recovered.problems, recovered.acknowledged) == ((), (problem,))
    assert recovered.ledger.free(pool_of(KALSHI)) == venue.cash
    again = await recover(tmp_path, venue)
    assert (again.problems, again.acknowledged) == ((), ())
    assert again.ledger.free(pool_of(KALSHI)) == venue.cash


@virtual
async def test_another_amount_is_another_problem(tmp_path: Path) -> None:
    """What was acknowledged covers that and nothing else; nothing is adopted then."""
    venue = stage()
    await recover(tmp_path, venue)
    venue.cash += 5
    (problem,) = (await recover(tmp_path, venue)).problems
    venue.cash += 1
    recovered = await recover(tmp_path, venue, problem)
    (other,) = recovered.problems
    assert "+0.000006 dollars" in other
    assert recovered.ledger.free(pool_of(KALSHI)) == venue.cash - 6


@virtual
async def test_contracts_from_elsewhere_stay_a_known_difference(tmp_path: Path) -> None:
    """Nobody knows what they cost, so they are no position of ours; trading may go on."""
    venue = stage()
    await recover(tmp_path, venue)
    order = make_order(KALSHI, "by hand", outcome=Outcome.YES, qty=MICRO, limit=520_000)
    await venue.send(make_prepared(order))
    problems = (await recover(tmp_path, venue)).problems
    assert len(problems) == 2  # the contracts, and the cash that went for them
    recovered = await recover(tmp_path, venue, *problems)
    assert recovered.problems == ()
    assert set(recovered.acknowledged) == set(problems)
    assert recovered.ledger.positions() == {}
    contracts = [words for words in problems if "we count" in words]
    again = await recover(tmp_path, venue, *problems)
    assert (again.problems, list(again.acknowledged)) == ((), contracts)
