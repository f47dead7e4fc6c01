"""One start: what a former run left behind is found out, written down and told."""

from collections.abc import Iterable, Mapping, Sequence

import attrs
import trio

from arb.market.instruments import Market, MarketId, Venue
from arb.market.units import Clock
from arb.messages import LineKind, Reconciled, ReconciliationLine, Unwind
from arb.placing import Patience
from arb.recovery.baskets import Baskets
from arb.recovery.books import Books
from arb.recovery.ends import OrderEnds
from arb.recovery.recovered import Recovered
from arb.recovery.turns import end_turns
from arb.risk.ledger import Ledger
from arb.store.journal import Journal
from arb.store.standing import identity
from arb.trade.tracking import Tracking
from arb.venues.protocols import Account, Orders, Turning

LOOK_AGAIN_S = 1.0
"""Between two comparisons: positions are told by an index that lags fills by seconds (docs:
get-positions)."""


@attrs.frozen
class Recovery:
    """Runs once, before anything else trades. `markets` is everything both venues list."""

    journal: Journal
    orders: Mapping[Venue, Orders]
    accounts: Mapping[Venue, Account]
    markets: Mapping[MarketId, Market]
    patience: Patience
    now_ns: Clock
    acknowledged: frozenset[str] = frozenset()
    """Problems that a person has looked at, by identity."""
    turning: Turning | None = None
    """Who knows how merges and the like ended; None where nobody can be asked."""

    async def run(self) -> Recovered:
        """Bring the journal up to date with the venues; without venues, only read it.

        Raises Unreachable and the like where a venue cannot be asked: then nothing is traded.
        """
        baskets = Baskets(self.journal, self.markets, self.now_ns)
        books = Books(self.journal, self.accounts, self.markets, self.now_ns)
        lines = baskets.unlisted()
        if not self.orders:
            return self._recovered(books.ledger(), books.tracking(), (), lines)
        lines += await end_turns(self.journal, self.turning, self.patience, self.now_ns)
        lines += await self._ends().settle()
        tracking = books.tracking()
        lines += await books.missing_fills(tracking)
        lines += await books.open()
        unwinds, found = baskets.finish()
        lines += [*found, *baskets.unhedged()]
        ledger, found = await self._agree(books, tracking)
        recovered = self._recovered(ledger, tracking, unwinds, [*lines, *found])
        if recovered.report.lines:
            self.journal.write([recovered.report])
        return recovered

    def _ends(self) -> OrderEnds:
        return OrderEnds(
            self.journal, self.orders, self.accounts, self.markets, self.patience, self.now_ns
        )

    async def _agree(
        self, books: Books, tracking: Tracking
    ) -> tuple[Ledger, list[ReconciliationLine]]:
        """Compare until nothing differs that nobody has looked at, but not for ever.

        What differs only because one of the venue's reads lags another is gone by then.
        """
        lines: list[ReconciliationLine] = []
        until = trio.current_time() + self.patience.absent_s
        while True:
            lines += await books.missing_settlements()
            ledger = books.ledger()
            found = await books.compare(ledger)
            known = all(map(self._is_acknowledged, found))
            if known or trio.current_time() >= until:
                break
            await trio.sleep(LOOK_AGAIN_S)
            lines += await books.missing_fills(tracking)
        if found and known:
            ledger = await books.adopt(ledger)
        return ledger, [*lines, *map(_difference, found)]

    def _recovered(
        self,
        ledger: Ledger,
        tracking: Tracking,
        unwinds: tuple[Unwind, ...],
        lines: Iterable[ReconciliationLine],
    ) -> Recovered:
        judged = tuple(map(self._judged, lines))
        problems = [line.words for line in judged if not line.explained]
        return Recovered(
            ledger=ledger,
            tracking=tracking,
            unwinds=unwinds,
            opened_ns=self.journal.opened_ns() or self.now_ns(),
            problems=tuple(problems),
            acknowledged=self._looked_at(lines),
            report=Reconciled(judged, self.now_ns()),
        )

    def _judged(self, line: ReconciliationLine) -> ReconciliationLine:
        return attrs.evolve(line, explained=line.explained or self._is_acknowledged(line.words))

    def _looked_at(self, lines: Iterable[ReconciliationLine]) -> tuple[str, ...]:
        doubtful: Sequence[str] = [line.words for line in lines if not line.explained]
        return tuple(words for words in doubtful if self._is_acknowledged(words))

    def _is_acknowledged(self, words: str) -> bool:
        return identity(words) in self.acknowledged


def _difference(words: str) -> ReconciliationLine:
    return ReconciliationLine(LineKind.DIFFERENCE, words, explained=False)
