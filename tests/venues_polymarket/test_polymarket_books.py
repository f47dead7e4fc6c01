"""Whole books by REST, from either token."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from arb.market.errors import Unintelligible, UnknownRule
from arb.market.instruments import Market, PolymarketRef
from arb.market.units import MICRO, Ns
from arb.venues.polymarket.books import parse_book
from arb.venues.polymarket.fields import decode
from arb.venues.polymarket.listing import parse_market

Recorded = Callable[[str], Path]
MakeMarket = Callable[..., Market]

AT = Ns(5)


def book_of(market: Market, *, no: bool = False, **changes: object) -> dict[str, Any]:
    """A small book as the venue writes it: the best levels last."""
    assert isinstance(market.ref, PolymarketRef)
    return {
        "asset_id": market.ref.no_token if no else market.ref.yes_token,
        "bids": [{"price": "0.48", "size": "100"}, {"price": "0.5", "size": "150.25"}],
        "asks": [{"price": "0.53", "size": "90"}, {"price": "0.51", "size": "120"}],
        "tick_size": "0.01",
    } | changes


def test_a_book_is_sorted_best_first(make_market: MakeMarket) -> None:
    """Whatever the order on the wire, the best level comes first."""
    market = make_market()
    view = parse_book(book_of(market), market, AT)
    assert view.bids == ((500_000, 150_250_000), (480_000, 100_000_000))
    assert view.asks == ((510_000, 120_000_000), (530_000, 90_000_000))
    assert (view.live, view.agrees, view.seen_ns, view.heard_ns) == (True, True, AT, AT)
    raw = book_of(market)
    for side in ("bids", "asks"):
        raw[side].reverse()
    assert parse_book(raw, market, AT) == view


def test_the_other_tokens_book_is_the_mirror(make_market: MakeMarket) -> None:
    """Asks of NO at q are bids of YES at 1 - q, and the other way round."""
    market = make_market()
    view = parse_book(book_of(market, no=True), market, AT)
    assert view.bids == ((490_000, 120_000_000), (470_000, 90_000_000))
    assert view.asks == ((500_000, 150_250_000), (520_000, 100_000_000))


def test_a_stated_tick_is_the_grid_of_the_view(make_market: MakeMarket) -> None:
    """The book knows the tick of its moment better than the catalogue."""
    market = make_market()
    view = parse_book(book_of(market, tick_size="0.001"), market, AT)
    assert view.market.grid.finest_step == 1_000
    with pytest.raises(UnknownRule):
        parse_book(book_of(market, tick_size="0.02"), market, AT)


@pytest.mark.parametrize(
    "changes",
    [
        {"asset_id": "5"},
        {"asset_id": None},
        {"bids": None},
        {"bids": [["0.5", "1"]]},
        {"bids": [{"price": "1.5", "size": "1"}]},
        {"bids": [{"price": "0.5", "size": "-1"}]},
        {"bids": [{"price": "0.5", "size": 1.5}]},
        {"bids": [{"price": "0.5"}]},
        {"bids": [{"price": "0.5", "size": "1"}, {"price": "0.50", "size": "2"}]},
    ],
)
def test_a_book_that_cannot_be_read_is_refused(
    make_market: MakeMarket, changes: dict[str, Any]
) -> None:
    """A foreign token, a missing side, an impossible or repeated level: no view."""
    market = make_market()
    with pytest.raises(Unintelligible):
        parse_book(book_of(market, **changes), market, AT)


def test_an_empty_book_need_not_say_whose_it_is(make_market: MakeMarket) -> None:
    """It looks alike from both sides; one was recorded without its token."""
    market = make_market()
    view = parse_book({"bids": [], "asks": []}, market, AT)
    assert (view.bids, view.asks) == ((), ())


@pytest.mark.parametrize("sample", ["py_book.json", "rs_clob_book_response.json"])
def test_sample_books_are_read(recorded: Recorded, make_market: MakeMarket, sample: str) -> None:
    """Captured and hand-made samples, with ascending and descending asks."""
    raw = decode(recorded(f"catalogues/gamma_clob_samples/{sample}").read_bytes())
    market = make_market()
    assert isinstance(market.ref, PolymarketRef)
    market = attrs.evolve(market, ref=attrs.evolve(market.ref, yes_token=raw["asset_id"]))
    view = parse_book(raw, market, AT)
    assert len(view.bids) == len(raw["bids"])
    assert len(view.asks) == len(raw["asks"])
    assert view.bids[0][0] < view.asks[0][0]


def test_recorded_books_agree_with_their_markets(recorded: Recorded) -> None:
    """In 29 recordings the book is of the stated token, uncrossed, and on the market's grid."""
    lines = recorded("pairs/rules_verified_jul2026/pair_snapshots.jsonl").read_bytes().splitlines()
    for line in lines:
        raw = decode(line)
        market = parse_market(raw["pm_gamma"])
        assert isinstance(market, Market)
        view = parse_book(raw["pm_book"], market, AT)
        assert not view.crossed
        assert all(view.market.grid.holds(px) for px, _ in (*view.bids, *view.asks))
        assert all(qty > 0 for _, qty in (*view.bids, *view.asks))
        assert all(0 < px < MICRO for px, _ in (*view.bids, *view.asks))
