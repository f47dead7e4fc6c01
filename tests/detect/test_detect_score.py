"""Scores and the calibrated chance of being filled."""

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.detect.basket import Lane, Template
from arb.detect.firewall import FirewallLimits
from arb.detect.history import (
    NOTHING_LEARNT,
    PRIOR,
    Attempt,
    Calibration,
    Trust,
)
from arb.detect.opportunity import Criteria, Opportunity, find
from arb.detect.score import Part, Score, grade
from arb.detect.sweep import SweepLimits
from arb.market.book import Book
from arb.market.instruments import LastTrade, Market, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd

MakeMarket = Callable[..., Market]
MakeTemplate = Callable[..., Template]
MakeBook = Callable[..., Book]

SECOND = 10**9
HOUR = 3600 * SECOND
NOW = Ns(1_790_000_000 * SECOND)
ONE = frozenset({Venue.KALSHI})
CRITERIA = Criteria(FirewallLimits(HOUR, HOUR, 0, MICRO), SweepLimits(), SECOND)


@pytest.fixture
def opportunity(
    make_market: MakeMarket, make_book: MakeBook, make_template: MakeTemplate
) -> Opportunity:
    """Two NOs at .47, ten and thirty on offer: ten sets earn sixty cents."""
    views = []
    for name, size in (("a", 10), ("b", 30)):
        book = make_book(
            make_market(name, closes_ns=NOW + 24 * HOUR), {530_000: size}, {560_000: 5}
        )
        book.seen_ns = NOW
        book.trade(Px(530_000), Qty(MICRO), NOW)
        views.append(book.view(NOW))
    found = find(make_template([v.market for v in views], MICRO), views, NOW, CRITERIA)
    assert isinstance(found, Opportunity)
    return found


def part(score: Score, name: Part) -> int:
    return next(one.ppm for one in score.parts if one.part is name)


def changed(opportunity: Opportunity, **facts: object) -> Score:
    """The score with one fact of the first leg's book changed."""
    first, second = opportunity.views
    first = attrs.evolve(first, **facts)  # type: ignore[arg-type]  # fields by name
    return grade(opportunity.plan, (first, second), NOW, NOTHING_LEARNT)


def test_an_opportunity_carries_its_score(opportunity: Opportunity) -> None:
    """Every part is there once, between 0 and 1, and the whole is their weighted mean."""
    score = opportunity.score
    assert [one.part for one in score.parts] == list(Part)
    assert all(0 <= one.ppm <= MICRO and one.fact for one in score.parts)
    assert part(score, Part.DEPTH) == 333_333
    assert part(score, Part.AGE) == part(score, Part.TRADES) == part(score, Part.HORIZON) == MICRO
    assert part(score, Part.VOLUME) == 100
    assert part(score, Part.FILL) == 216 * MICRO // 972
    assert score.expected == opportunity.plan.profit * part(score, Part.FILL) // MICRO
    assert len(score.lines()) == 1 + len(Part)


@pytest.mark.parametrize(
    ("facts", "name", "ppm"),
    [
        ({"seen_ns": Ns(NOW - 2 * SECOND)}, Part.AGE, 500_000),
        ({"last_trade": None}, Part.TRADES, 0),
        ({"last_trade": LastTrade(Px(530_000), Ns(NOW - 240 * SECOND))}, Part.TRADES, 250_000),
        ({"traded": Qty(0)}, Part.VOLUME, 0),
    ],
)
def test_each_fact_moves_its_part_alone(
    opportunity: Opportunity, facts: dict[str, object], name: Part, ppm: int
) -> None:
    """A worse fact of one leg lowers its part, by as much as documented, and the score with it."""
    score = changed(opportunity, **facts)
    assert part(score, name) == ppm
    assert score.ppm < opportunity.score.ppm
    for other in Part:
        if other is not name:
            assert part(score, other) == part(opportunity.score, other)


def test_silence_is_no_virtue(opportunity: Opportunity) -> None:
    """A market whose end nobody knows counts less than one that ends in two days."""
    first = opportunity.views[0]
    unknown = changed(opportunity, market=attrs.evolve(first.market, closes_ns=None))
    late = changed(opportunity, market=attrs.evolve(first.market, closes_ns=Ns(NOW + 48 * HOUR)))
    assert part(unknown, Part.HORIZON) < part(late, Part.HORIZON) == 500_000


