"""Price grids: which prices a market may be quoted at, and the nearest ones around any other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.errors import OffGrid, UnknownRule
from arb.market.grid import Band, PriceGrid
from arb.market.units import MICRO, Px

CENT = 10_000


def tapered(edge: int, center: int, low: int = 100_000) -> PriceGrid:
    """A fine step up to `low` and from 1 - `low`, a coarse one between."""
    return PriceGrid.of_bands(
        [(0, low, edge), (low, MICRO - low, center), (MICRO - low, MICRO, edge)]
    )


KALSHI = {
    "linear_cent": (PriceGrid.of_bands([(0, MICRO, CENT)]), 99),
    "deci_cent": (PriceGrid.of_bands([(0, MICRO, 1_000)]), 999),
    "tapered_deci_cent": (tapered(1_000, CENT), 280 - 1),
    "center_whole_edge_half_cent": (tapered(5_000, CENT), 120 - 1),
    "center_whole_edge_quint_cent": (tapered(2_000, CENT), 180 - 1),
    "center_half_edge_half_cent": (tapered(5_000, 5_000), 199),
    "center_half_edge_quint_cent": (tapered(2_000, 5_000), 260 - 1),
    "center_half_edge_deci_cent": (tapered(1_000, 5_000), 360 - 1),
    "center_quint_edge_quint_cent": (tapered(2_000, 2_000), 499),
    "center_quint_edge_deci_cent": (tapered(1_000, 2_000), 600 - 1),
    "center_centi_edge_centi_cent": (PriceGrid.of_bands([(0, MICRO, 100)]), 9_999),
    "center_deci_edge_centi_cent": (tapered(100, 1_000, CENT), 1_180 - 1),
}
"""Every structure Kalshi documents, and how many prices it has."""
POLYMARKET = [100_000, 10_000, 5_000, 2_500, 1_000, 100]
GRIDS = [grid for grid, _ in KALSHI.values()] + [PriceGrid.of_tick(tick) for tick in POLYMARKET]


@pytest.mark.parametrize("name", KALSHI)
def test_each_kalshi_structure_has_its_prices(name: str) -> None:
    """All prices of the structure and no others; whole cents are in every one, 0 and 1 in none."""
    grid, count = KALSHI[name]
    assert sum(grid.holds(px) for px in range(0, MICRO + 1, 50)) == count
    assert all(grid.holds(cents * CENT) for cents in range(1, 100))
    assert not grid.holds(0)
    assert not grid.holds(MICRO)


@pytest.mark.parametrize("tick", POLYMARKET)
def test_each_polymarket_tick_reaches_from_itself_to_its_complement(tick: int) -> None:
    """The lowest price is one tick, the highest one tick below a dollar, all multiples between."""
    grid = PriceGrid.of_tick(tick)
    assert (grid.at_least(0), grid.at_most(MICRO)) == (tick, MICRO - tick)
    assert sum(grid.holds(px) for px in range(0, MICRO + 1, 50)) == MICRO // tick - 1
    assert grid.finest_step == tick


@given(st.sampled_from(GRIDS), st.lists(st.integers(-1, MICRO + 1), max_size=9))
def test_what_a_grid_remembers_is_what_its_bands_say(grid: PriceGrid, asked: list[int]) -> None:
    """Asked once or twice, in any order: on the grid is what lies on one of its bands."""
    for px in [*asked, *reversed(asked)]:
        assert grid.holds(px) == (0 < px < MICRO and any(band.holds(px) for band in grid.bands))


def test_a_grid_remembers_no_more_prices_than_there_are() -> None:
    """A feed may send any price: only those at the venues' finest step are kept."""
    grid = PriceGrid((Band(Px(0), Px(MICRO), CENT),))
    for px in range(0, 2 * MICRO, 70):
        grid.holds(px)
    assert len(grid.known) < 9_999
    assert all(px % 100 == 0 for px in grid.known)


@given(st.sampled_from(GRIDS), st.integers(0, MICRO))
def test_neighbours_bracket_a_price(grid: PriceGrid, px: int) -> None:
    """The nearest prices below and above are on the grid, and none lies between them."""
    below = _or_none(grid.at_most, px)
    above = _or_none(grid.at_least, px)
    assert below is not None or above is not None
    if grid.holds(px):
        assert below == above == px
        assert grid.check(Px(px)) == px
        return
    with pytest.raises(OffGrid):
        grid.check(Px(px))
    low, high = below or 0, above or MICRO
    assert low < px < high or px in (0, MICRO)
    assert all(grid.holds(end) for end in (low, high) if 0 < end < MICRO)
    assert not any(grid.holds(between) for between in range(low + 50, high, 50))


def _or_none(find: object, px: int) -> int | None:
    try:
        return int(find(px))  # type: ignore[operator]  # a grid's method
    except OffGrid:
        return None


@given(st.sampled_from(GRIDS), st.integers(1, MICRO - 1))
def test_a_symmetric_grid_serves_no_as_well(grid: PriceGrid, px: int) -> None:
    """All real grids are symmetric: a price of NO is on the grid where its YES price is."""
    assert grid.holds(px) == grid.holds(MICRO - px)


def test_outside_the_bands_there_is_nothing() -> None:
    """Below the lowest and above the highest price there is no neighbour."""
    grid = PriceGrid.of_bands([(200_000, 300_000, CENT)])
    with pytest.raises(OffGrid):
        grid.at_most(199_999)
    with pytest.raises(OffGrid):
        grid.at_least(300_001)
    assert (grid.at_least(0), grid.at_most(MICRO)) == (200_000, 300_000)


@pytest.mark.parametrize("tick", [0, -10_000, 3, 30_000, MICRO, 2 * MICRO])
def test_a_tick_that_does_not_divide_a_dollar_is_refused(tick: int) -> None:
    """An unknown tick means no trade."""
    with pytest.raises(UnknownRule):
        PriceGrid.of_tick(tick)


@pytest.mark.parametrize(
    "band", [(0, 0, 1), (5, 4, 1), (0, MICRO, 0), (0, MICRO, -1), (-1, 5, 1), (0, MICRO + 1, 1)]
)
def test_a_band_without_sense_is_refused(band: tuple[int, int, int]) -> None:
    """Ends the wrong way round, outside a dollar, or without a step."""
    with pytest.raises(UnknownRule):
        Band(Px(band[0]), Px(band[1]), band[2])


def test_a_market_without_bands_is_refused() -> None:
    """No bands, no prices, no trade."""
    with pytest.raises(UnknownRule):
        PriceGrid.of_bands([])
