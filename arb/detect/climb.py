"""How far buying a basket pays before rounding: upper bounds on what any size can earn.

As a basket grows each leg is bought deeper in its ladder, so a further set brings less and less.
Between two levels it brings the same: the profit before rounding is a line with bends. Rounding
only ever takes from it. Exact in integers: pico-dollars a contract (10^-12) times micro-contracts
are atto-dollars (10^-18).
"""

from collections.abc import Iterator, Sequence
from heapq import heapify, heapreplace

import attrs

from arb.detect.all_in import AllIn
from arb.market.book import Ladder
from arb.market.units import MICRO, Qty, Usd

_ATTO = MICRO * MICRO
"""Atto-dollars in a micro-dollar."""


@attrs.frozen
class Climb:
    """The profit of a basket before rounding, by size, as far as a further set brings enough."""

    payout: int
    """Pico-dollars a set."""
    slopes: Sequence[tuple[int, int, int]]
    """From which size on (micro-contracts), what a set brings there (pico-dollars), and what all
    sets below bring together (atto-dollars); in order, first from size 0."""
    end: int
    """Micro-contracts: here a leg is sold out, or a further set would bring too little."""

    def affordable(self, most_usd: Usd) -> int:
        """The largest size that costs no more than this, before rounding."""
        most = most_usd * _ATTO
        for start, edge, gained in reversed(self.slopes):
            left = most - (self.payout * start - gained)
            if left >= 0:
                return min(self.end, start + left // (self.payout - edge))
        return 0

    def downwards(self, top: int, lowest: int, lot: int) -> Iterator[tuple[Qty, int]]:
        """Sizes from `top` (at most `end`) by `lot` down to `lowest`, and a bound for each.

        The bound is what the size can earn at the most, in micro-dollars; it falls with the size.
        """
        size = top
        for start, edge, gained in reversed(self.slopes):
            while size > start:
                if size < lowest:
                    return
                yield Qty(size), (gained + edge * (size - start)) // _ATTO
                size -= lot


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
    deeper = [iter(ladder[1:]) for ladder in ladders]
    ends: list[tuple[int, int]] = [(ladder[0][1], leg) for leg, ladder in enumerate(ladders)]
    heapify(ends)
    slopes = [(0, edge, 0)]
    at = gained = 0
    while True:
        end, leg = ends[0]
        gained += edge * (end - at)
        at = end
        px, qty = next(deeper[leg], (MICRO, 0))
        cost = tables[leg][px]
        edge -= cost - costs[leg]
        if edge < least:
            return Climb(payout * MICRO, slopes, at)
        costs[leg] = cost
        slopes.append((at, edge, gained))
        heapreplace(ends, (at + qty, leg))


@attrs.frozen
class Lines:
    """A closer bound for sizes up to one: every leg rounded up to what its venue charges in.

    Within a level a leg's cost before rounding is a line; below the level, where contracts are
    cheaper, the line goes on under the true cost. What buying really takes is a multiple of the
    fee rule's `spent_step`, and never less.
    """

    payout: int
    """Pico-dollars a set."""
    legs: Sequence[tuple[int, int, int]]
    """Cost at size 0 if the line went on (atto), cost a contract (pico), step (atto)."""

    @classmethod
    def at(
        cls, size: Qty, payout: Usd, ladders: Sequence[Ladder], tables: Sequence[AllIn]
    ) -> "Lines":
        """Take the lines of the levels that `size` ends in; that much is on offer of every leg."""
        legs = []
        for ladder, table in zip(ladders, tables, strict=True):
            start, spent, rate = _reach(size, ladder, table)
            legs.append((spent - rate * start, rate, table.spent_step * _ATTO))
        return cls(payout * MICRO, legs)

    def most(self, size: Qty) -> int:
        """What this size can earn at the most, in micro-dollars."""
        gain = self.payout * size
        for base, rate, step in self.legs:
            gain += -(base + rate * size) // step * step
        return gain // _ATTO


def _reach(size: Qty, ladder: Ladder, table: AllIn) -> tuple[int, int, int]:
    """Where the level that `size` ends in begins, what all before it costs, what it costs."""
    start = spent = 0
    for px, qty in ladder:
        rate = table[px]
        if start + qty >= size:
            return start, spent, rate
        start += qty
        spent += rate * qty
    raise ValueError(f"less than {size} on offer")
