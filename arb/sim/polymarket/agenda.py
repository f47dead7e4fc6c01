"""What is due later: settlements, expiries, deadlines. One worker runs them all, in order."""

import heapq
from collections.abc import Callable

import trio

from arb.market.units import Ns
from arb.sim.polymarket.wire import NS_PER_S

LEAST_SLEEP_S = 1e-6
"""Seconds as floats can wake a hair early; this keeps the worker from spinning."""


_Job = tuple[int, int, Callable[[], object]]
"""When it is due, as which it was booked, and what is to be done."""


class Agenda:
    """Jobs by the time when they are due; jobs due together run in the order they were booked.

    Dates follow the venue's clock, which may be wrong and be put right; delays do not: what takes a
    minute takes a minute whatever the clock says meanwhile.
    """

    def __init__(self, now_ns: Callable[[], Ns], steady_ns: Callable[[], Ns] | None = None) -> None:
        """Start with nothing to do. `steady_ns` measures delays: `now_ns` where it is None."""
        self._dates: list[_Job] = []
        self._delays: list[_Job] = []
        self._now_ns = now_ns
        self._steady_ns = steady_ns or now_ns
        self._booked = 0
        self._changed = trio.Event()

    def after(self, delay_s: float, job: Callable[[], object]) -> None:
        """Book a job for `delay_s` from now."""
        self._book(self._delays, self._steady_ns() + round(delay_s * NS_PER_S), job)

    def at(self, due_ns: Ns, job: Callable[[], object]) -> None:
        """Book a job for a moment; one in the past is due at once."""
        self._book(self._dates, due_ns, job)

    def _book(self, jobs: list[_Job], due_ns: int, job: Callable[[], object]) -> None:
        self._booked += 1
        heapq.heappush(jobs, (due_ns, self._booked, job))
        self._changed.set()

    async def run(self) -> None:
        """Run jobs as they fall due. Returns when cancelled."""
        while True:
            self._run_due()
            self._changed = trio.Event()
            waits_ns = [jobs[0][0] - now_ns for jobs, now_ns in self._booked_by_clock()]
            if not waits_ns:
                await self._changed.wait()
                continue
            with trio.move_on_after(max(min(waits_ns) / NS_PER_S, LEAST_SLEEP_S)):
                await self._changed.wait()

    def _booked_by_clock(self) -> list[tuple[list[_Job], Ns]]:
        """What is booked by either clock, if anything is, and what that clock says."""
        clocks = ((self._dates, self._now_ns), (self._delays, self._steady_ns))
        return [(jobs, clock()) for jobs, clock in clocks if jobs]

    def _run_due(self) -> None:
        while due := [jobs for jobs, now in self._booked_by_clock() if jobs[0][0] <= now]:
            heapq.heappop(min(due, key=lambda jobs: jobs[0][:2]))[2]()
