"""Looks at the books and prices that the statistical lanes want, and offers what they find."""

from collections.abc import Iterable, Mapping, Sequence

import attrs
import trio

from arb.detect.bet import Bet
from arb.detect.wagering import BetLanes, Wagering
from arb.market.instruments import Market, MarketId
from arb.market.shelf import Shelf
from arb.market.units import Clock
from arb.messages import BookBatch, Noted, SpotBatch
from arb.ports import DeskPort

LOOK_EVERY_S = 1.0
"""A price that stands still is looked at as well: standing is what makes a spike believable."""
TELL_EVERY_S = 60.0
"""How often people are told what was not bet on, and why."""


@attrs.frozen
class Bettor:
    """Own the books of the watched markets, apart from those of baskets, and the spot prices.

    Receives `BookBatch` and `SpotBatch` from its own connections; sends each `Bet` to whoever
    waits for one this very moment. Nothing it does delays a basket. Never returns.
    """

    markets: Sequence[Market]
    lanes: BetLanes
    inbox: trio.MemoryReceiveChannel[BookBatch | SpotBatch]
    outbox: trio.MemorySendChannel[Bet] | None
    """None: nothing is traded, only shown."""
    resyncs: Mapping[MarketId, trio.MemorySendChannel[Market]]
    """By market: where its connection is asked for a new snapshot."""
    desk: DeskPort
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look at what comes, and once a second at what does not."""
        work = _Work(self)
        work.ask_again(self.markets)
        task_status.started()
        due = trio.current_time() + LOOK_EVERY_S
        while True:
            with trio.move_on_at(due):
                work.take(await self.inbox.receive())
            if trio.current_time() >= due:
                work.look_again()
                due = trio.current_time() + LOOK_EVERY_S


class _Work:
    """What the bettor knows while it runs."""

    def __init__(self, bettor: Bettor) -> None:
        self._bettor = bettor
        self._shelf = Shelf(bettor.markets)
        self._wagering = Wagering(bettor.markets, bettor.lanes)
        self._told_at = trio.current_time()

    def take(self, batch: BookBatch | SpotBatch) -> None:
        """Apply what came and look at what it touches."""
        match batch:
            case BookBatch():
                moved = self._shelf.apply(batch.changes, batch.feed, batch.seen_ns)
                self._look(dict.fromkeys(book.market.id for book in moved))
                suspects = self._shelf.take_suspects()
                self.ask_again(self._shelf.books[market].market for market in suspects)
            case SpotBatch():
                for tick in batch.ticks:
                    self._wagering.see(tick)
                symbols = {tick.symbol for tick in batch.ticks}
                self._look(self._wagering.asking(symbols, self._bettor.now_ns()))

    def look_again(self) -> None:
        """Look at what has to be looked at from time to time, and tell what came of it all."""
        self._look(self._wagering.restless)
        if trio.current_time() - self._told_at >= TELL_EVERY_S:
            self._told_at = trio.current_time()
            self._note(f"{self._wagering.looks} looks; " + self._refusals())

    def ask_again(self, markets: Iterable[Market]) -> None:
        """Ask for new snapshots."""
        for market in markets:
            try:
                self._bettor.resyncs[market.id].send_nowait(market)
            except trio.WouldBlock:
                continue  # all of that connection are asked for already

    def _look(self, markets: Iterable[MarketId]) -> None:
        for market in markets:
            now_ns = self._bettor.now_ns()
            for bet in self._wagering.look(self._shelf.view(market), now_ns):
                self._offer(bet)

    def _offer(self, bet: Bet) -> None:
        if self._bettor.outbox is None:
            self._wagering.refused["dry run"] += 1
            return
        try:
            self._bettor.outbox.send_nowait(bet)
        except trio.WouldBlock:
            self._wagering.refused["another bet is being decided on"] += 1

    def _refusals(self) -> str:
        counts = self._wagering.refused.most_common()
        return ", ".join(f"{count} x {reason}" for reason, count in counts) or "nothing refused"

    def _note(self, text: str) -> None:
        self._bettor.desk.send(Noted("bets", text, self._bettor.now_ns()))
