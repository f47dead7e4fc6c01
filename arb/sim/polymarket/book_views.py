"""One book a market, two views of it: each token sees its own bids and asks.

The NO token's bids are the YES token's asks mirrored, and the other way round.
"""

import hashlib
from functools import lru_cache

import attrs

from arb.market.book import Ladder
from arb.market.instruments import Outcome
from arb.market.units import MICRO, Ns, Px, Qty, complement, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.markets import MarketState
from arb.sim.polymarket.wire import milliseconds

NO_BID = Px(0)
NO_ASK = Px(MICRO)
GHOST_QTY = Qty(1_000 * MICRO)
GHOST = ((Px(10_000), GHOST_QTY),), ((Px(990_000), GHOST_QTY),)
"""What a ghost shows: the ends of the grid and nothing between (traders' reports)."""


@attrs.frozen
class TokenBook:
    """What one token's book shows. Ladders are best first; 0 and 1 mean an empty side."""

    state: MarketState
    outcome: Outcome
    bids: Ladder
    asks: Ladder
    changed_ns: Ns

    @property
    def token(self) -> str:
        """The token."""
        return self.state.listing.token(self.outcome)

    @property
    def best_bid(self) -> Px:
        """What it can be sold for."""
        return self.bids[0][0] if self.bids else NO_BID

    @property
    def best_ask(self) -> Px:
        """What it can be bought for."""
        return self.asks[0][0] if self.asks else NO_ASK

    def mirrored(self) -> "TokenBook":
        """The same book as the other token sees it."""
        bids, asks = _mirror(self.asks), _mirror(self.bids)
        return TokenBook(self.state, self.outcome.other, bids, asks, self.changed_ns)


def token_book(exchange: Exchange, state: MarketState, outcome: Outcome) -> TokenBook:
    """Read a token's book now."""
    bids, asks = exchange.levels(state.listing.id)
    book = TokenBook(state, Outcome.YES, bids, asks, state.changed_ns)
    return book if outcome is Outcome.YES else book.mirrored()


def book_text(book: TokenBook) -> str:
    """A book as `/book` gives it, in JSON: all numbers are strings, the best level is the last."""
    start, end = _parts(book)
    version = book.state.listing.version
    more = "" if version == "v1" else f',"version":"{version}"'
    return f"{start}{_hash(start, end)}{end}{more}}}"


def book_hash(book: TokenBook) -> str:
    """The hash of a book as `/book` shows it."""
    return _hash(*_parts(book))


def book_hash_of(state: MarketState, token: str, at_ns: Ns, bids: str, asks: str) -> str:
    """The same, from the text of its levels in the order of the wire."""
    return _hash(*_texts(state, token, at_ns, bids, asks))


def book_event(book: TokenBook) -> str:
    """A book as the market stream gives it, in JSON."""
    state, version = book.state, book.state.listing.version
    more = "" if version == "v1" else f',"version":"{version}"'
    return (
        f'{{"event_type":"book","asset_id":"{book.token}","market":"{state.listing.condition_id}",'
        f'"bids":[{_levels(book.bids)}],"asks":[{_levels(book.asks)}],'
        f'"timestamp":"{milliseconds(book.changed_ns)}","hash":"{book_hash(book)}",'
        f'"tick_size":"{price_text(state.tick)}","last_trade_price":"{_last_price(state)}"{more}}}'
    )


def _parts(book: TokenBook) -> tuple[str, str]:
    bids, asks = _levels(book.bids), _levels(book.asks)
    return _texts(book.state, book.token, book.changed_ns, bids, asks)


def _texts(state: MarketState, token: str, at_ns: Ns, bids: str, asks: str) -> tuple[str, str]:
    """The JSON of a book around its hash, in the order of keys that the hash covers.

    The recipe is the official client's.
    """
    listing = state.listing
    start = (
        f'{{"market":"{listing.condition_id}","asset_id":"{token}",'
        f'"timestamp":"{milliseconds(at_ns)}","hash":"'
    )
    end = (
        f'","bids":[{bids}],"asks":[{asks}],'
        f'"min_order_size":"{price_text(listing.min_size)}",'
        f'"tick_size":"{price_text(state.tick)}","neg_risk":{str(listing.neg_risk).lower()},'
        f'"last_trade_price":"{_last_price(state)}"'
    )
    return start, end


def _hash(start: str, end: str) -> str:
    text = f"{start}{end}}}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _last_price(state: MarketState) -> str:
    return price_text(state.last_trade.px) if state.last_trade else ""


def _mirror(ladder: Ladder) -> Ladder:
    return tuple((complement(px), qty) for px, qty in ladder)


def _levels(ladder: Ladder) -> str:
    return ",".join([level_text(px, qty) for px, qty in reversed(ladder)])


@lru_cache(maxsize=100_000)
def level_text(px: Px, qty: Qty) -> str:
    """One level in JSON; most of a book stays the same from one look to the next."""
    return f'{{"price":"{plain_text(px)}","size":"{plain_text(qty)}"}}'


@lru_cache(maxsize=100_000)
def price_text(micros: int) -> str:
    """Millionths as plain text; the same few thousand come again and again."""
    return plain_text(micros)
