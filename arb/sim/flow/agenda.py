"""What the flow does next, in seconds of its own clock."""

import heapq
from collections.abc import Callable

Act = Callable[[], None]


class Agenda:
    """Acts by the time when they are due; those due together run in the order of their booking."""

    def __init__(self) -> None:
        """Start at second 0 with nothing to do."""
        self.now_s = 0.0
        self._heap: list[tuple[float, int, Act]] = []
        self._booked = 0

    def after(self, delay_s: float, act: Act) -> None:
        """Book something for `delay_s` from now; at once where that is past."""
        self.at(self.now_s + delay_s, act)

    def at(self, due_s: float, act: Act) -> None:
        """Book something for a moment; at once where that is past."""
        self._booked += 1
        heapq.heappush(self._heap, (max(due_s, self.now_s), self._booked, act))

    def repeat(self, pause_s: Callable[[], float], act: Act) -> None:
        """Do something again and again, with a new pause each time."""

        def again() -> None:
            act()
            self.after(pause_s(), again)

        self.after(pause_s(), again)

    @property
    def next_s(self) -> float:
        """When the next act is due; infinite where there is none."""
        return self._heap[0][0] if self._heap else float("inf")

    def run_next(self) -> None:
        """Go to the moment of the next act, and do it."""
        due_s, _, act = heapq.heappop(self._heap)
        self.now_s = due_s
        act()
