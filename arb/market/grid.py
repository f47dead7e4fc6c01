"""Price grids: at which prices a market may be quoted.

Polymarket has one tick a market; Kalshi has bands with a step each. Both are bands.
"""

from collections.abc import Iterable
from functools import lru_cache

import attrs

from arb.market.errors import OffGrid, UnknownRule
from arb.market.units import MICRO, Px, plain_text

_KEPT_STEP = 100
"""Micro-dollars: both venues' finest price grid."""


@attrs.frozen
class Band:
    """Prices `start`, `start + step`, ... up to `end`, both ends included."""

    start: Px
    end: Px
    step: int

    def __attrs_post_init__(self) -> None:
        """Raise UnknownRule where the band makes no sense."""
        if not (0 <= self.start < self.end <= MICRO and self.step > 0):
            raise UnknownRule(
                f"no price band: {self.start} to {self.end} by {self.step} millionths"
            )

    def holds(self, px: int) -> bool:
        """Say whether `px` is one of the band's prices."""
        return self.start <= px <= self.end and (px - self.start) % self.step == 0


class Known(dict[int, bool]):
    """Price to whether it is one of a grid's: looked up for every level of a basket's books.

    Remembers only what lies between 0 and 1, at both venues' finest step: at most 9,999 prices,
    whatever a feed sends. Grids are few: markets with the same bands share one.
    """

    __slots__ = ("_bands",)

    def __init__(self, bands: tuple[Band, ...]) -> None:
        super().__init__()
        self._bands = bands

    def __missing__(self, px: int) -> bool:
        """Work out a price that was not asked for before."""
        if not 0 < px < MICRO:
            return False
        found = any(band.holds(px) for band in self._bands)
        if px % _KEPT_STEP == 0:
            self[px] = found
        return found


@attrs.frozen
class PriceGrid:
    """The prices at which one market may be quoted. 0 and 1 are never among them."""

    bands: tuple[Band, ...]
    known: "Known" = attrs.field(
        init=False,
        repr=False,
        eq=False,
        default=attrs.Factory(lambda self: Known(self.bands), takes_self=True),
    )
    """What `holds` said of each price that was asked for."""

    @staticmethod
    def of_tick(tick: int) -> "PriceGrid":
        """One tick throughout, from `tick` to 1 - `tick` (Polymarket).

        Raises UnknownRule where the tick does not divide a dollar.
        """
        if not 0 < tick < MICRO or MICRO % tick:
            raise UnknownRule(f"a tick must divide a dollar: {tick} millionths")
        return _shared((Band(Px(tick), Px(MICRO - tick), tick),))

    @staticmethod
    def of_bands(bands: Iterable[tuple[int, int, int]]) -> "PriceGrid":
        """Bands of (start, end, step) that may share their ends (Kalshi `price_ranges`)."""
        made = tuple(Band(Px(start), Px(end), step) for start, end, step in bands)
        if not made:
            raise UnknownRule("a market without price bands")
        return _shared(made)

    def holds(self, px: int) -> bool:
        """Say whether the market may be quoted at `px`."""
        return self.known[px]

    def check(self, px: Px) -> Px:
        """Return `px`, or raise OffGrid."""
        if not self.holds(px):
            raise OffGrid(f"{plain_text(px)} is not on the price grid")
        return px

    def at_most(self, px: int) -> Px:
        """The highest price of the grid that is not above `px`. Raises OffGrid where none is."""
        best = max((_floor_in(band, px) for band in self.bands), default=0)
        if best <= 0:
            raise OffGrid(f"no price of the grid at or below {plain_text(px)}")
        return Px(best)

    def at_least(self, px: int) -> Px:
        """The lowest price of the grid that is not below `px`. Raises OffGrid where none is."""
        best = min((_ceil_in(band, px) for band in self.bands), default=MICRO)
        if best >= MICRO:
            raise OffGrid(f"no price of the grid at or above {plain_text(px)}")
        return Px(best)

    @property
    def finest_step(self) -> int:
        """The smallest distance between two prices, in millionths."""
        return min(band.step for band in self.bands)


@lru_cache(maxsize=1_000)
def _shared(bands: tuple[Band, ...]) -> PriceGrid:
    """One grid for all markets with these bands: the venues have a handful."""
    return PriceGrid(bands)


def _floor_in(band: Band, px: int) -> int:
    top = min(px, band.end, MICRO - 1)
    if top < band.start:
        return 0
    return band.start + (top - band.start) // band.step * band.step


def _ceil_in(band: Band, px: int) -> int:
    low = max(px, band.start, 1)
    price = band.start - (band.start - low) // band.step * band.step
    return price if price <= band.end else MICRO
