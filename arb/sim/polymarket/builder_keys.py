"""Keys of the relayer: builder keys, made through the API, and relayer keys, made elsewhere.

Docs: programs/builders. A relayer key is two static headers; a builder key signs as L2 does.
"""

import base64
import random
import uuid
from collections.abc import Callable

import attrs

from arb.market.units import Ns
from arb.sim.polymarket.auth import Headers, is_fresh, same_words, sign_request
from arb.sim.polymarket.errors import ApiError
from arb.sim.polymarket.wire import NS_PER_S, Json, iso_time

DAY_S = 86_400


@attrs.define(eq=False)
class BuilderKey:
    """One builder key of an address; `sent` counts its transactions of the day `day`."""

    key: str
    secret: str
    passphrase: str
    address: str
    created_ns: Ns
    revoked_ns: Ns | None = None
    day: int = 0
    sent: int = 0


@attrs.define(eq=False)
class BuilderRing:
    """Makes and finds the keys of the relayer. Which ones depends on the seed alone."""

    seed: int
    now_ns: Callable[[], Ns]
    _keys: dict[str, BuilderKey] = attrs.field(factory=dict, init=False)

    def create(self, address: str) -> BuilderKey:
        """Make one more builder key of an address."""
        made = len([key for key in self._keys.values() if key.address == address.lower()])
        rng = random.Random(f"{self.seed}/builder/{address.lower()}/{made}")
        key = BuilderKey(
            key=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            secret=base64.urlsafe_b64encode(rng.randbytes(32)).decode(),
            passphrase=rng.randbytes(32).hex(),
            address=address.lower(),
            created_ns=self.now_ns(),
        )
        self._keys[key.key] = key
        return key

    def of(self, address: str) -> list[BuilderKey]:
        """Every builder key of an address, revoked ones too."""
        return [key for key in self._keys.values() if key.address == address.lower()]

    def find(self, name: str) -> BuilderKey | None:
        """A builder key that is not revoked."""
        key = self._keys.get(name)
        return None if key is None or key.revoked_ns is not None else key

    def revoke(self, key: BuilderKey) -> None:
        """End a key."""
        key.revoked_ns = self.now_ns()

    def relayer_key(self, address: str) -> str:
        """The relayer key that the web page would show to the owner of an address."""
        rng = random.Random(f"{self.seed}/relayer/{address.lower()}")
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    def signed_by(
        self, headers: Headers, request: tuple[str, str, bytes], skew_s: int
    ) -> BuilderKey | None:
        """The builder key that signed a request (method, path, body); None without one.

        Raises ApiError (401) where there are builder headers that are wrong.
        """
        if "poly_builder_api_key" not in headers:
            return None
        key = self.find(headers["poly_builder_api_key"])
        timestamp = headers.get("poly_builder_timestamp", "")
        if key is None or not is_fresh(timestamp, self.now_ns(), skew_s):
            raise bad_relayer_key()
        expected = sign_request(key.secret, timestamp, *request)
        signed = same_words(headers.get("poly_builder_signature", ""), expected)
        if not signed or not same_words(headers.get("poly_builder_passphrase", ""), key.passphrase):
            raise bad_relayer_key()
        return key

    def count(self, key: BuilderKey, most: int) -> None:
        """Count a transaction. Raises ApiError (429) where the day's share is used up."""
        day = self.now_ns() // (DAY_S * NS_PER_S)
        if key.day != day:
            key.day, key.sent = day, 0
        if key.sent >= most:
            left_s = (day + 1) * DAY_S - self.now_ns() // NS_PER_S
            raise ApiError(429, "quota exceeded", headers={"retry-after": str(left_s)})
        key.sent += 1


def key_json(key: BuilderKey) -> Json:
    """A builder key as the list shows it, without its secrets."""
    revoked = None if key.revoked_ns is None else iso_time(key.revoked_ns)
    return {"key": key.key, "createdAt": iso_time(key.created_ns), "revokedAt": revoked}


def bad_relayer_key() -> ApiError:
    """Neither a relayer key nor a builder key, or a wrong one. The words are ours."""
    return ApiError(401, "invalid authorization")
