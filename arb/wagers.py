"""What the settings of [bets] mean to the lanes, their caps and the spot prices.

Kept apart from the other knobs: nothing here has to do with baskets.
"""

from collections.abc import Callable

from arb.detect.lanes.latency import SYMBOLS, LatencyLimits
from arb.detect.lanes.spike import SpikeLimits
from arb.detect.spot_board import SpotLimits
from arb.detect.stake import StakeLimits
from arb.detect.volatility import VolatilityLimits
from arb.market.spot import SpotSource
from arb.risk.bets import BetCaps
from arb.settings import Bets, SecondSpot
from arb.venues.protocols import Sockets
from arb.venues.spot.binance import BinanceSpotLine
from arb.venues.spot.coinbase import CoinbaseSpotLine
from arb.venues.spot.polymarket import PolymarketSpotLine, SpotKey
from arb.venues.spot.protocols import SpotLine

NS_PER_MS = 1_000_000


def bet_caps(knobs: Bets) -> BetCaps:
    """What bets may cost."""
    return BetCaps(
        bet_usd=knobs.max_bet_usd,
        bankroll_ppm=knobs.bankroll_ppm,
        kelly_ppm=knobs.kelly_ppm,
        day_usd=knobs.max_day_usd,
        open_usd=knobs.max_open_usd,
    )


def stake_limits(knobs: Bets) -> StakeLimits:
    """What one bet must bring."""
    return StakeLimits(
        min_edge_ppm=knobs.min_edge_ppm,
        max_cost_usd=knobs.max_bet_usd,
        bucket_ns=knobs.bucket_ms * NS_PER_MS,
    )


def latency_limits(knobs: Bets) -> LatencyLimits:
    """How the latency lane judges."""
    return LatencyLimits(
        confidence_ppm=knobs.latency_confidence_ppm,
        least_left_ns=knobs.latency_least_left_ms * NS_PER_MS,
        variance_markup_ppm=knobs.latency_markup_ppm,
        basis_ppm=knobs.latency_basis_ppm,
    )


def spike_limits(knobs: Bets) -> SpikeLimits:
    """What the spike lane takes for a spike."""
    return SpikeLimits(
        window_ns=knobs.spike_window_ms * NS_PER_MS,
        min_move=knobs.spike_min_move_usd,
        settle_ns=knobs.spike_settle_ms * NS_PER_MS,
        witnesses=knobs.spike_witnesses,
        max_spread=knobs.spike_max_spread_usd,
        reversion_ppm=knobs.spike_reversion_ppm,
        confidence_ppm=knobs.spike_confidence_ppm,
    )


def spot_limits(knobs: Bets) -> SpotLimits:
    """Which spot prices are believed."""
    return SpotLimits(
        max_age_ns=knobs.spot_max_age_ms * NS_PER_MS,
        max_lag_ns=knobs.spot_max_lag_ms * NS_PER_MS,
        max_gap_ppm=knobs.spot_max_gap_ppm,
        second=SpotSource(knobs.spot_second.value),
        volatility=VolatilityLimits(
            window_ns=knobs.volatility_window_ms * NS_PER_MS,
            step_ns=knobs.volatility_step_ms * NS_PER_MS,
            min_returns=knobs.volatility_min_returns,
            least_span_ns=knobs.volatility_window_ms * NS_PER_MS // 2,
        ),
    )


def spot_lines(
    knobs: Bets, sockets: Sockets, key: Callable[[], SpotKey]
) -> tuple[SpotLine, SpotLine]:
    """Polymarket's own prices, and the second witness."""
    own = PolymarketSpotLine(knobs.polymarket_spot_url, sockets, SYMBOLS, key)
    match knobs.spot_second:
        case SecondSpot.COINBASE:
            return own, CoinbaseSpotLine(knobs.coinbase_spot_url, sockets, SYMBOLS)
        case SecondSpot.BINANCE:
            return own, BinanceSpotLine(knobs.binance_spot_url, sockets, SYMBOLS)
