"""The owner of the ledger: approves, books, releases."""

from typing import assert_never

import attrs
import trio

from arb.detect.opportunity import Opportunity
from arb.messages import (
    AccountRead,
    Approved,
    BasketEnded,
    Declined,
    Noted,
    OrderFilled,
    Settlement,
    VenueBarred,
)
from arb.ports import DeskPort
from arb.risk.treasury import Treasury
from arb.store.port import StorePort

Report = OrderFilled | Settlement | BasketEnded | AccountRead | VenueBarred


@attrs.frozen
class Treasurer:
    """Own the treasury.

    Receives opportunities (only while it can take one) and reports of what happened to money;
    sends `Approved` to the sequencer, or declines. Never returns.
    """

    treasury: Treasury
    opportunities: trio.MemoryReceiveChannel[Opportunity]
    reports: trio.MemoryReceiveChannel[Report]
    outbox: trio.MemorySendChannel[Approved]
    store: StorePort
    desk: DeskPort

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Decide and book, in one thread of control: nothing awaits between reading and writing."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._decide)
            task_status.started()
            async for report in self.reports:
                self._take(report)

    async def _decide(self) -> None:
        async for opportunity in self.opportunities:
            verdict = self.treasury.decide(opportunity)
            if isinstance(verdict, Approved):
                verdict = self._hand_over(verdict)
            self.desk.send(verdict)

    def _hand_over(self, approved: Approved) -> Approved | Declined:
        try:
            self.outbox.send_nowait(approved)
        except trio.WouldBlock:
            self.treasury.withdraw(approved)
            return Declined(approved.plan.template.id, "the sequencer is busy")
        return approved

    def _take(self, report: Report) -> None:
        match report:
            case OrderFilled():
                if self.treasury.filled(report):
                    self.desk.send(report)
            case Settlement():
                if self.treasury.settled(report):
                    self.store.record_soon(report)
                    self.desk.send(report)
            case BasketEnded():
                self.treasury.ended(report)
                self.desk.send(report)
            case VenueBarred():
                self.treasury.bar(report.venue, report.reason)
            case AccountRead():
                self._compare(report)
            case _:
                assert_never(report)

    def _compare(self, report: AccountRead) -> None:
        for (venue, pool), usd in self.treasury.read(report).items():
            note = Noted("drift", f"{venue} pool {pool}: {usd} micro-dollars", report.at_ns)
            self.store.record_soon(note)
            self.desk.send(note)
