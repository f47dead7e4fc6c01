"""Opportunities counted once for as long as they last, never once a scan."""

from collections import OrderedDict, deque

import attrs

from arb.detect.basket import Lane, TemplateId
from arb.detect.opportunity import Opportunity
from arb.market.units import Ns, Qty, Usd


@attrs.frozen
class Episode:
    """One basket from its first to its last sighting."""

    template: TemplateId
    lane: Lane
    title: str
    first_ns: Ns
    last_ns: Ns
    sightings: int
    best_profit: Usd
    best_size: Qty
    """The size that had the best profit."""
    taken: bool
    why_not: str
    """Why it was not taken when last asked; "" where nobody said."""


class Episodes:
    """Keeps what is going on, and hands out what has ended. Its memory is bounded.

    An episode ends when its basket was not seen for `gap_ns`, or when more than `most_open` go on
    at once: then the one not seen for the longest ends early.
    """

    def __init__(self, gap_ns: int, most_open: int) -> None:
        self.forgotten = 0
        """Ended episodes that nobody fetched in time."""
        self._gap_ns = gap_ns
        self._most_open = most_open
        self._open: OrderedDict[TemplateId, Episode] = OrderedDict()
        self._ended: deque[Episode] = deque(maxlen=most_open)

    def see(self, opportunity: Opportunity) -> None:
        """Note a sighting: opens an episode or goes on with it."""
        plan = opportunity.plan
        name = plan.template.id
        self._expire(opportunity.seen_ns)
        episode = self._open.get(name) or _first(opportunity)
        better = plan.profit > episode.best_profit
        self._open[name] = attrs.evolve(
            episode,
            last_ns=opportunity.seen_ns,
            sightings=episode.sightings + 1,
            best_profit=plan.profit if better else episode.best_profit,
            best_size=plan.size if better else episode.best_size,
        )
        self._open.move_to_end(name)
        if len(self._open) > self._most_open:
            self._end_oldest()

    def explain(self, template: TemplateId, why_not: str) -> None:
        """Say why a basket was not taken. Without an episode there is nothing to explain."""
        if template in self._open:
            self._open[template] = attrs.evolve(self._open[template], why_not=why_not)

    def take(self, template: TemplateId) -> None:
        """Say that a basket was taken."""
        if template in self._open:
            self._open[template] = attrs.evolve(self._open[template], taken=True)

    def going_on(self) -> tuple[Episode, ...]:
        """Episodes not known to have ended, the most profitable first."""
        return tuple(sorted(self._open.values(), key=_by_profit))

    def fetch_ended(self, now_ns: Ns) -> tuple[Episode, ...]:
        """Episodes that ended since the last call, each handed out once, in order of their end."""
        self._expire(now_ns)
        ended = tuple(self._ended)
        self._ended.clear()
        return ended

    def _expire(self, now_ns: Ns) -> None:
        while self._open:
            oldest = next(iter(self._open.values()))
            if now_ns - oldest.last_ns <= self._gap_ns:
                return
            self._end_oldest()

    def _end_oldest(self) -> None:
        if len(self._ended) == self._ended.maxlen:
            self.forgotten += 1
        _, episode = self._open.popitem(last=False)
        self._ended.append(episode)


def _first(opportunity: Opportunity) -> Episode:
    plan = opportunity.plan
    return Episode(
        template=plan.template.id,
        lane=plan.template.lane,
        title=plan.template.title,
        first_ns=opportunity.seen_ns,
        last_ns=opportunity.seen_ns,
        sightings=0,
        best_profit=plan.profit,
        best_size=plan.size,
        taken=False,
        why_not="",
    )


def _by_profit(episode: Episode) -> tuple[int, TemplateId]:
    return -episode.best_profit, episode.template
