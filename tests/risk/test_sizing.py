"""Sizes: what execution risk, doubt and locked money take from a stake; nothing ever adds to it."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.detect.basket import Lane, Plan
from arb.market.instruments import Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Usd
from arb.risk.chances import Chance
from arb.risk.sizing import YEAR_NS, Case, Ceiling, ceiling, kelly, lock_penalty
from tests.fakes.markets import EPOCH_NS, approve, make_market
from tests.fakes.treasury import SIZING

POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
BANKROLL = Usd(1_000 * MICRO)
LIMITS = attrs.evolve(
    SIZING,
    kelly_ppm=250_000,
    half_loss_ppm=500_000,
    believed_edge_ppm=50_000,
    hurdle_ppm=40_000,
    worst_loss_usd=Usd(50 * MICRO),
)
CHANCE = Chance(whole_ppm=300_000, half_ppm=10_000)


def plan(edge_ppm: int, lane: Lane = Lane.CROSS_VENUE, at_once: int = 0) -> Plan:
    """Ten sets that pay ten dollars, at a cost that leaves this edge."""
    made = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], 10 * MICRO).plan
    spent = Usd(10 * MICRO * MICRO // (MICRO + edge_ppm))
    template = attrs.evolve(made.template, lane=lane, at_once=Usd(at_once))
    return attrs.evolve(
        made, template=template, cost=spent, fees=Usd(0), profit=Usd(10 * MICRO - spent)
    )


def case(edge_ppm: int, *, wait_ns: int = 0, chance: Chance = CHANCE, at_once: int = 0) -> Case:
    closing: list[Market] = [
        attrs.evolve(market, closes_ns=Ns(EPOCH_NS + wait_ns)) for market in (POLY, KALSHI)
    ]
    return Case(plan(edge_ppm, at_once=at_once), closing, chance, BANKROLL, Ns(EPOCH_NS))


def usd(found: Ceiling) -> int:
    return found.usd


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**6))
def test_kelly_is_where_growth_is_largest(edge: int, whole: int, half: int, loss: int) -> None:
    """The stake is a part of the bankroll, nothing where it loses on average, and at its optimum."""
    half = min(half, MICRO - whole)
    part = kelly(edge, Chance(whole, half), loss)
    assert 0 <= part <= MICRO
    gain = whole * edge - half * loss
    assert (part == 0) or gain > 0
    if 0 < part < MICRO:
        # p w (1 - f l) = h l (1 + f w) at the optimum: both sides lie within a millionth's step.
        left = whole * edge * (MICRO**2 - part * loss)
        right = half * loss * (MICRO**2 + part * edge)
        step = edge * loss * (whole + half)
        assert 0 <= left - right <= step


@given(st.integers(50_000, 900_000), st.integers(50_000, 900_000))
def test_a_large_claim_never_enlarges_a_stake(one: int, other: int) -> None:
    """Beyond what is believable, the more is claimed the less is staked."""
    low, high = sorted((one, other))
    assert usd(ceiling(case(low), LIMITS)) >= usd(ceiling(case(high), LIMITS))


def test_twice_what_is_believable_is_staked_half() -> None:
    """Doubt shrinks what may be lost in proportion to what is claimed beyond belief."""
    believed, doubted = (ceiling(case(edge), LIMITS) for edge in (50_000, 100_000))
    assert (believed.name, doubted.name) == ("worst loss", "worst loss")
    assert 2 * doubted.usd == pytest.approx(believed.usd, rel=1e-4)


def test_kelly_believes_no_more_than_is_believable() -> None:
    """Where Kelly bounds the stake, its edge is the believable one: what is beyond adds nothing."""
    risky = Chance(whole_ppm=300_000, half_ppm=25_000)
    limits = attrs.evolve(LIMITS, worst_loss_usd=Usd(10**12), kelly_ppm=10_000)
    believed, doubted = (ceiling(case(edge, chance=risky), limits) for edge in (50_000, 100_000))
    assert (believed.name, doubted.name) == ("Kelly", "Kelly")
    assert 2 * doubted.usd == pytest.approx(believed.usd, rel=1e-4)


@given(st.integers(1, 50_000), st.integers(0, 300_000), st.integers(0, 300_000))
def test_worse_execution_never_enlarges_a_stake(edge: int, half: int, more: int) -> None:
    """A lower chance of being whole, or a higher one of being half, only takes away."""
    good, bad = Chance(600_000, min(half, more)), Chance(600_000 - more, max(half, more))
    assert usd(ceiling(case(edge, chance=bad), LIMITS)) <= usd(
        ceiling(case(edge, chance=good), LIMITS)
    )


@given(st.integers(1, 100_000), st.integers(0, 3 * YEAR_NS), st.integers(0, 3 * YEAR_NS))
def test_longer_locks_never_enlarge_a_stake(edge: int, one: int, other: int) -> None:
    """Money that comes back later is staked less, and not at all once the hurdle eats the edge."""
    soon, late = sorted((one, other))
    assert usd(ceiling(case(edge, wait_ns=late), LIMITS)) <= usd(
        ceiling(case(edge, wait_ns=soon), LIMITS)
    )


def test_the_hurdle_is_yearly_and_spares_what_comes_at_once() -> None:
    """Half a year at 4 % costs 2 % of what waits; what is merged at once costs nothing."""
    half_year = YEAR_NS // 2
    assert lock_penalty(case(20_000, wait_ns=half_year), LIMITS) == 20_000
    assert lock_penalty(case(20_000, wait_ns=half_year, at_once=MICRO // 2), LIMITS) == 10_000
    assert lock_penalty(case(20_000, wait_ns=half_year, at_once=MICRO), LIMITS) == 0
    found = ceiling(case(20_000, wait_ns=half_year), LIMITS)
    assert (found.usd, "time its money is locked" in found.name) == (0, True)


def test_a_market_without_an_end_locks_for_the_time_set() -> None:
    """What nobody dates is taken to end late, not now."""
    unknown = attrs.evolve(case(20_000), markets=(POLY, KALSHI))
    limits = attrs.evolve(LIMITS, unknown_wait_ns=YEAR_NS // 4)
    assert lock_penalty(unknown, limits) == 10_000


def test_half_fills_that_cost_more_than_the_edge_stop_it() -> None:
    """Where the average of all outcomes is a loss nothing is staked, and the reason says so."""
    found = ceiling(case(10_000, chance=Chance(200_000, 10_000)), LIMITS)
    assert (found.usd, "filled by half" in found.name) == (0, True)


@pytest.mark.parametrize("trust", [0, 400_000, 900_000])
def test_less_trust_bounds_the_worst_loss_more_tightly(trust: int) -> None:
    """A basket never costs more than what may be lost where its argument is wrong."""
    limits = attrs.evolve(LIMITS, kelly_ppm=MICRO, trust_ppm={str(Lane.CROSS_VENUE): trust})
    assert usd(ceiling(case(50_000), limits)) <= 50 * trust


def test_a_lane_without_a_setting_is_not_traded() -> None:
    """What nobody put trust in gets nothing."""
    assert usd(ceiling(case(50_000), attrs.evolve(LIMITS, trust_ppm={}))) == 0


def test_what_costs_nothing_is_not_believed() -> None:
    """A free basket is an error somewhere, not an opportunity."""
    free = attrs.evolve(plan(10_000), cost=Usd(0), fees=Usd(0))
    assert usd(ceiling(attrs.evolve(case(10_000), plan=free), LIMITS)) == 0
