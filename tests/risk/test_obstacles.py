"""What stands in the way: bars, bans, rests and pauses, each with its reason and its end."""

import pytest

from arb.market.instruments import Claim, Venue
from arb.market.units import Ns
from arb.messages import BasketEnd, Level, StandingChanged
from arb.risk.bans import Bans, Offence
from arb.risk.obstacles import Obstacles, Pauses
from tests.fakes.markets import make_market
from tests.fakes.treasury import RULES, SECOND

POLY, KALSHI = make_market("p", Venue.POLYMARKET), make_market("k")
BOTH = (POLY, KALSHI)
IDS = (POLY.id, KALSHI.id)
PAUSES = Pauses(cooldown_ns=30 * SECOND, most_failures=3, failures_ns=600 * SECOND)


def fresh(pauses: Pauses = PAUSES) -> Obstacles:
    return Obstacles(Bans(RULES), pauses)


def why(obstacles: Obstacles, at_s: int = 0) -> str:
    return obstacles.objection(BOTH, Ns(at_s * SECOND))


def end(obstacles: Obstacles, how: BasketEnd, at_s: int, *, tried: int = 2) -> None:
    obstacles.ended(how, IDS, IDS[:tried], (), Ns(at_s * SECOND))


def test_nothing_speaks_against_a_fresh_start() -> None:
    """No objection without a reason."""
    assert why(fresh()) == ""


@pytest.mark.parametrize("level", list(Level))
def test_from_paused_on_nothing_is_begun(level: Level) -> None:
    """Every level but RUNNING declines, and says who and why."""
    obstacles = fresh()
    obstacles.stand(StandingChanged(level, "a person", "looking", "resume", Ns(0)))
    assert bool(why(obstacles)) is (level >= Level.PAUSED)
    assert why(obstacles) in {"", "stopped: a person: looking"}


def test_bars_name_what_is_barred_and_go_when_lifted() -> None:
    """A venue, a market and a claim are barred and freed by themselves."""
    obstacles = fresh()
    obstacles.bar_venue(Venue.KALSHI, "maintenance")
    assert why(obstacles) == "kalshi is stopped: maintenance"
    obstacles.bar_venue(Venue.KALSHI, None)
    obstacles.bar_market(POLY.id, "its rules changed")
    assert why(obstacles) == f"market barred: {POLY.id}: its rules changed"
    obstacles.bar_market(POLY.id, None)
    assert why(obstacles) == ""
    obstacles.bar_claim("pair 7", "unverified")
    assert obstacles.doubt([Claim(True, "pair 6")]) == ""
    assert obstacles.doubt([Claim(True, "pair 7")]) == "relies on pair 7: unverified"


def test_a_market_rests_after_a_basket_whatever_became_of_it() -> None:
    """For thirty seconds no other basket begins there."""
    obstacles = fresh()
    end(obstacles, BasketEnd.COMPLETED, 100)
    assert "rests after a basket" in why(obstacles, 129)
    assert why(obstacles, 130) == ""


def test_after_a_miss_only_markets_that_were_sent_an_order_rest() -> None:
    """A basket that the last look refused has changed nothing anywhere: nothing waits for it."""
    obstacles = fresh()
    end(obstacles, BasketEnd.MISSED, 100, tried=0)
    assert why(obstacles, 101) == ""
    end(obstacles, BasketEnd.MISSED, 110, tried=1)
    assert why(obstacles, 111) == f"market rests after a basket: {POLY.id}"
    assert obstacles.objection([KALSHI], Ns(111 * SECOND)) == ""


def test_half_fills_in_a_row_ban_their_markets() -> None:
    """The second in a row bans for ten minutes, the fourth for twenty; success starts anew."""
    obstacles = fresh()
    end(obstacles, BasketEnd.UNWOUND, 0)
    assert why(obstacles, 60) == ""
    end(obstacles, BasketEnd.HELD, 60)
    assert "left half done, left alone for 500 s" in why(obstacles, 160)
    end(obstacles, BasketEnd.COMPLETED, 700)
    end(obstacles, BasketEnd.STUCK, 800)
    assert why(obstacles, 900) == ""


def test_misses_ban_mildly_and_only_where_something_was_tried() -> None:
    """Three misses in a row ban the market that was sent the orders for a minute."""
    obstacles = fresh()
    for number in range(3):
        end(obstacles, BasketEnd.MISSED, number * 40, tried=1)
    assert why(obstacles, 139).startswith(f"market left alone: {POLY.id}: its quotes were gone")
    assert obstacles.objection([KALSHI], Ns(139 * SECOND)) == ""
    assert why(obstacles, 140) == ""


def test_a_storm_of_refusals_counts_whatever_succeeds_between() -> None:
    """Five refusals with successes between them ban for five minutes, not for one."""
    obstacles = fresh(Pauses(0, 1_000, 0))
    for number in range(5):
        at_ns = Ns(number * 100 * SECOND)
        obstacles.ended(BasketEnd.COMPLETED, IDS, IDS, (), at_ns)
        obstacles.ended(BasketEnd.MISSED, IDS, IDS, (KALSHI.id,), at_ns)
    assert "keeps refusing orders, left alone for 240 s" in why(obstacles, 460)
    assert why(obstacles, 700) == ""


def test_failures_in_a_row_pause_everything_for_a_while() -> None:
    """The third half done or refused basket in a row pauses all; a miss neither counts nor resets."""
    obstacles = fresh()
    end(obstacles, BasketEnd.UNWOUND, 0)
    end(obstacles, BasketEnd.MISSED, 1)
    obstacles.ended(BasketEnd.MISSED, IDS, IDS, (POLY.id,), Ns(2 * SECOND))
    assert obstacles.failing(Ns(2 * SECOND)) == ""
    end(obstacles, BasketEnd.STUCK, 3)
    other = make_market("far away")
    assert obstacles.objection([other], Ns(600 * SECOND)).startswith("3 baskets in a row failed")
    assert obstacles.objection([other], Ns(603 * SECOND)) == ""


def test_old_offences_are_forgotten() -> None:
    """A strike counts for as long as its longest pause, and so does the memory of a pause."""
    bans, market = Bans(RULES), POLY.id
    bans.strike(market, Offence.HALF_FILLED, Ns(0))
    bans.strike(market, Offence.HALF_FILLED, Ns(7201 * SECOND))
    assert bans.objection(market, Ns(7201 * SECOND)) == ""
    bans.strike(market, Offence.HALF_FILLED, Ns(7300 * SECOND))
    assert "600 s" in bans.objection(market, Ns(7300 * SECOND))
    for _ in range(2):
        bans.strike(market, Offence.HALF_FILLED, Ns(20_000 * SECOND))
    assert "600 s" in bans.objection(market, Ns(20_000 * SECOND)), "long ago is a first time again"
