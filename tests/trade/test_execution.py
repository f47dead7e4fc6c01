"""One basket while it is bought: sizes only shrink, and every contract is accounted for."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Px, Qty
from arb.messages import Approved, BasketEnd
from arb.trade.execution import (
    Execution,
    end_of,
    exposures,
    hardest_first,
    hedged,
    orderable,
)
from tests.fakes.markets import LOT, approve, make_market

MARKETS = [make_market(f"k{number}", event="e") for number in range(4)]
TEN = 10 * MICRO


def basket(legs: int = 3, size: int = TEN) -> Approved:
    return approve([(market, Outcome.YES, 200_000) for market in MARKETS[:legs]], size)


FILLS = st.lists(st.integers(0, 1_200), min_size=4, max_size=4)


@given(st.integers(1, 4), FILLS)
def test_orders_shrink_to_what_was_got(legs: int, fills: list[int]) -> None:
    """Each leg is ordered at most once, for no more than any leg before it got, in whole lots."""
    approved = basket(legs)
    execution, least, seen = Execution(approved), int(TEN), list[int]()
    for lots in fills:
        order = execution.next()
        if order is None:
            break
        assert order.leg not in seen
        assert 0 < order.qty <= least
        assert order.qty % LOT == 0
        assert order.limit == approved.plan.legs[order.leg].limit
        filled = min(order.qty, lots * LOT)
        execution.got(order, Qty(filled))
        least = min(least, filled)
        seen.append(order.leg)
    assert (execution.next() is None) == (len(seen) == legs or least == 0)


@given(st.lists(st.integers(0, 20 * MICRO), min_size=3, max_size=3))
def test_sets_and_exposures_are_all_that_was_bought(bought: list[int]) -> None:
    """Complete sets are the least leg; with the exposures they make up every contract."""
    approved = basket()
    sets = hedged(bought)
    assert sets == min(bought)
    beyond = {exposure.market.id: exposure.qty for exposure in exposures(approved, bought)}
    assert [sets + beyond.get(market.id, 0) for market in approved.markets] == bought
    assert all(beyond.values())


@pytest.mark.parametrize(
    ("bought", "unwound", "end"),
    [
        ([TEN, TEN, TEN], False, BasketEnd.COMPLETED),
        ([MICRO, MICRO, MICRO], False, BasketEnd.REDUCED),
        ([0, 0, 0], False, BasketEnd.MISSED),
        ([0, 0, 0], True, BasketEnd.UNWOUND),
        ([MICRO, MICRO, MICRO], True, BasketEnd.UNWOUND),
        ([TEN, TEN, MICRO], False, BasketEnd.STUCK),
        ([TEN, TEN, MICRO], True, BasketEnd.STUCK),
    ],
)
def test_ends_have_one_name_each(bought: list[int], unwound: bool, end: BasketEnd) -> None:
    """What a basket holds at its end and whether anything was sold names its end."""
    assert end_of(basket(), bought, unwound=unwound) is end


def test_an_overfull_fill_never_raises_the_target() -> None:
    """A leg that got more than it asked for leaves the others at the plan."""
    execution = Execution(basket())
    first = execution.next()
    assert first is not None
    execution.got(first, Qty(TEN + MICRO))
    second = execution.next()
    assert second is not None
    assert second.qty == TEN


def test_nothing_is_bought_after_abandoning() -> None:
    """An abandoned basket has no next order."""
    execution = Execution(basket())
    execution.abandon()
    assert execution.next() is None


def test_a_size_no_leg_to_come_may_be_ordered_at_ends_the_buying() -> None:
    """A first leg that got too little for the second leg's minimum is not followed by it."""
    strict = make_market("p", Venue.POLYMARKET, min_take_usd=MICRO)
    approved = approve([(MARKETS[0], Outcome.YES, 400_000), (strict, Outcome.NO, 500_000)], TEN)
    execution = Execution(approved)
    first = execution.next()
    assert first is not None
    execution.got(first, Qty(2 * MICRO - LOT))
    assert execution.next() is None


def test_a_dollar_minimum_counts_the_notional_at_the_limit() -> None:
    """Two contracts at 0.50 are a dollar; one lot less is not."""
    strict = make_market("p", Venue.POLYMARKET, min_take_usd=MICRO)
    assert orderable(strict, 2 * MICRO, Px(500_000))
    assert not orderable(strict, 2 * MICRO - LOT, Px(500_000))


def test_the_scarcest_leg_comes_first_and_ties_keep_their_order() -> None:
    """Legs are ordered by depth for what is wanted, least first."""
    approved = basket(4)
    depths = [40 * MICRO, 10 * MICRO, 40 * MICRO, 20 * MICRO]
    legs = tuple(
        attrs.evolve(leg, depth=Qty(depth))
        for leg, depth in zip(approved.plan.legs, depths, strict=True)
    )
    scarce = attrs.evolve(approved, plan=attrs.evolve(approved.plan, legs=legs))
    assert hardest_first(scarce) == [1, 3, 0, 2]
