"""One book: its best prices are always its extremes, and what is gone is gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.book import NO_ASK, NO_BID, Book
from arb.market.errors import Unintelligible
from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, Ns, Px, Qty
from tests.fakes.markets import make_market

MARKET = make_market("m")
PRICES = st.integers(1, 99).map(lambda cents: Px(cents * 10_000))
STEPS = st.lists(st.tuples(st.booleans(), PRICES, st.integers(0, 3)), max_size=60)


def live_book() -> Book:
    book = Book(MARKET)
    book.replace([], [])
    return book


@given(STEPS)
def test_the_best_prices_are_always_the_extremes(steps: list[tuple[bool, Px, int]]) -> None:
    """After every change: best bid the highest, best ask the lowest, and moves are told truly."""
    book = live_book()
    for is_bid, px, lots in steps:
        before = book.best_bid if is_bid else book.best_ask
        moved = (book.set_bid if is_bid else book.set_ask)(px, Qty(lots))
        assert book.best_bid == max(book.bids, default=NO_BID)
        assert book.best_ask == min(book.asks, default=NO_ASK)
        assert moved == ((book.best_bid if is_bid else book.best_ask) != before)
        assert all(book.bids.values())
        assert all(book.asks.values())


@given(STEPS, STEPS)
def test_deltas_lead_where_totals_lead(
    start: list[tuple[bool, Px, int]], steps: list[tuple[bool, Px, int]]
) -> None:
    """Changes by difference and changes by total make the same book as a snapshot of the end."""
    by_total, by_delta = live_book(), live_book()
    for is_bid, px, lots in [*start, *steps]:
        side = by_total.bids if is_bid else by_total.asks
        delta = lots - side.get(px, 0)
        (by_total.set_bid if is_bid else by_total.set_ask)(px, Qty(lots))
        (by_delta.add_bid if is_bid else by_delta.add_ask)(px, delta)
    whole = Book(MARKET)
    whole.replace(by_total.bids.items(), by_total.asks.items())
    views = [book.view(Ns(0)) for book in (by_total, by_delta, whole)]
    assert views[0] == views[1] == views[2]
    assert views[0].bids == tuple(sorted(by_total.bids.items(), reverse=True))
    assert views[0].asks == tuple(sorted(by_total.asks.items()))


@given(STEPS, STEPS)
def test_a_view_is_of_this_moment(
    start: list[tuple[bool, Px, int]], steps: list[tuple[bool, Px, int]]
) -> None:
    """Looking before a change never shows in what is seen after it, whichever way it comes."""
    book = live_book()
    for number, (is_bid, px, lots) in enumerate([*start, *steps]):
        if number == len(start):
            book.replace(list(book.asks.items()), list(book.bids.items()))
        (book.set_bid if is_bid else book.set_ask)(px, Qty(lots))
        view = book.view(Ns(number))
        assert view.bids == tuple(sorted(book.bids.items(), reverse=True))
        assert view.asks == tuple(sorted(book.asks.items()))
        assert view.heard_ns == number
    book.break_off()
    assert book.view(Ns(0)).bids == book.view(Ns(0)).asks == ()


@given(STEPS)
def test_no_is_the_reflection_of_yes(steps: list[tuple[bool, Px, int]]) -> None:
    """Buying NO meets the bids at 1 - p, selling NO the asks, each still best first."""
    book = live_book()
    for is_bid, px, lots in steps:
        (book.set_bid if is_bid else book.set_ask)(px, Qty(lots))
    view = book.view(Ns(0))
    buys, sells = (view.ladder(Outcome.NO, action) for action in Action)
    assert buys == tuple((MICRO - px, qty) for px, qty in view.bids)
    assert sells == tuple((MICRO - px, qty) for px, qty in view.asks)
    assert [px for px, _ in buys] == sorted(px for px, _ in buys)
    assert [px for px, _ in sells] == sorted((px for px, _ in sells), reverse=True)
    assert view.ladder(Outcome.YES, Action.BUY) == view.asks
    assert view.ladder(Outcome.YES, Action.SELL) == view.bids
    assert view.crossed == bool(view.bids and view.asks and book.crossed)


def test_a_level_below_zero_is_no_level() -> None:
    """A difference that would leave less than nothing is Unintelligible, and changes nothing."""
    book = live_book()
    book.set_bid(Px(500_000), Qty(5))
    with pytest.raises(Unintelligible):
        book.add_bid(Px(500_000), -6)
    with pytest.raises(Unintelligible):
        book.add_ask(Px(600_000), -1)
    assert (book.bids, book.asks) == ({500_000: 5}, {})


def test_a_broken_book_holds_nothing_until_a_snapshot() -> None:
    """Breaking empties it and begins an epoch; a snapshot makes it live and agreeing again."""
    book = live_book()
    book.set_bid(Px(500_000), Qty(5))
    book.agrees = False
    epoch = book.epoch
    book.break_off()
    view = book.view(Ns(0))
    assert (view.live, view.bids, view.asks, view.epoch) == (False, (), (), epoch + 1)
    assert (book.best_bid, book.best_ask) == (NO_BID, NO_ASK)
    book.replace([(Px(400_000), Qty(1)), (Px(300_000), Qty(0))], [])
    assert (book.live, book.agrees, book.bids) == (True, True, {400_000: 1})


def test_a_view_does_not_change_with_its_book() -> None:
    """What was shown once stays as it was."""
    book = live_book()
    book.set_ask(Px(500_000), Qty(5))
    view = book.view(Ns(7))
    book.set_ask(Px(500_000), Qty(0))
    assert (view.asks, view.heard_ns) == (((500_000, 5),), 7)
