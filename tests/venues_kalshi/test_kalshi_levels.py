"""Prices, counts and REST books."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.errors import Malformed, Unintelligible
from arb.market.instruments import Action, Market, Outcome
from arb.market.units import MICRO, Ns, decimal_text, parse_micros
from arb.venues.kalshi.levels import SPELLINGS, parse_count, parse_level_px, parse_orderbook


@given(st.integers(-(10**15), 10**15))
def test_counts_of_two_decimals_are_read_exactly(hundredths: int) -> None:
    """A count printed with two decimals comes back to the micro-contract."""
    micros = hundredths * 10_000
    assert parse_count(decimal_text(micros, 2)) == micros


@given(st.text("0123456789.-+_e ٣", max_size=12) | st.text(max_size=6))
def test_counts_are_read_as_strictly_as_any_number(text: str) -> None:
    """Whatever the text, the fast path and the strict parser agree, in value or in refusal."""
    try:
        expected = parse_micros(text)
    except Malformed:
        with pytest.raises(Malformed):
            parse_count(text)
    else:
        assert parse_count(text) == expected


def test_prices_are_read_whatever_their_length() -> None:
    """Three, four and six decimals of one price are one price."""
    spellings = ("0.96", "0.960", "0.9600", "0.960000", ".96")
    assert {parse_level_px(text) for text in spellings} == {960_000}
    assert parse_level_px("0.0001") == 100
    assert len(SPELLINGS) == 9_999


@pytest.mark.parametrize(
    "text", ["0.0000", "1.0000", "1.01", "-0.1", "", "nan", "1e-1", "0,5", "0.1234567"]
)
def test_what_is_no_price_of_a_level_is_refused(text: str) -> None:
    """0, 1, what lies outside, and what is no decimal at all is Malformed."""
    with pytest.raises(Malformed):
        parse_level_px(text)


def test_a_rest_book_is_sorted_and_in_yes_terms(make_market: Callable[..., Market]) -> None:
    """Bids for NO become asks for YES, and nothing is taken on trust about the order of levels."""
    raw = {
        "orderbook_fp": {
            "yes_dollars": [["0.4200", "13.00"], ["0.0100", "200.00"], ["0.4100", "10.00"]],
            "no_dollars": [["0.5600", "17.00"], ["0.4500", "20.50"], ["0.0100", "100.00"]],
        }
    }
    view = parse_orderbook(raw, make_market(), Ns(7))
    assert view.bids == ((420_000, 13 * MICRO), (410_000, 10 * MICRO), (10_000, 200 * MICRO))
    assert view.asks == ((440_000, 17 * MICRO), (550_000, 20_500_000), (990_000, 100 * MICRO))
    assert view.ladder(Outcome.NO, Action.BUY)[0] == (580_000, 13 * MICRO)
    assert view.live
    assert (view.seen_ns, view.heard_ns) == (7, 7)


@pytest.mark.parametrize(
    "sides",
    [None, {}, {"yes_dollars": None, "no_dollars": []}, {"yes_dollars": [["0.5000", "0.00"]]}],
)
def test_an_empty_side_has_many_spellings(
    sides: object, make_market: Callable[..., Market]
) -> None:
    """Null, absent and empty sides, and levels of nothing, are an empty book."""
    view = parse_orderbook({"orderbook_fp": sides}, make_market())
    assert (view.bids, view.asks) == ((), ())


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"orderbook": {"yes": [[1, 2]]}},
        {"orderbook_fp": []},
        {"orderbook_fp": {"yes_dollars": {}}},
        {"orderbook_fp": {"yes_dollars": [["0.5000"]]}},
        {"orderbook_fp": {"yes_dollars": [[0.5, 1.0]]}},
        {"orderbook_fp": {"yes_dollars": [["0.5000", "-1.00"]]}},
        {"orderbook_fp": {"yes_dollars": [["1.0000", "1.00"]]}},
        {"orderbook_fp": {"yes_dollars": [["0.5000", "1.00"], ["0.500", "2.00"]]}},
    ],
)
def test_a_book_that_cannot_be_read_is_no_book(
    raw: dict[str, object], make_market: Callable[..., Market]
) -> None:
    """Missing, mistyped, negative, impossible and doubled levels are Unintelligible."""
    with pytest.raises(Unintelligible):
        parse_orderbook(raw, make_market())


def test_a_crossed_book_is_handed_on_as_it_is(make_market: Callable[..., Market]) -> None:
    """Judging a book is not the reader's business."""
    raw = {
        "orderbook_fp": {"yes_dollars": [["0.6000", "1.00"]], "no_dollars": [["0.5000", "1.00"]]}
    }
    assert parse_orderbook(raw, make_market()).crossed
