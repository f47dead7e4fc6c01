"""The best size under rounding: where a basket earns most once every leg is rounded.

Rounding makes the profit jagged, so the best size is found with a bound: before rounding the profit
only grows up to the end of the climb, and rounding never adds to it. From there downwards each
multiple of the common lot that may be better is priced exactly, until the bound says that nothing
smaller can be.

Between two levels nothing changes but each leg's last fill: what the levels above it cost, and
their fees, is worked out once for all sizes there.
"""

from collections.abc import Sequence

from arb.detect.all_in import AllIn
from arb.detect.climb import ATTO, Climb, Lines, Stretch
from arb.market.book import Ladder
from arb.market.fees import Bought, Spending
from arb.market.units import MICRO, Qty, Usd

_FEW = 4
"""Sizes that are priced one after the other: drawing their lines first would take longer."""
_FIRST_LOOK = 8
"""Sizes whose rounding is worked out together at first, then twice as many each time: the best gets
better, and the later looks may be spared."""


_Tail = tuple[int, Spending]
"""One leg within a stretch: the micro-contracts on offer above the level that all sizes end in, and
what buying all of that and some of this level takes."""


class Peak:
    """Prices sizes, the largest first, until none below can be better; keeps the best.

    `beat` is the profit (micro-dollars) that another size must beat, `size` the one that earns it:
    0 while none does. Sizes that cost more than `most_usd` (micro-dollars) do not count.
    """

    __slots__ = ("_bought", "_ladders", "_most_usd", "_payout", "_tables", "_tails", "beat", "size")

    def __init__(
        self, payout: Usd, ladders: Sequence[Ladder], tables: Sequence[AllIn], most_usd: int | None
    ) -> None:
        """Take the legs: their ladders, and the tables of their fee rules."""
        self._payout = payout
        self._ladders = ladders
        self._tables = tables
        self._most_usd = most_usd
        self._tails: list[_Tail] | None = None
        self._bought: list[Bought] | None = None
        self.beat = 0
        self.size = 0

    def note(self, size: int, spent: int, bought: list[Bought] | None = None) -> None:
        """Take up a size that costs `spent` with its fees."""
        profit = self._payout * size // MICRO - spent
        if profit > self.beat and (self._most_usd is None or spent <= self._most_usd):
            self.beat, self.size, self._bought = profit, size, bought

    def bought(self) -> list[Bought]:
        """What the best size buys, leg by leg. Ask for it only where there is one."""
        return self._bought or self._buy(self.size)

    def price(self, size: int) -> list[Bought]:
        """Price one size by itself, which must be on offer; returns what it buys."""
        bought = self._buy(size)
        self.note(size, sum([cost + fees for cost, fees, _, _ in bought]), bought)
        return bought

    def _buy(self, size: int) -> list[Bought]:
        bought = []
        for ladder, table in zip(self._ladders, self._tables, strict=True):
            one = table.fees.buying(ladder, Qty(size))
            if one is None:
                raise ValueError(f"less than {size} on offer")
            bought.append(one)
        return bought

    def search(self, bound: Climb, sizes: range) -> None:
        """Look at all sizes that may be better, the largest first."""
        for stretch in bound.downwards(sizes.start, sizes.stop + 1, -sizes.step):
            room = self._room(stretch, 0)
            if room:
                self._scour(stretch)
            if room < len(stretch.sizes):
                return

    def _scour(self, stretch: Stretch) -> None:
        """Price what may be better within one stretch."""
        size = stretch.sizes[0]
        legs = zip(self._ladders, self._tables, strict=True)
        lost = sum([_lost(ladder, table, size) for ladder, table in legs])
        if lost:
            stretch = Stretch(stretch.sizes, stretch.most - lost, stretch.fall)
        self._tails = None
        room = self._room(stretch, 0)
        if room <= _FEW:
            self._price(stretch.sizes[:room], size)
        else:
            self._look(stretch)

    def _room(self, stretch: Stretch, first: int) -> int:
        """How many sizes from the `first` on may be better before anything is rounded."""
        spare = stretch.most - first * stretch.fall - (self.beat + 1) * ATTO
        if spare < 0:
            return 0
        left = len(stretch.sizes) - first
        return min(left, spare // stretch.fall + 1) if stretch.fall else left

    def _look(self, stretch: Stretch) -> None:
        """Price what may be better after rounding, the most promising first."""
        lines = Lines.of(stretch, self._ladders, self._tables)
        first, count = 0, _FIRST_LOOK
        while room := self._room(stretch, first):
            count = min(count, room)
            for most, nth in sorted(lines.worth(first, count, self.beat), reverse=True):
                if most <= self.beat:
                    break
                self._price((stretch.sizes[nth],), stretch.sizes[0])
            first += count
            count *= 2

    def _price(self, sizes: Sequence[int], largest: int) -> None:
        """Price sizes of one stretch, whose `largest` says in which levels they end."""
        if self._tails is None and len(sizes) == 1:
            self._tails = []
            self.price(sizes[0])
            return
        if not self._tails:  # worth it from the second size on
            legs = zip(self._ladders, self._tables, strict=True)
            self._tails = [_tail(ladder, table, largest) for ladder, table in legs]
        for size in sizes:
            self.note(size, sum([spent(size - start) for start, spent in self._tails]))


def _tail(ladder: Ladder, table: AllIn, size: int) -> _Tail:
    start, depth = _last_level(ladder, size)
    return start, table.fees.spending(ladder[:depth], ladder[depth][0])


def _lost(ladder: Ladder, table: AllIn, size: int) -> int:
    """What rounding takes from the levels above the last one, in atto-dollars.

    0 where whole orders are rounded: a later fill may give it back.
    """
    if table.spent_step > 1:
        return 0
    depth = _last_level(ladder, size)[1]
    if not depth:
        return 0
    unrounded = sum([table[px] * qty for px, qty in ladder[:depth]])
    return table.fees.spending(ladder[:depth], ladder[depth][0])(0) * ATTO - unrounded


def _last_level(ladder: Ladder, size: int) -> tuple[int, int]:
    """Where the level that a size ends in begins (micro-contracts), and its place."""
    start = 0
    for depth, (_, qty) in enumerate(ladder):
        if start + qty >= size:
            return start, depth
        start += qty
    raise ValueError(f"less than {size} on offer")
