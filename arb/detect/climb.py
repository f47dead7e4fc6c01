"""How far buying a basket pays before rounding: upper bounds on what any size can earn.

As a basket grows each leg is bought deeper in its ladder, so a further set brings less and less.
Between two levels it brings the same: the profit before rounding is a line with bends. Rounding
only ever takes from it. Exact in integers: pico-dollars a contract (10^-12) times micro-contracts
are atto-dollars (10^-18).
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heapreplace
from itertools import repeat
from operator import mod

import attrs

from arb.detect.all_in import AllIn
from arb.market.book import Ladder
from arb.market.units import MICRO, Px, Qty, Usd

ATTO = MICRO * MICRO
"""Atto-dollars in a micro-dollar."""
_GRAIN = 10**8
"""Atto-dollars: a ten-thousandth of a micro-dollar, which every step is a multiple of."""
_DOLLAR = MICRO * MICRO
"""Pico-dollars: no contract pays more."""
_SOLD_OUT = (Px(MICRO), Qty(0))
"""The level behind the last one: dearer than any basket pays."""


@attrs.frozen
class Stretch:
    """Sizes within which no leg changes its level, the largest first."""

    sizes: range
    """Micro-contracts; never empty."""
    most: int
    """What the largest can earn at the most, in atto-dollars."""
    fall: int
    """How much less every further size can earn, in atto-dollars; 0 or more."""


@attrs.frozen(slots=False)
class Climb:
    """The profit of a basket before rounding, by size, as far as a further set brings enough."""

    payout: int
    """Pico-dollars a set."""
    slopes: Sequence[tuple[int, int, int]]
    """From which size on (micro-contracts), what a set brings there (pico-dollars), and what all
    sets below bring together (atto-dollars); in order, first from size 0."""
    end: int
    """Micro-contracts: here a leg is sold out, or a further set would bring too little."""
    spent: int
    """The place of the leg of which nothing below a dollar is left there, if one is; else -1."""

    def affordable(self, most_usd: Usd) -> int:
        """The largest size that costs no more than this, before rounding."""
        most = most_usd * ATTO
        for start, edge, gained in reversed(self.slopes):
            left = most - (self.payout * start - gained)
            if left >= 0:
                return min(self.end, start + left // (self.payout - edge))
        return 0

    def most(self, size: int) -> int:
        """What a size (at most `end`) can earn at the most, in atto-dollars."""
        for start, edge, gained in reversed(self.slopes):
            if size >= start:
                return gained + edge * (size - start)
        return 0

    def downwards(self, top: int, lowest: int, lot: int) -> Iterator[Stretch]:
        """All sizes from `top` (at most `end`) by `lot` down to `lowest`."""
        for start, edge, gained in reversed(self.slopes):
            sizes = range(top, max(start, lowest - 1), -lot)
            if sizes:
                yield Stretch(sizes, gained + edge * (top - start), edge * lot)
                top = sizes[-1] - lot


def climb(
    payout: Usd, ladders: Sequence[Ladder], tables: Sequence[AllIn], least_edge: int
) -> Climb | None:
    """Buy all ladders level by level, none of them empty, until a set brings too little.

    `least_edge` is in micro-dollars a set. None where not even the first set brings that.
    """
    least = least_edge * MICRO
    costs = [table[ladder[0][0]] for ladder, table in zip(ladders, tables, strict=True)]
    edge = payout * MICRO - sum(costs)
    if edge < least:
        return None
    # Where a level ends and whose it is are one number: a heap compares numbers fastest.
    bits = len(ladders).bit_length()
    mask = (1 << bits) - 1
    levels = [iter(ladder) for ladder in ladders]
    ends = [next(level)[1] << bits | leg for leg, level in enumerate(levels)]
    heapify(ends)
    slopes = [(0, edge, 0)]
    at = gained = 0
    while True:
        first = ends[0]
        leg = first & mask
        end = first >> bits
        gained += edge * (end - at)
        at = end
        px, qty = next(levels[leg], _SOLD_OUT)
        cost = tables[leg][px]
        edge += costs[leg] - cost
        if edge < least:
            return Climb(payout * MICRO, slopes, at, leg if cost >= _DOLLAR else -1)
        costs[leg] = cost
        slopes.append((at, edge, gained))
        heapreplace(ends, first + (qty << bits))


@attrs.frozen
class Lines:
    """A closer bound within one stretch: what rounding takes at the least.

    Within a level what a leg takes before rounding is a line. What is rounded up to a step, whole
    orders on Kalshi and each fill's fee on Polymarket, never takes less than the next multiple.

    Counted in `_GRAIN`s, rounded in favour of the size: numbers below 2^30 are quick.
    """

    stretch: Stretch
    steps: Sequence[tuple[int, int, int]]
    """For each leg what is rounded up: at the first size of the stretch (atto-dollars), how much
    less it is a contract below (pico-dollars), and the step (atto-dollars)."""

    @classmethod
    def of(cls, stretch: Stretch, ladders: Sequence[Ladder], tables: Sequence[AllIn]) -> "Lines":
        """Take the lines of the levels that the sizes end in."""
        size = stretch.sizes[0]
        return cls(stretch, [_rounded(size, *leg) for leg in zip(ladders, tables, strict=True)])

    def worth(self, first: int, count: int, beat: int) -> list[tuple[int, int]]:
        """Which of `count` sizes from the `first` on may earn more than `beat` (micro-dollars).

        Each with what it can earn at the most, in micro-dollars, which may be a little too high.
        """
        rests = [self._rests(leg, first, count) for leg in self.steps]
        fall = self.stretch.fall
        spare = (self.stretch.most - first * fall - (beat + 1) * ATTO) // _GRAIN
        spare += 1 + len(rests) * (count + 1)
        allowed = _evenly(spare, -(fall // _GRAIN), count)
        both = zip(map(sum, zip(*rests, strict=True)), allowed, strict=True)
        left = enumerate([may - takes for takes, may in both], first)
        return [(beat + 1 + more * _GRAIN // ATTO, nth) for nth, more in left if more >= 0]

    def _rests(self, leg: tuple[int, int, int], first: int, count: int) -> Iterator[int]:
        """How far each size's amount is below the next multiple of its step, and a little more.

        From size to size it grows evenly. Rounded down to grains it is short by less than
        `count` + 1 of them: added here, so that no multiple hides there, and allowed for above.
        """
        whole, rate, step = leg
        a_lot = -rate * self.stretch.sizes.step
        start = (first * a_lot - whole) % step // _GRAIN + count + 1
        return map(mod, _evenly(start, a_lot % step // _GRAIN, count), repeat(step // _GRAIN))


def _evenly(start: int, rise: int, count: int) -> Iterable[int]:
    return range(start, start + count * rise, rise) if rise else repeat(start, count)


def _rounded(size: int, ladder: Ladder, table: AllIn) -> tuple[int, int, int]:
    """What of a leg is rounded up: how much it is at `size`, how fast it falls, by which step."""
    whole_order = table.spent_step > 1
    start = spent = 0
    for px, qty in ladder:
        rate = table[px] if whole_order else table[px] - px * MICRO
        if start + qty >= size:
            if whole_order:
                return spent + rate * (size - start), rate, table.spent_step * ATTO
            return rate * (size - start), rate, table.fill_step * ATTO
        start += qty
        spent += rate * qty
    raise ValueError(f"less than {size} on offer")
