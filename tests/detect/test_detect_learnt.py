"""What attempts teach: shares with their bounds, by lane, venues, claimed edge and age of quotes."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.detect.basket import Lane
from arb.detect.history import (
    AGE_BOUNDS_NS,
    EDGE_BOUNDS_PPM,
    Attempt,
    Calibration,
    Trust,
    learnt_table,
    wilson,
)
from arb.market.instruments import Venue
from arb.market.units import MICRO, Usd

SECOND = 10**9
BOTH = frozenset(Venue)
ATTEMPTS = st.lists(
    st.builds(
        Attempt,
        lane=st.sampled_from([Lane.BINARY, Lane.CROSS_VENUE]),
        venues=st.sampled_from([BOTH, frozenset({Venue.KALSHI})]),
        edge_ppm=st.integers(-5_000, 400_000),
        age_ns=st.none() | st.integers(0, 200 * SECOND),
        filled=st.booleans(),
        spent=st.integers(1, 50 * MICRO).map(Usd),
        made=st.integers(-50 * MICRO, 5 * MICRO).map(Usd),
    ),
    max_size=60,
)


@given(ATTEMPTS)
def test_every_attempt_is_in_one_row_and_money_adds_up(attempts: list[Attempt]) -> None:
    """Rows are apart from each other, and together they are all attempts."""
    rows = learnt_table(attempts)
    keys = [(row.lane, row.venues, row.edge_ppm, row.age_ns) for row in rows]
    assert len(set(keys)) == len(keys)
    assert sum(row.attempted for row in rows) == len(attempts)
    assert sum(row.filled for row in rows) == sum(one.filled for one in attempts)
    for row in rows:
        assert 0 <= row.low_ppm <= row.filled_ppm <= row.high_ppm <= MICRO


@given(ATTEMPTS)
def test_a_row_holds_what_its_bands_say(attempts: list[Attempt]) -> None:
    """Counting attempts by the bounds of a row gives the row's own count."""
    for row in learnt_table(attempts):
        edge, age = row.edge_ppm, row.age_ns
        inside = [
            one
            for one in attempts
            if (str(one.lane), one.venues) == (row.lane, row.venues)
            and (edge.low is None or one.edge_ppm >= edge.low)
            and (edge.high is None or one.edge_ppm < edge.high)
            and (
                one.age_ns is None
                if age is None
                else one.age_ns is not None
                and (age.low is None or one.age_ns >= age.low)
                and (age.high is None or one.age_ns < age.high)
            )
        ]
        assert Counter(one.filled for one in inside)[True] == row.filled
        assert len(inside) == row.attempted
        assert row.realised_ppm == sum(one.made for one in inside) * MICRO // sum(
            one.spent for one in inside
        )


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons(counts: tuple[int, int]) -> None:
    """Integers give what the formula gives, rounded outwards by two millionths at the most."""
    filled, attempted = counts
    share, z = filled / attempted, 1.96
    whole = 1 + z * z / attempted
    centre = share + z * z / (2 * attempted)
    spread = z * math.sqrt(share * (1 - share) / attempted + z * z / (4 * attempted**2))
    low, high = wilson(filled, attempted)
    assert 0 <= low <= filled * MICRO / attempted <= high <= MICRO
    assert (centre - spread) / whole * MICRO - 2 <= low <= (centre - spread) / whole * MICRO + 1
    assert (centre + spread) / whole * MICRO - 1 <= high <= (centre + spread) / whole * MICRO + 2


@pytest.mark.parametrize("counts", [(0, 0), (2, 1), (-1, 3)])
def test_what_is_no_share_has_no_interval(counts: tuple[int, int]) -> None:
    """Nothing attempted, or more filled than that, is refused."""
    with pytest.raises(ValueError, match="no share"):
        wilson(*counts)


def test_old_quotes_are_believed_less_once_they_failed() -> None:
    """The age of quotes teaches: the same edge is filled with fresh quotes, and not with old ones."""
    fresh = [Attempt(Lane.CROSS_VENUE, BOTH, 30_000, SECOND // 20, filled=True)] * 20
    old = [Attempt(Lane.CROSS_VENUE, BOTH, 30_000, 90 * SECOND, filled=False)] * 20
    known = Calibration([*fresh, *old])
    young = known.chance(Lane.CROSS_VENUE, BOTH, 30_000, SECOND // 20)
    aged = known.chance(Lane.CROSS_VENUE, BOTH, 30_000, 90 * SECOND)
    assert young.trust is aged.trust is Trust.AGE
    assert young.ppm > 700_000
    assert aged.ppm < 300_000


def test_bands_are_those_of_the_calibration() -> None:
    """The table is cut where the calibration is cut, so that both speak of the same cells."""
    attempts = [
        Attempt(Lane.BINARY, BOTH, edge, age, filled=False)
        for edge in (0, *EDGE_BOUNDS_PPM)
        for age in (0, *AGE_BOUNDS_NS)
    ]
    assert len(learnt_table(attempts)) == len(attempts)
