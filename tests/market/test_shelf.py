"""All books: a change counts only on a live one, and what does not fit breaks it."""

from hypothesis import given
from hypothesis import strategies as st

from arb.market.changes import (
    BookBroken,
    BookChange,
    BookReplaced,
    GridChanged,
    LevelAdded,
    LevelSet,
)
from arb.market.grid import PriceGrid
from arb.market.instruments import MarketId
from arb.market.shelf import Shelf
from arb.market.units import Ns, Px, Qty
from tests.fakes.markets import make_market

MARKETS = [make_market(name) for name in ("a", "b")]
A, B = (market.id for market in MARKETS)
HALF = Px(500_000)


def shelf(*live: MarketId) -> Shelf:
    made = Shelf(MARKETS)
    for market in live:
        made.apply([BookReplaced(market, ((HALF, Qty(10)),), ())], "f", Ns(1))
    return made


PRICES = st.integers(1, 99).map(lambda cents: Px(cents * 10_000))
LADDERS = st.dictionaries(PRICES, st.integers(1, 9).map(Qty), max_size=3).map(
    lambda levels: tuple(levels.items())
)
CHANGES = st.lists(
    st.sampled_from([A, B, MarketId("kalshi:nobody")]).flatmap(
        lambda market: st.one_of(
            st.builds(LevelSet, st.just(market), st.booleans(), PRICES, st.integers(0, 9).map(Qty)),
            st.builds(LevelAdded, st.just(market), st.booleans(), PRICES, st.integers(-9, 9)),
            st.builds(BookReplaced, st.just(market), LADDERS, LADDERS),
            st.just(BookBroken(market, "cut")),
            st.just(GridChanged(market, PriceGrid.of_tick(1_000))),
        )
    ),
    max_size=40,
)


class Model:
    """What a book must hold, kept the slow way."""

    def __init__(self) -> None:
        self.sides: dict[bool, dict[int, int]] | None = None

    def take(self, change: BookChange) -> None:
        match change:
            case BookReplaced():
                self.sides = {True: dict(change.bids), False: dict(change.asks)}
            case LevelSet() if self.sides is not None:
                self.sides[change.is_bid][change.px] = change.qty
            case LevelAdded() if self.sides is not None:
                side = self.sides[change.is_bid]
                side[change.px] = side.get(change.px, 0) + change.delta
                if side[change.px] < 0:
                    self.sides = None
            case BookBroken() | GridChanged():
                self.sides = None
            case _:
                pass

    def levels(self, *, bids: bool) -> dict[int, int]:
        side = self.sides[bids] if self.sides is not None else {}
        return {px: qty for px, qty in side.items() if qty}


@given(CHANGES, st.integers(1, 7))
def test_any_stream_of_changes_leaves_the_books_it_describes(
    changes: list[BookChange], batch: int
) -> None:
    """However changes are split into batches, every book equals a plain model of them."""
    made, models = Shelf(MARKETS), {market.id: Model() for market in MARKETS}
    for start in range(0, len(changes), batch):
        part = changes[start : start + batch]
        before = {key: (book.best_bid, book.best_ask) for key, book in made.books.items()}
        moved = {book.market.id for book in made.apply(part, "f", Ns(start))}
        for change in part:
            if change.market in models:
                models[change.market].take(change)
        for key, book in made.books.items():
            assert book.live == (models[key].sides is not None)
            assert dict(book.bids) == models[key].levels(bids=True)
            assert dict(book.asks) == models[key].levels(bids=False)
            assert key in moved or (book.best_bid, book.best_ask) == before[key]
            view = made.view(key)
            assert view.bids == tuple(sorted(book.bids.items(), reverse=True))
            assert view.asks == tuple(sorted(book.asks.items()))
    assert made.changes == len(changes)
    assert made.live == sum(model.sides is not None for model in models.values())


