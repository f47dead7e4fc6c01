"""What can happen to a book, in YES terms.

msgspec structs without garbage-collector tracking: there are thousands a second, built in
0.1 us each.
"""

import msgspec

from arb.market.book import Ladder
from arb.market.grid import PriceGrid
from arb.market.instruments import MarketId
from arb.market.units import Ns, Px, Qty


class LevelSet(msgspec.Struct, frozen=True, gc=False):
    """A level's new total; 0 removes it.

    `stated_*` are the best prices that the venue gave with it (0 for no bid, 1,000,000 for no
    ask), or -1 where it gave none. `tellings` is how often the venue told it: 2 where both tokens
    of a Polymarket market said the same.
    """

    market: MarketId
    is_bid: bool
    px: Px
    qty: Qty
    stated_bid: int = -1
    stated_ask: int = -1
    tellings: int = 1


class LevelAdded(msgspec.Struct, frozen=True, gc=False):
    """A level's change; `delta` in micro-contracts may be negative."""

    market: MarketId
    is_bid: bool
    px: Px
    delta: int


class BookReplaced(msgspec.Struct, frozen=True, gc=False):
    """A whole book; levels in any order."""

    market: MarketId
    bids: Ladder
    asks: Ladder


class BookBroken(msgspec.Struct, frozen=True, gc=False):
    """What is known of this book is no longer true: wait for the next `BookReplaced`."""

    market: MarketId
    reason: str


class GridChanged(msgspec.Struct, frozen=True, gc=False):
    """The market is quoted on another grid; its book is broken until the next snapshot."""

    market: MarketId
    grid: PriceGrid


class Traded(msgspec.Struct, frozen=True, gc=False):
    """Somebody traded: a fact beside the book, which changes no level."""

    market: MarketId
    px: Px
    """Of YES."""
    qty: Qty
    at_ns: Ns
    """By the venue's clock."""


BookChange = LevelSet | LevelAdded | BookReplaced | BookBroken | GridChanged | Traded
