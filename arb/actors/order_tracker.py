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
    Noted,
    OrderEnded,
    OrderFilled,
    OrderSent,
    OrderState,
)
from arb.ports import DeskPort, Lossy
from arb.store.port import StorePort
from arb.trade.tracking import Tracking
from arb.venues.protocols import Account

TrackerMessage = OrderSent | OrderEnded | AccountEvent
MARGIN_NS = 60 * 1_000_000_000
"""How far back a poll looks beyond the last one: clocks differ and reads lag."""
ANSWER_S = 10.0
"""A poll without an answer for so long is asked again: fills must not wait for a lost request."""


@attrs.frozen
class OrderTracker:
    """Own what is known of our orders and their fills.

    Receives `OrderSent`, `OrderEnded` and what the private streams say; sends each fill once as
    `OrderFilled` to the treasurer and the store, and again where its status changes. Polls each
    venue every `poll_s`, sooner while an order's fills are missing. Never returns.
    """

    tracking: Tracking
    accounts: Mapping[Venue, Account]
    inbox: trio.MemoryReceiveChannel[TrackerMessage]
    outbox: trio.MemorySendChannel[OrderFilled]
    nudges: Lossy[None]
    """To the balance refresher: money moved."""
    store: StorePort
    desk: DeskPort
    poll_s: float
    hurry_s: float
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Follow orders."""
        async with trio.open_nursery() as nursery:
            for account in self.accounts.values():
                nursery.start_soon(self._poll, account)
            task_status.started()
            async for message in self.inbox:
                self._take(message)

    def _take(self, message: TrackerMessage) -> None:
        match message:
            case OrderSent():
                self.tracking.sent(message.prepared)
            case OrderEnded():
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
            try:
                with trio.fail_after(ANSWER_S):
                    fills = await account.fills(since)
            except (ArbError, trio.TooSlowError) as error:
                self.desk.send(Noted("poll", f"{account.venue}: {error!r}", started))
                continue
            since = Ns(started - MARGIN_NS)
            for fill in fills:
                self._fill(fill)
