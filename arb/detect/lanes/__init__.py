"""Lanes: by which arguments a basket must pay. Each compiles what is listed into templates."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from arb.detect.lanes.binary import binary
from arb.detect.lanes.compiled import Compiled, join
from arb.detect.lanes.cross_venue import cross_venue
from arb.detect.lanes.multi_outcome import multi_outcome
from arb.detect.lanes.twins import Twins
from arb.market.instruments import Catalogue
from arb.pairing.pair import Pair

__all__ = ["Compiled", "Lanes", "compile_baskets"]


class Lanes(Protocol):
    """Which lanes are on."""

    @property
    def binary(self) -> bool:
        """YES and NO of one market."""
        ...

    @property
    def multi_outcome(self) -> bool:
        """One side of every market of an event."""
        ...

    @property
    def cross_venue(self) -> bool:
        """The same question on both venues."""
        ...


def compile_baskets(
    catalogues: Sequence[Catalogue], pairs: Iterable[Pair], lanes: Lanes
) -> Compiled:
    """Compile everything that both venues list, lane by lane."""
    markets = {market.id: market for catalogue in catalogues for market in catalogue.markets}
    events = [event for catalogue in catalogues for event in catalogue.events]
    known = list(pairs)
    twins = Twins.of_pairs(known if lanes.cross_venue else (), markets)
    return join(
        [
            *([binary(markets.values())] if lanes.binary else []),
            *([multi_outcome(events, markets, twins)] if lanes.multi_outcome else []),
            *([cross_venue(known, markets)] if lanes.cross_venue else []),
        ]
    )
