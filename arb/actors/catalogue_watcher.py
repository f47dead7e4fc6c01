"""Reads both venues' lists again and again, and bars what is not as it was."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs
import trio

from arb.market.errors import ArbError
from arb.market.instruments import Catalogue, MarketId, Venue
from arb.market.units import Clock, Ns
from arb.messages import (
    CatalogueState,
    ClaimBarred,
    MarketBarred,
    Noted,
    PairBooks,
    PairDecided,
    PairsSeen,
)
from arb.pairing.approval import VerifiedPair
from arb.pairing.decision import latest
from arb.pairing.vigil import Findings, Vigil
from arb.ports import DeskPort, InThread, Lossy
from arb.store.port import StorePort
from arb.venues.protocols import MarketData, Orders

CHUNK = 500
"""Markets between two checkpoints: a millisecond's work, for feeds share this thread."""
CANCEL_S = 10.0
"""For taking off what rests where an event's promise changed."""


@attrs.frozen
class Pace:
    """How often lists are read, how long that may take, and when they are too old to trust."""

    every_s: float
    timeout_s: float
    max_age_s: float
    coverage_floor_ppm: int


@attrs.frozen
class CatalogueWatcher:
    """Own what is known of both venues' lists.

    Receives `PairBooks` about once a second and answers with `CatalogueState`, to the owner of the
    books; sends `MarketBarred` and `ClaimBarred`, writes down
    pairs whose texts changed, and cancels what rests on a venue where an event's promise changed.
    Never returns. Raises StoreFailed where the desk's decisions cannot be read.
    """

    data: Mapping[Venue, MarketData]
    orders: Mapping[Venue, Orders]
    """Empty where nothing is ever sent."""
    listed: Sequence[Catalogue]
    """What baskets were made of."""
    pairs: Sequence[VerifiedPair]
    decisions: Callable[[], Iterable[PairDecided]]
    in_thread: InThread
    books: trio.MemoryReceiveChannel[PairBooks]
    bars: trio.MemorySendChannel[MarketBarred | ClaimBarred]
    store: StorePort
    desk: DeskPort
    pace: Pace
    now_ns: Clock
    catalogue: Lossy[CatalogueState] | None = None
    """None: nobody takes one book for the witness of another."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Read each venue's lists at its own pace, and look after the pairs."""
        work = _Work(self)
        async with trio.open_nursery() as nursery:
            for venue, data in self.data.items():
                nursery.start_soon(work.reread, venue, data)
            nursery.start_soon(work.look_after_pairs)
            task_status.started()


class _Work:
    """What the watcher knows while it runs."""

    def __init__(self, watcher: CatalogueWatcher) -> None:
        self._own = watcher
        self._vigil = Vigil(watcher.listed, watcher.pairs)
        self._read_ns = dict.fromkeys(watcher.data, watcher.now_ns())
        self._failing: set[Venue] = set()

    async def reread(self, venue: Venue, data: MarketData) -> None:
        """Read one venue's lists for ever."""
        while True:
            await trio.sleep(self._own.pace.every_s)
            try:
                with trio.fail_after(self._own.pace.timeout_s):
                    catalogue = await data.relist()
            except (ArbError, trio.TooSlowError) as error:
                self._fail(venue, f"{type(error).__name__} {error}")
                continue
            self._failing.discard(venue)
            self._read_ns[venue] = self._own.now_ns()
            await self._compare(catalogue)

    def _fail(self, venue: Venue, text: str) -> None:
        if venue not in self._failing:
            self._failing.add(venue)
            self._note(f"{venue}: its lists cannot be read again: {text}")

    async def _compare(self, catalogue: Catalogue) -> None:
        for start in range(0, len(catalogue.markets), CHUNK):
            chunk = catalogue.markets[start : start + CHUNK]
            self._tell(self._vigil.compare_terms(catalogue.venue, chunk))
            await trio.lowlevel.checkpoint()
        decided: list[PairDecided] = []
        await self._own.in_thread(lambda: decided.extend(self._own.decisions()))
        findings = self._vigil.compare(catalogue, latest(decided), self._own.now_ns())
        self._tell(findings)
        if findings.cancels and catalogue.venue in self._own.orders:
            await self._cancel(self._own.orders[catalogue.venue])

    async def _cancel(self, orders: Orders) -> None:
        """Take everything of ours off a venue: it cannot be done by event, and is rarely needed."""
        try:
            with trio.fail_after(CANCEL_S):
                await orders.cancel_all()
        except (ArbError, trio.TooSlowError) as error:
            self._note(f"{orders.venue}: orders may still rest: {type(error).__name__} {error}")

    async def look_after_pairs(self) -> None:
        """Look at the pairs as often as the books are told, about once a second."""
        floor_ppm = self._own.pace.coverage_floor_ppm
        async for books in self._own.books:
            now_ns = self._own.now_ns()
            self._tell(self._vigil.look(books.dead, floor_ppm, self._overdue(now_ns), now_ns))
            if self._own.catalogue is not None:
                self._own.catalogue.send(self._state())
            cover = self._vigil.cover(books.dead)
            new = self._vigil.new_markets
            self._own.desk.send(PairsSeen(cover.listed, cover.covered, cover.barred, new))

    def _state(self) -> CatalogueState:
        return CatalogueState(self._vigil.barred_pairs, self._vigil.missing)

    def _overdue(self, now_ns: Ns) -> str | None:
        """Say which lists are too old; None where none are."""
        max_age_s = self._own.pace.max_age_s
        venue, read_ns = min(self._read_ns.items(), key=lambda one: one[1])
        if now_ns - read_ns <= max_age_s * 1e9:
            return None
        return f"the lists of {venue} could not be read again for {max_age_s:g} s"

    def _tell(self, findings: Findings) -> None:
        """Bar first: what is written and told may come a moment later."""
        for bar in findings.markets:
            self._own.bars.send_nowait(MarketBarred(MarketId(bar.key), bar.reason))
        for bar in findings.claims:
            self._own.bars.send_nowait(ClaimBarred(bar.key, bar.reason))
        if findings.decisions:
            self._own.store.record_soon(*findings.decisions)
        for note in findings.notes:
            self._note(note)

    def _note(self, text: str) -> None:
        note = Noted("catalogue", text, self._own.now_ns())
        self._own.store.record_soon(note)
        self._own.desk.send(note)
