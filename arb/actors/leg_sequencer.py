"""Buys approved baskets, leg by leg, each under its deadline."""

import logging
from collections.abc import Callable

import attrs
import trio

from arb.lookout import Lookout
from arb.market.units import Clock
from arb.messages import Approved, BasketEnded, Level, OrderId, Unwind
from arb.placing import Placer
from arb.ports import Stops, running
from arb.store.journal import StoreFailed
from arb.store.port import StorePort
from arb.trade.pretrade import PretradeLimits, inspect, wants_fresh
from arb.trade.purchase import Purchase
from arb.trade.sequence import order_of_legs

log = logging.getLogger(__name__)


@attrs.frozen
class LegSequencer:
    """Own the baskets while they are bought.

    Receives `Approved`; for each sends exactly one of `BasketEnded` and `Unwind`, also when it is
    cancelled half-way or the store fails. Looks at the books before the first leg and after each.
    Never returns.
    """

    placer: Placer
    lookout: Lookout
    inbox: trio.MemoryReceiveChannel[Approved]
    ended: trio.MemorySendChannel[BasketEnded]
    unwinds: trio.MemorySendChannel[Unwind]
    store: StorePort
    limits: PretradeLimits
    new_id: Callable[[], str]
    now_ns: Clock
    standing: Stops = running

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take baskets as they come; the treasurer bounds how many are in flight."""
        async with trio.open_nursery() as nursery:
            task_status.started()
            async for approved in self.inbox:
                nursery.start_soon(self._buy, approved)

    async def _buy(self, approved: Approved) -> None:
        purchase = Purchase.of(approved)
        try:
            self.store.record_soon(approved)  # on disk before the first intent, which is waited for
            await self._begin(purchase)
            await self._legs(purchase)
        except StoreFailed as failure:
            purchase.abandon(f"no order without its intent on disk: {failure}")
            log.exception("abandoned basket=%s", approved.basket)
        finally:
            self._close(purchase)

    async def _begin(self, purchase: Purchase) -> None:
        """The last look: at the cache's books, for many legs at the venues' own."""
        approved = purchase.approved
        views = await self.lookout.live(approved.markets)
        if wants_fresh(approved, self.limits):
            views = await self.lookout.fresh(approved.markets)
        standing = self.standing(*{market.venue for market in approved.markets})
        verdict = inspect(approved, views, self.now_ns(), standing, self.limits)
        purchase.begin(verdict, order_of_legs(approved, views))

    async def _legs(self, purchase: Purchase) -> None:
        while (leg := purchase.next()) is not None:
            order = purchase.order(leg, OrderId(self.new_id()), self.now_ns())
            purchase.take(leg, await self.placer.place(order))
            await self._look_again(purchase)

    async def _look_again(self, purchase: Purchase) -> None:
        """What is to come is bought only as far as it is still on offer, and may be bought."""
        if self.standing(*{market.venue for market in purchase.to_come}) >= Level.REDUCE_ONLY:
            purchase.abandon("legs not yet sent are not sent any more")
        if purchase.to_come:
            purchase.look(await self.lookout.live(purchase.to_come))

    def _close(self, purchase: Purchase) -> None:
        """Say how it ended, without a checkpoint: a kill in this moment loses nothing."""
        end = purchase.end(self.now_ns())
        if isinstance(end, Unwind):
            self.unwinds.send_nowait(end)
            return
        self.store.record_soon(end)
        self.ended.send_nowait(end)
