"""The counter for bets: every yes has its money set aside, under its own caps and the treasury's."""

from itertools import count

import attrs
import pytest

from arb.detect.basket import Leg
from arb.detect.bet import Bet, BetLane, Estimate
from arb.detect.stake import StakeLimits, stake
from arb.market.book import BookView
from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import BasketId
from arb.risk.bet_treasury import (
    ApprovedBet,
    BetTreasury,
    hard_room,
    is_bet,
    spent_by,
    worst_cost,
)
from arb.risk.bets import BetAllowance, BetCaps
from arb.risk.ledger import Ledger, Stake
from tests.fakes.markets import EPOCH_NS, make_fill, make_market
from tests.fakes.treasury import CAPS, make_treasury, rich_ledger

SECOND = 10**9
NOW = Ns(EPOCH_NS)
BET_CAPS = BetCaps(
    bet_usd=Usd(10 * MICRO),
    bankroll_ppm=MICRO,
    kelly_ppm=MICRO,
    day_usd=Usd(15 * MICRO),
    open_usd=Usd(100 * MICRO),
)
LIMITS = StakeLimits(min_edge_ppm=30_000, max_cost_usd=Usd(10 * MICRO), bucket_ns=60 * SECOND)


def bet(name: str = "m", at_ns: int = NOW) -> Bet:
    """YES at .40 and .42, worth .60."""
    market = make_market(name)
    view = BookView(
        market=market,
        bids=((Px(380_000), Qty(100 * MICRO)),),
        asks=((Px(400_000), Qty(10 * MICRO)), (Px(420_000), Qty(100 * MICRO))),
        live=True,
        agrees=True,
        epoch=0,
        seen_ns=NOW,
        heard_ns=NOW,
    )
    leg = Leg(market.id, Outcome.YES)
    found = stake(Estimate(BetLane.SPIKE, leg, 600_000, MICRO, ()), view, Ns(at_ns), LIMITS)
    assert isinstance(found, Bet), found
    return found


@attrs.define
class Counter:
    caps: BetCaps = BET_CAPS
    bets: BetTreasury = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        numbers = count(1)
        treasury = make_treasury(rich_ledger(), lambda: NOW)
        new_id = lambda: f"n{next(numbers)}"  # noqa: E731 - one line of wiring
        self.bets = BetTreasury(treasury, BetAllowance(self.caps), LIMITS, new_id, set())

    def approved(self, wanted: Bet, now_ns: int = NOW) -> ApprovedBet:
        verdict = self.bets.decide(wanted, Ns(now_ns))
        assert isinstance(verdict, ApprovedBet), verdict
        return verdict

    def declined(self, wanted: Bet, now_ns: int = NOW) -> str:
        verdict = self.bets.decide(wanted, Ns(now_ns))
        assert isinstance(verdict, str)
        return verdict

    @property
    def ledger(self) -> Ledger:
        return self.bets.treasury.ledger


@pytest.fixture
def counter() -> Counter:
    return Counter()


def test_a_yes_has_all_it_can_cost_set_aside(counter: Counter) -> None:
    """The worst cost is reserved, in flight and named as a bet, and no more than the cap."""
    approved = counter.approved(bet())
    assert approved.worst == worst_cost(approved.bet) <= BET_CAPS.bet_usd
    assert approved.worst >= approved.bet.at_risk
    assert counter.ledger.reserved((Venue.KALSHI, 0)) == approved.worst
    assert counter.bets.treasury.in_flight == 1
    assert is_bet(approved.basket)
    assert not is_bet(BasketId("b1"))


@pytest.mark.parametrize(
    ("now_ns", "words"),
    [(NOW + 2 * SECOND + 1, "too old"), (NOW - 1, "too old")],
)
def test_a_stale_bet_is_declined(now_ns: int, words: str, counter: Counter) -> None:
    """What was seen too long ago, or in the future, is not placed."""
    assert counter.declined(bet(), now_ns) == words
    assert counter.bets.treasury.in_flight == 0


