"""Books kept as text say the same as books read anew."""

import json

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.book import Ladder
from arb.market.instruments import Outcome
from arb.market.units import MICRO, Ns, Px, Qty
from arb.sim.polymarket.book_views import TokenBook, book_hash
from arb.sim.polymarket.listing import PolymarketEvent, PolymarketListing
from arb.sim.polymarket.live_books import LiveBook
from arb.sim.polymarket.markets import MarketState, Shelf

Change = tuple[bool, int, int]
CENTS = st.integers(1, 99)
CHANGES = st.lists(st.tuples(st.booleans(), CENTS, st.integers(0, 3)), max_size=40)


def a_state() -> MarketState:
    listing = PolymarketListing("1", "0xaa", "?", "one", ("10", "11"), Ns(0))
    event = PolymarketEvent("2", "one", "?", (listing,), Ns(0))
    (state,) = Shelf([event], Ns(5_000_000)).markets.values()
    return state


def ladder(levels: dict[int, int], *, best_high: bool) -> Ladder:
    return tuple(
        (Px(px), Qty(levels[px])) for px in sorted(levels, reverse=best_high) if levels[px]
    )


@attrs.frozen
class _Books:
    """Levels by price in plain dictionaries: the slow witness."""

    bids: dict[int, int] = attrs.field(factory=dict)
    asks: dict[int, int] = attrs.field(factory=dict)

    def read(self, state: MarketState) -> TokenBook:
        bids, asks = ladder(self.bids, best_high=True), ladder(self.asks, best_high=False)
        return TokenBook(state, Outcome.YES, bids, asks, state.changed_ns)


@settings(max_examples=60, deadline=None)
@given(changes=CHANGES, start=CHANGES)
def test_a_live_book_is_the_book(changes: list[Change], start: list[Change]) -> None:
    """After any changes both tokens' hashes and best prices are those of the book read anew."""
    state, books = a_state(), _Books()
    for is_bid, cents, size in start:
        (books.bids if is_bid else books.asks)[cents * 10_000] = size * MICRO
    first = books.read(state)
    live = LiveBook.of(state, (first.bids, first.asks))
    for is_bid, cents, size in changes:
        px, qty = Px(cents * 10_000), Qty(size * MICRO)
        (books.bids if is_bid else books.asks)[px] = qty
        live.change(px, qty, is_bid=is_bid)
        yes = books.read(state)
        told = json.loads(live.price_change(px, qty, is_bid=is_bid))["price_changes"]
        for entry, book in zip(told, (yes, yes.mirrored()), strict=True):
            assert entry["hash"] == book_hash(book)
            assert float(entry["best_bid"]) * MICRO == float(book.best_bid)
            assert float(entry["best_ask"]) * MICRO == float(book.best_ask)
        assert told[0]["side"] == ("BUY" if is_bid else "SELL")
        assert told[0]["side"] != told[1]["side"]