def test_two_venues_are_trusted_less_than_one(opportunity: Opportunity) -> None:
    """A verified pair may still come apart at resolution."""
    first = opportunity.views[0]
    score = changed(opportunity, market=attrs.evolve(first.market, venue=Venue.KALSHI))
    assert part(score, Part.CONFIDENCE) < part(opportunity.score, Part.CONFIDENCE) == MICRO


# --- calibration --------------------------------------------------------------------------------


def test_without_attempts_the_public_record_counts() -> None:
    """LANE-15: the larger the claimed edge, the less likely it is filled."""
    chances = [
        NOTHING_LEARNT.chance(Lane.CROSS_VENUE, ONE, edge_ppm, None)
        for edge_ppm in (5_000, 60_000, 250_000)
    ]
    assert [one.ppm for one in chances] == [
        completed * MICRO // of for of, completed in (PRIOR[0], PRIOR[3], PRIOR[5])
    ]
    assert chances[0].ppm > chances[1].ppm > chances[2].ppm
    assert {one.trust for one in chances} == {Trust.RECORD}


def attempts(filled: int, of: int, **facts: object) -> list[Attempt]:
    plain: dict[str, object] = {
        "lane": Lane.BINARY,
        "venues": ONE,
        "edge_ppm": 30_000,
        "age_ns": SECOND,
    }
    made: Callable[..., Attempt] = Attempt
    return [made(**plain | facts, filled=number < filled) for number in range(of)]


def test_attempts_outweigh_the_record_in_time() -> None:
    """After a thousand attempts their own share counts, for what is alike; else the next best."""
    learnt = Calibration(attempts(900, 1_000))
    same = learnt.chance(Lane.BINARY, ONE, 40_000, 2 * SECOND)
    older = learnt.chance(Lane.BINARY, ONE, 40_000, 30 * SECOND)
    other = learnt.chance(Lane.ALL_NO, ONE, 40_000, SECOND)
    far = learnt.chance(Lane.BINARY, ONE, 300_000, SECOND)
    assert abs(same.ppm - 900_000) < 10_000
    assert (same.filled, same.attempted, same.trust) == (900, 1_000, Trust.AGE)
    assert (older.trust, other.trust, far.trust) == (Trust.KIND, Trust.EDGE, Trust.RECORD)
    assert far.ppm == NOTHING_LEARNT.chance(Lane.BINARY, ONE, 300_000, SECOND).ppm


def test_unknown_ages_still_teach() -> None:
    """Attempts whose quote ages nobody wrote down count for baskets of any age."""
    learnt = Calibration(attempts(0, 100, age_ns=None))
    chance = learnt.chance(Lane.BINARY, ONE, 30_000, SECOND)
    assert chance.trust is Trust.KIND
    assert chance.ppm < 50_000


@given(filled=st.integers(0, 50), missed=st.integers(0, 50), edge_ppm=st.integers(0, 10**7))
def test_chances_are_shares_and_learn_in_the_right_direction(
    filled: int, missed: int, edge_ppm: int
) -> None:
    """Always between 0 and 1; one more filled never lowers it, one more missed never raises it."""

    def chance(yes: int, no: int) -> int:
        made = Calibration(attempts(yes, yes + no, edge_ppm=edge_ppm))
        return made.chance(Lane.BINARY, ONE, edge_ppm, SECOND).ppm

    here = chance(filled, missed)
    assert 0 <= here <= MICRO
    assert chance(filled + 1, missed) >= here >= chance(filled, missed + 1)


def test_large_claims_are_preferred_less(opportunity: Opportunity) -> None:
    """Twice the claimed profit of a suspect size does not rank twice as high."""
    plan = opportunity.plan
    loud = attrs.evolve(plan, profit=Usd(plan.profit * 4))  # 6 % becomes a claim above a fifth
    score = grade(loud, opportunity.views, NOW, NOTHING_LEARNT)
    assert score.rank < 4 * opportunity.score.rank
    assert part(score, Part.FILL) < part(opportunity.score, Part.FILL)
