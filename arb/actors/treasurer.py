"""The owner of the ledger: approves, books, releases."""

from collections.abc import Mapping
from typing import assert_never

import attrs
import trio

from arb.detect.opportunity import Opportunity
from arb.market.instruments import MarketId
from arb.market.units import Ns, plain_text
from arb.messages import (
    AccountRead,
    Approved,
    BasketEnded,
    BasketReopened,
    ClaimBarred,
    Declined,
    MarketBarred,
    Noted,
    OrderEnded,
    OrderFilled,
    OrderSent,
    Settlement,
    StandingChanged,
    Turn,
    TurnEnded,
    VenueBarred,
)
from arb.ports import DeskPort, HoldingsQuestion
from arb.risk.overview import look_over
from arb.risk.treasury import Treasury
from arb.store.port import StorePort

Moved = (
    OrderSent
    | OrderEnded
    | OrderFilled
    | Settlement
    | Turn
    | TurnEnded
    | BasketReopened
    | BasketEnded
)
Told = AccountRead | VenueBarred | MarketBarred | ClaimBarred | StandingChanged
Report = Moved | Told | HoldingsQuestion
SHOW_S = 1.0
"""Between two accounts of the ledger for people."""


@attrs.frozen
class Treasurer:
    """Own the treasury.

    Receives opportunities (only while it can take one) and reports of what happened to money;
    sends `Approved` to the sequencer, or declines, and says over `halts` where losses or failures
    stop new risk. Never returns; cancelled, it books what was reported by then.
    """

    treasury: Treasury
    opportunities: trio.MemoryReceiveChannel[Opportunity]
    reports: trio.MemoryReceiveChannel[Report]
    outbox: trio.MemorySendChannel[Approved]
    halts: trio.MemorySendChannel[StandingChanged]
    store: StorePort
    desk: DeskPort
    closes: Mapping[MarketId, Ns | None] = attrs.field(factory=dict)
    """When markets end, where that is known."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Decide and book, in one thread of control: nothing awaits between reading and writing."""
        self._tell_halts()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._decide)
            nursery.start_soon(self._show)
            task_status.started()
            try:
                async for report in self.reports:
                    self._take(report)
            except trio.Cancelled:
                self._take_the_rest()
                raise

    def _take(self, report: Report) -> None:
        if isinstance(report, HoldingsQuestion):
            report.answer(self.treasury.free_contracts())
        elif isinstance(report, Told):
            self._hear(report)
        else:
            self._book(report)
        self._tell_halts()

    def _take_the_rest(self) -> None:
        """At the end: what was reported is booked, without a checkpoint."""
        for _ in range(self.reports.statistics().current_buffer_used):
            self._take(self.reports.receive_nowait())

    async def _show(self) -> None:
        while True:
            self.desk.send(look_over(self.treasury, self.closes))
            await trio.sleep(SHOW_S)

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

    def _book(self, report: Moved) -> None:
        match report:
            case OrderSent():
                self.treasury.sent(report.prepared.order)
                self.desk.send(report)
            case OrderEnded():
                self.treasury.order_ended(report)
                self.desk.send(report)
            case OrderFilled():
                if self.treasury.filled(report):
                    self.desk.send(report)
            case Settlement():
                self._settle(report)
            case Turn():
                self.treasury.turning(report)
            case TurnEnded():
                self.treasury.turned(report)
            case BasketReopened():
                self.treasury.take_up(report.approved)
            case BasketEnded():
                self.treasury.ended(report)
                self.desk.send(report)
            case _:
                assert_never(report)

    def _settle(self, report: Settlement) -> None:
        known = self.treasury.ledger.results.short
        if self.treasury.settled(report):
            self.store.record_soon(report)
            self.desk.send(report)
        short = self.treasury.ledger.results.short - known
        if short > 0:
            words = f"${plain_text(short)} that complete sets had to pay were not paid"
            self._note("drift", f"{report.market} resolved otherwise: {words}", report.at_ns)

    def _hear(self, report: Told) -> None:
        match report:
            case VenueBarred():
                self.treasury.bar(report.venue, report.reason)
            case MarketBarred():
                self.treasury.bar_market(report.market, report.reason)
            case ClaimBarred():
                self.treasury.bar_claim(report.source, report.reason)
            case StandingChanged():
                self.treasury.stand(report)
            case AccountRead():
                self._compare(report)
            case _:
                assert_never(report)

    def _compare(self, report: AccountRead) -> None:
        for (venue, pool), usd in self.treasury.read(report).items():
            self._note("drift", f"{venue} pool {pool}: {plain_text(usd)} dollars", report.at_ns)
        for text in self.treasury.unexplained():
            self._note("held", text, report.at_ns)

    def _note(self, kind: str, text: str, at_ns: Ns) -> None:
        note = Noted(kind, text, at_ns)
        self.store.record_soon(note)
        self.desk.send(note)

    def _tell_halts(self) -> None:
        for change in self.treasury.news():
            self.halts.send_nowait(change)
            self._note(change.who, f"{change.level.name.lower()}: {change.why}", change.at_ns)
