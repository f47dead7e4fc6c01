"""Builders that every test of this room uses."""

from collections.abc import Callable, Sequence

import pytest

from arb.detect.basket import Lane, Leg, Proof, Template, TemplateId
from arb.market.book import Book
from arb.market.fees import Fees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    EventId,
    KalshiRef,
    Market,
    MarketId,
    Outcome,
    PolymarketRef,
    Venue,
)
from arb.market.units import MICRO, Ns, Px, Qty, Usd

MakeMarket = Callable[..., Market]
MakeTemplate = Callable[..., Template]
MakeBook = Callable[..., Book]


def market(  # noqa: PLR0913 - a market has that many rules, and each test sets the one it is about
    name: str,
    *,
    venue: Venue = Venue.POLYMARKET,
    fees: Fees | None = None,
    tick: int = 10_000,
    lot: int = MICRO,
    min_qty: int = MICRO,
    min_take_usd: int = 0,
    closes_ns: int | None = None,
) -> Market:
    """A market without fees, quoted in cents and traded in whole contracts, unless told."""
    kalshi = venue is Venue.KALSHI
    return Market(
        id=MarketId(f"{venue}:{name}"),
        venue=venue,
        event=EventId(f"{venue}:event"),
        title=name,
        label=name,
        ref=KalshiRef(name, 0) if kalshi else PolymarketRef(name, "1", "2", True, "v1"),
        grid=PriceGrid.of_tick(tick),
        lot=Qty(lot),
        min_qty=Qty(min_qty),
        min_take_usd=Usd(min_take_usd),
        fees=fees or PolymarketFees(0),
        closes_ns=None if closes_ns is None else Ns(closes_ns),
    )


def template(markets: Sequence[Market], payout: int, outcome: Outcome = Outcome.NO) -> Template:
    """A basket of one outcome of each market, its payout as told instead of proved."""
    legs = tuple(Leg(made.id, outcome) for made in markets)
    return Template(TemplateId("test"), Lane.ALL_NO, "test", legs, Usd(payout), Proof((), ()))


def book(of: Market, bids: dict[int, int], asks: dict[int, int]) -> Book:
    """A live book in YES terms: price in micro-dollars -> whole contracts."""
    made = Book(of)
    made.replace(
        [(Px(px), Qty(qty * MICRO)) for px, qty in bids.items()],
        [(Px(px), Qty(qty * MICRO)) for px, qty in asks.items()],
    )
    return made


@pytest.fixture(scope="session")
def make_market() -> MakeMarket:
    return market


@pytest.fixture(scope="session")
def make_template() -> MakeTemplate:
    return template


@pytest.fixture(scope="session")
def make_book() -> MakeBook:
    return book
