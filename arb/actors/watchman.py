"""The owner of the standing: how far trading is stopped, by whom, and who is told."""

from collections.abc import Callable, Mapping
from typing import assert_never

import attrs
import trio

from arb.market.errors import ArbError
from arb.market.instruments import Venue
from arb.market.units import Clock
from arb.messages import Hold, Level, Noted, Ordered, StandingChanged, VenueBarred
from arb.ports import DeskPort, InThread
from arb.risk.standing import OPERATOR, Standing
from arb.store.journal import StoreFailed
from arb.store.port import StorePort
from arb.store.standing import StandingFile
from arb.venues.protocols import Orders

SWEEP_S = 5.0
"""For one attempt to cancel all that rests on a venue."""
SWEEP_AGAIN_S = 0.5
"""Between two attempts: it is tried until it worked."""
FILING = 10_000
"""Words to write down: far more than the file could fall behind."""

Word = Hold | Ordered | StandingChanged


@attrs.frozen
class Watchman:
    """Own the standing; `standing` is read by others, changed by nobody else.

    Receives holds, orders of operators, and halts of the treasurer. Tells the treasurer and the
    desk of every change, cancels what rests where FLATTEN says so, ends the run at STOPPED, and
    writes everything down afterwards. Never returns.
    """

    standing: Standing
    file: StandingFile
    inbox: trio.MemoryReceiveChannel[Word]
    treasurer: trio.MemorySendChannel[StandingChanged | VenueBarred]
    desk: DeskPort
    store: StorePort
    orders: Mapping[Venue, Orders]
    """Where to cancel; empty where nothing is sent at all."""
    stop: Callable[[str], None]
    in_thread: InThread
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take words as they come; act first, write afterwards."""
        filing, file = trio.open_memory_channel[Word](FILING)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._file_all, file)
            self._announce()
            self._sweep_where_due(nursery, dict.fromkeys((None, *Venue), Level.RUNNING))
            task_status.started()
            async for word in self.inbox:
                levels = {venue: self.standing.level(venue) for venue in (None, *Venue)}
                changed = self._take(word)
                if changed:
                    self._announce()
                    self._sweep_where_due(nursery, levels)
                if changed or isinstance(word, Ordered):
                    filing.send_nowait(word)

    def _take(self, word: Word) -> bool:
        match word:
            case Hold():
                return self._hold(word)
            case StandingChanged():
                return self._hold(halt(word))
            case Ordered():
                return self._follow(word.hold)
            case _:
                assert_never(word)

    def _follow(self, hold: Hold) -> bool:
        if hold.level is not Level.RUNNING:
            return self._hold(hold)
        lifted = self.standing.resume(hold.venue)
        self._note(hold, f"resumed by {hold.who}: {len(lifted)} holds lifted")
        return bool(lifted)

    def _hold(self, hold: Hold) -> bool:
        changed = self.standing.take(hold)
        if changed:
            what = "lifted" if hold.level is Level.RUNNING else f"{hold.level.name}: {hold.why}"
            self._note(hold, f"{hold.source}: {what}")
        return changed

    def _note(self, hold: Hold, text: str) -> None:
        where = "" if hold.venue is None else f"{hold.venue}: "
        note = Noted("standing", where + text, self.now_ns())
        self.store.record_soon(note)
        self.desk.send(note)

    def _announce(self) -> None:
        """Tell everybody how things stand; telling it twice does no harm."""
        change = self.standing.change(self.now_ns())
        self.treasurer.send_nowait(change)
        for venue in Venue:
            self.treasurer.send_nowait(VenueBarred(venue, self.standing.bar(venue)))
        self.desk.send(change)
        if change.level is Level.STOPPED:
            self.stop(change.why)

    # --- flatten ---

    def _sweep_where_due(self, nursery: trio.Nursery, before: Mapping[Venue | None, Level]) -> None:
        """Where FLATTEN is new, cancel what rests; what is unhedged the unwind monitor sells."""
        for place in (None, *Venue):
            if before[place] < Level.FLATTEN <= self.standing.level(place):
                for venue in self.orders if place is None else {place} & self.orders.keys():
                    nursery.start_soon(self._sweep, venue)

    async def _sweep(self, venue: Venue) -> None:
        while True:
            try:
                with trio.fail_after(SWEEP_S):
                    await self.orders[venue].cancel_all()
            except (ArbError, trio.TooSlowError) as error:
                self.desk.send(Noted("flatten", f"{venue}: {error!r}", self.now_ns()))
                await trio.sleep(SWEEP_AGAIN_S)
            else:
                return

    # --- the file ---

    async def _file_all(self, words: trio.MemoryReceiveChannel[Word]) -> None:
        async for word in words:
            try:
                await self._file(word)
            except StoreFailed as failure:  # it holds all the same, as long as we run
                self.desk.send(Noted("standing", f"not kept: {failure}", self.now_ns()))

    async def _file(self, word: Word) -> None:
        if isinstance(word, Ordered):  # whoever ordered it wrote it down
            await self.in_thread(lambda: self.file.take(word.number, self.now_ns()))
        else:
            hold = halt(word) if isinstance(word, StandingChanged) else word
            await self.in_thread(lambda: self.file.keep(hold))


def halt(change: StandingChanged) -> Hold:
    """A halt of a part of the program. It is not kept: the next start finds its reasons again."""
    return Hold(
        source=change.who or OPERATOR,
        level=change.level,
        who=change.who,
        why=change.why,
        clears=change.clears,
        at_ns=change.at_ns,
    )
