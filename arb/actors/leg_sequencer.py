"""Buys approved baskets, leg by leg, each under its deadline."""

import logging
from collections.abc import Callable

import attrs
import trio

from arb.market.instruments import Action, MarketId
from arb.market.units import Clock, Qty
from arb.messages import (
    Approved,
    BasketEnded,
    NewOrder,
    OrderId,
    PreparedOrder,
    Unwind,
)
from arb.placing import Placer, Refusal, Unknown
from arb.store.journal import StoreFailed
from arb.store.port import StorePort
from arb.trade.execution import Execution, LegOrder, end_of, exposures, hedged

log = logging.getLogger(__name__)


@attrs.frozen
class LegSequencer:
    """Own the baskets while they are bought.

    Receives `Approved`; for each sends exactly one of `BasketEnded` and `Unwind`, also when it is
    cancelled half-way or the store fails. Never returns.
    """

    placer: Placer
    inbox: trio.MemoryReceiveChannel[Approved]
    ended: trio.MemorySendChannel[BasketEnded]
    unwinds: trio.MemorySendChannel[Unwind]
    store: StorePort
    new_id: Callable[[], str]
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take baskets as they come; the treasurer bounds how many are in flight."""
        async with trio.open_nursery() as nursery:
            task_status.started()
            async for approved in self.inbox:
                nursery.start_soon(self._buy, approved)

    async def _buy(self, approved: Approved) -> None:
        run = _Basket(Execution(approved))
        try:
            await self.store.record(approved)
            await self._legs(run)
        except StoreFailed:
            log.exception("abandoned basket=%s", approved.basket)
        finally:
            self._close(run)

    async def _legs(self, run: "_Basket") -> None:
        while (leg := run.execution.next()) is not None:
            result = await self.placer.place(self._order(run.execution.approved, leg))
            if isinstance(result, Unknown):
                run.unknown.append((leg.leg, result.prepared))
                run.execution.abandon()
            elif isinstance(result, Refusal):
                run.refused.add(leg.market.id)
                run.execution.got(leg, Qty(0))
            else:
                run.execution.got(leg, result)

    def _order(self, approved: Approved, leg: LegOrder) -> NewOrder:
        return NewOrder(
            id=OrderId(self.new_id()),
            basket=approved.basket,
            market=leg.market,
            outcome=leg.outcome,
            action=Action.BUY,
            qty=leg.qty,
            limit=leg.limit,
            created_ns=self.now_ns(),
        )

    def _close(self, run: "_Basket") -> None:
        """Say how it ended, without a checkpoint: a kill in this moment loses nothing."""
        approved, bought = run.execution.approved, run.execution.bought
        if run.unknown or exposures(approved, bought):
            self.unwinds.send_nowait(
                Unwind(
                    approved,
                    tuple(Qty(held) for held in bought),
                    tuple(run.unknown),
                    "an order's end is unknown" if run.unknown else "legs filled unevenly",
                    tuple(sorted(run.refused)),
                )
            )
            return
        ended = BasketEnded(
            basket=approved.basket,
            end=end_of(approved, bought, unwound=False),
            sets=Qty(hedged(bought)),
            stuck=(),
            note="",
            at_ns=self.now_ns(),
            refused=tuple(sorted(run.refused)),
        )
        self.store.record_soon(ended)
        self.ended.send_nowait(ended)


@attrs.define
class _Basket:
    execution: Execution
    unknown: list[tuple[int, PreparedOrder]] = attrs.field(factory=list)
    refused: set[MarketId] = attrs.field(factory=set)
