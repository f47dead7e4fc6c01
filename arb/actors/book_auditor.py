"""Holds kept books against requests, and asks for those anew that differ or were never told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle, islice

import attrs
import trio

from arb.market.audit import compare
from arb.market.book import BookView
from arb.market.errors import ArbError
from arb.market.instruments import Market, MarketId, Venue
from arb.market.units import Clock
from arb.messages import Noted
from arb.ports import BookPort, DeskPort
from arb.store.port import StorePort
from arb.venues.protocols import MarketData

LOOKED_THROUGH = 300
"""Markets of each round whose books are looked at without asking a venue: a millisecond's work."""
TRIES = 3
"""Requests about one book that moves under each of them."""


@attrs.frozen
class AuditPace:
    """How often, and how much at a time."""

    every_s: float
    books: int
    """Read by request each round; as many dead ones are asked for anew over their streams."""
    again_s: float
    """Before a book that differs is read a second time: an answer may be older than the book."""
    timeout_s: float
    """For one request."""


@attrs.frozen
class BookAuditor:
    """Own nothing.

    Each round asks for books that are not live, those that pairs and rules rely on first, and
    compares the longest silent of them and some of all others with the venues' answers; those that
    differ twice are asked for anew, written down and told. Never returns.
    """

    markets: Sequence[Market]
    relied: frozenset[MarketId]
    """What pairs and rules rely on."""
    data: Mapping[Venue, MarketData]
    books: BookPort
    ask: Callable[[MarketId], None]
    """For a new snapshot; never waits."""
    store: StorePort
    desk: DeskPort
    pace: AuditPace
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look at some books every now and then."""
        turns = cycle(self.markets)
        relied = [market for market in self.markets if market.id in self.relied]
        task_status.started()
        while True:
            await trio.sleep(self.pace.every_s)
            await self._round(relied, turns)

    async def _round(self, relied: Sequence[Market], turns: Iterator[Market]) -> None:
        some = list(islice(turns, min(LOOKED_THROUGH, len(self.markets))))
        first, others = await self.books.ask(relied), await self.books.ask(some)
        looked = {market.id: market for market in (*relied, *some)}
        shown = [view for view in {**first, **others}.values() if self._trades(view)]
        for dead in [view for view in shown if not view.live][: self.pace.books]:
            self.ask(dead.market.id)
        live = [view for view in shown if view.live]
        silent = sorted(live, key=lambda view: (view.market.id not in first, view.seen_ns))
        half = self.pace.books // 2
        chosen = [*silent[:half], *[view for view in silent[half:] if view.market.id in others]]
        for view in chosen[: self.pace.books]:
            await self._audit(looked[view.market.id])

    def _trades(self, view: BookView) -> bool:
        return view.market.closes_ns is None or view.market.closes_ns > self.now_ns()

    async def _audit(self, market: Market) -> None:
        """Two differences some time apart are one in the book; one may be in the answer."""
        if not await self._difference(market):
            return
        await trio.sleep(self.pace.again_s)
        differs = await self._difference(market)
        if differs:
            self.ask(market.id)
            note = Noted("book differs", f"{market.id}: {differs}", self.now_ns())
            self.store.record_soon(note)
            self.desk.send(note)

    async def _difference(self, market: Market) -> str:
        """How the book differs; "" where it does not, or nothing can be said."""
        for _ in range(TRIES):
            before = await self.books.ask([market])
            told = await self._read(market)
            after = await self.books.ask([market])
            if told is None or market.id not in before or market.id not in after:
                return ""
            found = compare(before[market.id], told, after[market.id])
            if found is not None:
                return found
        return ""

    async def _read(self, market: Market) -> BookView | None:
        """The book by request; None where it cannot be had: the next round asks for others."""
        try:
            with trio.fail_after(self.pace.timeout_s):
                return await self.data[market.venue].book(market)
        except (ArbError, trio.TooSlowError):
            return None
