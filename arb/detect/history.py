"""How often baskets like this one were completed: fill probability, calibrated on the journal.

An attempt is told apart by its lane, its venues, how large the claimed edge was and how old the
oldest quote. What has seen little leans on what is known more generally: that of any age, that of
any kind with such an edge, and in the end a public record. The record shows what to expect: the
larger the claimed edge, the fewer are filled, because large edges are mostly stale.

`learnt_table` puts the same into a table for people: how many were filled, how sure that share is,
and what became of the edge.
"""

import enum
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from math import isqrt

import attrs

from arb.detect.basket import Lane
from arb.market.instruments import Venue
from arb.market.units import MICRO, Usd

EDGE_BOUNDS_PPM = (10_000, 20_000, 50_000, 100_000, 200_000)
"""Millionths of the cost: claimed edges between two bounds count as alike."""
PRIOR = ((836, 263), (836, 263), (836, 263), (972, 216), (972, 216), (160, 22))
"""Attempts and those completed by claimed edge: the only public record of live attempts on two
venues (BTC 15-minute markets, February 2026, 1,968 attempts), in its three groups: below 5 cents,
up to 20 cents, above."""
PRIOR_WEIGHT = 10
"""Attempts of our own that weigh as much as what a cell leans on."""
AGE_BOUNDS_NS = (100_000_000, 1_000_000_000, 10_000_000_000, 60_000_000_000)
ANY_AGE = -1


@attrs.frozen
class Attempt:
    """One basket that was begun, and whether all of its legs were filled."""

    lane: Lane | str
    venues: frozenset[Venue]
    edge_ppm: int
    """Claimed profit over cost and fees, in millionths."""
    age_ns: int | None
    """Of the oldest quote; None where nobody wrote it down."""
    filled: bool
    spent: Usd = Usd(0)
    """Cost and fees as planned; 0 where that is of no interest."""
    made: Usd = Usd(0)
    """Cash that it moved and what its sets must pay; below 0: it lost."""


@attrs.frozen
class _Cell:
    lane: str
    venues: frozenset[Venue]
    edge: int
    age: int


class Trust(enum.StrEnum):
    """What an estimate rests on."""

    RECORD = "a public record"
    EDGE = "our attempts with such an edge"
    KIND = "our attempts of this kind"
    AGE = "our attempts of this kind with quotes as old"


@attrs.frozen
class FillChance:
    """How likely all legs are filled."""

    ppm: int
    """0 to 1,000,000."""
    filled: int
    attempted: int
    """Of our own attempts that are most alike."""
    trust: Trust


class Calibration:
    """Counts of attempts. A value once made: it is made anew when there is more to learn from."""

    def __init__(self, attempts: Iterable[Attempt] = ()) -> None:
        """Learn from attempts, in any order."""
        self._attempted: Counter[_Cell | int] = Counter()
        self._filled: Counter[_Cell | int] = Counter()
        for attempt in attempts:
            for place in _places(
                attempt.lane, attempt.venues, attempt.edge_ppm, attempt.age_ns
            ).values():
                self._attempted[place] += 1
                self._filled[place] += attempt.filled

    def chance(
        self, lane: Lane | str, venues: frozenset[Venue], edge_ppm: int, age_ns: int | None
    ) -> FillChance:
        """Estimate how likely such a basket is filled whole."""
        of, completed = PRIOR[bisect_right(EDGE_BOUNDS_PPM, edge_ppm)]
        ppm = completed * MICRO // of
        trust = Trust.RECORD
        if not self._attempted:
            return FillChance(ppm, 0, 0, trust)
        filled = attempted = 0
        for kind, place in _places(lane, venues, edge_ppm, age_ns).items():
            attempted, filled = self._attempted[place], self._filled[place]
            ppm = _lean(filled, attempted, ppm)
            trust = kind if attempted >= PRIOR_WEIGHT else trust
        return FillChance(ppm, filled, attempted, trust)


NOTHING_LEARNT = Calibration()
"""Only the public record."""


def _places(
    lane: Lane | str, venues: frozenset[Venue], edge_ppm: int, age_ns: int | None
) -> dict[Trust, _Cell | int]:
    """Where an attempt counts, the most general place first."""
    edge = bisect_right(EDGE_BOUNDS_PPM, edge_ppm)
    places: dict[Trust, _Cell | int] = {
        Trust.EDGE: edge,
        Trust.KIND: _Cell(str(lane), venues, edge, ANY_AGE),
    }
    if age_ns is not None:
        age = bisect_right(AGE_BOUNDS_NS, age_ns)
        places[Trust.AGE] = _Cell(str(lane), venues, edge, age)
    return places


