"""Opens ended baskets again: fills were taken back, or a person wants another try."""

from collections.abc import Iterable, Mapping
from functools import partial

import attrs
import trio

from arb.market.instruments import Market, MarketId
from arb.market.units import Clock
from arb.messages import BasketId, HoldingsChanged, Noted, Unwind
from arb.ports import DeskPort
from arb.store.asking import StoreReader
from arb.store.half_done import (
    HalfDone,
    approved_of,
    going_on,
    surprised,
    take_uneven,
    take_wanted,
)
from arb.store.port import StorePort


@attrs.frozen
class Reopener:
    """Own the way back from an ended basket to an unwind.

    Receives `HoldingsChanged`; looks besides, every `every_s`, for what a person asked for in the
    store, which may happen in another process. A basket that has not ended yet is looked at again
    later. Sends `Unwind`. Never returns.
    """

    reader: StoreReader
    markets: Mapping[MarketId, Market]
    inbox: trio.MemoryReceiveChannel[HoldingsChanged]
    unwinds: trio.MemorySendChannel[Unwind]
    store: StorePort
    desk: DeskPort
    every_s: float
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look at what a former run left, then at whatever comes."""
        suspects: frozenset[BasketId] = await self.reader.ask(surprised)
        task_status.started()
        while True:
            await self.store.record()  # what was reported before this moment is in the store now
            suspects = await self._look(suspects)
            with trio.move_on_after(self.every_s):
                suspects |= {(await self.inbox.receive()).basket}

    async def _look(self, suspects: frozenset[BasketId]) -> frozenset[BasketId]:
        """Open what has to be opened; returns what must be looked at again."""
        later = await self.reader.ask(partial(going_on, suspects=suspects))
        uneven = partial(take_uneven, suspects=suspects - later, listed=self.markets)
        wanted = partial(take_wanted, listed=self.markets)
        for question in (uneven, wanted):
            await self.reader.take(question, self._unwind)
        return later

    def _unwind(self, found: Iterable[HalfDone]) -> None:
        for one in found:
            self._unwind_one(one)

    def _unwind_one(self, found: HalfDone) -> None:
        basket = found.basket
        if found.gone:
            self._note(f"{basket.id}: {found.reason}, but {found.gone[0]} is not listed any more")
            return
        approved = approved_of(basket, self.markets)
        unknown = tuple(
            (leg, order.prepared(self.markets[order.market])) for leg, order in found.unknown
        )
        self.unwinds.send_nowait(
            Unwind(approved, found.held, unknown, found.reason, reopened=True, lost=found.lost)
        )

    def _note(self, text: str) -> None:
        note = Noted("stuck", text, self.now_ns())
        self.store.record_soon(note)
        self.desk.send(note)
