"""What the simulated Kalshi lists: series, events and markets, as its own pages describe them.

These are the facts that do not trade. What moves (status, last price, volume) is the board's.
"""

from collections.abc import Iterator, Mapping

import attrs

from arb.market.errors import UnknownRule
from arb.market.fees import (
    KALSHI_COMBO_MAKER_PPM,
    KALSHI_DIRECT_PRECISION,
    KALSHI_MAKER_PPM,
    KALSHI_TAKER_PPM,
    KalshiFees,
)
from arb.market.grid import PriceGrid
from arb.market.instruments import MarketId
from arb.market.units import MICRO, Ns, Qty
from arb.sim.orders import Listing

LOT = Qty(10_000)
"""0.01 contracts: the granularity and the least size of an order (changelog, Apr 17 2026)."""

MAKER_PPM: Mapping[str, int] = {
    "quadratic": 0,
    "quadratic_with_maker_fees": KALSHI_MAKER_PPM,
    "quadratic_with_combo_maker_fees": KALSHI_COMBO_MAKER_PPM,
}
"""The maker's coefficient by `fee_type` (fee schedule, July 7 2026)."""

PriceRange = tuple[int, int, int]
"""Start, end and step of one band, in millionths of a dollar."""

_CENT = 10_000
_DECI = 1_000
_CENTI = 100


def _tapered(edge: int, centre: int) -> tuple[PriceRange, ...]:
    """Bands with finer steps below 0.10 and above 0.90."""
    return ((0, 100_000, edge), (100_000, 900_000, centre), (900_000, MICRO, edge))


STRUCTURES: Mapping[str, tuple[PriceRange, ...]] = {
    "linear_cent": ((0, MICRO, _CENT),),
    "deci_cent": ((0, MICRO, _DECI),),
    "tapered_deci_cent": _tapered(_DECI, _CENT),
    "center_whole_edge_half_cent": _tapered(5_000, _CENT),
    "center_whole_edge_quint_cent": _tapered(2_000, _CENT),
    "center_half_edge_half_cent": ((0, MICRO, 5_000),),
    "center_half_edge_quint_cent": _tapered(2_000, 5_000),
    "center_half_edge_deci_cent": _tapered(_DECI, 5_000),
    "center_quint_edge_quint_cent": ((0, MICRO, 2_000),),
    "center_quint_edge_deci_cent": _tapered(_DECI, 2_000),
    "center_centi_edge_centi_cent": ((0, MICRO, _CENTI),),
    "center_deci_edge_centi_cent": (
        (0, 10_000, _CENTI),
        (10_000, 990_000, _DECI),
        (990_000, MICRO, _CENTI),
    ),
}
"""The price bands behind each label of `price_level_structure` (docs: fixed_point_migration)."""


@attrs.frozen
class KalshiSeries:
    """A family of events with one fee rule."""

    ticker: str
    title: str
    category: str = "Economics"
    frequency: str = "custom"
    tags: tuple[str, ...] = ()
    fee_type: str = "quadratic"
    fee_multiplier_ppm: int = MICRO
    """Millionths; seen on the venue: 0, 0.5 and 1."""
    shard: int = 0
    """`exchange_index`: where the cash of its orders must lie."""
    sources: tuple[tuple[str, str], ...] = ()
    """Settlement sources: name and address."""
    updated_ns: Ns = Ns(0)


@attrs.frozen
class KalshiEvent:
    """A question with one or more markets, all of them on one shard."""

    ticker: str
    series: str
    title: str
    sub_title: str = ""
    category: str = "Economics"
    mutually_exclusive: bool = False
    """At most one of its markets can resolve YES; it never says that one must."""
    collateral_return: str = ""
    """"MECNET" for mutually exclusive events, "DIRECNET" for nested thresholds."""
    shard: int = 0
    strike_ns: Ns | None = None
    fee_type: str | None = None
    """Overrides the series' fee type."""
    fee_multiplier_ppm: int | None = None
    """Overrides the series' multiplier."""
    updated_ns: Ns = Ns(0)


