"""The one table of faults: every kind, what it does, where it acts, and what it takes.

A script, the command line, the documentation and `--help` all read it here.
"""

import enum
from collections.abc import Mapping

import attrs

from arb.market.instruments import Venue

DAY_S = 86_400
MINUTE_MS = 60_000


class Kind(enum.StrEnum):
    """What goes wrong."""

    LATENCY = "latency"
    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    REQUEST_LOST = "request_lost"
    ANSWER_LOST = "answer_lost"
    REJECT = "reject"
    STALE_REST = "stale_rest"
    MALFORMED = "malformed"
    DROP_FRAMES = "drop_frames"
    DUPLICATE_FRAMES = "duplicate_frames"
    REORDER_FRAMES = "reorder_frames"
    GAP = "gap"
    SILENCE = "silence"
    DISCONNECT = "disconnect"
    RESET = "reset"
    HALF_OPEN = "half_open"
    SLOW = "slow"
    PARTIAL_FILL = "partial_fill"
    TICK_CHANGE = "tick_change"
    DELAYED_ORDERS = "delayed_orders"
    SETTLEMENT_FAILURE = "settlement_failure"
    BALANCE_LAG = "balance_lag"
    MAINTENANCE = "maintenance"
    ENGINE_RESTART = "engine_restart"
    GEOBLOCK = "geoblock"
    HALT = "halt"
    CLOCK_SKEW = "clock_skew"


class Layer(enum.Enum):
    """Where a fault is carried out."""

    REST = "requests and their answers"
    STREAM = "frames of open sockets"
    CONNECTION = "whole connections"
    ARRIVAL = "orders, just before the venue looks at them"
    VENUE = "the venue itself, for as long as the fault lasts"
    CLOCK = "the venue's clock"


@attrs.frozen
class Number:
    """A whole number that a kind takes. `default` None: it has to be given."""

    words: str
    low: int
    high: int
    default: int | None = None


@attrs.frozen
class Choice:
    """One word of several that a kind takes."""

    words: str
    known: tuple[str, ...]
    default: str


Parameter = Number | Choice


@attrs.frozen
class Recipe:
    """All there is to know about a kind."""

    words: str
    layers: frozenset[Layer]
    takes: Mapping[str, Parameter] = attrs.field(factory=dict)
    venues: frozenset[Venue] = frozenset(Venue)
    """Where it can happen."""


def _at(*layers: Layer) -> frozenset[Layer]:
    return frozenset(layers)


_HOW = Choice("the caller hears nothing, or the connection breaks", ("silence", "reset"), "silence")
_ONLY_POLYMARKET = frozenset({Venue.POLYMARKET})
_ONLY_KALSHI = frozenset({Venue.KALSHI})

