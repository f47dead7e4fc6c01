"""Public trades: a second subscription beside that of the books, and what the lists say of them.

Nothing here is needed for a book to be true: an illegible trade is passed over and counted, and a
trade that was lost is only a witness less.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from arb.market.errors import Malformed
from arb.market.instruments import LastTrade, MarketId
from arb.market.units import Ns, Px, Qty
from arb.messages import Traded
from arb.venues.kalshi.book_frames import UNREADABLE, adding, in_steps, subscribing
from arb.venues.kalshi.levels import parse_count, parse_level_px

CHANNEL = "trade"
NS_PER_MS = 1_000_000
DAY_NS = 24 * 3600 * 1_000_000_000


class _Body(msgspec.Struct, gc=False):
    market_ticker: str
    yes_price_dollars: str
    count_fp: str
    ts_ms: int | None = None
    is_block_trade: bool = False


class _Frame(msgspec.Struct, gc=False):
    msg: _Body


_decode = msgspec.json.Decoder(_Frame).decode


class Tape:
    """The trades of one connection's markets. No I/O."""

    def __init__(self, tickers: Iterable[str]) -> None:
        """Take the tickers to be heard of."""
        self._tickers = tuple(tickers)
        self.forget()

    def forget(self) -> None:
        """A new connection, or the venue ended the subscription: subscribe anew."""
        self.sid = 0
        first, *rest = list(in_steps(self._tickers)) or [()]
        self._to_subscribe = tuple(first)
        self._to_add = tuple(ticker for step in rest for ticker in step)

    def acknowledged(self, sid: int) -> None:
        """The venue gave the subscription its number."""
        self.sid = sid

    def replies(self, command: Callable[[], int]) -> list[str]:
        """Commands that are due."""
        frames = []
        if self._to_subscribe:
            frames.append(subscribing(command(), self._to_subscribe, CHANNEL))
            self._to_subscribe = ()
        if self.sid and self._to_add:
            frames += [adding(command(), self.sid, some) for some in in_steps(self._to_add)]
            self._to_add = ()
        return frames


def read_trade(frame: str | bytes, seen_ns: Ns, ids: dict[str, MarketId]) -> list[Traded] | None:
    """Read one trade; None where it cannot be read, or is of a market that nobody asked for.

    Blocks are no trades here: two parties agree on them beside the book, at prices that it need
    not have (recorded traffic: sub-cent prints on whole-cent books), so they say nothing of it.
    """
    try:
        body = _decode(frame).msg
        px = parse_level_px(body.yes_price_dollars)
        qty = parse_count(body.count_fp)
    except (*UNREADABLE, Malformed):
        return None
    if body.market_ticker not in ids or qty <= 0:
        return None
    if body.is_block_trade:
        return []
    at_ns = seen_ns if body.ts_ms is None else Ns(body.ts_ms * NS_PER_MS)
    return [Traded(ids[body.market_ticker], px, Qty(qty), at_ns)]


def listed_trades(
    volume_24h: Any,  # noqa: ANN401 - as the venue wrote it
    last_price: Any,  # noqa: ANN401 - as the venue wrote it
    now_ns: Ns,
) -> tuple[Qty, LastTrade | None]:
    """What a list says: contracts traded in a day, and the last trade, at most a day old.

    Figures that cannot be read say nothing.
    """
    try:
        volume, px = parse_count(volume_24h), parse_level_px(last_price)
    except (Malformed, TypeError):
        return Qty(0), None
    if volume <= 0:
        return Qty(0), None
    return Qty(volume), LastTrade(Px(px), Ns(now_ns - DAY_NS))
