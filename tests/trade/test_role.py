"""Maker or taker, and what says so."""

import attrs
import pytest

from arb.market.instruments import Action
from arb.market.units import Px
from arb.messages import Role
from arb.trade.role import AT_LIMIT, NEVER_RESTS, SPREAD_CROSSED, VENUE, role_of
from tests.fakes.markets import make_fill, make_market, make_order

MARKET = make_market("m")
TAKES = make_order(MARKET, limit=400_000)
RESTS = attrs.evolve(make_order(MARKET, limit=400_000, action=Action.SELL), rests=True)


def test_an_order_that_never_rests_takes() -> None:
    """Whatever it paid."""
    assert role_of(TAKES, make_fill(MARKET, "f", px=400_000, role=None)) == (
        Role.TAKER,
        NEVER_RESTS,
    )


@pytest.mark.parametrize("role", list(Role))
def test_the_venues_word_counts_most(role: Role) -> None:
    """Its flag goes before every conclusion of ours."""
    for order in (TAKES, RESTS):
        told = attrs.evolve(make_fill(MARKET, "f"), role=role)
        assert role_of(order, told) == (role, VENUE)


def test_a_resting_order_makes_at_its_limit_and_takes_beyond_it() -> None:
    """Sold at its own price it waited; sold for more it crossed the spread."""
    sold = make_fill(MARKET, "f", px=400_000, action=Action.SELL, role=None)
    assert role_of(RESTS, sold) == (Role.MAKER, AT_LIMIT)
    assert role_of(RESTS, attrs.evolve(sold, px=Px(410_000))) == (Role.TAKER, SPREAD_CROSSED)
