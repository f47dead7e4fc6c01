"""How the simulated venue behaves now: what a test or a fault script may change while it runs.

Where the venue's behaviour is contested or unknown there is a switch here, and its default says
why.
"""

import enum

import attrs

from arb.market.units import Ns
from arb.sim.orders import Stp
from arb.sim.polymarket.refusals import Refusal, VersionWords


class Mode(enum.StrEnum):
    """What the matching engine lets through (docs: trading/matching-engine)."""

    NORMAL = "normal"
    RESTARTING = "restarting"
    POST_ONLY = "post_only"
    CANCEL_ONLY = "cancel_only"
    DISABLED = "disabled"


class IpLimits(enum.StrEnum):
    """What happens to an address that asks too often (docs: api-reference/rate-limits)."""

    OFF = "off"
    DELAY = "delay"
    """Requests wait for the next window: what the docs say."""
    REFUSE = "refuse"
    """429 with Cloudflare's HTML: what traders report."""


class SignerLimits(enum.StrEnum):
    """What happens to a signer that trades too often (docs: trading-rate-limits)."""

    OFF = "off"
    WARN = "warn"
    """Only headers: announced on Jul 24 2026 for two weeks; no later date is known."""
    ENFORCE = "enforce"


class Storm(enum.StrEnum):
    """A rain of 429, whatever the quotas say."""

    NONE = "none"
    BARE = "bare"
    """Cloudflare's: no word on whether the request arrived."""
    POLY = "poly"
    """The venue's own, with its headers: a definite refusal. Only trading endpoints."""


@attrs.define
class Settlement:
    """How long after the match a trade gets on chain, and how often that goes wrong.

    Of a million trades, `retry_ppm` are reverted once and sent again, and `fail_ppm` of those
    that are sent again never arrive.
    """

    mined_s: float = 2.0
    confirmed_s: float = 4.0
    retry_s: float = 5.0
    """From the revert to the second try."""
    retry_ppm: int = 0
    fail_ppm: int = 0


@attrs.define
class Relaying:
    """How long the relayer's transactions take, each from the submission, and how many fail."""

    executed_s: float = 0.5
    mined_s: float = 2.0
    confirmed_s: float = 4.0
    revert_ppm: int = 0
    """Of a million transactions, how many are reverted on chain and change nothing."""
    builder_daily: int = 100
    """Transactions a builder key may send in a day (docs: builder tiers, unverified)."""


@attrs.define
class Conditions:
    """Every switch and delay of the face. Times are seconds by the simulated clock."""

    # --- who gets in ---
    geoblocked: bool = False
    country: str = "IE"
    region: str = "L"
    mode: Mode = Mode.NORMAL
    mode_s_left: int = 79
    """What a post-only refusal says about its end, where `mode_ends_ns` is not known."""
    mode_ends_ns: Ns | None = None
    """When post-only mode ends; set by a restart."""
    restart_drops_sockets: bool = True
    """Whether a restart hangs up on every socket; usually it does (traders' reports)."""
    clock_skew_s: int = 60
    """How far the timestamp of a signed request may be off. The venue names no number."""
    clock_offset_s: float = 0.0
    """How far the venue's clock is ahead of everybody else's; may be negative."""
    ip_limits: IpLimits = IpLimits.DELAY
    signer_limits: SignerLimits = SignerLimits.WARN
    tier: str = "Standard"
    """Whose buckets a signer has (docs: trading-rate-limits): "Standard" to "Elite"."""
    storm: Storm = Storm.NONE

    # --- orders ---
    version_words: VersionWords = VersionWords.MISMATCH
    """What orders of another version are told: both texts are on record."""
    refuse: Refusal | None = None
    """A documented refusal that orders meet for no reason of their own."""
    refuse_ppm: int = 1_000_000
    """How many of a million orders meet it: in a batch, some of the entries."""
    most_cancels: int = 1000
    """Ids in one cancel (changelog, Jun 15 2026; one docs page still says 3000)."""
    market_minimum: bool = True
    """Whether FAK and FOK orders need the market's least shares too, as a docs page has it."""
    flat_market_decimals: bool = True
    """Whether the computed side of FAK and FOK has 4 decimals on every tick (recorded refusals);
    else as many as the docs' table says."""
    self_trades: Stp = Stp.TAKER
    """What happens where an order meets another of its account. Not documented."""
    taker_delay_s: float = 0.15
    """The hold of takers on markets that have one (changelog, Sep 4 2026; guides say 0.25)."""
    delays_before_start: bool = False
    """Whether takers of a game that has not begun are held too; traces hold them from the start."""
    hold_takers_s: float = 0.0
    """Every order that takes is held at least this long and answered "delayed", in any market."""
    delayed_lost: bool = False
    """Held orders find nothing when their time comes: the venue cancels them."""
    heartbeat_s: float = 10.0
    heartbeat_check_s: float = 5.0

    # --- markets ---
    auto_tick: bool = True
    """Whether the tick goes from 0.01 to 0.001 beyond 0.04 and 0.96 (older docs name these)."""
    hydration_s: float = 90.0
    """From a market's listing to its book: one to three minutes (recorded traffic)."""
    resolution_s: float = 60.0
    """From the proposed outcome to the payout: a minute for crypto, two hours for the oracle."""
    auto_redeem_s: float | None = 20.0
    """From the payout until winners are paid without asking, where the wallet allows the
    auto-redeemer to (docs: it "may pay out winners for you"). None: they redeem themselves."""

    # --- money ---
    settlement: Settlement = attrs.field(factory=Settlement)
    relaying: Relaying = attrs.field(factory=Relaying)
    balance_lag_s: float = 0.0
    """How long the balance endpoints lag behind the matching engine."""

    # --- what reads show ---
    price_is_opposite: bool = False
    """Whether /price?side=BUY means the best ask; by the OpenAPI it means the best bid."""
    book_cache_s: float = 0.0
    """How old a REST book may be: an edge cache in front of the venue."""
    ghost_tokens: set[str] = attrs.field(factory=set)
    """Tokens whose REST book shows 0.01 and 0.99 and nothing else, though they trade."""
    gamma_hidden: set[str] = attrs.field(factory=set)
    """Fields that the metadata host leaves out of events and markets."""

    # --- sockets ---
    socket_silence_s: float = 125.0
    """A socket without PING is dropped after this (recorded behaviour)."""
    socket_backlog: int = 4096
    """Frames waiting for one client; a slower client is hung up on, never waited for."""
    sockets_frozen: bool = False
    """Sockets answer PING and tell nothing else."""
    stream_lag_s: float = 0.0
    """How late frames leave: a REST answer may then come before its stream event."""
