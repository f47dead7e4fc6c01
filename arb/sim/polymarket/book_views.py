"""One book a market, two views of it: each token sees its own bids and asks.

The NO token's bids are the YES token's asks mirrored, and the other way round.
"""

import hashlib
import json

import attrs

from arb.market.book import Ladder
from arb.market.instruments import Outcome
from arb.market.units import MICRO, Px, Qty, complement, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.markets import MarketState
from arb.sim.polymarket.wire import Json, milliseconds

NO_BID = Px(0)
NO_ASK = Px(MICRO)

_HASHED = (
    "market",
    "asset_id",
    "timestamp",
    "hash",
    "bids",
    "asks",
    "min_order_size",
    "tick_size",
    "neg_risk",
    "last_trade_price",
)
"""The keys that the hash covers, in this order (the official client's recipe)."""


@attrs.frozen
class TokenBook:
    """What one token's book shows. Ladders are best first; 0 and 1 mean an empty side."""

    state: MarketState
    outcome: Outcome
    bids: Ladder
    asks: Ladder

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


def token_book(exchange: Exchange, state: MarketState, outcome: Outcome) -> TokenBook:
    """Read a token's book now."""
    bids, asks = exchange.levels(state.listing.id)
    if outcome is Outcome.NO:
        bids, asks = _mirror(asks), _mirror(bids)
    return TokenBook(state, outcome, bids, asks)


def book_json(book: TokenBook) -> Json:
    """A book as `/book` gives it: all numbers are strings, the best level is the last."""
    listing, last = book.state.listing, book.state.last_trade
    shown: Json = {
        "market": listing.condition_id,
        "asset_id": book.token,
        "timestamp": milliseconds(book.state.changed_ns),
        "hash": "",
        "bids": _levels(book.bids),
        "asks": _levels(book.asks),
        "min_order_size": plain_text(listing.min_size),
        "tick_size": plain_text(book.state.tick),
        "neg_risk": listing.neg_risk,
        "last_trade_price": plain_text(last.px) if last else "",
    }
    shown["hash"] = book_hash(shown)
    if listing.version != "v1":
        shown["version"] = listing.version
    return shown


def book_hash(book: Json) -> str:
    """The hash of a book as `/book` shows it."""
    text = json.dumps({**{key: book[key] for key in _HASHED}, "hash": ""}, separators=(",", ":"))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def book_event(book: TokenBook) -> Json:
    """A book as the market stream gives it."""
    shown = book_json(book)
    del shown["min_order_size"], shown["neg_risk"]
    return {"event_type": "book", **shown}


def _mirror(ladder: Ladder) -> Ladder:
    return tuple((complement(px), qty) for px, qty in ladder)


def _levels(ladder: Ladder) -> list[Json]:
    return [_level(px, qty) for px, qty in reversed(ladder)]


def _level(px: Px, qty: Qty) -> Json:
    return {"price": plain_text(px), "size": plain_text(qty)}
