"""What is due when."""

import heapq
from collections.abc import Callable

import attrs

from arb.market.units import Ns


@attrs.define(eq=False)
class Agenda:
    """Things to do at their dates, in the order of those and then of asking."""

    changed: Callable[[], None] = lambda: None
    """Called when something was added: whoever sleeps until the next date must look again."""
    _heap: list[tuple[Ns, int, Callable[[], None]]] = attrs.field(factory=list)
    _numbers: int = 0

    def add(self, at_ns: Ns, act: Callable[[], None]) -> None:
        """Do something later."""
        self._numbers += 1
        heapq.heappush(self._heap, (at_ns, self._numbers, act))
        self.changed()

    def next_ns(self) -> Ns | None:
        """When the next thing is due, None where nothing is."""
        return self._heap[0][0] if self._heap else None

    def run_due(self, now: Ns) -> None:
        """Do everything that is due, in the order of its dates."""
        while self._heap and self._heap[0][0] <= now:
            heapq.heappop(self._heap)[2]()
