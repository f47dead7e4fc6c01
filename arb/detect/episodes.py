"""Opportunities counted once for as long as they last, never once a scan."""

from collections import OrderedDict, deque

import attrs

from arb.detect.basket import Lane, Plan, TemplateId
from arb.market.units import Ns, Qty, Usd


@attrs.frozen
class Episode:
    """One basket from its first to its last sighting."""

    plan: Plan
    """The most profitable one seen."""
    first_ns: Ns
    last_ns: Ns
    sightings: int
    taken: bool
    why_not: str
    """Why it was not taken when last asked; "" where nobody said."""

    @property
    def template(self) -> TemplateId:
        """Which basket."""
        return self.plan.template.id

    @property
    def lane(self) -> Lane:
        """By which argument it pays."""
        return self.plan.template.lane

    @property
    def title(self) -> str:
        """What people call it."""
        return self.plan.template.title

    @property
    def best_profit(self) -> Usd:
        """Of the best plan."""
        return self.plan.profit

    @property
    def best_size(self) -> Qty:
        """Of the best plan, in sets."""
        return self.plan.size


class Episodes:
    """Keeps what is going on, and hands out what has ended. Its memory is bounded.

    An episode ends when its basket was not seen for `gap_ns`, or when more than `most_open` go on
    at once: then the one not seen for the longest ends early.
    """

    def __init__(self, gap_ns: int, most_open: int) -> None:
        self.forgotten = 0
        """Ended episodes that nobody fetched in time."""
        self.opened = 0
        """Episodes since the start."""
        self._gap_ns = gap_ns
        self._most_open = most_open
        self._open: OrderedDict[TemplateId, Episode] = OrderedDict()
        self._ended: deque[Episode] = deque(maxlen=most_open)

    def see(self, plan: Plan, seen_ns: Ns) -> None:
        """Note a sighting: opens an episode or goes on with it."""
        name = plan.template.id
        self._expire(seen_ns)
        episode = self._open.get(name)
        if episode is None:
            self.opened += 1
            episode = Episode(plan, seen_ns, seen_ns, 0, taken=False, why_not="")
        self._open[name] = attrs.evolve(
            episode,
            plan=plan if plan.profit > episode.best_profit else episode.plan,
            last_ns=seen_ns,
            sightings=episode.sightings + 1,
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

    def current(self, template: TemplateId) -> Episode | None:
        """The episode of a basket; None where none is going on."""
        return self._open.get(template)

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


def _by_profit(episode: Episode) -> tuple[int, TemplateId]:
    return -episode.best_profit, episode.template
