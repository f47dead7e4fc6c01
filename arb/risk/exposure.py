"""What is at risk by market, event, venue and cluster: running sums, never recomputed. Pure."""

from collections.abc import Mapping

import attrs

from arb.market.instruments import EventId, MarketId
from arb.risk.stakes import Stake

TOTAL = "total exposure"


@attrs.define
class Exposure:
    """Micro-dollars paid or promised, by everything that a market belongs to.

    A cluster is what may go wrong together: events that share a question through a basket, a pair
    or a rule (see `correlation`). An event that shares nothing is a cluster of its own.
    """

    _clusters: Mapping[EventId, str] = attrs.field(factory=dict)
    _sums: dict[str, int] = attrs.field(factory=dict)
    _weights: dict[MarketId, int] = attrs.field(factory=dict)
    _stakes: dict[MarketId, Stake] = attrs.field(factory=dict)
    _groups: dict[MarketId, tuple[str, ...]] = attrs.field(factory=dict)

    def correlate(self, clusters: Mapping[EventId, str]) -> None:
        """Say which events belong together, and count everything again."""
        weights, self._weights = self._weights, {}
        self._clusters, self._groups, self._sums = clusters, {}, {}
        for market, usd in weights.items():
            self.weigh(self._stakes[market], usd)

    def weigh(self, stake: Stake, usd: int) -> None:
        """From now on this much is at risk in a market."""
        change = usd - self._weights.get(stake.id, 0)
        if not change:
            return
        for group in self.groups(stake):
            self._sums[group] = self._sums.get(group, 0) + change
        if usd:
            self._weights[stake.id] = usd
            self._stakes[stake.id] = stake
        else:
            del self._weights[stake.id]
            del self._stakes[stake.id]

    def groups(self, stake: Stake) -> tuple[str, ...]:
        """Everything that a market belongs to: market, event, venue, cluster, all; in words."""
        found = self._groups.get(stake.id)
        if found is None:
            found = self._groups[stake.id] = (
                f"market {stake.id}",
                f"event {stake.event}",
                f"venue {stake.venue}",
                f"cluster {self._clusters.get(stake.event, stake.event)}",
                TOTAL,
            )
        return found

    def of(self, group: str) -> int:
        """What is at risk in one of those groups."""
        return self._sums.get(group, 0)

    def sums(self) -> dict[str, int]:
        """Every group at risk, and how much of it."""
        return {group: usd for group, usd in self._sums.items() if usd}

    @property
    def markets(self) -> int:
        """Markets in which anything is at risk."""
        return len(self._weights)

    def holds(self, market: MarketId) -> bool:
        """Say whether anything is at risk in a market."""
        return market in self._weights
