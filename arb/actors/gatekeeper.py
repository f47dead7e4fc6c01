"""Watches what trading needs while it goes on: connections, books, latency."""

import logging
from collections.abc import Callable

import attrs
import trio

from arb.market.units import Clock
from arb.messages import Hold, Level, VitalsSeen
from arb.ports import DeskPort, InThread, Vital
from arb.risk.vitals import Vitals
from arb.store.journal import StoreFailed
from arb.store.standing import StandingFile

log = logging.getLogger(__name__)

SOURCE = "gates"
FIGURES_EVERY = 20
"""Looks between two accounts of latencies for people."""
SHOWN_EVERY = 4
"""Looks between two words to the desk."""


def closed(why: str, clock: Clock) -> Hold:
    """Nothing is begun: a gate is red."""
    return Hold(SOURCE, Level.PAUSED, SOURCE, why, "every gate green again", clock())


@attrs.frozen
class Gatekeeper:
    """Own the gates. Receives copies of what feeds, books and watched calls say.

    Sends a `Hold` whenever the reasons why nothing may be begun change, and latencies to the desk. Never returns.
    """

    new_vitals: Callable[[], Vitals]
    inbox: trio.MemoryReceiveChannel[Vital]
    outbox: trio.MemorySendChannel[Hold]
    desk: DeskPort
    file: StandingFile
    in_thread: InThread
    every_s: float
    """Between two looks: a gate that turns red stops new baskets within this time."""
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen and look."""
        vitals = self.new_vitals()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._look, vitals)
            task_status.started()
            async for event in self.inbox:
                vitals.take(event, self.now_ns())

    async def _look(self, vitals: Vitals) -> None:
        told, looks = None, 0
        while True:
            reds = "; ".join(vitals.reds(self.now_ns()))
            if reds != told:
                told = reds
                self.outbox.send_nowait(self._hold(reds))
            looks += 1
            if looks % SHOWN_EVERY == 0:
                now_ns = self.now_ns()
                self.desk.send(VitalsSeen(vitals.reds(now_ns), vitals.latencies(now_ns)))
            if looks % FIGURES_EVERY == 0:
                await self._tell_figures(vitals.figures())
            await trio.sleep(self.every_s)

    async def _tell_figures(self, figures: dict[str, str]) -> None:
        """Write down for `arb status` how fast things are."""
        try:
            await self.in_thread(lambda: self.file.tell_figures(figures, self.now_ns()))
        except StoreFailed:
            log.exception("figures not kept")

    def _hold(self, reds: str) -> Hold:
        hold = closed(reds, self.now_ns)
        return hold if reds else attrs.evolve(hold, level=Level.RUNNING)