def _lean(filled: int, attempted: int, prior_ppm: int) -> int:
    """The share that was filled, pulled towards a prior that weighs `PRIOR_WEIGHT` attempts."""
    return (filled * MICRO + prior_ppm * PRIOR_WEIGHT) // (attempted + PRIOR_WEIGHT)


# --- for people ---------------------------------------------------------------------------------

_Z_SQUARED = 38_416
"""1.96 squared, in ten-thousandths: 95 of 100 such intervals hold the true share."""
_SCALE = 10_000


@attrs.frozen
class Band:
    """From `low` to below `high`; None is no bound."""

    low: int | None
    high: int | None


@attrs.frozen
class LearntRow:
    """All attempts of one lane, venues, claimed edge and age of quotes."""

    lane: str
    venues: frozenset[Venue]
    edge_ppm: Band
    """Claimed profit over cost and fees."""
    age_ns: Band | None
    """Of the oldest quote; None where nobody wrote it down."""
    attempted: int
    filled: int
    low_ppm: int
    high_ppm: int
    """Between these the share of all such attempts lies that are filled (Wilson, 95 %)."""
    claimed_ppm: int
    """Claimed profit over what was to be spent, all attempts together."""
    realised_ppm: int
    """What they made over what was to be spent; those that bought nothing made 0."""

    @property
    def filled_ppm(self) -> int:
        """The share of those attempts that was filled whole."""
        return self.filled * MICRO // self.attempted


_Key = tuple[str, tuple[str, ...], int, int]


def learnt_table(attempts: Iterable[Attempt]) -> tuple[LearntRow, ...]:
    """Sum up attempts by lane, venues, claimed edge and age of quotes, in that order."""
    cells: dict[_Key, list[Attempt]] = {}
    for attempt in attempts:
        cells.setdefault(_key(attempt), []).append(attempt)
    return tuple(_row(key, cells[key]) for key in sorted(cells))


def _key(attempt: Attempt) -> _Key:
    age = ANY_AGE if attempt.age_ns is None else bisect_right(AGE_BOUNDS_NS, attempt.age_ns)
    edge = bisect_right(EDGE_BOUNDS_PPM, attempt.edge_ppm)
    return str(attempt.lane), tuple(sorted(attempt.venues)), edge, age


def _row(key: _Key, attempts: Sequence[Attempt]) -> LearntRow:
    lane, _, edge, age = key
    filled = sum(one.filled for one in attempts)
    spent = sum(one.spent for one in attempts)
    claimed = sum(one.spent * one.edge_ppm for one in attempts)
    low, high = wilson(filled, len(attempts))
    return LearntRow(
        lane=lane,
        venues=attempts[0].venues,
        edge_ppm=_band(EDGE_BOUNDS_PPM, edge),
        age_ns=None if age == ANY_AGE else _band(AGE_BOUNDS_NS, age),
        attempted=len(attempts),
        filled=filled,
        low_ppm=low,
        high_ppm=high,
        claimed_ppm=claimed // spent if spent else 0,
        realised_ppm=sum(one.made for one in attempts) * MICRO // spent if spent else 0,
    )


def _band(bounds: Sequence[int], place: int) -> Band:
    low = bounds[place - 1] if place else None
    return Band(low, bounds[place] if place < len(bounds) else None)


def wilson(filled: int, attempted: int) -> tuple[int, int]:
    """Bound the share that `filled` of `attempted` is a sample of, in millionths, at 95 %.

    Wilson's score interval, in integers, rounded outwards. Raises ValueError where the counts are
    none: nothing attempted, or more filled than that.
    """
    if not 0 <= filled <= attempted or not attempted:
        raise ValueError(f"{filled} of {attempted} is no share")
    z2, one = _Z_SQUARED, _SCALE
    # (k + z2/2 +- z sqrt(k (n - k) / n + z2/4)) / (n + z2), all of it times 2 n * 10,000
    centre = attempted * (2 * filled * one + z2)
    square = attempted * z2 * (4 * filled * (attempted - filled) * one + attempted * z2)
    spread = isqrt(square * MICRO * MICRO) + 1
    whole = 2 * attempted * (attempted * one + z2)
    low = max((centre * MICRO - spread) // whole, 0)
    high = min(-(-(centre * MICRO + spread) // whole), MICRO)
    return low, high
