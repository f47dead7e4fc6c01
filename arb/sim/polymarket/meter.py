"""Token buckets by signer: what each order and cancel costs, and what the headers say.

Docs: trading-rate-limits. A batch is admitted or refused as a whole.
"""

import enum
from collections import Counter
from collections.abc import Callable, Iterable

import attrs
from starlette.requests import Request

from arb.market.errors import UnknownRule
from arb.market.units import Ns, ceil_div
from arb.sim.polymarket.conditions import Conditions, SignerLimits, Storm
from arb.sim.polymarket.errors import ApiError
from arb.sim.polymarket.gate import Gate
from arb.sim.polymarket.keys import ApiKey
from arb.sim.polymarket.quotas import TIERS, Bucket, Tier
from arb.sim.polymarket.routing import Call, add_headers
from arb.sim.polymarket.wire import NS_PER_S, Json

LIMITED = "rate limit exceeded"
"""The venue's words are not on record."""


class Kind(enum.StrEnum):
    """What a bucket is for."""

    ORDERS = "orders"
    CANCELS = "cancels"


@attrs.define(eq=False)
class Meter:
    """Owner of every signer's buckets."""

    gate: Gate
    conditions: Conditions
    now_ns: Callable[[], Ns]
    counts: Counter[str] = attrs.field(factory=Counter)
    _buckets: dict[tuple[str, Kind], Bucket] = attrs.field(factory=dict, init=False)

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (("GET", "/v1/user/rate-limit-tier", self._tier_call),)

    def spend(self, request: Request, key: ApiKey, kind: Kind, cost: int) -> None:
        """Take `cost` tokens of a signer and put the headers on the answer.

        Raises ApiError (429) where limits are enforced and the tokens are not there.
        """
        tier, bucket = self._tier(), self._bucket(key, kind)
        now_ns = self.now_ns()
        left = bucket.left(now_ns)
        short = left <= 0 if kind is Kind.CANCELS and tier.overdraws else left < cost
        if self.conditions.storm is Storm.POLY:
            self._refuse(bucket, cost)
        if self.conditions.signer_limits is SignerLimits.OFF:
            return
        if short and self.conditions.signer_limits is SignerLimits.ENFORCE:
            self._refuse(bucket, cost)
        if not short:
            bucket.take(cost)
        headers = self._headers(bucket)
        if short:
            self.counts["requests over the signer's limit"] += 1
            headers["poly-ratelimit-warning"] = "true"
        add_headers(request, headers)

    def charge(self, request: Request, key: ApiKey, cost: int) -> None:
        """Take tokens for cancels whose number was not known before."""
        if self.conditions.signer_limits is SignerLimits.OFF:
            return
        bucket = self._bucket(key, Kind.CANCELS)
        bucket.take(cost)
        add_headers(request, self._headers(bucket))

    async def _tier_call(self, request: Request) -> Json:
        """The signer's tier. The venue's field names are not documented."""
        await self.gate.key(request)
        tier = self._tier()
        return {
            "tier": tier.name,
            "orders_per_second": tier.orders,
            "orders_burst": tier.order_burst,
            "cancels_per_second": tier.cancels,
            "cancels_burst": tier.cancel_burst,
        }

    def _refuse(self, bucket: Bucket, cost: int) -> None:
        self.counts["requests refused by the signer's limit"] += 1
        wait_ns = max(bucket.full_ns(min(cost, bucket.burst)) - self.now_ns(), 0)
        retry = {"retry-after": str(max(ceil_div(wait_ns, NS_PER_S), 1))}
        raise ApiError(429, LIMITED, headers={**self._headers(bucket), **retry})

    def _headers(self, bucket: Bucket) -> dict[str, str]:
        return {
            "poly-ratelimit-remaining": str(bucket.held // NS_PER_S),
            "poly-ratelimit-reset": str(ceil_div(bucket.full_ns(bucket.burst), NS_PER_S)),
            "poly-ratelimit-tier": self._tier().name,
        }

    def _tier(self) -> Tier:
        tier = TIERS.get(self.conditions.tier)
        if tier is None:
            raise UnknownRule(f"no tier {self.conditions.tier!r}, only {', '.join(TIERS)}")
        return tier

    def _bucket(self, key: ApiKey, kind: Kind) -> Bucket:
        """The bucket of a signer; a new one, full, where the tier changed."""
        tier = self._tier()
        is_order = kind is Kind.ORDERS
        rate = tier.orders if is_order else tier.cancels
        found = self._buckets.get((key.address.lower(), kind))
        if found is None or found.rate != rate:
            burst = tier.order_burst if is_order else tier.cancel_burst
            found = self._buckets[key.address.lower(), kind] = Bucket(rate, burst, self.now_ns())
        return found
