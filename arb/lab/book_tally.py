"""How well maintained books agree with everything else that a recording says of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from arb.lab.frames_file import Message
from arb.lab.replay_report import Agreement, BookFigures
from arb.market.book import Book
from arb.market.changes import BookChange, BookReplaced, LevelSet
from arb.market.instruments import Market, MarketId, PolymarketRef
from arb.market.shelf import Shelf
from arb.market.units import Ns

_Tokens = dict[MarketId, list[str]]
"""Whose books one frame brings, in its order."""


class BookTally:
    """Owns the books, and counts."""

    def __init__(self, markets: Sequence[Market]) -> None:
        """Start with empty books."""
        self.shelf = Shelf(markets)
        self._tokens = dict(_tokens(markets))
        self._whole = {m.id for m in markets if _shows_both_tokens(m)}
        self._built: set[MarketId] = set()
        self._opened: set[tuple[MarketId, str]] = set()
        self._crossed: set[MarketId] = set()
        self._counts: Counter[str] = Counter()

    def apply(
        self, changes: Sequence[BookChange], message: Message, feed: str, seen_ns: Ns
    ) -> list[Book]:
        """Apply what one frame brought; returns every book that it speaks of, once."""
        self._note_mirrors(changes)
        tokens = self._book_tokens(message)
        touched: dict[MarketId, Book] = {}
        for change in changes:
            book = self.shelf.books.get(change.market)
            if book is None or not isinstance(change, BookReplaced):
                self.shelf.apply([change], feed, seen_ns)
            else:
                pending = tokens.get(change.market)
                self._replace(book, change, pending.pop(0) if pending else "", feed, seen_ns)
            if book is not None:
                touched[change.market] = book
        self._counts["negative"] += len(self.shelf.take_suspects())
        self._note_crossings(touched.values())
        return list(touched.values())

    @property
    def figures(self) -> BookFigures:
        """All that was counted."""
        counts, shelf = self._counts, self.shelf
        return BookFigures(
            rebuilt=counts["rebuilt"],
            restored=counts["restored"],
            broken=shelf.broken,
            snapshots=counts["snapshots"],
            later=Agreement(counts["later agree"], counts["later"]),
            second_token=Agreement(counts["second agree"], counts["second"]),
            stated=Agreement(shelf.agreed, shelf.agreed + shelf.disagreed),
            mirrored=Agreement(counts["mirrored"], counts["mirrorable"]),
            negative=counts["negative"],
            crossed_sightings=counts["crossed"],
            crossed_books=len(self._crossed),
        )

    def _replace(
        self, book: Book, change: BookReplaced, token: str, feed: str, seen_ns: Ns
    ) -> None:
        """Apply a snapshot; one for a live book is a witness of how well it was maintained."""
        was_live, resynced = book.live, self.shelf.resynced
        self.shelf.apply([change], feed, seen_ns)
        agrees = self.shelf.resynced - resynced
        self._counts["snapshots"] += 1
        known = (change.market, token) in self._opened
        self._opened.add((change.market, token))
        if not was_live:
            self._counts["restored" if change.market in self._built else "rebuilt"] += 1
            self._built.add(change.market)
        else:
            kind = "later" if known else "second"
            self._counts[kind] += 1
            self._counts[f"{kind} agree"] += agrees

    def _book_tokens(self, message: Message) -> _Tokens:
        """The tokens of a Polymarket frame's books: changes do not tell them any more."""
        found: _Tokens = {}
        for one in message if isinstance(message, list) else [message]:
            token = one.get("asset_id") if isinstance(one, dict) and "bids" in one else None
            if isinstance(token, str) and token in self._tokens:
                found.setdefault(self._tokens[token], []).append(token)
        return found

    def _note_mirrors(self, changes: Iterable[BookChange]) -> None:
        """In YES terms, a change and its mirror image on the other token are the same."""
        levels: Counter[tuple[MarketId, bool, int, int]] = Counter()
        for change in changes:
            if isinstance(change, LevelSet) and change.market in self._whole:
                key = change.market, change.is_bid, change.px, change.qty
                levels[key] += change.tellings
        for times in levels.values():
            self._counts["mirrorable"] += times
            self._counts["mirrored"] += times - times % 2

    def _note_crossings(self, books: Iterable[Book]) -> None:
        for book in books:
            if book.live and book.crossed:
                self._counts["crossed"] += 1
                self._crossed.add(book.market.id)


def _tokens(markets: Iterable[Market]) -> Iterator[tuple[str, MarketId]]:
    for market in markets:
        if isinstance(market.ref, PolymarketRef):
            yield market.ref.yes_token, market.id
            yield market.ref.no_token, market.id


def _shows_both_tokens(market: Market) -> bool:
    ref = market.ref
    return isinstance(ref, PolymarketRef) and ref.yes_token.isdecimal() and ref.no_token.isdecimal()
