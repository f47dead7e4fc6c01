"""Market-channel frames as they come, decoded for speed. Pure.

One struct for every kind, because the kind is the last key on the wire; sizes as floats, which
`micro_size` turns into the exact millionths wherever the venue's sizes can be.
"""

from typing import Literal

import msgspec

from arb.market.book import Ladder
from arb.market.instruments import MarketId
from arb.market.units import MICRO, Px, Qty
from arb.messages import BookChange, BookReplaced, LevelSet
from arb.venues.polymarket.prices import ASK_FACES, BID_FACES, FACES, MIRRORED, PRICES

Tokens = dict[str, tuple[MarketId, bool, str]]
"""Token to its market, whether it is the NO token, and the market's other token."""
Ticks = dict[MarketId, int]
"""The ticks last heard of, in millionths."""

SIZE_BELOW = 2**51 / MICRO
"""Shares. Below it (2.2 billion) rounding `size * 1e6` gives the exact number of micro-shares for
every size of at most 6 decimals, and the venue's own unit is the millionth; at and above it the
exact path reads the text itself."""
_PAIR = 2
"""Tokens of a market: as many tell each change."""
ABSENT = "absent"
"""Stands for a text that a frame does not have; no table holds it."""


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
    side: Literal["BUY", "SELL"]
    best_bid: str = ABSENT
    best_ask: str = ABSENT


class WireMessage(msgspec.Struct, gc=False):
    """Any message: the fields that the fast path needs of any kind, the hottest first."""

    price_changes: list[WireChange] | None = None
    event_type: str = ""
    asset_id: str = ""
    bids: list[WireLevel] | None = None
    asks: list[WireLevel] | None = None
    tick_size: str | None = None


fast_decode = msgspec.json.Decoder(WireMessage | list[WireMessage], strict=False).decode
"""`strict=False` is what reads a size out of its text without a detour."""


def read_changes(changes: list[WireChange], tokens: Tokens) -> list[BookChange]:
    """The changes of one message, in YES terms.

    The venue tells every change of both tokens: the usual message is a change and its exact mirror
    image, and makes one change here. The hottest lines of the program: tables instead of
    arithmetic, and no call into Python code. Raises OddFrame or KeyError for a change out of the
    ordinary.
    """
    if len(changes) != _PAIR:
        return [_read_change(change, tokens) for change in changes]
    told, again = changes
    size = told.size
    if not 0.0 <= size < SIZE_BELOW:
        raise OddFrame
    market, is_no, twin = tokens[told.asset_id]
    px, other_px, mirror = FACES[told.price]
    bid, no_ask, bid_mirror = BID_FACES[told.best_bid]
    ask, no_bid, ask_mirror = ASK_FACES[told.best_ask]
    if (
        again.price != mirror
        or again.size != size
        or again.asset_id != twin
        or again.best_bid != ask_mirror
        or again.best_ask != bid_mirror
        or again.side == told.side
    ):
        return [_read_change(told, tokens), _read_change(again, tokens)]
    qty: Qty = int(size * 1e6 + 0.5)  # type: ignore[assignment]  # Qty() would be a call
    if is_no:
        return [LevelSet(market, told.side == "SELL", other_px, qty, no_bid, no_ask, _PAIR)]
    return [LevelSet(market, told.side == "BUY", px, qty, bid, ask, _PAIR)]


def _read_change(change: WireChange, tokens: Tokens) -> LevelSet:
    """One change by itself."""
    qty = micro_size(change.size)
    market, is_no, _ = tokens[change.asset_id]
    px, other_px, _ = FACES[change.price]
    bid, no_ask, _ = BID_FACES[change.best_bid]
    ask, no_bid, _ = ASK_FACES[change.best_ask]
    if is_no:
        return LevelSet(market, change.side == "SELL", other_px, qty, no_bid, no_ask)
    return LevelSet(market, change.side == "BUY", px, qty, bid, ask)


def read_snapshot(message: WireMessage, tokens: Tokens, ticks: Ticks) -> BookReplaced:
    """A whole book, in YES terms. Raises OddFrame or KeyError for one out of the ordinary.

    The first book of a conversation states its tick; a new one is for the exact path to tell.
    """
    bids, asks = message.bids, message.asks
    if bids is None or asks is None:
        raise OddFrame
    market, is_no, _ = tokens[message.asset_id]
    if message.tick_size is not None and PRICES[message.tick_size] != ticks[market]:
        raise OddFrame
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
