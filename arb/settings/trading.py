"""Sections about what is traded: finding, sizing, limits, execution."""

import attrs

from arb.market.units import Usd
from arb.settings.bounds import DAY_MS, MINUTE_MS, between, dollars, url
from arb.settings.choices import SecondSpot


@attrs.frozen
class Detect:
    """Section [detect]."""

    binary: bool
    multi_outcome: bool
    cross_venue: bool
    structural: bool
    cluster_every_ms: int = between(10, DAY_MS)
    cluster_budget_ms: int = between(1, MINUTE_MS)
    min_profit_usd: Usd = dollars(1_000)
    min_edge_ppm: int = between(0, 1_000_000)
    max_edge_ppm: int = between(1, 10_000_000)
    max_fee_share_ppm: int = between(0, 1_000_000)
    max_feed_silence_ms: int = between(1, DAY_MS)
    max_age_spread_ms: int = between(1, DAY_MS)
    max_quote_age_ms: int = between(1, 7 * DAY_MS)
    max_trade_age_ms: int = between(1, 30 * DAY_MS)
    max_jump_usd: Usd = dollars(1)
    jump_window_ms: int = between(1, 30_000)
    doubt_again_ms: int = between(1, DAY_MS)
    doubt_most_per_s: int = between(0, 1_000)
    max_one_sided_usd: Usd = dollars(1)
    max_break_even_usd: Usd = dollars(1)
    close_margin_ms: int = between(0, DAY_MS)
    rescan_ms: int = between(10, DAY_MS)
    bucket_ms: int = between(1, DAY_MS)
    lane_budget_ms: int = between(1, MINUTE_MS)
    lane_pause_ms: int = between(1, DAY_MS)


@attrs.frozen
class Pairs:
    """Section [pairs]."""

    observe_ms: int = between(0, 30 * DAY_MS)
    coverage_floor_ppm: int = between(0, 1_000_000)
    candidates_each: int = between(1, 100)
    compared_each: int = between(1, 10_000)
    block_questions: int = between(1, 1_000_000)
    block_visits: int = between(1, 1_000_000)
    kalshi_earlier_days: int = between(0, 3_650)
    kalshi_later_days: int = between(0, 3_650)


@attrs.frozen
class Metadata:
    """Section [metadata]."""

    refresh_ms: int = between(100, DAY_MS)
    timeout_ms: int = between(100, 10 * MINUTE_MS)
    max_age_ms: int = between(100, DAY_MS)


@attrs.frozen(kw_only=True)
class Bets:
    """Section [bets]: the statistical lanes, their caps and the spot prices they look at."""

    spike: bool
    latency: bool
    min_edge_ppm: int = between(0, 1_000_000)
    max_bet_usd: Usd = dollars(10_000)
    bankroll_ppm: int = between(0, 1_000_000)
    kelly_ppm: int = between(0, 1_000_000)
    max_day_usd: Usd = dollars(100_000)
    max_open_usd: Usd = dollars(100_000)
    bucket_ms: int = between(1, DAY_MS)
    latency_confidence_ppm: int = between(0, 1_000_000)
    latency_least_left_ms: int = between(0, DAY_MS)
    latency_markup_ppm: int = between(0, 10_000_000)
    latency_basis_ppm: int = between(1, 1_000_000)
    spike_markets: tuple[str, ...]
    spike_confidence_ppm: int = between(0, 1_000_000)
    spike_window_ms: int = between(1, DAY_MS)
    spike_min_move_usd: Usd = dollars(1)
    spike_settle_ms: int = between(0, DAY_MS)
    spike_witnesses: int = between(2, 1_000)
    spike_max_spread_usd: Usd = dollars(1)
    spike_reversion_ppm: int = between(0, 1_000_000)
    spot_second: SecondSpot
    spot_max_age_ms: int = between(1, DAY_MS)
    spot_max_lag_ms: int = between(1, DAY_MS)
    spot_max_gap_ppm: int = between(1, 1_000_000)
    volatility_window_ms: int = between(1_000, DAY_MS)
    volatility_step_ms: int = between(1, DAY_MS)
    volatility_min_returns: int = between(2, 100_000)
    polymarket_spot_url: str = url("wss", "ws")
    coinbase_spot_url: str = url("wss", "ws")
    binance_spot_url: str = url("wss", "ws")


