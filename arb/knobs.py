"""What the settings mean to the rooms that think: limits and patience in their own units."""

import random

from arb.actors.settler import TurnLimits
from arb.actors.unwind_monitor import Pace
from arb.detect.basket import Lane
from arb.detect.doubts import DoubtLimits
from arb.detect.firewall import FirewallLimits
from arb.detect.history import NOTHING_LEARNT, Calibration
from arb.detect.isolation import LaneLimits
from arb.detect.opportunity import Criteria
from arb.detect.sweep import SweepLimits
from arb.market.units import Px, Usd
from arb.placing import Patience
from arb.risk.bans import BanRule, Bans, Offence
from arb.risk.breakers import BreakerLimits
from arb.risk.budget import LossLimits
from arb.risk.chances import Priors
from arb.risk.limits import Caps
from arb.risk.obstacles import Obstacles, Pauses
from arb.risk.sizing import SizingLimits
from arb.risk.vitals import Objective, VitalLimits
from arb.settings import Mode, Settings
from arb.supervise import Restarts
from arb.trade.pretrade import PretradeLimits
from arb.trade.ways import UnwindLimits
from arb.venues.backoff import Backoff

MS = 1000
NS_PER_MS = 1_000_000


def caps(settings: Settings) -> Caps:
    """The hard limits in force: in live mode the canary's are, whatever the rest says."""
    limits = settings.limits
    most = most_at_risk(settings)
    return Caps(
        basket_usd=Usd(min(limits.max_basket_usd, most)),
        market_usd=Usd(min(limits.max_market_usd, most)),
        event_usd=Usd(min(limits.max_event_usd, most)),
        venue_usd=Usd(min(limits.max_venue_usd, most)),
        total_usd=Usd(min(limits.max_total_usd, most)),
        market_contracts=limits.max_market_contracts,
        open_baskets=limits.max_open_baskets,
        cash_reserve_usd=limits.cash_reserve_usd,
        cluster_usd=Usd(min(limits.max_cluster_usd, most)),
        open_positions=limits.max_open_positions,
        break_even=Px(settings.detect.max_break_even_usd),
    )


def most_at_risk(settings: Settings) -> Usd:
    """All that may be at risk at once: in live mode no more than the canary."""
    limits = settings.limits
    return Usd(limits.canary_total_usd) if settings.run.mode is Mode.LIVE else limits.max_total_usd


def loss_limits(settings: Settings) -> LossLimits:
    """What may be lost by a basket and in a day."""
    limits = settings.limits
    return LossLimits(
        basket_usd=limits.max_unwind_loss_usd,
        day_unhedged_usd=limits.max_day_unhedged_usd,
        day_usd=limits.max_day_loss_usd,
    )


def sizing_limits(settings: Settings) -> SizingLimits:
    """What sizes keep to, before any hard cap."""
    knobs = settings.sizing
    one_venue = (Lane.BINARY, Lane.ALL_YES, Lane.ALL_NO)
    return SizingLimits(
        kelly_ppm=knobs.kelly_ppm,
        half_loss_ppm=knobs.half_fill_loss_ppm,
        believed_edge_ppm=knobs.believed_edge_ppm,
        hurdle_ppm=knobs.hurdle_ppm,
        unknown_wait_ns=knobs.unknown_wait_ms * NS_PER_MS,
        worst_loss_usd=Usd(min(knobs.worst_loss_usd, most_at_risk(settings))),
        trust_ppm={
            **dict.fromkeys(map(str, one_venue), knobs.one_venue_trust_ppm),
            str(Lane.CROSS_VENUE): knobs.cross_venue_trust_ppm,
            str(Lane.STRUCTURAL): knobs.structural_trust_ppm,
        },
    )


def priors(settings: Settings) -> Priors:
    """What is expected of baskets until there is history."""
    return Priors(settings.sizing.fill_prior_ppm, settings.sizing.half_fill_prior_ppm)


def obstacles(settings: Settings) -> Obstacles:
    """What is left alone for how long, and after how much."""
    limits = settings.limits
    pauses = Pauses(
        cooldown_ns=limits.market_cooldown_ms * NS_PER_MS,
        most_failures=limits.max_failures,
        failures_ns=limits.failures_pause_ms * NS_PER_MS,
    )
    return Obstacles(bans(settings), pauses)


