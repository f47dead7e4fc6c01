"""Lanes: by which arguments a basket must pay. Each compiles what is listed into templates."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from arb.detect.clusters import find_clusters
from arb.detect.lanes.binary import binary
from arb.detect.lanes.compiled import Compiled, join
from arb.detect.lanes.cross_venue import cross_venue
from arb.detect.lanes.multi_outcome import multi_outcome
from arb.detect.lanes.structural import structural
from arb.detect.lanes.twins import Twins
from arb.detect.rules import Rule, accepted
from arb.detect.strikes import derive
from arb.market.instruments import Catalogue, Event, Market, MarketId
from arb.pairing.approval import VerifiedPair

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

    @property
    def structural(self) -> bool:
        """Questions whose answers hang together."""
        ...


def compile_baskets(
    catalogues: Sequence[Catalogue],
    pairs: Iterable[VerifiedPair],
    lanes: Lanes,
    rules: Iterable[Rule] = (),
) -> Compiled:
    """Compile everything that both venues list, lane by lane; `rules` besides the venues' own."""
    markets = {market.id: market for catalogue in catalogues for market in catalogue.markets}
    events = [event for catalogue in catalogues for event in catalogue.events]
    known = list(pairs)
    twins = Twins.of_pairs(known if lanes.cross_venue else (), markets)
    return join(
        [
            *([binary(markets.values())] if lanes.binary else []),
            *([multi_outcome(events, markets, twins)] if lanes.multi_outcome else []),
            *([cross_venue(known, markets)] if lanes.cross_venue else []),
            *(_related(rules, events, markets, twins) if lanes.structural else []),
        ]
    )


def _related(
    rules: Iterable[Rule],
    events: Sequence[Event],
    markets: Mapping[MarketId, Market],
    twins: Twins,
) -> Iterable[Compiled]:
    """What follows from accepted rules, those of the venues' own strikes among them."""
    derived = derive(events, markets)
    relied_on = accepted((*derived.rules, *rules))
    clusters = find_clusters(relied_on, events, markets, twins)
    yield structural(relied_on, events, markets, twins)
    yield Compiled((), {**derived.refused, **clusters.refused}, clusters.clusters)
