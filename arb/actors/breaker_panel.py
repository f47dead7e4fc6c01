"""The circuit breakers, fed by troubles and watched calls; open ones bar their venue."""

import logging
from collections.abc import Awaitable, Callable, Mapping

import attrs
import trio

from arb.market.errors import ArbError
from arb.market.instruments import Venue
from arb.market.units import Clock
from arb.messages import BreakersSeen, Called, Hold, Level, Trouble
from arb.ports import DeskPort
from arb.risk.breakers import CALL, Breakers

log = logging.getLogger(__name__)

SOURCE = "breakers"
PROBE_S = 5.0
"""For the answer to a probe."""
PAUSE_S = 0.5
"""Between two looks at what time has changed."""

Probe = Callable[[], Awaitable[object]]


@attrs.frozen
class BreakerPanel:
    """Own every breaker.

    Receives `Trouble` and `Called`; sends a `Hold` for each venue, or for everything, whenever
    what its breakers say changes, and copies of how they stand to the desk. An open breaker of a
    call is closed by a probe, a harmless call to the same venue that is answered. Never returns.
    """

    breakers: Breakers
    """Outlive a crash of this actor: what is open stays open."""
    inbox: trio.MemoryReceiveChannel[Trouble]
    calls: trio.MemoryReceiveChannel[Called]
    """So many that the oldest may be dropped; a trouble may not."""
    outbox: trio.MemorySendChannel[Hold]
    probes: Mapping[Venue, Probe]
    desk: DeskPort
    chance_ppm: Callable[[], int]
    """Drawn for each pause: 0 to 999,999."""
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Count, and look after open breakers."""
        work = _Work(self, self.breakers)
        work.tell()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(work.look_after)
            nursery.start_soon(self._count_calls, work)
            task_status.started()
            async for trouble in self.inbox:
                work.fail(trouble.venue, trouble.kind, trouble.detail)

    async def _count_calls(self, work: "_Work") -> None:
        async for call in self.calls:
            if call.failure:
                work.fail(call.venue, CALL + call.call, call.failure)


@attrs.define
class _Work:
    panel: BreakerPanel
    breakers: Breakers
    told: dict[Venue | None, str] = attrs.field(factory=dict)
    shown: BreakersSeen = attrs.field(factory=lambda: BreakersSeen(()))

    def fail(self, venue: Venue | None, kind: str, why: str) -> None:
        """Count one failure."""
        self.breakers.fail(venue, kind, why, self.panel.now_ns(), self.panel.chance_ppm())
        self.tell()

    async def look_after(self) -> None:
        while True:
            await trio.sleep(PAUSE_S)
            self.breakers.tick(self.panel.now_ns())
            for venue, kind in self.breakers.to_probe():
                await self._probe(venue, kind)
            self.tell()

    async def _probe(self, venue: Venue, kind: str) -> None:
        """Ask; a failure opens the breaker again, for longer."""
        failure = "no answer"
        with trio.move_on_after(PROBE_S):  # noqa: ASYNC912 - every probe asks a venue
            try:
                await self.panel.probes[venue]()
                failure = ""
            except ArbError as error:
                failure = f"{type(error).__name__}: {error}"
            except Exception as error:  # a fault of ours: no answer that could be understood
                failure = repr(error)
                log.exception("probe failed venue=%s kind=%s", venue, kind)
        if failure:
            self.fail(venue, kind, f"probe: {failure}")
        else:
            self.breakers.succeed(venue, kind)

    def tell(self) -> None:
        """Say what changed."""
        for venue in (None, *Venue):
            why = self.breakers.objection(venue)
            if self.told.get(venue) != why:
                self.told[venue] = why
                self.panel.outbox.send_nowait(self._hold(venue, why))
        self._show()

    def _show(self) -> None:
        seen = BreakersSeen(self.breakers.seen(self.panel.now_ns()))
        if seen != self.shown:
            self.shown = seen
            self.panel.desk.send(seen)

    def _hold(self, venue: Venue | None, why: str) -> Hold:
        return Hold(
            source=SOURCE,
            level=Level.PAUSED if why else Level.RUNNING,
            who=SOURCE,
            why=why,
            clears="a probe that is answered, or a quiet probation",
            at_ns=self.panel.now_ns(),
            venue=venue,
        )
