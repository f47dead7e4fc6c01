"""What bets may cost: fractions, days and open bets, each cap on its own."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.detect.basket import Leg
from arb.detect.bet import Bet, BetId, BetLane, Estimate
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import EventId, KalshiRef, Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.risk.bets import DAY_NS, BetAllowance, BetCaps, Spent, kelly

NOW = Ns(20_000 * DAY_NS + 5)
BANKROLL = Usd(1_000 * MICRO)
CAPS = BetCaps(
    bet_usd=Usd(50 * MICRO),
    bankroll_ppm=500_000,
    kelly_ppm=MICRO,
    day_usd=Usd(500 * MICRO),
    open_usd=Usd(500 * MICRO),
)


def bet(price: int = 400_000, fair: int = 600_000, contracts: int = 100) -> Bet:
    market = Market(
        id=MarketId("kalshi:m"),
        venue=Venue.KALSHI,
        event=EventId("kalshi:e"),
        title="m",
        label="",
        ref=KalshiRef("m", 0),
        grid=PriceGrid.of_tick(10_000),
        lot=Qty(MICRO),
        min_qty=Qty(MICRO),
        min_take_usd=Usd(0),
        fees=PolymarketFees(0),
        closes_ns=None,
    )
    size = Qty(contracts * MICRO)
    return Bet(
        id=BetId("b"),
        estimate=Estimate(BetLane.SPIKE, Leg(market.id, Outcome.YES), fair, MICRO, ()),
        market=market,
        fills=((Px(price), size),),
        size=size,
        cost=Usd(price * contracts),
        fees=Usd(0),
        fair_ppm=fair,
        expected=Usd((fair - price) * contracts),
        seen_ns=NOW,
    )


def test_kelly_is_the_textbooks() -> None:
    """A contract at .40 that pays with a chance of .60 is worth a third of everything."""
    assert kelly(bet(), BANKROLL) == BANKROLL // 3
    assert kelly(bet(price=600_000), BANKROLL) == 0
    assert kelly(bet(price=700_000), BANKROLL) == 0


@pytest.mark.parametrize(
    ("changed", "open_usd", "most", "name"),
    [
        ({}, 0, 50 * MICRO, "bet"),
        ({"bankroll_ppm": 10_000}, 0, 10 * MICRO, "fraction of the bankroll"),
        ({"kelly_ppm": 30_000}, 0, 9_999_999, "Kelly"),
        ({"day_usd": 7 * MICRO}, 0, 7 * MICRO, "day"),
        ({}, 480 * MICRO, 20 * MICRO, "open bets"),
        ({}, 501 * MICRO, 0, "open bets"),
    ],
)
def test_the_tightest_cap_counts_and_is_named(
    changed: dict[str, int], open_usd: int, most: int, name: str
) -> None:
    """Whatever leaves least room says how much, never less than nothing."""
    allowance = BetAllowance(attrs.evolve(CAPS, **changed))  # type: ignore[arg-type]  # by name
    assert allowance.most(bet(), BANKROLL, Usd(open_usd), NOW) == (most, name)


def test_a_day_ends_at_midnight_and_not_at_a_restart() -> None:
    """What was spent before a restart counts on its own day, and on no other."""
    caps = attrs.evolve(CAPS, day_usd=Usd(30 * MICRO))
    allowance = BetAllowance(caps, [Spent(NOW, Usd(25 * MICRO)), Spent(NOW, Usd(1 * MICRO))])
    assert allowance.most(bet(), BANKROLL, Usd(0), NOW) == (4 * MICRO, "day")
    assert allowance.most(bet(), BANKROLL, Usd(0), Ns(NOW + DAY_NS)) == (30 * MICRO, "day")


def test_what_was_not_spent_is_given_back_to_its_own_day() -> None:
    """A bet that bought nothing leaves its money to the day that it was promised on."""
    allowance = BetAllowance(attrs.evolve(CAPS, day_usd=Usd(30 * MICRO)))
    allowance.promise(Usd(30 * MICRO), NOW)
    assert allowance.most(bet(), BANKROLL, Usd(0), NOW)[0] == 0
    allowance.give_back(Usd(10 * MICRO), NOW)
    assert allowance.most(bet(), BANKROLL, Usd(0), NOW)[0] == 10 * MICRO
    allowance.promise(Usd(5 * MICRO), Ns(NOW + DAY_NS))
    allowance.give_back(Usd(20 * MICRO), NOW)
    assert allowance.most(bet(), BANKROLL, Usd(0), Ns(NOW + DAY_NS))[0] == 25 * MICRO


@given(
    spent=st.lists(st.tuples(st.integers(0, 3 * DAY_NS), st.integers(0, 100 * MICRO)), max_size=8),
    now=st.integers(0, 3 * DAY_NS),
)
def test_a_day_never_costs_more_than_its_cap(spent: list[tuple[int, int]], now: int) -> None:
    """Asking before each promise keeps every day within its allowance, in order of time."""
    allowance, days = BetAllowance(CAPS), dict[int, int]()
    for at_ns, usd in sorted([*spent, (now, MICRO)]):
        most, _ = allowance.most(bet(), BANKROLL, Usd(0), Ns(at_ns))
        promised = min(usd, most)
        allowance.promise(Usd(promised), Ns(at_ns))
        days[at_ns // DAY_NS] = days.get(at_ns // DAY_NS, 0) + promised
    assert all(total <= CAPS.day_usd for total in days.values())
