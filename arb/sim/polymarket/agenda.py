"""What is due later: settlements, expiries, deadlines. One worker runs them all, in order."""

import heapq
from collections.abc import Callable

import trio

from arb.market.units import Ns
from arb.sim.polymarket.wire import NS_PER_S

LEAST_SLEEP_S = 1e-6
"""Seconds as floats can wake a hair early; this keeps the worker from spinning."""


class Agenda:
    """Jobs by the time when they are due; jobs due together run in the order they were booked."""

    def __init__(self, now_ns: Callable[[], Ns]) -> None:
        """Start with nothing to do."""
        self._now_ns = now_ns
        self._jobs: list[tuple[int, int, Callable[[], object]]] = []
        self._booked = 0
        self._changed = trio.Event()

    def after(self, delay_s: float, job: Callable[[], object]) -> None:
        """Book a job for `delay_s` from now."""
        self.at(Ns(self._now_ns() + round(delay_s * NS_PER_S)), job)

    def at(self, due_ns: Ns, job: Callable[[], object]) -> None:
        """Book a job for a moment; one in the past is due at once."""
        self._booked += 1
        heapq.heappush(self._jobs, (due_ns, self._booked, job))
        self._changed.set()

    async def run(self) -> None:
        """Run jobs as they fall due. Returns when cancelled."""
        while True:
            self._run_due()
            self._changed = trio.Event()
            if not self._jobs:
                await self._changed.wait()
                continue
            wait_s = (self._jobs[0][0] - self._now_ns()) / NS_PER_S
            with trio.move_on_after(max(wait_s, LEAST_SLEEP_S)):
                await self._changed.wait()

    def _run_due(self) -> None:
        while self._jobs and self._jobs[0][0] <= self._now_ns():
            heapq.heappop(self._jobs)[2]()
