"""A whole order book, from either token's point of view, in YES terms. Pure.

The venue writes bids upwards and asks downwards, its samples otherwise: order means nothing here.
The book of the NO token is the same book seen in the mirror (docs: orderbook).
"""

import attrs

from arb.market.book import BookView, Ladder
from arb.market.errors import Unintelligible
from arb.market.instruments import Market
from arb.market.units import Ns, Px, Qty, complement
from arb.venues.polymarket.directory import reference
from arb.venues.polymarket.fields import Raw, price, quantity, rows, text
from arb.venues.polymarket.listing import price_grid


def parse_book(raw: Raw, market: Market, seen_ns: Ns) -> BookView:
    """Read the answer of `/book` for either token of `market`.

    The view carries the tick that the book states, where it states one. Raises Unintelligible
    where a level cannot be read, appears twice, or the book is of another token, UnknownRule
    where the tick is none that is known.
    """
    bids, asks = read_ladders(raw, is_no=_is_no(raw, market))
    if raw.get("tick_size") is not None:
        market = attrs.evolve(market, grid=price_grid(raw["tick_size"]))
    return BookView(
        market=market,
        bids=tuple(sorted(bids, reverse=True)),
        asks=tuple(sorted(asks)),
        live=True,
        agrees=True,
        epoch=0,
        seen_ns=seen_ns,
        heard_ns=seen_ns,
    )


def read_ladders(raw: Raw, *, is_no: bool) -> tuple[Ladder, Ladder]:
    """Bids and asks in YES terms, unsorted; levels of size 0 are no levels."""
    bids, asks = _ladder(raw.get("bids")), _ladder(raw.get("asks"))
    return (_mirrored(asks), _mirrored(bids)) if is_no else (bids, asks)


def _is_no(raw: Raw, market: Market) -> bool:
    """Say whose point of view it is. An empty book looks alike from both, and may not say."""
    if raw.get("asset_id") is None and not raw.get("bids") and not raw.get("asks"):
        return False
    ref = reference(market)
    token = text(raw, "asset_id")
    if token not in (ref.yes_token, ref.no_token):
        raise Unintelligible(f"{market.id}: the book of another token: {token:.80}")
    return token == ref.no_token


def _ladder(levels: object) -> Ladder:
    found: dict[Px, Qty] = {}
    for level in rows(levels):
        px = price(level.get("price"))
        if px in found:
            raise Unintelligible(f"a book with two levels at {px} millionths")
        found[px] = quantity(level.get("size"))
    return tuple((px, qty) for px, qty in found.items() if qty)


def _mirrored(ladder: Ladder) -> Ladder:
    return tuple((complement(px), qty) for px, qty in ladder)
