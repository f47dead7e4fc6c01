"""Whatever is half done: find out what happened, then the best way out, and say what it lost."""

from collections.abc import Callable

import attrs
import trio

from arb.lookout import Lookout
from arb.market.units import Clock
from arb.messages import (
    BasketEnd,
    BasketEnded,
    BasketReopened,
    Level,
    Noted,
    OrderId,
    Trouble,
    Unwind,
    Way,
)
from arb.placing import Placer
from arb.ports import DeskPort, FlowPort, Stops, running
from arb.store.journal import StoreFailed
from arb.store.port import StorePort
from arb.trade.job import Job
from arb.trade.unwind import Choice, all_known, choose
from arb.trade.ways import UnwindLimits


@attrs.frozen
class Pace:
    """How long an unwind waits for what, in seconds."""

    timeout_s: float
    """For all of it."""
    pause_s: float
    """Between two looks at the books."""
    refused_s: float
    """Before it is tried again where nothing helps: halts last as long, and bids stay away."""
    rest_s: float
    """For an offer at a better price."""


@attrs.frozen
class UnwindMonitor:
    """Own every basket that did not end evenly.

    Receives `Unwind`; for each sends exactly one `BasketEnded`, a little after `timeout_s` at the
    latest. Works on when trading is stopped. Returns when the inbox is closed and all is ended.
    """

    placer: Placer
    lookout: Lookout
    flows: FlowPort
    inbox: trio.MemoryReceiveChannel[Unwind]
    ended: trio.MemorySendChannel[BasketEnded | BasketReopened]
    troubles: trio.MemorySendChannel[Trouble]
    store: StorePort
    desk: DeskPort
    limits: UnwindLimits
    pace: Pace
    new_id: Callable[[], str]
    now_ns: Clock
    standing: Stops = running

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take unwinds as they come, side by side."""
        async with trio.open_nursery() as nursery:
            task_status.started()
            async for unwind in self.inbox:
                nursery.start_soon(self._unwind, unwind)

    async def _unwind(self, unwind: Unwind) -> None:
        job = Job(unwind)
        self._note("unwind", f"{unwind.approved.basket}: {unwind.reason}")
        if unwind.reopened:
            self.ended.send_nowait(BasketReopened(unwind.approved))
        try:
            with trio.CancelScope(relative_deadline=self.pace.timeout_s) as patience:
                await self._find_out(job)
                await self._even_out(job)
            if patience.cancelled_caught:
                job.note = f"ran out of time: {job.note}"
            job.flow = await self.flows.ask(unwind.approved.basket)
        except StoreFailed as failure:
            job.note = f"no order without its intent on disk: {failure}"
        finally:
            self._close(job)

    async def _find_out(self, job: Job) -> None:
        """Ask for the orders whose end is unknown until it is known."""
        while job.unknown:
            job.learn(await self.placer.resolve(job.unknown[0][1]))
            await trio.lowlevel.checkpoint()

    async def _even_out(self, job: Job) -> None:
        approved = job.unwind.approved
        while job.open:
            books = await self.lookout.fresh(approved.markets)
            views = {market: view for market, view in books.items() if market not in job.shut}
            venues = {market.venue for market in approved.markets}
            patient = self.standing(*venues) < Level.REDUCE_ONLY
            choice = choose(
                approved, job.bought, views, self.limits, job.situation(patient=patient)
            )
            if choice.orders:
                self._write_down(job, choice)
                await self._do(job, choice)
            elif choice.way is Way.HOLD:
                self._write_down(job, choice)
                return
            else:
                await self._wait(job, choice, dark=not all_known(approved, views))
            await trio.sleep(self.pace.pause_s)

    def _write_down(self, job: Job, choice: Choice) -> None:
        chosen = job.choose(choice, self.now_ns())
        self.store.record_soon(chosen)
        self.desk.send(chosen)

    async def _wait(self, job: Job, choice: Choice, *, dark: bool) -> None:
        """Nothing helps now: a bid may come back, or a market that said no take orders again."""
        if job.note != choice.reason and not dark:
            self._write_down(job, choice)
        job.note = choice.reason
        if job.shut or not dark:
            job.shut.clear()
            await trio.sleep(self.pace.refused_s)

    async def _do(self, job: Job, choice: Choice) -> None:
        for order in choice.orders:
            new = job.order(order, OrderId(self.new_id()), self.now_ns())
            rest_s = self.pace.rest_s if order.rests else 0.0
            job.take(order, choice, await self.placer.place(new, must=True, rest_s=rest_s))
        await self._find_out(job)

    def _close(self, job: Job) -> None:
        """Say how it ended, without a checkpoint: a kill in this moment loses nothing."""
        ended = job.end(self.now_ns())
        self.store.record_soon(ended)
        self.ended.send_nowait(ended)
        if ended.end is BasketEnd.STUCK:
            text = f"{ended.basket}: {ended.note}"
            self._note("stuck", text)
            trouble = Trouble(job.venue, "unwind failed", text, ended.at_ns)
            self.troubles.send_nowait(trouble)

    def _note(self, kind: str, text: str) -> None:
        note = Noted(kind, text, self.now_ns())
        self.store.record_soon(note)
        self.desk.send(note)
