"""Tables of the hot path against the exact parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.units import MICRO, decimal_text, parse_px
from arb.venues.polymarket.frames import SIZE_BELOW, OddFrame, fast_decode, micro_size
from arb.venues.polymarket.prices import ASK_FACES, BID_FACES, FACES, MIRRORED, PRICES


def test_every_spelling_means_what_the_parser_reads() -> None:
    """The table holds all 10,001 prices, each spelling at its exact value, and its mirror."""
    assert set(PRICES.values()) == set(range(0, MICRO + 1, 100))
    for spelling, px in PRICES.items():
        assert px == parse_px(spelling)
        assert MIRRORED[spelling] == MICRO - px


@pytest.mark.parametrize(
    ("spelling", "px"),
    [
        ("0.48", 480_000),
        (".48", 480_000),
        ("0.480", 480_000),
        ("1", MICRO),
        ("0", 0),
        ("1.0", MICRO),
        ("0.0", 0),
        ("0.5", 500_000),
        ("0.0001", 100),
        ("0.9999", 999_900),
    ],
)
def test_usual_spellings_are_known(spelling: str, px: int) -> None:
    """With or without leading zero and trailing zeros."""
    assert PRICES[spelling] == px


@pytest.mark.parametrize("spelling", ["", "1.1", "-0.5", "0.00001", "5e-1", "nan", " 0.5", "2"])
def test_other_texts_are_left_to_the_exact_path(spelling: str) -> None:
    """The table holds no text that is not a price of the finest grid."""
    assert spelling not in PRICES


def test_stated_best_prices_out_of_range_mean_an_empty_side() -> None:
    """No bid is 0, no ask is 1, whether written as nothing or as either end of the scale."""
    assert [BID_FACES[text][0] for text in ("", "0", "1", "0.3")] == [0, 0, 0, 300_000]
    asks = [ASK_FACES[text][0] for text in ("", "0", "1", "0.3")]
    assert asks == [MICRO, MICRO, MICRO, 300_000]


def test_every_face_is_a_price_with_its_mirror_image() -> None:
    """Each spelling's face has the price, the other token's, and a spelling of the latter."""
    for spelling, px in PRICES.items():
        told = MICRO - px
        assert FACES[spelling] == (px, told, FACES[spelling][2])
        assert PRICES[FACES[spelling][2]] == told
    for faces in (BID_FACES, ASK_FACES):
        for stated, other, _ in faces.values():
            assert stated + other == MICRO
    with pytest.raises(KeyError):
        FACES["0.50001"]


@given(st.integers(min_value=0, max_value=2_000_000_000 * MICRO), st.integers(0, 6))
def test_a_size_through_a_float_is_exact(amount: int, places: int) -> None:
    """Every size up to two billion shares with at most six decimals comes out to the millionth."""
    amount -= amount % 10 ** (6 - places)
    frame = f'{{"event_type":"book","bids":[{{"price":"0","size":"{decimal_text(amount)}"}}]}}'
    message = fast_decode(frame)
    assert not isinstance(message, list)
    assert message.bids is not None
    assert micro_size(message.bids[0].size) == amount


@pytest.mark.parametrize(
    "size", [-1.0, float("nan"), float("inf"), float("-inf"), SIZE_BELOW, 1e300]
)
def test_what_may_not_be_exact_is_left_to_the_exact_path(size: float) -> None:
    """Negative, infinite or huge sizes are never rounded."""
    with pytest.raises(OddFrame):
        micro_size(size)