@attrs.frozen
class Limits:
    """Section [limits]."""

    max_basket_usd: Usd = dollars(10_000_000)
    max_market_usd: Usd = dollars(10_000_000)
    max_event_usd: Usd = dollars(10_000_000)
    max_venue_usd: Usd = dollars(10_000_000)
    max_total_usd: Usd = dollars(10_000_000)
    canary_total_usd: Usd = dollars(10_000)
    max_market_contracts: int = between(1, 10_000_000)
    max_open_baskets: int = between(1, 100)
    cash_reserve_usd: Usd = dollars(1_000_000)
    max_cluster_usd: Usd = dollars(10_000_000)
    max_open_positions: int = between(1, 100_000)
    max_unwind_loss_usd: Usd = dollars(100_000)
    max_day_unhedged_usd: Usd = dollars(1_000_000)
    max_day_loss_usd: Usd = dollars(1_000_000)
    market_cooldown_ms: int = between(0, DAY_MS)
    refusal_pause_ms: int = between(1, DAY_MS)
    refusal_pause_most_ms: int = between(1, DAY_MS)
    storm_refusals: int = between(1, 1_000)
    storm_pause_ms: int = between(1, DAY_MS)
    storm_pause_most_ms: int = between(1, DAY_MS)
    half_fills: int = between(1, 1_000)
    half_fill_pause_ms: int = between(1, DAY_MS)
    half_fill_pause_most_ms: int = between(1, DAY_MS)
    misses: int = between(1, 1_000)
    miss_pause_ms: int = between(1, DAY_MS)
    miss_pause_most_ms: int = between(1, DAY_MS)
    max_failures: int = between(1, 1_000)
    failures_pause_ms: int = between(1, DAY_MS)


@attrs.frozen
class Sizing:
    """Section [sizing]."""

    kelly_ppm: int = between(0, 1_000_000)
    fill_prior_ppm: int = between(0, 1_000_000)
    half_fill_prior_ppm: int = between(0, 1_000_000)
    half_fill_loss_ppm: int = between(0, 1_000_000)
    believed_edge_ppm: int = between(1, 1_000_000)
    hurdle_ppm: int = between(0, 10_000_000)
    unknown_wait_ms: int = between(0, 3_650 * DAY_MS)
    worst_loss_usd: Usd = dollars(10_000_000)
    one_venue_trust_ppm: int = between(0, 1_000_000)
    cross_venue_trust_ppm: int = between(0, 1_000_000)
    structural_trust_ppm: int = between(0, 1_000_000)


@attrs.frozen
class Execution:
    """Section [execution]."""

    opportunity_ttl_ms: int = between(1, MINUTE_MS)
    leg_timeout_ms: int = between(10, MINUTE_MS)
    resolve_timeout_ms: int = between(10, 10 * MINUTE_MS)
    absent_ms: int = between(10, MINUTE_MS)
    order_poll_ms: int = between(1, MINUTE_MS)
    fills_poll_ms: int = between(10, 10 * MINUTE_MS)
    max_orders_per_minute: int = between(1, 100_000)
    unwind_timeout_ms: int = between(10, 10 * MINUTE_MS)
    unwind_give_ticks: int = between(0, 100)
    unwind_hold_usd: Usd = dollars(1_000)
    unwind_hold_haircut_ppm: int = between(0, 1_000_000)
    unwind_rest_ms: int = between(0, MINUTE_MS)
    unwind_rest_chance_ppm: int = between(0, 1_000_000)
    unwind_rest_slip_usd: Usd = dollars(1)
    unwind_refused_ms: int = between(1, MINUTE_MS)
    unwind_fills_ms: int = between(1, MINUTE_MS)
    reopen_poll_ms: int = between(10, MINUTE_MS)
    pretrade_price_ppm: int = between(0, 1_000_000)
    pretrade_cost_ppm: int = between(0, 1_000_000)
    pretrade_edge_ppm: int = between(0, 1_000_000)
    pretrade_unread_legs: int = between(0, 15)
    intent_ttl_ms: int = between(1, MINUTE_MS)
    books_answer_ms: int = between(1, MINUTE_MS)
    book_timeout_ms: int = between(1, MINUTE_MS)
    stop_timeout_ms: int = between(10, 10 * MINUTE_MS)


@attrs.frozen
class Settle:
    """Section [settle]."""

    every_ms: int = between(100, DAY_MS)
    min_usd: Usd = dollars(1_000_000)
    redeem_after_ms: int = between(0, 30 * DAY_MS)
    rest_ms: int = between(1, DAY_MS)
