"""Whatever is half done: find out what happened, then complete, sell back, or record as stuck."""

from collections.abc import Callable, Mapping

import attrs
import trio

from arb.market.book import BookView
from arb.market.errors import ArbError
from arb.market.instruments import Action, Market, MarketId, Venue
from arb.market.units import Clock, Qty
from arb.messages import BasketEnd, BasketEnded, NewOrder, Noted, OrderId, PreparedOrder, Unwind
from arb.placing import Placer, Refusal, Unknown
from arb.ports import DeskPort
from arb.store.journal import StoreFailed
from arb.store.port import StorePort
from arb.trade.execution import end_of, exposures, hedged
from arb.trade.unwind import UnwindOrder, choose
from arb.venues.protocols import MarketData

BOOK_S = 5.0
"""For one book: one lost request must not eat the whole time of an unwind."""
REFUSED_S = 5.0
"""Before a market that said no is asked again, where nothing else helps: halts last as long."""


@attrs.frozen
class UnwindMonitor:
    """Own every basket that did not end evenly.

    Receives `Unwind`; for each sends exactly one `BasketEnded`, at the latest `timeout_s` after
    it came. Works on when trading is stopped. Returns when the inbox is closed and all is ended.
    """

    placer: Placer
    data: Mapping[Venue, MarketData]
    inbox: trio.MemoryReceiveChannel[Unwind]
    ended: trio.MemorySendChannel[BasketEnded]
    store: StorePort
    desk: DeskPort
    new_id: Callable[[], str]
    now_ns: Clock
    timeout_s: float
    pause_s: float
    give_ticks: int

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take unwinds as they come, side by side."""
        async with trio.open_nursery() as nursery:
            task_status.started()
            async for unwind in self.inbox:
                nursery.start_soon(self._unwind, unwind)

    async def _unwind(self, unwind: Unwind) -> None:
        job = _Job(unwind, [int(held) for held in unwind.bought])
        self._note("unwind", f"{unwind.approved.basket}: {unwind.reason}")
        try:
            with trio.CancelScope(relative_deadline=self.timeout_s) as patience:
                await self._find_out(job)
                await self._even_out(job)
            if patience.cancelled_caught:
                job.note = "ran out of time"
        except StoreFailed as failure:
            job.note = f"no order without its intent on disk: {failure}"
        finally:
            self._close(job)

    async def _find_out(self, job: "_Job") -> None:
        """Ask for the orders whose end is unknown until it is known."""
        while job.unknown:
            leg, prepared = job.unknown[0]
            result = await self.placer.resolve(prepared)
            if not isinstance(result, Unknown):
                job.unknown.pop(0)
                job.got(leg, prepared.order.action, result)
            await trio.lowlevel.checkpoint()

    async def _even_out(self, job: "_Job") -> None:
        while exposures(job.unwind.approved, job.bought):
            views = await self._views(job)
            shown = {market: view for market, view in views.items() if market not in job.shut}
            choice = choose(job.unwind.approved, job.bought, shown, give_ticks=self.give_ticks)
            job.note = choice.reason
            if not choice.orders and len(shown) == len(job.unwind.approved.markets):
                return  # hold: all books are known and none of them helps
            if not choice.orders and job.shut:
                job.shut.clear()  # nothing helps elsewhere: perhaps they take orders again
                await trio.sleep(REFUSED_S)
            for order in choice.orders:
                await self._place(job, order)
            await self._find_out(job)
            await trio.sleep(self.pause_s)

    async def _views(self, job: "_Job") -> dict[MarketId, BookView]:
        """Read the books of all legs side by side; what cannot be read is left out."""
        views: dict[MarketId, BookView] = {}
        async with trio.open_nursery() as nursery:
            for market in job.unwind.approved.markets:
                nursery.start_soon(self._view, market, views)
        return views

    async def _view(self, market: Market, views: dict[MarketId, BookView]) -> None:
        try:
            with trio.fail_after(BOOK_S):
                views[market.id] = await self.data[market.venue].book(market)
        except (ArbError, trio.TooSlowError) as error:
            self._note("unwind", f"{market.id}: no book: {error!r}")

    async def _place(self, job: "_Job", order: UnwindOrder) -> None:
        result = await self.placer.place(
            NewOrder(
                id=OrderId(self.new_id()),
                basket=job.unwind.approved.basket,
                market=order.market,
                outcome=order.outcome,
                action=order.action,
                qty=order.qty,
                limit=order.limit,
                created_ns=self.now_ns(),
            ),
            must=True,
        )
        if isinstance(result, Unknown):
            job.unknown.append((order.leg, result.prepared))
        elif isinstance(result, Refusal):
            job.refuse(order.market.id)
        else:
            job.got(order.leg, order.action, result)

    def _close(self, job: "_Job") -> None:
        approved, bought = job.unwind.approved, job.bought
        stuck = exposures(approved, bought)
        unclear = [str(prepared.key) for _, prepared in job.unknown]
        ended = BasketEnded(
            basket=approved.basket,
            end=BasketEnd.STUCK if unclear else end_of(approved, bought, unwound=job.sold),
            sets=Qty(hedged(bought)),
            stuck=stuck,
            note="; ".join([job.note, *(f"order {key} is unknown" for key in unclear)]),
            at_ns=self.now_ns(),
            refused=tuple(sorted(job.refused)),
        )
        self.store.record_soon(ended)
        self.ended.send_nowait(ended)

    def _note(self, kind: str, text: str) -> None:
        note = Noted(kind, text, self.now_ns())
        self.store.record_soon(note)
        self.desk.send(note)


@attrs.define
class _Job:
    unwind: Unwind
    bought: list[int]
    unknown: list[tuple[int, PreparedOrder]] = attrs.field(init=False)
    sold: bool = False
    note: str = ""
    shut: set[MarketId] = attrs.field(init=False)
    """Markets that took no order when last asked."""
    refused: set[MarketId] = attrs.field(init=False)
    """All that ever did so."""

    def __attrs_post_init__(self) -> None:
        self.unknown = list(self.unwind.unknown)
        self.shut = set(self.unwind.refused)
        self.refused = set(self.unwind.refused)

    def refuse(self, market: MarketId) -> None:
        """A venue said no to an order in a market."""
        self.shut.add(market)
        self.refused.add(market)

    def got(self, leg: int, action: Action, qty: Qty) -> None:
        """Take the end of an order."""
        self.bought[leg] += qty if action is Action.BUY else -qty
        self.sold = self.sold or (action is Action.SELL and qty > 0)
