"""All books, and what happens to them. The one place where changes are applied."""

from collections.abc import Iterable, Sequence
from typing import assert_never

import attrs

from arb.market.book import Book, BookView
from arb.market.changes import (
    BookBroken,
    BookChange,
    BookReplaced,
    GridChanged,
    LevelAdded,
    LevelSet,
    Traded,
)
from arb.market.errors import Unintelligible
from arb.market.instruments import Market, MarketId
from arb.market.units import Ns


class Shelf:
    """Every book by its market, with counters of what was applied and what did not fit.

    `agreed` and `disagreed` count how often venues stated best prices with a change; `resynced`
    and `contradicted` count snapshots that equalled or contradicted a live book; `trades` counts
    the changes that were public trades.
    """

    __slots__ = (
        "_heard_ns",
        "_suspects",
        "agreed",
        "books",
        "broken",
        "changes",
        "contradicted",
        "disagreed",
        "ignored",
        "resynced",
        "trades",
    )

    def __init__(self, markets: Iterable[Market]) -> None:
        """Start with an empty book a market."""
        self.books = {market.id: Book(market) for market in markets}
        self.changes = 0
        self.ignored = 0
        self.broken = 0
        self.agreed = 0
        self.disagreed = 0
        self.resynced = 0
        self.contradicted = 0
        self.trades = 0
        self._heard_ns: dict[str, Ns] = {}
        self._suspects: list[MarketId] = []

    def apply(  # noqa: C901, PLR0912 - the hottest loop: a call takes longer than what it would do
        self, changes: Sequence[BookChange], feed: str, seen_ns: Ns
    ) -> list[Book]:
        """Apply changes in order; returns the books whose best price moved or that broke.

        A change to a book that waits for its snapshot, or to a market nobody listed, is ignored
        and counted. A book may be returned more than once.
        """
        self._heard_ns[feed] = seen_ns
        self.changes += len(changes)
        books = self.books
        moved: list[Book] = []
        for change in changes:
            book = books.get(change.market)
            if type(change) is not LevelSet or book is None or not book.live:
                if type(change) is LevelAdded and book is not None and book.live:
                    if self._add(book, change, seen_ns):
                        moved.append(book)
                elif self._apply_rare(book, change, feed, seen_ns):
                    moved.append(books[change.market])
                continue
            book.seen_ns = seen_ns
            px, qty = change.px, change.qty
            if change.is_bid:
                if qty and px <= book.best_bid:  # most changes; calling for them takes longer
                    book.bids[px] = qty
                    book.bid_ladder = None
                elif book.set_bid(px, qty):
                    moved.append(book)
            elif qty and px >= book.best_ask:
                book.asks[px] = qty
                book.ask_ladder = None
            elif book.set_ask(px, qty):
                moved.append(book)
            if change.stated_bid == book.best_bid and change.stated_ask == book.best_ask:
                book.agrees = True
                self.agreed += change.tellings
            elif change.stated_bid >= 0:
                book.agrees = False
                self.disagreed += change.tellings
        for book in moved:
            book.note_tops(seen_ns)
        return moved

    def _apply_rare(self, book: Book | None, change: BookChange, feed: str, seen_ns: Ns) -> bool:
        """Apply what is not a level of a live book; say whether the best price moved or the book broke."""
        if book is None:
            self.ignored += 1
            return False
        match change:
            case LevelSet() | LevelAdded():
                self.ignored += 1  # the book waits for its snapshot
            case BookReplaced():
                self._replace(book, change)
                book.seen_ns, book.feed = seen_ns, feed
                book.snapshot_ns = seen_ns
                return True
            case BookBroken():
                self._break(book)
                return True
            case GridChanged():
                book.market = attrs.evolve(book.market, grid=change.grid)
                self._break(book)
                return True
            case Traded():
                book.trade(change.px, change.qty, change.at_ns)
                self.trades += 1
            case _:
                assert_never(change)
        return False

    def _add(self, book: Book, change: LevelAdded, seen_ns: Ns) -> bool:
        """Change a level's total; most totals stay above 0, at or behind the best price."""
        book.seen_ns = seen_ns
        px, delta = change.px, change.delta
        if change.is_bid:
            total = book.bids.get(px, 0) + delta
            if total > 0 and px <= book.best_bid:
                book.bids[px] = total  # type: ignore[assignment]  # Qty() would be a call
                book.bid_ladder = None
                return False
        else:
            total = book.asks.get(px, 0) + delta
            if total > 0 and px >= book.best_ask:
                book.asks[px] = total  # type: ignore[assignment]
                book.ask_ladder = None
                return False
        try:
            return (book.add_bid if change.is_bid else book.add_ask)(px, delta)
        except Unintelligible:
            self._break(book)
            self._suspects.append(book.market.id)
            return True

    def _replace(self, book: Book, change: BookReplaced) -> None:
        if book.live:
            same = book.bids == dict(change.bids) and book.asks == dict(change.asks)
            self.resynced += same
            self.contradicted += not same
        book.replace(change.bids, change.asks)

    def _break(self, book: Book) -> None:
        self.broken += book.live
        book.break_off()

    def take_suspects(self) -> list[MarketId]:
        """Markets whose books contradicted themselves since the last call: ask for them again."""
        if not self._suspects:
            return []
        suspects, self._suspects = self._suspects, []
        return suspects

    def view(self, market: MarketId) -> BookView:
        """An immutable view of one book."""
        book = self.books[market]
        return book.view(self._heard_ns.get(book.feed, book.seen_ns))

    @property
    def live(self) -> int:
        """How many books are live."""
        return sum(book.live for book in self.books.values())

    @property
    def crossed(self) -> int:
        """How many live books are crossed: each is an alarm."""
        return sum(book.live and book.crossed for book in self.books.values())
