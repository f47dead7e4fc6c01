"""The public trades, newest first, as far back as the tape goes."""

from collections import deque
from collections.abc import Iterator

import attrs

from arb.market.units import Ns, Px, Qty, complement
from arb.sim.kalshi.listing import ticker_of
from arb.sim.kalshi.numbers import count, dollars
from arb.sim.orders import Match

LENGTH = 100_000
"""Trades kept. The venue keeps three months; this is about an hour of a busy simulation."""


@attrs.frozen
class Print:
    """One public trade."""

    number: int
    trade_id: str
    ticker: str
    px: Px
    """In YES terms."""
    qty: Qty
    taker_is_bid: bool
    at_ns: Ns

    def fields(self) -> dict[str, object]:
        """What REST and stream say alike."""
        outcome = "yes" if self.taker_is_bid else "no"
        return {
            "trade_id": self.trade_id,
            "count_fp": count(self.qty),
            "yes_price_dollars": dollars(self.px),
            "no_price_dollars": dollars(complement(self.px)),
            "taker_side": outcome,
            "taker_outcome_side": outcome,
            "taker_book_side": "bid" if self.taker_is_bid else "ask",
            "is_block_trade": False,
        }


class Tape:
    """The latest trades of all markets."""

    def __init__(self) -> None:
        """Start empty."""
        self._prints: deque[Print] = deque(maxlen=LENGTH)
        self._next = 1

    def add(self, match: Match) -> Print:
        """Print a match."""
        trade = Print(
            number=self._next,
            trade_id=match.id,
            ticker=ticker_of(match.market),
            px=match.px,
            qty=match.qty,
            taker_is_bid=match.taker.is_bid,
            at_ns=match.at_ns,
        )
        self._next += 1
        self._prints.append(trade)
        return trade

    def newest(self, before: int | None) -> Iterator[Print]:
        """Go back in time, from the trade before number `before` or from the newest."""
        for trade in reversed(self._prints):
            if before is None or trade.number < before:
                yield trade
