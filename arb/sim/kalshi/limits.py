"""Token buckets: how much a member may ask for, in whole nanoseconds and without drift.

Docs: rate_limits (Oct 2026). Each bucket is kept as the moment at which it will be full again (the
"generic cell rate algorithm"), multiplied by its rate so that every step stays a whole number.
"""

import attrs

from arb.market.units import Ns
from arb.sim.kalshi.numbers import NS_PER_S

DEFAULT_COST = 10
"""Tokens a request costs where nothing else is listed."""
CANCEL_COST = 2
UPGRADE_COST = 30


@attrs.frozen
class Tier:
    """What a usage level may ask for: tokens a second and tokens that a full bucket holds."""

    name: str
    read_rate: int
    write_rate: int
    read_capacity: int
    write_capacity: int


def _tier(name: str, read: int, write: int, read_s: int, write_s: int) -> Tier:
    return Tier(name, read, write, read * read_s, write * write_s)


BASIC = _tier("basic", 200, 100, 3, 1)
ADVANCED = _tier("advanced", 300, 300, 3, 3)
EXPERT = _tier("expert", 600, 600, 1, 3)
PREMIER = _tier("premier", 1_200, 1_200, 1, 3)
PARAGON = _tier("paragon", 2_400, 2_400, 1, 3)
PRIME = _tier("prime", 4_800, 4_800, 1, 3)
PRESTIGE = _tier("prestige", 12_000, 9_600, 1, 3)


@attrs.define
class Bucket:
    """One bucket of tokens, full at first, refilled continuously."""

    rate: int
    """Tokens a second."""
    capacity: int
    """Tokens."""
    _full_at: int = 0
    """When it is full again: nanoseconds times `rate`."""

    def holds(self, tokens: int, now: Ns) -> bool:
        """Say whether `tokens` could be taken now."""
        return self._debt(now) + tokens * NS_PER_S <= self.capacity * NS_PER_S

    def take(self, tokens: int, now: Ns) -> None:
        """Take tokens that are there."""
        self._full_at = now * self.rate + self._debt(now) + tokens * NS_PER_S

    def _debt(self, now: Ns) -> int:
        """What is missing. More than all of it is never owed: then the clock was set back."""
        debt = self._full_at - now * self.rate
        return debt if 0 < debt <= self.capacity * NS_PER_S else 0


TIERS = (BASIC, ADVANCED, EXPERT, PREMIER, PARAGON, PRIME, PRESTIGE)
"""Lowest first."""


@attrs.define
class Allowance:
    """What one member may ask for now."""

    tier: Tier
    reads: Bucket
    writes: dict[int, Bucket]
    """By shard; 0 is the unscoped bucket."""

    @classmethod
    def of(cls, tier: Tier, shards: tuple[int, ...]) -> "Allowance":
        """Full buckets of a tier."""
        return cls(
            tier,
            Bucket(tier.read_rate, tier.read_capacity),
            {shard: Bucket(tier.write_rate, tier.write_capacity) for shard in shards},
        )


class Governor:
    """The buckets of every member: one for reads, one for writes, one for writes on each shard."""

    def __init__(self, tier: Tier, shards: tuple[int, ...]) -> None:
        """Start everybody on the same tier; `shards` are the exchange's."""
        self._tier = tier
        self._shards = tuple(sorted({0, *shards}))
        self._allowances: dict[str, Allowance] = {}

    def tier_of(self, user_id: str) -> Tier:
        """The member's usage level."""
        return self._allowance(user_id).tier

    def raise_to(self, user_id: str, tier: Tier) -> None:
        """Put a member on another tier, with full buckets."""
        self._allowances[user_id] = Allowance.of(tier, self._shards)

    def read(self, user_id: str, tokens: int, now: Ns) -> bool:
        """Bill a read; False where the bucket does not hold it (nothing is taken then)."""
        return _take([self._allowance(user_id).reads], tokens, now)

    def write(self, user_id: str, tokens: int, now: Ns, shard: int | None) -> bool:
        """Bill a write to its shard; None where the venue has to find the shard by itself.

        Finding it costs the unscoped bucket (0) and every other shard's as well.
        """
        writes = self._allowance(user_id).writes
        return _take(list(writes.values()) if shard is None else [writes[shard]], tokens, now)

    def _allowance(self, user_id: str) -> Allowance:
        allowance = self._allowances.get(user_id)
        if allowance is None:
            allowance = self._allowances[user_id] = Allowance.of(self._tier, self._shards)
        return allowance


def _take(buckets: list[Bucket], tokens: int, now: Ns) -> bool:
    if not all(bucket.holds(tokens, now) for bucket in buckets):
        return False
    for bucket in buckets:
        bucket.take(tokens, now)
    return True
