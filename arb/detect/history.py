"""How often baskets like this one were completed: fill probability, calibrated on the journal.

An attempt is told apart by its lane, its venues, how large the claimed edge was and how old the
oldest quote. What has seen little leans on what is known more generally: that of any age, that of
any kind with such an edge, and in the end a public record. The record shows what to expect: the
larger the claimed edge, the fewer are filled, because large edges are mostly stale.
"""

import enum
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

import attrs

from arb.detect.basket import Lane
from arb.market.instruments import Venue
from arb.market.units import MICRO

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
