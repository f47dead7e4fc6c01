"""What our API key lacks to trade on Kalshi: its scopes, and the attestation of where we are."""

import attrs
import msgspec

from arb.market.instruments import Venue
from arb.market.units import Clock
from arb.venues.kalshi.rest import Rest

KEYS = "/api_keys"
TRADES = frozenset({"write", "write::trade"})
"""Scopes that allow to send orders (docs: api_keys)."""
SOON_NS = 14 * 24 * 3600 * 10**9
"""An attestation that lapses within two weeks is told: a person has to renew it."""


class KeyRow(msgspec.Struct, frozen=True):
    """One API key."""

    api_key_id: str
    scopes: list[str] | None = None


class KeysBody(msgspec.Struct, frozen=True):
    """All keys of the account."""

    api_keys: list[KeyRow] | None = None
    api_key_region_expiration_ts: int | None = None


@attrs.frozen
class KalshiPermits:
    """Asks what the key that we sign with may do."""

    rest: Rest
    key_id: str
    now_ns: Clock
    venue: Venue = Venue.KALSHI

    async def lacks(self) -> tuple[str, ...]:
        """Name what is missing; a key without listed scopes has them all (docs: api_keys)."""
        body = await self.rest.read(KeysBody, KEYS)
        ours = next((row for row in body.api_keys or [] if row.api_key_id == self.key_id), None)
        found = [] if ours else [f"the venue lists no key {self.key_id}"]
        if ours and ours.scopes and not TRADES & set(ours.scopes):
            found.append(f"the key may not trade: its scopes are {', '.join(ours.scopes)}")
        expires_s = body.api_key_region_expiration_ts
        if expires_s is not None and expires_s * 10**9 < self.now_ns() + SOON_NS:
            days = (expires_s * 10**9 - self.now_ns()) // (24 * 3600 * 10**9)
            found.append(f"the attestation of our location lapses in {days} days")
        return tuple(found)
