"""Clusters: markets whose answers hang together, with every way they can turn out. Pure.

Rules, events and twins that have markets in common make a cluster. Its states are found by
answering one market after the other and giving up at the first fact that is broken.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import attrs

from arb.detect.basket import Leg
from arb.detect.facts import Alike, Component, Fact, gather
from arb.detect.rules import Rule
from arb.market.errors import Refused
from arb.market.instruments import Claim, Event, Market, MarketId, Outcome
from arb.market.units import Ns

MOST_MARKETS = 24
MOST_STATES = 4_096
_FEWEST_MARKETS = 3
"""Two markets have no baskets but pairs, which other lanes watch."""


@attrs.frozen
class Cluster:
    """Markets and every way they can turn out."""

    id: str
    """Stable across runs: its first market."""
    markets: tuple[MarketId, ...]
    """Those that can be traded, in the order of a state's bits."""
    states: tuple[int, ...]
    """Each a set of bits: bit i is set where market i resolves YES. All different."""
    claims: tuple[Claim, ...]
    """What the states rely on."""

    def wins(self, leg: Leg, state: int) -> bool:
        """Say whether a contract wins in a state."""
        return bool(state >> self.markets.index(leg.market) & 1) is (leg.outcome is Outcome.YES)


@attrs.frozen
class Clusters:
    """All clusters, and how many components made none by reason."""

    clusters: tuple[Cluster, ...]
    refused: dict[str, int]


def find_clusters(
    rules: Iterable[Rule],
    events: Iterable[Event],
    markets: Mapping[MarketId, Market],
    twins: Alike,
) -> Clusters:
    """Find every cluster of three tradable markets or more, and its states."""
    made: list[Cluster] = []
    refused: Counter[str] = Counter()
    for component in gather(rules, events, twins, markets):
        traded = [market for market in component.markets if market in markets]
        if len(traded) < _FEWEST_MARKETS:
            continue
        try:
            made.append(_cluster(component, traded))
        except Refused as reason:
            refused[f"cluster: {reason}"] += 1
    return Clusters(tuple(made), dict(refused))


def _cluster(component: Component, traded: Sequence[MarketId]) -> Cluster:
    if len(component.markets) > MOST_MARKETS:
        raise Refused(f"more than {MOST_MARKETS} markets")
    order = _near_first(component)
    states = _Search(order, component.facts).states()
    if not states:
        raise Refused("rules that contradict each other")
    claims = dict.fromkeys(claim for fact in component.facts for claim in fact.claims)
    return Cluster(
        id=min(traded),
        markets=tuple(traded),
        states=tuple(sorted({_projected(state, order, traded) for state in states})),
        claims=tuple(claims),
    )


def _near_first(component: Component) -> list[MarketId]:
    """Order the markets so that each shares a fact with one before it: dead ends show early."""
    order = dict.fromkeys(component.markets[:1])
    while len(order) < len(component.markets):
        for fact in component.facts:
            own = [leg.market for leg in fact.legs]
            if any(market in order for market in own):
                order |= dict.fromkeys(own)
    return list(order)


class _Search:
    """Answers the markets in order, both ways, as long as no fact is broken."""

    def __init__(self, order: Sequence[MarketId], facts: Sequence[Fact]) -> None:
        self._count = len(order)
        place = {market: at for at, market in enumerate(order)}
        self._checks: list[list[tuple[Fact, tuple[tuple[int, int], ...]]]] = [[] for _ in order]
        for fact in facts:
            bits = tuple((place[leg.market], int(leg.outcome is Outcome.YES)) for leg in fact.legs)
            for at, _ in bits:
                self._checks[at].append((fact, bits))

    def states(self) -> list[int]:
        """Every state that keeps all facts. Raises Refused where there are, on the way, too many."""
        partial = [0]
        for at in range(self._count):
            partial = [
                state
                for before in partial
                for state in (before, before | 1 << at)
                if self._keeps(state, at)
            ]
            if len(partial) > MOST_STATES:
                raise Refused(f"more than {MOST_STATES} states")
        return partial

    def _keeps(self, state: int, last: int) -> bool:
        """Say whether the answers up to the market `last` break none of its facts."""
        for fact, bits in self._checks[last]:
            won = sum(at <= last and (state >> at & 1) == wins for at, wins in bits)
            open_ones = sum(at > last for at, _ in bits)
            if fact.one_must and not won and not open_ones:
                return False
            if not fact.one_must and won > 1:
                return False
        return True


def _projected(state: int, order: Sequence[MarketId], traded: Sequence[MarketId]) -> int:
    """The same state in the order of the tradable markets."""
    place = {market: at for at, market in enumerate(order)}
    return sum((state >> place[market] & 1) << at for at, market in enumerate(traded))


class ClusterWatch:
    """Which clusters moved since they were last looked at. Owned by the owner of the books."""

    def __init__(self, clusters: Iterable[Cluster], every_ns: int) -> None:
        """Start with all of them due; at most one is told in `every_ns` nanoseconds."""
        self._clusters: tuple[Cluster, ...] = tuple(clusters)
        self._every_ns = every_ns
        self._of: dict[MarketId, tuple[int, ...]] = {}
        for number, cluster in enumerate(self._clusters):
            for market in cluster.markets:
                self._of[market] = (*self._of.get(market, ()), number)
        self._moved: dict[int, None] = dict.fromkeys(range(len(self._clusters)))
        self._last_ns: Ns | None = None

    def touch(self, market: MarketId) -> None:
        """A market's best price moved."""
        for number in self._of.get(market, ()):
            self._moved[number] = None

    def due(self, now_ns: Ns) -> Cluster | None:
        """The cluster that has waited longest, if it is time to look at one."""
        if not self._moved:
            return None
        if self._last_ns is not None and now_ns - self._last_ns < self._every_ns:
            return None
        self._last_ns = now_ns
        number = next(iter(self._moved))
        del self._moved[number]
        return self._clusters[number]
