"""Wallets, and the API keys that their owners made."""

import base64
import random
import uuid
from collections.abc import Iterable, Iterator

import attrs

from arb.sim.polymarket.errors import bad_request


@attrs.frozen
class Wallet:
    """Funds on the venue and who may spend them. Addresses in any case; compared without it."""

    account: str
    """Its name in the matching engine."""
    signer: str
    """The address of the key that signs: what API keys belong to."""
    funder: str
    """Where the money is; the signer itself for signature type 0."""
    signature_type: int = 0
    """0 EOA, 1 proxy, 2 safe, 3 deposit wallet (docs: the order's `signatureType`)."""
    closed_only: bool = False
    banned: bool = False


@attrs.frozen
class ApiKey:
    """L2 credentials of one address."""

    key: str
    secret: str
    passphrase: str
    address: str
    nonce: int


class Wallets:
    """Everybody who may trade through the API."""

    def __init__(self, wallets: Iterable[Wallet]) -> None:
        """Know these wallets and no others."""
        self._all = tuple(wallets)
        self._by_funder = {wallet.funder.lower(): wallet for wallet in self._all}
        self._by_account = {wallet.account: wallet for wallet in self._all}

    def __iter__(self) -> Iterator[Wallet]:
        """All of them."""
        return iter(self._all)

    def holding(self, funder: str) -> Wallet | None:
        """The wallet at an address."""
        return self._by_funder.get(funder.lower())

    def of_account(self, account: str) -> Wallet | None:
        """The wallet behind an account of the matching engine; None for the order flow's."""
        return self._by_account.get(account)

    def of_signer(self, address: str) -> tuple[Wallet, ...]:
        """Every wallet that an address signs for."""
        return tuple(w for w in self._all if w.signer.lower() == address.lower())


class KeyRing:
    """Makes and finds API keys. Which key an address gets depends on the seed alone."""

    def __init__(self, seed: int) -> None:
        """Start without keys."""
        self._seed = seed
        self._by_id: dict[str, ApiKey] = {}
        self._by_owner: dict[tuple[str, int], ApiKey] = {}
        self._readonly: dict[str, list[str]] = {}
        self._readonly_made = 0

    def create(self, address: str, nonce: int) -> ApiKey:
        """Make the key of an address and nonce. Raises ApiError (400) where there is one."""
        if (address.lower(), nonce) in self._by_owner:
            raise bad_request("Could not create api key")
        made = self._make(address, nonce)
        self._by_owner[address.lower(), nonce] = self._by_id[made.key] = made
        return made

    def derive(self, address: str, nonce: int) -> ApiKey:
        """Find the key of an address and nonce. Raises ApiError (400) where there is none."""
        found = self._by_owner.get((address.lower(), nonce))
        if found is None:
            raise bad_request("Could not derive api key!")
        return found

    def find(self, key: str) -> ApiKey | None:
        """The credentials behind an API key."""
        return self._by_id.get(key)

    def of(self, address: str) -> tuple[ApiKey, ...]:
        """Every key of an address, oldest first."""
        return tuple(k for k in self._by_id.values() if k.address.lower() == address.lower())

    def drop(self, key: ApiKey) -> None:
        """Forget a key."""
        del self._by_id[key.key]
        del self._by_owner[key.address.lower(), key.nonce]

    def create_readonly(self, address: str) -> str:
        """Make one more read-only key of an address."""
        mine = self._readonly.setdefault(address.lower(), [])
        self._readonly_made += 1
        rng = random.Random(f"{self._seed}/{address.lower()}/readonly/{self._readonly_made}")
        mine.append(str(uuid.UUID(int=rng.getrandbits(128), version=4)))
        return mine[-1]

    def readonly_of(self, address: str) -> list[str]:
        """The read-only keys of an address."""
        return list(self._readonly.get(address.lower(), ()))

    def drop_readonly(self, address: str, key: str) -> bool:
        """Forget a read-only key; says whether there was one."""
        mine = self._readonly.get(address.lower(), [])
        if key not in mine:
            return False
        mine.remove(key)
        return True

    def _make(self, address: str, nonce: int) -> ApiKey:
        rng = random.Random(f"{self._seed}/{address.lower()}/{nonce}")
        return ApiKey(
            key=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            secret=base64.urlsafe_b64encode(rng.randbytes(32)).decode(),
            passphrase=rng.randbytes(32).hex(),
            address=address,
            nonce=nonce,
        )
