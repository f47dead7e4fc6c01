"""Market-channel frames as they come, decoded for speed. Pure.

One struct for every kind, because the kind is the last key on the wire; sizes as floats, which
`micro_size` turns into the exact millionths wherever the venue's sizes can be.
"""

import msgspec

from arb.market.book import Ladder
from arb.market.instruments import MarketId
from arb.market.units import MICRO, Px, Qty
from arb.messages import BookChange, BookReplaced, LevelSet
from arb.venues.polymarket.prices import (
    MIRRORED,
    MIRRORED_ASKS,
    MIRRORED_BIDS,
    PRICES,
    STATED_ASKS,
    STATED_BIDS,
)

Tokens = dict[str, tuple[MarketId, bool]]
"""Token to its market, and whether it is the NO token."""

SIZE_BELOW = 2**51 / MICRO
"""Shares. Below it (2.2 billion) rounding `size * 1e6` gives the exact number of micro-shares for
every size of at most 6 decimals, and the venue's own unit is the millionth; at and above it the
exact path reads the text itself."""
ABSENT = "absent"
"""Stands for a text that a frame does not have; no table holds it."""

_SIDES = {"BUY": True, "SELL": False}
_MIRRORED_SIDES = {"BUY": False, "SELL": True}


class OddFrame(Exception):
    """Something that the fast path does not take: the exact path reads the frame again."""


class WireLevel(msgspec.Struct, gc=False):
    """One level of a `book`."""

    price: str
    size: float


class WireChange(msgspec.Struct, gc=False):
    """One entry of a `price_change`: the level's new total, and the best prices after it."""

    asset_id: str
    price: str
    size: float
    side: str
    best_bid: str = ABSENT
    best_ask: str = ABSENT


class WireMessage(msgspec.Struct, gc=False):
    """Any message: the fields that the fast path needs of any kind."""

    asset_id: str = ""
    bids: list[WireLevel] | None = None
    asks: list[WireLevel] | None = None
    price_changes: list[WireChange] | None = None
    tick_size: str | None = None
    event_type: str = ""


fast_decode = msgspec.json.Decoder(WireMessage | list[WireMessage], strict=False).decode
"""`strict=False` is what reads a size out of its text without a detour."""


def read_changes(changes: list[WireChange] | None, tokens: Tokens) -> list[BookChange]:
    """The changes of one message, in YES terms.

    The hottest loop of the program: tables instead of arithmetic, and no call into Python code.
    Raises OddFrame or KeyError for a change out of the ordinary.
    """
    if changes is None:
        raise OddFrame
    made: list[BookChange] = []
    for change in changes:
        size = change.size
        if not 0.0 <= size < SIZE_BELOW:
            raise OddFrame
        qty: Qty = int(size * 1e6 + 0.5)  # type: ignore[assignment]  # Qty() would be a call
        market, is_no = tokens[change.asset_id]
        if is_no:
            level = LevelSet(
                market,
                _MIRRORED_SIDES[change.side],
                MIRRORED[change.price],
                qty,
                MIRRORED_ASKS[change.best_ask],
                MIRRORED_BIDS[change.best_bid],
            )
        else:
            level = LevelSet(
                market,
                _SIDES[change.side],
                PRICES[change.price],
                qty,
                STATED_BIDS[change.best_bid],
                STATED_ASKS[change.best_ask],
            )
        made.append(level)
    return made


def read_snapshot(message: WireMessage, tokens: Tokens) -> BookReplaced:
    """A whole book, in YES terms. Raises OddFrame or KeyError for one out of the ordinary."""
    bids, asks = message.bids, message.asks
    if message.tick_size is not None or bids is None or asks is None:
        raise OddFrame
    market, is_no = tokens[message.asset_id]
    if is_no:
        return BookReplaced(market, _ladder(asks, MIRRORED), _ladder(bids, MIRRORED))
    return BookReplaced(market, _ladder(bids, PRICES), _ladder(asks, PRICES))


def micro_size(size: float) -> Qty:
    """Shares to micro-shares. Raises OddFrame for what is not a size, "nan" and "inf" included."""
    if 0.0 <= size < SIZE_BELOW:
        return int(size * 1e6 + 0.5)  # type: ignore[return-value]  # Qty() would be a call
    raise OddFrame


def _ladder(levels: list[WireLevel], prices: dict[str, Px]) -> Ladder:
    return tuple((prices[level.price], micro_size(level.size)) for level in levels)
