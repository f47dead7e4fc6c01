"""How the simulated venue behaves now: what a test or a fault script may change while it runs."""

import enum

import attrs


class Mode(enum.StrEnum):
    """What the matching engine lets through (docs: trading/matching-engine)."""

    NORMAL = "normal"
    RESTARTING = "restarting"
    POST_ONLY = "post_only"
    CANCEL_ONLY = "cancel_only"
    DISABLED = "disabled"


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
class Conditions:
    """Every switch and delay of the face. Times are seconds by the simulated clock."""

    geoblocked: bool = False
    country: str = "IE"
    region: str = "L"
    mode: Mode = Mode.NORMAL
    mode_s_left: int = 79
    """What a post-only refusal says about its end."""
    settlement: Settlement = attrs.field(factory=Settlement)
    balance_lag_s: float = 0.0
    """How long the balance endpoints lag behind the matching engine."""
    clock_skew_s: int = 60
    """How far the timestamp of a signed request may be off. The venue names no number."""
    socket_silence_s: float = 125.0
    """A socket without PING is dropped after this (recorded behaviour)."""
    socket_backlog: int = 4096
    """Frames waiting for one client; a slower client is hung up on, never waited for."""
    taker_delay_s: float = 0.15
    """The hold of takers on markets that have one (changelog, Sep 4 2026)."""
    heartbeat_s: float = 10.0
    heartbeat_check_s: float = 5.0
    price_is_opposite: bool = False
    """Whether /price?side=BUY means the best ask; by the OpenAPI it means the best bid."""
