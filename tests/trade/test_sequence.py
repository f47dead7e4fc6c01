"""The order of legs: what is hard to fill first, then what is cheap to give back."""

from collections.abc import Sequence
from itertools import permutations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from arb.market.book import BookView
from arb.market.instruments import Outcome
from arb.market.units import MICRO, Ns, Px, Qty
from arb.messages import Approved
from arb.trade.sequence import fit, order_of_legs
from tests.fakes.markets import LOT, approve, make_market

TEN = 10 * MICRO
MARKETS = [make_market(f"k{number}", event="e") for number in range(3)]
BASKET = approve([(market, Outcome.YES, 300_000) for market in MARKETS], TEN)


def view(number: int, bid: int, depth: int, *, bid_qty: int = TEN) -> BookView:
    return BookView(
        market=MARKETS[number],
        bids=((Px(bid), Qty(bid_qty)),) if bid else (),
        asks=((Px(300_000), Qty(depth)),),
        live=True,
        agrees=True,
        epoch=0,
        seen_ns=Ns(0),
        heard_ns=Ns(0),
    )


def order(*views: BookView, basket: Approved = BASKET) -> tuple[int, ...]:
    return order_of_legs(basket, {seen.market.id: seen for seen in views})


def test_the_scarcest_goes_first_where_all_cost_the_same_to_give_back() -> None:
    """Equal spreads: the least on offer for what is wanted is the hardest, and first."""
    shown = [view(0, 290_000, 50 * TEN), view(1, 290_000, TEN), view(2, 290_000, 2 * TEN)]
    assert order(*shown) == (1, 2, 0)


def test_of_equally_scarce_legs_the_cheapest_to_give_back_goes_first() -> None:
    """Three and four times as much on offer is the same plenty: the narrowest spread decides."""
    shown = [view(0, 250_000, 5 * TEN), view(1, 290_000, 6 * TEN), view(2, 270_000, 4 * TEN)]
    assert order(*shown) == (1, 2, 0)


def test_of_equally_scarce_legs_what_could_not_be_given_back_is_last() -> None:
    """No bid at all, or none for all of it: that is bought when everything else is there."""
    shown = [view(0, 0, TEN), view(1, 200_000, TEN), view(2, 290_000, TEN, bid_qty=TEN // 2)]
    assert order(*shown)[0] == 1
    assert set(order(*shown)[1:]) == {0, 2}


def test_a_scarce_leg_goes_first_though_nobody_bids_for_it() -> None:
    """Bought last it would be missed more often than not, and all the others given back."""
    shown = [view(0, 290_000, 9 * TEN), view(1, 0, TEN), view(2, 290_000, 2 * TEN)]
    assert order(*shown) == (1, 2, 0)


def test_a_leg_whose_book_is_not_known_is_last() -> None:
    """What is not known is no way back either."""
    assert order(view(1, 290_000, 50 * TEN), view(2, 290_000, TEN)) == (2, 1, 0)


@given(
    st.lists(st.integers(0, 3 * TEN // LOT).map(lambda lots: lots * LOT), min_size=3, max_size=3)
)
def test_what_fits_is_the_least_of_all_legs(depths: Sequence[int]) -> None:
    """As many sets as the scarcest leg still offers at its limit; dearer offers do not count."""
    shown = {MARKETS[n].id: view(n, 290_000, depth) for n, depth in enumerate(depths)}
    assert fit(BASKET, [0, 1, 2], shown) == min(depths)
    dear = attrs.evolve(shown[MARKETS[0].id], asks=((Px(310_000), Qty(TEN)),))
    assert fit(BASKET, [0, 1, 2], {**shown, MARKETS[0].id: dear}) == 0
    assert fit(BASKET, [1, 2], {**shown, MARKETS[0].id: dear}) == min(depths[1:])


@given(st.permutations([0, 1, 2]))
def test_the_order_is_always_a_permutation(names: Sequence[int]) -> None:
    """Every leg once, whatever is known of the books."""
    known = [view(number, 290_000, TEN) for number in names[:2]]
    assert order(*known) in set(permutations(range(3)))
