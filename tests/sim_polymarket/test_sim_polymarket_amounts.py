"""What two amounts say about a price."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.grid import PriceGrid
from arb.market.instruments import Action
from arb.market.units import MICRO
from arb.sim.polymarket.amounts import Terms, check_decimals, limit_of, read_terms
from arb.sim.polymarket.errors import ApiError
from arb.sim.polymarket.listing import TICKS

CENT = 10_000
ticks = st.sampled_from(TICKS)


def on_grid(tick: int, step: int) -> int:
    return 1 + step % (MICRO // tick - 1)


def market_terms(action: Action, tick: int, step: int, hundredths: int) -> tuple[Terms, int]:
    """A FAK order as careful clients build it: the computed side floored to 4 decimals."""
    px, given = on_grid(tick, step) * tick, hundredths * CENT
    if action is Action.BUY:
        wanted = given * MICRO // px // 100 * 100
    else:
        wanted = given * px // MICRO // 100 * 100
    return read_terms(action, given, wanted, market=True), px


@given(tick=ticks, step=st.integers(0, 9_998), size=st.integers(1, 10**8), buys=st.booleans())
@settings(max_examples=200)
def test_limit_orders_on_the_grid_pass(*, tick: int, step: int, size: int, buys: bool) -> None:
    """Any size of hundredths at any price of the grid gives that price and allowed decimals."""
    px = on_grid(tick, step) * tick
    shares = size * CENT
    dollars = shares * px // MICRO
    amounts = (dollars, shares) if buys else (shares, dollars)
    action = Action.BUY if buys else Action.SELL
    terms = read_terms(action, *amounts, market=False)
    assert limit_of(terms, tick, "0x") == px
    check_decimals(terms, tick)


@given(tick=ticks, step=st.integers(0, 9_998), size=st.integers(500, 10**8), off=st.integers(1, 99))
@settings(max_examples=200)
def test_limit_orders_off_the_grid_do_not(*, tick: int, step: int, size: int, off: int) -> None:
    """A price between two ticks is refused."""
    px = on_grid(tick, step) * tick
    dollars = size * CENT * px // MICRO + off
    terms = read_terms(Action.BUY, dollars, size * CENT, market=False)
    exact, rest = divmod(dollars * MICRO, size * CENT)
    if not rest and PriceGrid.of_tick(tick).holds(exact):
        assert limit_of(terms, tick, "0x") == exact
    else:
        with pytest.raises(ApiError, match="breaks minimum tick size rule"):
            limit_of(terms, tick, "0x")


@given(
    action=st.sampled_from(Action),
    tick=ticks,
    step=st.integers(0, 9_998),
    hundredths=st.integers(100, 10**7),
)
@settings(max_examples=300)
def test_floored_market_orders_reach_their_limit(
    *, action: Action, tick: int, step: int, hundredths: int
) -> None:
    """The computed side rounded down by less than 100 units moves the limit by no more."""
    terms, px = market_terms(action, tick, step, hundredths)
    if not terms.shares or not terms.dollars:
        return
    check_decimals(terms, tick)
    limit = limit_of(terms, tick, "0x")
    if action is Action.BUY:
        assert 0 <= (limit - px) * terms.shares < 100 * px
    else:
        assert 0 <= (px - limit) * terms.shares < 100 * MICRO


@pytest.mark.parametrize(
    ("maker", "taker", "limit"),
    [(10_000_000, 19_230_700, 520_000), (10_000_000, 19_230_800, 510_000)],
)
def test_the_published_market_order(maker: int, taker: int, limit: int) -> None:
    """$10 at 0.52: floored shares reach 0.52, rounded-up shares only 0.51."""
    terms = read_terms(Action.BUY, maker, taker, market=True)
    assert limit_of(terms, 10_000, "0x") == limit


def test_nonsense_amounts() -> None:
    """Amounts beyond reason are an invalid payload."""
    with pytest.raises(ApiError, match="Invalid order payload"):
        read_terms(Action.BUY, 10**30, 1, market=False)
