"""Fills of our orders, once each: from the streams, and from polls where streams are silent."""

from collections.abc import Mapping
from typing import assert_never

import attrs
import trio

from arb.market.errors import ArbError
from arb.market.instruments import Venue
from arb.market.units import Clock, Ns
from arb.messages import (
    AccountEvent,
    Fill,
    FillStatus,
    HoldingsChanged,
    Noted,
    OrderEnded,
    OrderFilled,
    OrderSent,
    OrderState,
    Trouble,
)
from arb.ports import DeskPort, FlowQuestion, Lossy
from arb.store.port import StorePort
from arb.trade.tracking import Tracking
from arb.venues.protocols import Account

TrackerMessage = OrderSent | OrderEnded | AccountEvent | FlowQuestion
MARGIN_NS = 60 * 1_000_000_000
"""How far back a poll looks beyond the last one: clocks differ and reads lag."""
KEEP_NS = 24 * 3600 * 1_000_000_000
"""How long an order is remembered of which nothing is expected: reports may be told again."""
ANSWER_S = 10.0
"""A poll without an answer for so long is asked again: fills must not wait for a lost request."""


@attrs.frozen
class OrderTracker:
    """Own what is known of our orders and their fills.

    Receives `OrderSent`, `OrderEnded` and what the private streams say; sends each fill once as
    `OrderFilled` to the treasurer and the store, and again where its status changes; tells the
    reopener of baskets whose orders got another amount than they said, and answers what a basket's
    fills came to. Polls each venue every `poll_s`, sooner while an order's fills are missing. Never
    returns.
    """

    tracking: Tracking
    accounts: Mapping[Venue, Account]
    inbox: trio.MemoryReceiveChannel[TrackerMessage]
    outbox: trio.MemorySendChannel[OrderSent | OrderEnded | OrderFilled]
    nudges: Lossy[None]
    """To the balance refresher: money moved."""
    surprises: trio.MemorySendChannel[HoldingsChanged]
    troubles: trio.MemorySendChannel[Trouble]
    store: StorePort
    desk: DeskPort
    poll_s: float
    hurry_s: float
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Follow orders."""
        questions = list[FlowQuestion]()
        async with trio.open_nursery() as nursery:
            for account in self.accounts.values():
                nursery.start_soon(self._poll, account)
            task_status.started()
            async for message in self.inbox:
                if isinstance(message, FlowQuestion):
                    questions.append(message)
                else:
                    self._take(message)
                questions = [one for one in questions if not self._answered(one)]

    def _answered(self, question: FlowQuestion) -> bool:
        """Answer once every fill of the basket was told; whoever asked may have gone by then."""
        flow = self.tracking.flow(question.basket)
        if flow is not None:
            question.answer(flow)
        return flow is not None

    def _take(self, message: OrderSent | OrderEnded | AccountEvent) -> None:
        match message:
            case OrderSent():
                self.outbox.send_nowait(message)
                self.tracking.sent(message.prepared)
            case OrderEnded():
                self.outbox.send_nowait(message)
                self._tell(self.tracking.ended(message))
            case AccountEvent():
                self._heard(message)
            case _:
                assert_never(message)

    def _heard(self, message: AccountEvent) -> None:
        match message.event:
            case OrderState() as state:
                self._tell(self.tracking.seen(state, message.venue))
            case Fill() as fill:
                self._fill(fill)
            case _:
                assert_never(message.event)

    def _fill(self, fill: Fill) -> None:
        found = self.tracking.fill(fill)
        if found is not None:
            self._tell([found])

    def _tell(self, found: list[OrderFilled]) -> None:
        """No checkpoint in here: a kill cannot part the store from the ledger."""
        for report in found:
            self.store.record_soon(report)
            self.outbox.send_nowait(report)
            self.nudges.send(None)
            if report.fill.status is FillStatus.REVERSED:
                self._ghost(report)
        for surprise in self.tracking.take_surprises():
            self.surprises.send_nowait(surprise)

    def _ghost(self, report: OrderFilled) -> None:
        fill = report.fill
        detail = f"fill {fill.id} of {fill.qty} micro-contracts was taken back"
        trouble = Trouble(fill.venue, "ghost fill", detail, self.now_ns(), fill.market)
        self.troubles.send_nowait(trouble)

    async def _poll(self, account: Account) -> None:
        since = Ns(self.now_ns() - MARGIN_NS)
        waited = 0.0
        while True:
            await trio.sleep(self.hurry_s)
            waited += self.hurry_s
            if waited < self.poll_s and not self.tracking.wanting:
                continue
            waited = 0.0
            started = self.now_ns()
            self.tracking.forget(Ns(started - KEEP_NS))
            try:
                with trio.fail_after(ANSWER_S):
                    fills = await account.fills(self._far_back(since, started))
            except (ArbError, trio.TooSlowError) as error:
                self.desk.send(Noted("poll", f"{account.venue}: {error!r}", started))
                continue
            since = Ns(started - MARGIN_NS)
            for fill in fills:
                self._fill(fill)

    def _far_back(self, since_ns: Ns, now_ns: Ns) -> Ns:
        """As far as anything is expected: a venue may tell a fill, or that it failed, much later."""
        oldest_ns = self.tracking.oldest_awaited_ns
        if oldest_ns is None:
            return since_ns
        return min(since_ns, max(Ns(oldest_ns - MARGIN_NS), Ns(now_ns - KEEP_NS)))
