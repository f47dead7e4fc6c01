"""What goes wrong in one life, drawn from its seed: everything the venues can do, rarely to absurdly."""

import random
from collections.abc import Iterator, Sequence

import attrs

from arb.sim.faults.kinds import KINDS, Choice, Kind, Number, Parameter

ROUGHNESS = ("calm", "usual", "rough", "absurd")
"""How bad it gets; each is drawn as often."""
PRESENT = {"calm": 0.1, "usual": 0.25, "rough": 0.5, "absurd": 1.0}
"""How many of all kinds there are at some time."""
RATE_PPM = {
    "calm": (100, 20_000),
    "usual": (1_000, 100_000),
    "rough": (5_000, 400_000),
    "absurd": (50_000, 1_000_000),
}
"""How often a fault acts where it could."""
ORDER_RATE_PPM = {
    "calm": (20_000, 200_000),
    "usual": (50_000, 500_000),
    "rough": (100_000, 800_000),
    "absurd": (200_000, 1_000_000),
}
"""The same for what only an order can meet: a life has a dozen of them, not thousands."""
LONGEST_S = {"calm": 3.0, "usual": 6.0, "rough": 12.0, "absurd": 30.0}
STARTED_S = 2.5
"""A start takes about so long; most faults come later, or there would be nothing to see."""
FROM_THE_START = 0.08
"""Of all lives: faults may come at any time."""
WHILE_IT_LASTS = {
    Kind.DISCONNECT,
    Kind.RESET,
    Kind.HALF_OPEN,
    Kind.DELAYED_ORDERS,
    Kind.SETTLEMENT_FAILURE,
    Kind.BALANCE_LAG,
    Kind.MAINTENANCE,
    Kind.ENGINE_RESTART,
    Kind.GEOBLOCK,
    Kind.HALT,
    Kind.CLOCK_SKEW,
}
"""Kinds for which a probability means nothing: they are there, or not."""
MEETS_ORDERS = {Kind.REJECT, Kind.PARTIAL_FILL, Kind.TICK_CHANGE}
"""Such a fault, and one of requests for orders alone, is there until the life's end: or no order would
come while it lasts."""
ORDERS = "POST *order*"
ENDPOINTS = ("", "*", ORDERS, ORDERS, "POST *", "GET *", "DELETE *", "GET *order*", "GET *fills*")
CHANNELS = ("", "*", "user", "market", "fill", "orderbook_*")
ON_REQUESTS = {Kind.RATE_LIMIT, Kind.SERVER_ERROR, Kind.REQUEST_LOST, Kind.ANSWER_LOST}
SENSIBLE = {
    "fixed_ms": (1, 8_000),
    "spread_ms": (1, 8_000),
    "tail_ms": (1, 3_000),
    "age_ms": (100, 30_000),
    "every_ms": (400, 10_000),
    "hold_ms": (100, 8_000),
    "lag_ms": (100, 20_000),
    "down_ms": (300, 2_000),
    "post_only_ms": (300, 2_000),
    "by_ms": (-60_000, 60_000),
    "frames": (1, 300),
    "behind": (1, 10),
    "copies": (1, 4),
    "code": (1000, 1013),
    "status": (500, 504),
    "bytes_per_s": (500, 1_000_000),
    "share_ppm": (50_000, 1_000_000),
    "retry_ppm": (50_000, 1_000_000),
    "fail_ppm": (0, 400_000),
    "shard": (-1, 2),
}
"""Numbers are drawn from here: those beyond would end a short life at once."""


@attrs.frozen
class Weather:
    """The faults of one life, as lines that `arb run --fault` takes too."""

    roughness: str
    lines: tuple[str, ...]


def forecast(seed: int, lasts_s: float, halting: Sequence[str]) -> Weather:
    """Draw the weather of a life of so many seconds. `halting` are markets that may be halted."""
    rng = random.Random(f"weather {seed}")  # noqa: S311 - it has to repeat
    roughness = rng.choice(ROUGHNESS)
    from_s = 0.0 if rng.random() < FROM_THE_START else STARTED_S
    kinds = [kind for kind in Kind if rng.random() < PRESENT[roughness]]
    rng.shuffle(kinds)
    lines = [_line(rng, kind, roughness, (from_s, lasts_s), halting) for kind in kinds]
    return Weather(roughness, tuple(lines))


def _line(
    rng: random.Random,
    kind: Kind,
    roughness: str,
    span: tuple[float, float],
    halting: Sequence[str],
) -> str:
    words = [kind.value, *_scope(rng, kind, halting), *_numbers(rng, kind)]
    if kind in MEETS_ORDERS or f"endpoint='{ORDERS}'" in words:
        start, for_s, rates = span[0], span[1], ORDER_RATE_PPM
    else:
        start, for_s, rates = rng.uniform(*span), _lasts(rng, roughness), RATE_PPM
    words += [f"start_s={start:.2f}", f"for_s={for_s:.2f}"]
    if kind not in WHILE_IT_LASTS:
        words.append(f"probability_ppm={round(_skewed(rng, *rates[roughness]))}")
    return " ".join(words)


def _lasts(rng: random.Random, roughness: str) -> float:
    return _skewed(rng, 0.3, LONGEST_S[roughness])


def _scope(rng: random.Random, kind: Kind, halting: Sequence[str]) -> Iterator[str]:
    venues = sorted(KINDS[kind].venues)
    if kind is Kind.HALT:
        yield f"market={rng.choice(halting)}"
    elif len(venues) > 1 and rng.random() < 0.6:  # noqa: PLR2004 - more than half
        yield f"venue={rng.choice(venues)}"
    if kind in ON_REQUESTS:
        yield from _named(rng, "endpoint", ENDPOINTS)
    elif kind is Kind.DROP_FRAMES:
        yield from _named(rng, "channel", CHANNELS)


def _named(rng: random.Random, key: str, known: Sequence[str]) -> Iterator[str]:
    chosen = rng.choice(known)
    if chosen:
        yield f"{key}='{chosen}'"


def _numbers(rng: random.Random, kind: Kind) -> Iterator[str]:
    for name, taken in KINDS[kind].takes.items():
        yield f"{name}={_draw(rng, name, taken)}"


def _draw(rng: random.Random, name: str, taken: Parameter) -> str:
    match taken:
        case Choice():
            return rng.choice(taken.known)
        case Number():
            low, high = SENSIBLE[name]
            return str(rng.randint(low, high) if low <= 0 else round(_skewed(rng, low, high)))


def _skewed(rng: random.Random, low: float, high: float) -> float:
    """Drawn so that each order of magnitude is as likely."""
    return float(low * (high / low) ** rng.random())