def test_the_same_bet_is_placed_once_in_its_bucket(counter: Counter) -> None:
    """Its id stops it, also after it ended; the next bucket is another bet."""
    approved = counter.approved(bet())
    counter.bets.ended(approved, approved.bet.size, False, NOW)
    assert counter.declined(bet()) == "already acted on"
    later = NOW + 60 * SECOND
    assert counter.bets.decide(bet(at_ns=later), Ns(later)) != "already acted on"


def test_a_market_in_flight_is_left_alone_by_both_counters(counter: Counter) -> None:
    """While a bet is placed, its market takes part in nothing else."""
    approved = counter.approved(bet())
    assert "in flight" in counter.bets.treasury.objection([approved.bet.market])
    assert "in flight" in counter.declined(bet(at_ns=NOW + 60 * SECOND), NOW + 60 * SECOND)


def test_the_treasurys_own_objections_hold(counter: Counter) -> None:
    """A barred venue takes no bets."""
    counter.bets.treasury.bar(Venue.KALSHI, "maintenance")
    assert "maintenance" in counter.declined(bet())


def test_a_day_ends_with_its_allowance(counter: Counter) -> None:
    """The second bet of a day gets what the first left, the third nothing."""
    first = counter.approved(bet("a"))
    second = counter.approved(bet("b"))
    assert second.worst <= BET_CAPS.day_usd - first.worst < BET_CAPS.bet_usd
    counter.bets.ended(first, first.bet.size, False, NOW)
    assert "no room: day" in counter.declined(bet("c"))


def test_what_was_not_bought_is_free_again(counter: Counter) -> None:
    """Money and allowance come back for a bet that got nothing, in part for one that got part."""
    approved = counter.approved(bet("a"))
    counter.bets.ended(approved, Qty(0), False, NOW)
    assert counter.ledger.reserved((Venue.KALSHI, 0)) == 0
    assert counter.bets.treasury.in_flight == 0
    room = counter.bets.allowance.most(bet("b"), Usd(1_000 * MICRO), Usd(0), NOW)
    assert room == (BET_CAPS.bet_usd, "bet")


def test_a_market_that_refused_is_left_alone(counter: Counter) -> None:
    """A refusal bans the market for a while, as it does for baskets."""
    approved = counter.approved(bet())
    counter.bets.ended(approved, Qty(0), True, NOW)
    assert "left alone" in counter.bets.treasury.objection([approved.bet.market])


def test_open_bets_count_until_their_market_is_settled() -> None:
    """What is paid for where bets were made is open, and bounds the next one."""
    counter = Counter(attrs.evolve(BET_CAPS, open_usd=Usd(12 * MICRO), day_usd=Usd(100 * MICRO)))
    approved = counter.approved(bet("a"))
    fill = make_fill(approved.bet.market, "f1")
    counter.ledger.book(fill, Stake.of(approved.bet.market))
    counter.bets.ended(approved, approved.bet.size, False, NOW)
    second = counter.approved(bet("b"))
    assert second.worst <= 12 * MICRO - 4 * MICRO


def test_every_cap_of_the_treasury_bounds_a_bet_too(counter: Counter) -> None:
    """The least room is named: cash first, then market, event, venue and everything."""
    market = make_market("m")
    assert hard_room(market, counter.ledger, CAPS) == (50 * MICRO, "basket")
    for changed, room in (
        ({"cash_reserve_usd": 999 * MICRO}, (MICRO, "cash")),
        ({"market_usd": 4 * MICRO}, (4 * MICRO, "market")),
        ({"event_usd": 3 * MICRO}, (3 * MICRO, "event")),
        ({"venue_usd": 2 * MICRO}, (2 * MICRO, "venue")),
        ({"total_usd": MICRO}, (MICRO, "total exposure")),
        ({"cash_reserve_usd": 2_000 * MICRO}, (0, "cash")),
    ):
        caps = attrs.evolve(CAPS, **changed)  # type: ignore[arg-type]  # by name
        assert hard_room(market, counter.ledger, caps) == room


def test_a_purchase_counts_with_its_fee() -> None:
    """What a fill of an earlier run took from its day is price and fee."""
    fill = make_fill(make_market("m"), "f1", fee=7)
    assert spent_by(fill).usd == 4 * MICRO + 7
    assert spent_by(fill).at_ns == NOW
