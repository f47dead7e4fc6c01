"""Chances: the priors until there is history, then what really happened."""

from hypothesis import given
from hypothesis import strategies as st

from arb.detect.basket import Lane
from arb.detect.history import NOTHING_LEARNT, Attempt, Calibration
from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO
from arb.messages import BasketEnd
from arb.risk.chances import Chances, Priors
from tests.fakes.markets import approve, make_market

POLY, KALSHI = make_market("p", Venue.POLYMARKET), make_market("k")
PLAN = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], 10 * MICRO).plan
VENUES = frozenset(Venue)
PRIORS = Priors(whole_ppm=260_000, half_ppm=40_000)


def test_without_history_the_priors_hold() -> None:
    """Nothing learnt, nothing claimed."""
    chance = Chances(NOTHING_LEARNT, PRIORS).of(PLAN, VENUES, None)
    assert (chance.whole_ppm, chance.half_ppm) == (260_000, 40_000)


def test_former_runs_replace_the_prior_of_whole_fills() -> None:
    """Forty attempts of this kind of which thirty were whole say more than the record."""
    edge = PLAN.profit * MICRO // (PLAN.cost + PLAN.fees)
    attempts = [Attempt(Lane.CROSS_VENUE, VENUES, edge, None, filled=n < 30) for n in range(40)]
    chance = Chances(Calibration(attempts), PRIORS).of(PLAN, VENUES, None)
    assert chance.whole_ppm > 500_000


def test_quotes_as_old_as_those_that_were_gone_are_expected_to_be_gone() -> None:
    """Of forty attempts with fresh quotes all were whole, of forty with old ones none."""
    edge = PLAN.profit * MICRO // (PLAN.cost + PLAN.fees)
    fresh, old = 50_000_000, 30_000_000_000
    attempts = [
        Attempt(Lane.CROSS_VENUE, VENUES, edge, age_ns, filled=age_ns == fresh)
        for age_ns in [fresh, old] * 40
    ]
    chances = Chances(Calibration(attempts), PRIORS)
    found = [chances.of(PLAN, VENUES, age_ns).whole_ppm for age_ns in (fresh, None, old)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 800_000
    assert found[2] < 200_000


@given(st.lists(st.sampled_from(BasketEnd), max_size=60))
def test_what_ended_leans_the_chances_its_way(ends: list[BasketEnd]) -> None:
    """Both stay chances, lie between prior and what happened, and other lanes learn nothing."""
    chances = Chances(NOTHING_LEARNT, PRIORS)
    for end in ends:
        chances.learn(str(Lane.CROSS_VENUE), end)
        chances.learn(str(Lane.ALL_NO), BasketEnd.STUCK)
    chance = chances.of(PLAN, VENUES, None)
    assert 0 <= chance.half_ppm <= MICRO - chance.whole_ppm <= MICRO
    whole = sum(end in {BasketEnd.COMPLETED, BasketEnd.REDUCED} for end in ends)
    if ends:
        share = whole * MICRO // len(ends)
        assert min(share, 260_000) - 1 <= chance.whole_ppm <= max(share, 260_000)
    if ends and all(end is BasketEnd.UNWOUND for end in ends):
        assert chance.half_ppm > 40_000