@attrs.frozen
class KalshiMarket:
    """One YES/NO question."""

    ticker: str
    event: str
    title: str
    yes_sub_title: str
    rules_primary: str
    created_ns: Ns
    open_ns: Ns
    close_ns: Ns
    expected_expiration_ns: Ns
    latest_expiration_ns: Ns
    rules_secondary: str = ""
    structure: str = "linear_cent"
    """The label of the price bands; nothing may be concluded from it."""
    ranges: tuple[PriceRange, ...] = STRUCTURES["linear_cent"]
    shard: int = 0
    settlement_timer_s: int = 60
    """Between determination and payout."""
    can_close_early: bool = True
    early_close_condition: str = ""
    strike_type: str = "custom"
    floor_strike: float | None = None
    cap_strike: float | None = None
    market_type: str = "binary"
    """Or "scalar"; a binary one may settle at a fraction too (seen in fair-value rules)."""
    fee_waiver_ns: Ns | None = None
    """Until when nobody pays fees in it."""
    combo: bool = False
    """A multivariate ("MVE") market: absent from `/events`, filtered by `mve_filter`."""


@attrs.frozen
class KalshiCatalogue:
    """Everything listed at one moment, parents before children."""

    series: tuple[KalshiSeries, ...]
    events: tuple[KalshiEvent, ...]
    markets: tuple[KalshiMarket, ...]

    def listings(self, precision: int = KALSHI_DIRECT_PRECISION) -> Iterator[Listing]:
        """What the matching engine must know of each market.

        `precision` is the members' balance step in micro-dollars. Raises UnknownRule where a
        fee type has no formula, KeyError where a parent is missing.
        """
        series = {one.ticker: one for one in self.series}
        events = {one.ticker: one for one in self.events}
        for market in self.markets:
            event = events[market.event]
            fees = waived(market, fees_of(series[event.series], event, precision))
            yield exchange_listing(market, fees)


def market_id(ticker: str) -> MarketId:
    """Our name of a market, from Kalshi's."""
    return MarketId(f"kalshi:{ticker}")


def ticker_of(market: MarketId) -> str:
    """Kalshi's name of a market, from ours."""
    return market.removeprefix("kalshi:")


def fees_of(
    series: KalshiSeries, event: KalshiEvent, precision: int = KALSHI_DIRECT_PRECISION
) -> KalshiFees:
    """The fee rule of an event's markets: the event's overrides come before the series'.

    Raises UnknownRule for a fee type without a known formula ("flat" and whatever is new), and
    for a multiplier that leaves a coefficient between two millionths.
    """
    fee_type = series.fee_type if event.fee_type is None else event.fee_type
    multiplier = event.fee_multiplier_ppm
    if multiplier is None:
        multiplier = series.fee_multiplier_ppm
    if fee_type not in MAKER_PPM:
        raise UnknownRule(f"{event.ticker}: no formula for fee type {fee_type!r}")
    return KalshiFees(
        taker_ppm=_times(KALSHI_TAKER_PPM, multiplier),
        maker_ppm=_times(MAKER_PPM[fee_type], multiplier),
        precision=precision,
    )


def waived(market: KalshiMarket, fees: KalshiFees) -> KalshiFees:
    """No fees at all for a market that has a waiver; it ends by `set_fees` at its time."""
    return fees if market.fee_waiver_ns is None else attrs.evolve(fees, taker_ppm=0, maker_ppm=0)


def _times(coefficient_ppm: int, multiplier_ppm: int) -> int:
    scaled, rest = divmod(coefficient_ppm * multiplier_ppm, MICRO)
    if rest:
        raise UnknownRule(f"a fee multiplier of {multiplier_ppm} millionths is too fine")
    return scaled


def grid_of(ranges: tuple[PriceRange, ...]) -> PriceGrid:
    """The price grid of a market's bands."""
    return PriceGrid.of_bands(ranges)


def exchange_listing(market: KalshiMarket, fees: KalshiFees) -> Listing:
    """What the matching engine must know of one market."""
    return Listing(
        id=market_id(market.ticker),
        pool=market.shard,
        grid=grid_of(market.ranges),
        lot=LOT,
        min_qty=LOT,
        fees=fees,
    )
