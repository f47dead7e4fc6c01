"""How often one may ask: the edge's quotas by address, and the venue's by signer.

Docs: api-reference/rate-limits (Cloudflare, per address and 10 seconds, some also per 10 minutes)
and trading-rate-limits (token buckets per signer, by tier). Numbers as of Aug 2026.
"""

import attrs

from arb.market.units import Ns
from arb.sim.polymarket.wire import NS_PER_S

SHORT_S = 10
LONG_S = 600


@attrs.frozen
class Quota:
    """At most `most` requests within a window of `window_s` seconds, counted together."""

    name: str
    most: int
    window_s: int = SHORT_S


_ALL = Quota("all", 15_000)
_GAMMA, _DATA, _CLOB = Quota("gamma", 4_000), Quota("data", 800), Quota("clob", 9_000)
_LEDGER = Quota("ledger", 900)
_LISTING = Quota("listing", 900)

_TRADING = {
    "POST /order": (5_000, 120_000),
    "DELETE /order": (5_000, 120_000),
    "POST /orders": (2_000, 21_000),
    "DELETE /orders": (2_000, 15_000),
    "DELETE /cancel-all": (250, 6_000),
    "DELETE /cancel-market-orders": (1_500, 21_000),
}
"""Method and path: requests in 10 seconds, and in 10 minutes."""

_READS = {
    "/ok": 100,
    "/book": 1_500,
    "/price": 1_500,
    "/midpoint": 1_500,
    "/books": 500,
    "/prices": 500,
    "/midpoints": 500,
    "/prices-history": 1_000,
    "/tick-size": 200,
    "/data/orders": 500,
    "/data/trades": 500,
    "/notifications": 125,
    "/balance-allowance": 200,
    "/balance-allowance/update": 50,
    "/v2/trades": 300,
    "/v2/positions": 200,
    "/v2/activity": 200,
    "/v2/prices-history": 200,
    "/public-search": 350,
}
_FAMILIES = {"auth": 100, "tags": 200, "comments": 200}
_IN_LEDGER = {"/data/orders", "/data/trades", "/notifications", "/data/order"}
_OF_GAMMA = {"events", "tags", "series", "sports", "teams", "public-search", "comments"}


def quotas_of(method: str, path: str) -> tuple[Quota, ...]:
    """Every quota that a request counts against, the narrowest first."""
    call = f"{method} {path}"
    if call in _TRADING:
        short, long = _TRADING[call]
        return Quota(call, short), Quota(f"{call} long", long, LONG_S), _CLOB, _ALL
    family = path.split("/", 2)[1]
    own = [Quota(path, _READS[path])] if path in _READS else []
    if family in _FAMILIES:
        own.append(Quota(family, _FAMILIES[family]))
    return (*own, *_wide(path, family), _ALL)


def _wide(path: str, family: str) -> tuple[Quota, ...]:
    """The quotas of a whole host or half of one; all hosts are one here."""
    if family == "v2":
        return (_DATA,)
    if family == "events":
        return Quota("events", 500), _LISTING, _GAMMA
    if path.startswith(("/markets/keyset", "/markets/slug")):
        return Quota("markets", 300), _LISTING, _GAMMA
    if family in _OF_GAMMA:
        return (_GAMMA,)
    in_ledger = path in _IN_LEDGER or path.startswith("/data/order/")
    return (_LEDGER, _CLOB) if in_ledger else (_CLOB,)


@attrs.define(eq=False)
class Windows:
    """Counts requests in fixed windows, by address and quota."""

    _counts: dict[tuple[str, str], tuple[int, int]] = attrs.field(factory=dict, init=False)
    """Address and quota: number of the window, and requests in it."""

    def excess_s(self, address: str, quotas: tuple[Quota, ...], now_ns: Ns) -> float:
        """Count one request; seconds until all of its quotas have room, 0 where they have."""
        waits = [self._excess_s(address, quota, now_ns) for quota in quotas]
        wait_s = max(waits)
        if not wait_s:
            for quota in quotas:
                window, used = self._at(address, quota, now_ns)
                self._counts[address, quota.name] = (window, used + 1)
        return wait_s

    def _excess_s(self, address: str, quota: Quota, now_ns: Ns) -> float:
        window, used = self._at(address, quota, now_ns)
        if used < quota.most:
            return 0.0
        return (window + 1) * quota.window_s - now_ns / NS_PER_S

    def _at(self, address: str, quota: Quota, now_ns: Ns) -> tuple[int, int]:
        window = now_ns // (quota.window_s * NS_PER_S)
        known, used = self._counts.get((address, quota.name), (window, 0))
        return (window, used) if known == window else (window, 0)


@attrs.frozen
class Tier:
    """What a signer may do in a second, and in a burst (docs: trading-rate-limits)."""

    name: str
    orders: int
    order_burst: int
    cancels: int
    cancel_burst: int
    overdraws: bool
    """Whether cancels may take their bucket below zero (Standard to Gold)."""


TIERS = {
    tier.name: tier
    for tier in (
        Tier("Standard", 40, 60, 80, 120, overdraws=True),
        Tier("Copper", 60, 90, 120, 180, overdraws=True),
        Tier("Bronze", 80, 120, 160, 240, overdraws=True),
        Tier("Silver", 200, 300, 400, 600, overdraws=True),
        Tier("Gold", 400, 600, 800, 1200, overdraws=True),
        Tier("Platinum", 450, 675, 900, 1350, overdraws=False),
        Tier("Diamond", 525, 787, 1050, 1575, overdraws=False),
        Tier("Elite", 600, 900, 1200, 1800, overdraws=False),
    )
}


@attrs.define(eq=False)
class Bucket:
    """Tokens that come back at `rate` a second, up to `burst`. Counted in billionths."""

    rate: int
    burst: int
    seen_ns: Ns
    held: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start full."""
        self.held = self.burst * NS_PER_S

    def left(self, now_ns: Ns) -> int:
        """Whole tokens; negative where the bucket is overdrawn."""
        self.held = min(self.held + (now_ns - self.seen_ns) * self.rate, self.burst * NS_PER_S)
        self.seen_ns = now_ns
        return self.held // NS_PER_S

    def take(self, cost: int) -> None:
        """Take tokens, below zero if need be."""
        self.held -= cost * NS_PER_S

    def full_ns(self, cost: int) -> Ns:
        """When `cost` tokens will be there; the past where they are."""
        missing = cost * NS_PER_S - self.held
        return Ns(self.seen_ns + max(missing, 0) // self.rate)
