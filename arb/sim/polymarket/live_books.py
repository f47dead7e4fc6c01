"""Books that somebody watches, kept as text and changed level by level.

A changed level is told with the hash of both tokens' whole books, so the books' text is needed for
every change; making it anew each time costs more than all the rest of telling it.
"""

from bisect import bisect_left

import attrs

from arb.market.book import Ladder
from arb.market.units import MICRO, Px, Qty, complement
from arb.sim.polymarket.book_views import book_hash_of, level_text, price_text
from arb.sim.polymarket.markets import MarketState
from arb.sim.polymarket.wire import milliseconds


@attrs.define(eq=False)
class _Side:
    """One side of a book, the best level last, as it looks from both tokens."""

    sign: int
    """1 for bids, -1 for asks: keys rise towards the best price."""
    keys: list[int] = attrs.field(factory=list)
    yes: list[str] = attrs.field(factory=list)
    no: list[str] = attrs.field(factory=list)

    @classmethod
    def of(cls, sign: int, ladder: Ladder) -> "_Side":
        """A side with these levels, best first."""
        side = cls(sign)
        for px, qty in reversed(ladder):
            side.keys.append(sign * px)
            side.yes.append(level_text(px, qty))
            side.no.append(level_text(complement(px), qty))
        return side

    def change(self, px: Px, qty: Qty) -> None:
        """Give a level a new total; 0 removes it."""
        place = bisect_left(self.keys, self.sign * px)
        found = place < len(self.keys) and self.keys[place] == self.sign * px
        texts = [level_text(px, qty)], [level_text(complement(px), qty)]
        end = place + found
        self.keys[place:end] = [self.sign * px] if qty else []
        self.yes[place:end] = texts[0] if qty else []
        self.no[place:end] = texts[1] if qty else []

    def best(self, none: int) -> int:
        """The best price, or what stands for an empty side."""
        return self.sign * self.keys[-1] if self.keys else none


@attrs.define(eq=False)
class LiveBook:
    """One watched book. Whoever owns it must tell it of every change."""

    state: MarketState
    _bids: _Side
    _asks: _Side

    @classmethod
    def of(cls, state: MarketState, levels: tuple[Ladder, Ladder]) -> "LiveBook":
        """Start from the levels as they are now."""
        return cls(state, _Side.of(1, levels[0]), _Side.of(-1, levels[1]))

    @property
    def top(self) -> tuple[Px, Px]:
        """Best bid and ask of YES; 0 and 1 where a side is empty."""
        return Px(self._bids.best(0)), Px(self._asks.best(MICRO))

    def change(self, px: Px, qty: Qty, *, is_bid: bool) -> None:
        """Give a level a new total."""
        (self._bids if is_bid else self._asks).change(px, qty)

    def price_change(self, px: Px, qty: Qty, *, is_bid: bool) -> str:
        """The event of one changed level, in JSON, as both tokens see it after the change."""
        size, (bid, ask) = price_text(qty), self.top
        yes, no = self.state.listing.tokens
        bids, asks = self._bids, self._asks
        changes = (
            f'{{"asset_id":"{yes}","price":"{price_text(px)}","size":"{size}",'
            f'"side":"{"BUY" if is_bid else "SELL"}",'
            f'"hash":"{self._hash(yes, bids.yes, asks.yes)}",'
            f'"best_bid":"{price_text(bid)}","best_ask":"{price_text(ask)}"}},'
            f'{{"asset_id":"{no}","price":"{price_text(complement(px))}","size":"{size}",'
            f'"side":"{"SELL" if is_bid else "BUY"}",'
            f'"hash":"{self._hash(no, asks.no, bids.no)}",'
            f'"best_bid":"{price_text(complement(ask))}",'
            f'"best_ask":"{price_text(complement(bid))}"}}'
        )
        return (
            f'{{"event_type":"price_change","market":"{self.state.listing.condition_id}",'
            f'"timestamp":"{milliseconds(self.state.changed_ns)}","price_changes":[{changes}]}}'
        )

    def _hash(self, token: str, bids: list[str], asks: list[str]) -> str:
        at_ns = self.state.changed_ns
        return book_hash_of(self.state, token, at_ns, ",".join(bids), ",".join(asks))
