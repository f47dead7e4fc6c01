"""What the settings mean to the rooms that think: limits and patience in their own units."""

import random

from arb.detect.firewall import FirewallLimits
from arb.detect.history import NOTHING_LEARNT, Calibration
from arb.detect.isolation import LaneLimits
from arb.detect.opportunity import Criteria
from arb.detect.sweep import SweepLimits
from arb.market.units import Px, Usd
from arb.placing import Patience
from arb.risk.bans import Bans
from arb.risk.limits import Caps
from arb.settings import Mode, Settings
from arb.supervise import Restarts
from arb.venues.backoff import Backoff

MS = 1000
NS_PER_MS = 1_000_000


def caps(settings: Settings) -> Caps:
    """The hard limits in force: in live mode the canary's are, whatever the rest says."""
    limits = settings.limits
    most = Usd(limits.canary_total_usd) if settings.run.mode is Mode.LIVE else limits.max_total_usd
    return Caps(
        basket_usd=Usd(min(limits.max_basket_usd, most)),
        market_usd=Usd(min(limits.max_market_usd, most)),
        event_usd=Usd(min(limits.max_event_usd, most)),
        venue_usd=Usd(min(limits.max_venue_usd, most)),
        total_usd=Usd(min(limits.max_total_usd, most)),
        market_contracts=limits.max_market_contracts,
        open_baskets=limits.max_open_baskets,
        cash_reserve_usd=limits.cash_reserve_usd,
    )


def bans(settings: Settings) -> Bans:
    """How long a market that refused an order is left alone."""
    limits = settings.limits
    return Bans(limits.refusal_pause_ms * NS_PER_MS, limits.refusal_pause_most_ms * NS_PER_MS)


def patience(settings: Settings) -> Patience:
    """How long orders are waited for."""
    knobs = settings.execution
    return Patience(
        answer_s=knobs.leg_timeout_ms / MS,
        resolve_s=knobs.resolve_timeout_ms / MS,
        absent_s=knobs.absent_ms / MS,
        poll_s=knobs.order_poll_ms / MS,
    )


def criteria(settings: Settings, calibration: Calibration = NOTHING_LEARNT) -> Criteria:
    """What an opportunity must meet."""
    knobs = settings.detect
    return Criteria(
        firewall=FirewallLimits(
            max_feed_silence_ns=knobs.max_feed_silence_ms * NS_PER_MS,
            max_age_spread_ns=knobs.max_age_spread_ms * NS_PER_MS,
            close_margin_ns=knobs.close_margin_ms * NS_PER_MS,
            max_edge_ppm=knobs.max_edge_ppm,
            max_quote_age_ns=knobs.max_quote_age_ms * NS_PER_MS,
            max_trade_age_ns=knobs.max_trade_age_ms * NS_PER_MS,
            max_jump=knobs.max_jump_usd,
            jump_window_ns=knobs.jump_window_ms * NS_PER_MS,
            max_one_sided=knobs.max_one_sided_usd,
            max_break_even=Px(knobs.max_break_even_usd),
        ),
        sweep=SweepLimits(
            min_profit_usd=knobs.min_profit_usd,
            min_edge_ppm=knobs.min_edge_ppm,
            max_fee_share_ppm=knobs.max_fee_share_ppm,
        ),
        bucket_ns=knobs.bucket_ms * NS_PER_MS,
        calibration=calibration,
    )


def lane_limits(settings: Settings) -> LaneLimits:
    """What one lane may take from the others."""
    knobs = settings.detect
    return LaneLimits(knobs.lane_budget_ms * NS_PER_MS, knobs.lane_pause_ms * NS_PER_MS)


def restarts(settings: Settings) -> Restarts:
    """How much crashing is borne."""
    knobs = settings.supervise
    return Restarts(
        crashes=knobs.crashes,
        window_s=knobs.window_ms / MS,
        backoff_first_s=knobs.backoff_first_ms / MS,
        backoff_most_s=knobs.backoff_most_ms / MS,
    )


def backoff(settings: Settings, rng: random.Random) -> Backoff:
    """Pauses between attempts to connect; each connection draws its own jitter."""
    knobs = settings.feeds
    jitter = random.Random(rng.getrandbits(64))  # noqa: S311 - spreads reconnects
    return Backoff(knobs.backoff_first_ms / MS, knobs.backoff_most_ms / MS, jitter)
