"""Kalshi's levels: bids of both outcomes, read into one book in YES terms.

A bid for NO at q is an offer of YES at 1 - q (docs: orderbook_responses). Prices are looked up
by their spelling, quantities are put together from their digits: no float, no Decimal.
"""

from collections.abc import Iterable, Mapping, Sequence

from arb.market.book import Book, BookView, Ladder, Level
from arb.market.errors import Malformed, Unintelligible
from arb.market.instruments import Market
from arb.market.units import MICRO, Ns, Px, Qty, decimal_text, parse_micros

FINEST_STEP = 100
"""Micro-dollars: no grid of Kalshi is finer than $0.0001 (docs: fixed_point_migration)."""
USUAL_PLACES = 4
HUNDREDTH = MICRO // 100
"""Micro-contracts: counts come with two decimals."""
DIGITS_AT_MOST = 17

SPELLINGS: Mapping[str, Px] = {
    decimal_text(micros, USUAL_PLACES): Px(micros)
    for micros in range(FINEST_STEP, MICRO, FINEST_STEP)
}
"""The usual spelling of every price there can be."""


BID_PRICES: Mapping[str, Px] = SPELLINGS
"""What a bid for YES is, in YES terms, by its usual spelling."""
ASK_PRICES: Mapping[str, Px] = {
    spelling: SPELLINGS[decimal_text(MICRO - px, USUAL_PLACES)]
    for spelling, px in SPELLINGS.items()
}
"""The same of a bid for NO. A price is one object wherever it is used: with tens of thousands of
books it is the waiting for memory that takes the time."""
HUNDREDTHS_BELOW = 10**14
"""Hundredths of a contract: a float that equals fewer of them, divided by 100, was read from that very
number, or from one that no float tells from it. Dividing rounds to the nearest float, as reading
does."""


def parse_level_px(text: str) -> Px:
    """Read the price of a level: above 0 and below 1. Raises Malformed."""
    px = SPELLINGS.get(text)
    if px is not None:
        return px
    micros = parse_micros(text)  # "0.960" and the like
    if not 0 < micros < MICRO:
        raise Malformed(f"a level lies above 0 and below 1: {text!r}")
    return Px(micros)


def parse_count(text: str) -> int:
    """Read contracts, of either sign, into millionths, exactly. Raises Malformed."""
    if text[-3:-2] == ".":  # two decimals, as ever
        digits = text[:-3] + text[-2:]
        number = digits.removeprefix("-")
        if number.isdecimal() and number.isascii() and len(number) <= DIGITS_AT_MOST:
            return int(digits) * HUNDREDTH
    return parse_micros(text)


def bids_of(rows: Iterable[tuple[str, str]] | None) -> Ladder:
    """Read bids for YES as bids. Raises Malformed."""
    return _distinct([(parse_level_px(px), _held(qty)) for px, qty in rows or ()])


def asks_of(rows: Iterable[tuple[str, str]] | None) -> Ladder:
    """Read bids for NO as asks for YES. Raises Malformed."""
    return _distinct([(Px(MICRO - parse_level_px(px)), _held(qty)) for px, qty in rows or ()])


def parse_orderbook(raw: Mapping[str, object], market: Market, seen_ns: Ns = Ns(0)) -> BookView:
    """Read the answer to `GET /markets/{ticker}/orderbook`, or one item of `/markets/orderbooks`.

    The levels may come in any order and a side may be empty, null or absent. A crossed book is
    returned as it is. Raises Unintelligible.
    """
    sides = raw.get("orderbook_fp", False)
    if sides is not None and not isinstance(sides, Mapping):
        raise Unintelligible(f"{market.id}: an order book without orderbook_fp")
    book = Book(market)
    book.seen_ns = seen_ns
    try:
        book.replace(
            bids_of(_rows(sides, "yes_dollars")),
            asks_of(_rows(sides, "no_dollars")),
        )
    except Malformed as error:
        raise Unintelligible(f"{market.id}: {error}") from error
    return book.view(seen_ns)


def _held(text: str) -> Qty:
    count = parse_count(text)
    if count < 0:
        raise Malformed(f"a level holds no negative quantity: {text!r}")
    return Qty(count)


def _distinct(levels: Sequence[Level]) -> Ladder:
    if len(dict(levels)) != len(levels):
        raise Malformed("a price that stands twice in one book")
    return tuple(levels)


def _rows(sides: Mapping[str, object] | None, name: str) -> list[tuple[str, str]]:
    rows = (sides or {}).get(name)
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise Malformed(f"{name} is no list")
    return [_row(row) for row in rows]


def _row(row: object) -> tuple[str, str]:
    match row:
        case [str(px), str(qty)]:
            return px, qty
        case _:
            raise Malformed(f"no level: {row!r}")
