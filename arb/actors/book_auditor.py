"""Holds kept books against requests, and asks for those anew that differ or were never told."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
        looks, reads = cycle(self.markets), cycle(self.markets)
        asked = Counter[MarketId]()
        relied = [market for market in self.markets if market.id in self.relied]
        task_status.started()
        while True:
            await trio.sleep(self.pace.every_s)
            some = list(islice(looks, min(LOOKED_THROUGH, len(self.markets))))
            silent = await self._look([*relied, *some], asked)
            half = min(self.pace.books // 2, len(self.markets))
            chosen = [*silent[: self.pace.books - half], *islice(reads, half)]
            for market in {market.id: market for market in chosen}.values():
                await self._audit(market)

    async def _look(self, markets: Sequence[Market], asked: Counter[MarketId]) -> list[Market]:
        """Ask for books that are not live; returns the others, the longest silent first.

        What was `asked` for in vain may be over: it stands behind what was not.
        """
        by_id = {market.id: market for market in markets}
        views = await self.books.ask(list(by_id.values()))
        shown = [views[market] for market in by_id if market in views]
        dead = [view for view in shown if not view.live and self._trades(view)]
        dead.sort(key=lambda view: asked[view.market.id])
        for view in dead[: self.pace.books]:
            asked[view.market.id] += 1
            self.ask(view.market.id)
        live = sorted((view for view in shown if view.live), key=self._urgency)
        return [by_id[view.market.id] for view in live]

    def _urgency(self, view: BookView) -> tuple[bool, int]:
        return view.market.id not in self.relied, view.seen_ns

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
            before = (await self.books.ask([market])).get(market.id)
            told = await self._read(market) if before is not None and before.live else None
            after = (await self.books.ask([market])).get(market.id)
            if before is None or told is None or after is None:
                return ""
            found = compare(before, told, after)
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