def test_a_book_that_waits_for_its_snapshot_takes_nothing() -> None:
    """Changes before the first snapshot, or to a market nobody listed, are counted and ignored."""
    made = shelf()
    stray = MarketId("kalshi:nobody")
    changes: list[BookChange] = [LevelSet(A, True, HALF, Qty(1)), LevelAdded(A, True, HALF, 1)]
    assert made.apply([*changes, LevelSet(stray, True, HALF, Qty(1))], "f", Ns(1)) == []
    assert (made.ignored, made.view(A).bids, made.view(A).live) == (3, (), False)


def test_a_level_below_zero_breaks_the_book_and_is_asked_for_once() -> None:
    """The book is broken, its market a suspect once; the neighbour lives on."""
    made = shelf(A, B)
    assert made.apply([LevelAdded(A, True, HALF, -11)], "f", Ns(2)) == [made.books[A]]
    assert (made.view(A).live, made.view(B).live, made.broken) == (False, True, 1)
    assert made.take_suspects() == [A]
    assert made.take_suspects() == []


def test_a_new_grid_breaks_the_book_and_goes_with_its_views() -> None:
    """After a change of grid nothing is known but the grid."""
    made = shelf(A)
    made.apply([GridChanged(A, PriceGrid.of_tick(1_000))], "f", Ns(2))
    view = made.view(A)
    assert (view.live, view.market.grid.finest_step, view.epoch) == (False, 1_000, 1)


def test_stated_best_prices_are_held_against_the_ladders() -> None:
    """A stated best that differs makes the book disagree until one agrees again."""
    made = shelf(A)
    made.apply([LevelSet(A, True, Px(510_000), Qty(1), 520_000, 1_000_000)], "f", Ns(2))
    assert (made.view(A).agrees, made.disagreed, made.agreed) == (False, 1, 0)
    made.apply([LevelSet(A, True, Px(510_000), Qty(2), 510_000, 1_000_000)], "f", Ns(3))
    assert (made.view(A).agrees, made.disagreed, made.agreed) == (True, 1, 1)


def test_snapshots_of_live_books_are_compared() -> None:
    """A snapshot that equals the book is counted as such, one that contradicts it too."""
    made = shelf(A)
    made.apply([BookReplaced(A, ((HALF, Qty(10)),), ())], "f", Ns(2))
    assert (made.resynced, made.contradicted) == (1, 0)
    made.apply([BookReplaced(A, ((HALF, Qty(11)),), ())], "f", Ns(3))
    assert (made.resynced, made.contradicted) == (1, 1)


def test_a_view_tells_when_its_connection_last_spoke() -> None:
    """News of one book is a sign of life for all books of its feed, and for no others."""
    made = Shelf(MARKETS)
    made.apply([BookReplaced(A, (), ())], "f", Ns(1))
    made.apply([BookReplaced(B, (), ())], "g", Ns(2))
    made.apply([LevelSet(A, True, HALF, Qty(1))], "f", Ns(9))
    made.apply([], "g", Ns(5))
    assert (made.view(A).seen_ns, made.view(A).heard_ns) == (9, 9)
    assert (made.view(B).seen_ns, made.view(B).heard_ns) == (2, 5)


def test_crossed_books_are_counted_while_they_live() -> None:
    """A live book whose best bid reaches its best ask is an alarm; a broken one is not."""
    made = shelf(A)
    made.apply([LevelSet(A, False, HALF, Qty(1))], "f", Ns(2))
    assert made.crossed == 1
    made.apply([BookBroken(A, "cut")], "f", Ns(3))
    assert made.crossed == 0


def test_one_change_told_by_both_tokens_is_applied_once_and_counts_twice() -> None:
    """Every telling's best prices count, for or against the book."""
    made = shelf(A)
    better = LevelSet(A, True, Px(510_000), Qty(1), 510_000, 1_000_000, 2)
    assert made.apply([better], "f", Ns(2)) == [made.books[A]]
    assert (made.agreed, made.disagreed, made.changes) == (2, 0, 2)
    wrong = LevelSet(A, True, Px(510_000), Qty(2), 500_000, 1_000_000, 2)
    assert made.apply([wrong], "f", Ns(3)) == []
    assert (made.agreed, made.disagreed, made.view(A).agrees) == (2, 2, False)
    assert made.view(A).bids == ((Px(510_000), Qty(2)), (HALF, Qty(10)))
