"""What became of bets: counted by what their markets paid."""

import pytest

from arb.market.instruments import MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import BetSeen, Settlement, SettlementId
from arb.risk.bet_tally import BetTally

MARKET = MarketId("polymarket:m")


def bet(contracts: int, outcome: Outcome = Outcome.YES, *, placed: bool = True) -> BetSeen:
    bought = Qty(contracts * MICRO)
    return BetSeen(MARKET, outcome, "latency", placed, bought, Usd(bought // 2), "", Ns(1))


def paid(usd: int) -> Settlement:
    return Settlement(SettlementId("s"), Venue.POLYMARKET, 0, MARKET, Usd(usd), Ns(2))


def test_declined_missed_and_bought_are_apart() -> None:
    """Only what bought something is open."""
    tally = BetTally()
    for seen in (bet(0, placed=False), bet(0), bet(5), bet(4)):
        tally.see(seen)
    assert tally.counts == {
        "bought": 2,
        "open": 2,
        "won": 0,
        "lost": 0,
        "returned": 0,
        "missed": 1,
        "declined": 1,
    }
    assert tally.staked == 4_500_000


@pytest.mark.parametrize(
    ("usd", "ends"),
    [(9 * MICRO, "won"), (0, "lost"), (9 * MICRO // 2, "returned"), (12 * MICRO, "won")],
)
def test_what_a_market_paid_says_how_its_bets_ended(usd: int, ends: str) -> None:
    """A dollar a contract or more (a basket's sets there pay as well), nothing, or in between."""
    tally = BetTally()
    tally.see(bet(5))
    tally.see(bet(4))
    tally.settle(paid(usd))
    assert {name: count for name, count in tally.counts.items() if count} == {"bought": 2, ends: 2}


@pytest.mark.parametrize(("usd", "won"), [(9, 1), (10, 2)])
def test_bets_on_both_sides_are_told_apart_by_their_sizes(usd: int, won: int) -> None:
    """Nine of YES and ten of NO, in two bets: what is paid says which of them it was for."""
    tally = BetTally()
    for seen in (bet(9), bet(4, Outcome.NO), bet(6, Outcome.NO)):
        tally.see(seen)
    tally.settle(paid(usd * MICRO))
    assert (tally.won, tally.lost) == (won, 3 - won)


def test_a_market_without_bets_changes_nothing() -> None:
    """Baskets settle, too."""
    tally = BetTally()
    tally.settle(paid(MICRO))
    assert not any(tally.counts.values())
