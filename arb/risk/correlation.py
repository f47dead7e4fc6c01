"""Which events may go wrong together: those that share a question. Pure.

Two events belong to one cluster where a basket has legs in both (a verified pair, a choice of
venues, an implication) or a rule ties their markets together. What is known of one is then known
of the other: a wrong reading of a rule, a disputed resolution or a sudden piece of news costs in
all of them at once.
"""

from collections.abc import Iterable

from arb.detect.blueprint import Basket, Blueprint
from arb.detect.clusters import Cluster
from arb.market.instruments import EventId, Market, MarketId


def correlate(
    baskets: Iterable[Basket], rules: Iterable[Cluster], markets: Iterable[Market]
) -> dict[EventId, str]:
    """The cluster of every listed event, named after its first event."""
    events = {market.id: market.event for market in markets}
    groups = _Groups(events.values())
    for basket in baskets:
        groups.join(events[market] for market in _markets_of(basket) if market in events)
    for rule in rules:
        groups.join(events[market] for market in rule.markets if market in events)
    return groups.names()


def _markets_of(basket: Basket) -> Iterable[MarketId]:
    if isinstance(basket, Blueprint):
        return [leg.market for choice in basket.choices for leg in choice.legs]
    return [leg.market for leg in basket.legs]


class _Groups:
    """Disjoint sets of events; each is named by its smallest."""

    def __init__(self, events: Iterable[EventId]) -> None:
        self._parent: dict[EventId, EventId] = {event: event for event in events}

    def join(self, events: Iterable[EventId]) -> None:
        roots = sorted({self._root(event) for event in events})
        for root in roots[1:]:
            self._parent[root] = roots[0]

    def names(self) -> dict[EventId, str]:
        return {event: str(self._root(event)) for event in self._parent}

    def _root(self, event: EventId) -> EventId:
        while self._parent[event] != event:
            self._parent[event] = self._parent[self._parent[event]]
            event = self._parent[event]
        return event