KINDS: Mapping[Kind, Recipe] = {
    Kind.LATENCY: Recipe(
        "messages take longer: fixed_ms, and on top of it up to spread_ms (uniform) and a draw"
        " with the mean tail_ms (exponential)",
        _at(Layer.REST, Layer.STREAM),
        {
            "fixed_ms": Number("always", 0, 10 * MINUTE_MS, 0),
            "spread_ms": Number("at most on top", 0, 10 * MINUTE_MS, 0),
            "tail_ms": Number("on the average on top", 0, MINUTE_MS, 0),
            "direction": Choice(
                "to the venue, from the venue, or each of them",
                ("both", "request", "answer"),
                "both",
            ),
        },
    ),
    Kind.RATE_LIMIT: Recipe(
        "requests and handshakes are refused with 429",
        _at(Layer.REST),
        {"form": Choice("as the venue does it, or as its edge", ("venue", "bare"), "venue")},
    ),
    Kind.SERVER_ERROR: Recipe(
        "requests and handshakes are answered with 5xx",
        _at(Layer.REST),
        {
            "status": Number("the HTTP status", 500, 599, 503),
            "body": Choice("what comes with it", ("json", "html", "empty"), "json"),
            "when": Choice(
                "whether the venue never saw the request or has acted on it",
                ("before", "after"),
                "before",
            ),
        },
    ),
    Kind.REQUEST_LOST: Recipe("requests never reach the venue", _at(Layer.REST), {"how": _HOW}),
    Kind.ANSWER_LOST: Recipe(
        "the venue acts on requests and its answers never arrive", _at(Layer.REST), {"how": _HOW}
    ),
    Kind.REJECT: Recipe(
        "new orders are refused in the venue's own words",
        _at(Layer.REST),
        {
            "reason": Choice(
                "which refusal",
                ("balance", "price", "size", "closed", "unfillable", "unauthorised"),
                "balance",
            )
        },
    ),
    Kind.STALE_REST: Recipe(
        "reads are answered from a cache",
        _at(Layer.REST),
        {"age_ms": Number("how old an answer may be", 1, DAY_S * 1000)},
    ),
    Kind.MALFORMED: Recipe(
        "answers and frames cannot be read",
        _at(Layer.REST, Layer.STREAM),
        {
            "form": Choice(
                "cut in the middle, not JSON at all, or JSON of another shape",
                ("cut", "noise", "shape"),
                "cut",
            )
        },
    ),
    Kind.DROP_FRAMES: Recipe("frames are lost", _at(Layer.STREAM)),
    Kind.DUPLICATE_FRAMES: Recipe(
        "frames come more than once",
        _at(Layer.STREAM),
        {"copies": Number("how often beside the first time", 1, 100, 1)},
    ),
    Kind.REORDER_FRAMES: Recipe(
        "a frame comes after those that were sent behind it",
        _at(Layer.STREAM),
        {"behind": Number("how many overtake it", 1, 100, 1)},
    ),
    Kind.GAP: Recipe(
        "a run of frames is lost",
        _at(Layer.STREAM),
        {"frames": Number("the length of the run", 1, 100_000, 10)},
    ),
    Kind.SILENCE: Recipe(
        "open sockets bring nothing but pongs, to old and new clients alike", _at(Layer.STREAM)
    ),
    Kind.DISCONNECT: Recipe(
        "the venue hangs up on sockets in the orderly way",
        _at(Layer.CONNECTION),
        {
            "every_ms": Number("again after this; 0: once", 0, DAY_S * 1000, 0),
            "code": Number("the close code", 1000, 4999, 1001),
        },
    ),
    Kind.RESET: Recipe(
        "connections break without a word (RST)",
        _at(Layer.CONNECTION),
        {"every_ms": Number("again after this; 0: once", 0, DAY_S * 1000, 0)},
    ),
    Kind.HALF_OPEN: Recipe(
        "connections stay open and carry nothing any more, pongs neither",
        _at(Layer.CONNECTION),
        {"every_ms": Number("again after this; 0: once", 0, DAY_S * 1000, 0)},
    ),
    Kind.SLOW: Recipe(
        "answers and frames trickle in",
        _at(Layer.REST, Layer.STREAM),
        {"bytes_per_s": Number("the rate of one connection", 1, 10**9)},
    ),
    Kind.PARTIAL_FILL: Recipe(
        "somebody else takes a share of what an order would meet, just before it arrives",
        _at(Layer.ARRIVAL),
        {"share_ppm": Number("of what it would meet, in millionths", 1, 1_000_000, 500_000)},
    ),
    Kind.TICK_CHANGE: Recipe(
        "the grid of a market changes just before an order for it arrives",
        _at(Layer.ARRIVAL),
        {"tick_usd": Choice("the new tick in dollars", ("0.01", "0.005", "0.001"), "0.001")},
    ),
    Kind.DELAYED_ORDERS: Recipe(
        "orders that take are held back before they are matched",
        _at(Layer.VENUE),
        {
            "hold_ms": Number("how long", 1, MINUTE_MS, 3_000),
            "ending": Choice("then matched, or lost", ("matched", "lost"), "matched"),
        },
        _ONLY_POLYMARKET,
    ),
    Kind.SETTLEMENT_FAILURE: Recipe(
        "trades are reverted on chain and sent again; some never arrive",
        _at(Layer.VENUE),
        {
            "retry_ppm": Number("of all trades, in millionths", 0, 1_000_000, 1_000_000),
            "fail_ppm": Number("of those that are reverted, in millionths", 0, 1_000_000, 0),
        },
        _ONLY_POLYMARKET,
    ),
    Kind.BALANCE_LAG: Recipe(
        "balances are told late",
        _at(Layer.VENUE),
        {"lag_ms": Number("by how much", 1, 10 * MINUTE_MS)},
        _ONLY_POLYMARKET,
    ),
    Kind.MAINTENANCE: Recipe(
        "the venue takes no orders; where all is paused, no cancels either",
        _at(Layer.VENUE),
        {
            "level": Choice("what is paused", ("trading", "all"), "trading"),
            "shard": Number("on Kalshi: which shard; -1: every one", -1, 100, -1),
        },
    ),
    Kind.ENGINE_RESTART: Recipe(
        "the matching engine restarts: 425, then post-only",
        _at(Layer.VENUE),
        {
            "down_ms": Number("how long it is away", 1, DAY_S * 1000, 60_000),
            "post_only_ms": Number(
                "how long nothing may take after that", 0, DAY_S * 1000, 120_000
            ),
        },
        _ONLY_POLYMARKET,
    ),
    Kind.GEOBLOCK: Recipe(
        "trading is blocked from where we are", _at(Layer.VENUE), {}, _ONLY_POLYMARKET
    ),
    Kind.HALT: Recipe(
        "one market is halted; it needs `market`", _at(Layer.VENUE), {}, _ONLY_KALSHI
    ),
    Kind.CLOCK_SKEW: Recipe(
        "the venue's clock is wrong: what it says, stamps and accepts",
        _at(Layer.CLOCK),
        {"by_ms": Number("how far ahead; behind where negative", -DAY_S * 1000, DAY_S * 1000)},
    ),
}