def bans(settings: Settings) -> Bans:
    """How long a market is left alone in which something went wrong."""
    limits = settings.limits
    rules = {
        Offence.REFUSED: (1, limits.refusal_pause_ms, limits.refusal_pause_most_ms),
        Offence.STORM: (limits.storm_refusals, limits.storm_pause_ms, limits.storm_pause_most_ms),
        Offence.HALF_FILLED: (
            limits.half_fills,
            limits.half_fill_pause_ms,
            limits.half_fill_pause_most_ms,
        ),
        Offence.MISSED: (limits.misses, limits.miss_pause_ms, limits.miss_pause_most_ms),
    }
    return Bans(
        {
            offence: BanRule(strikes, first * NS_PER_MS, most * NS_PER_MS)
            for offence, (strikes, first, most) in rules.items()
        }
    )


def patience(settings: Settings) -> Patience:
    """How long orders are waited for."""
    knobs = settings.execution
    return Patience(
        answer_s=knobs.leg_timeout_ms / MS,
        resolve_s=knobs.resolve_timeout_ms / MS,
        absent_s=knobs.absent_ms / MS,
        poll_s=knobs.order_poll_ms / MS,
        intent_s=knobs.intent_ttl_ms / MS,
    )


def pretrade_limits(settings: Settings) -> PretradeLimits:
    """How far the books may have moved before the first leg."""
    knobs = settings.execution
    return PretradeLimits(
        ttl_ns=knobs.opportunity_ttl_ms * NS_PER_MS,
        max_price_ppm=knobs.pretrade_price_ppm,
        max_cost_ppm=knobs.pretrade_cost_ppm,
        min_edge_ppm=knobs.pretrade_edge_ppm,
        most_legs_unread=knobs.pretrade_unread_legs,
    )


def unwind_limits(settings: Settings) -> UnwindLimits:
    """What an unwind may do, and what it believes of waiting."""
    knobs = settings.execution
    return UnwindLimits(
        give_ticks=knobs.unwind_give_ticks,
        hold_usd=knobs.unwind_hold_usd,
        hold_haircut_ppm=knobs.unwind_hold_haircut_ppm,
        rest_chance_ppm=knobs.unwind_rest_chance_ppm,
        rest_slip=Px(knobs.unwind_rest_slip_usd),
        budget_usd=settings.limits.max_unwind_loss_usd,
    )


def pace(settings: Settings) -> Pace:
    """How long an unwind waits."""
    knobs = settings.execution
    return Pace(
        timeout_s=knobs.unwind_timeout_ms / MS,
        pause_s=knobs.order_poll_ms / MS,
        refused_s=knobs.unwind_refused_ms / MS,
        rest_s=knobs.unwind_rest_ms / MS,
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


def doubt_limits(settings: Settings) -> DoubtLimits:
    """How often books are asked for again on doubt."""
    knobs = settings.detect
    return DoubtLimits(knobs.doubt_again_ms * NS_PER_MS, knobs.doubt_most_per_s)


def lane_limits(settings: Settings) -> LaneLimits:
    """What one lane may take from the others."""
    knobs = settings.detect
    return LaneLimits(knobs.lane_budget_ms * NS_PER_MS, knobs.lane_pause_ms * NS_PER_MS)


def breaker_limits(settings: Settings) -> BreakerLimits:
    """How much trouble is borne before a venue is left alone."""
    knobs = settings.breakers
    return BreakerLimits(
        failures=knobs.failures,
        window_ns=knobs.window_ms * NS_PER_MS,
        pause_first_ns=knobs.pause_first_ms * NS_PER_MS,
        pause_most_ns=knobs.pause_most_ms * NS_PER_MS,
        jitter_ppm=knobs.jitter_ppm,
        serious={"ghost fill": knobs.ghost_fills, "unwind failed": knobs.failed_unwinds},
    )


def vital_limits(settings: Settings) -> VitalLimits:
    """When a gate of trading is red."""
    knobs = settings.gates
    return VitalLimits(
        coverage_ppm=knobs.coverage_ppm,
        books_ns=knobs.books_ms * NS_PER_MS,
        window_ns=knobs.latency_window_ms * NS_PER_MS,
        least_samples=knobs.latency_least_samples,
        objectives={
            "decision": Objective(
                knobs.decision_p95_ms * NS_PER_MS, knobs.decision_p99_ms * NS_PER_MS
            ),
            "ack": Objective(knobs.ack_p95_ms * NS_PER_MS, knobs.ack_p99_ms * NS_PER_MS),
        },
    )


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


def turn_limits(settings: Settings) -> TurnLimits:
    """When contracts are turned into cash."""
    knobs = settings.settle
    return TurnLimits(
        least=knobs.min_usd,
        redeem_after_ns=knobs.redeem_after_ms * NS_PER_MS,
        every_s=knobs.every_ms / MS,
        rest_ns=knobs.rest_ms * NS_PER_MS,
    )
