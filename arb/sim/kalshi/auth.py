"""Who asks: API keys, what they may do, and signatures over timestamp, method and path.

Docs: api_keys. The signed text is the timestamp in milliseconds, the upper-case method and the
path as sent, with "/trade-api/v2" and without the query; the body is not signed.
"""

import base64
import enum
from collections.abc import Iterable, Mapping

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from arb.sim.kalshi.errors import ApiError, unauthorised
from arb.sim.kalshi.numbers import NS_PER_MS

KEY_HEADER = "kalshi-access-key"
TIMESTAMP_HEADER = "kalshi-access-timestamp"
SIGNATURE_HEADER = "kalshi-access-signature"
WINDOW_MS = 30_000
"""How far a timestamp may be off, either way, where nothing else is set."""
SALT_BYTES = 32
"""RSA-PSS salt: as long as the digest."""
_DIGITS_MOST = 20

PublicKey = RSAPublicKey | Ed25519PublicKey


class Scope(enum.StrEnum):
    """What a key may do (docs: api_keys). The broad ones contain the narrow ones."""

    READ = "read"
    WRITE = "write"
    READ_BALANCE = "read::portfolio_balance"
    READ_BLOCKS = "read::block_trade_accept"
    TRADE = "write::trade"
    TRANSFER = "write::transfer"
    FCM_RISK = "write::fcm_risk"
    ACCEPT_BLOCKS = "write::block_trade_accept"

    @property
    def broad(self) -> "Scope":
        """The scope that contains it."""
        return Scope.READ if self.startswith(Scope.READ) else Scope.WRITE


FULL_ACCESS = (Scope.READ, Scope.WRITE)


@attrs.frozen
class Member:
    """A person or program that trades. `account` is its primary account in the matching engine."""

    user_id: str
    account: str

    def account_of(self, subaccount: int) -> str:
        """The matching engine's name of one of its subaccounts; 0 is the primary one."""
        return f"{self.account}/{subaccount}" if subaccount else self.account


@attrs.frozen
class ApiKey:
    """A key of a member; only the public half is known here."""

    key_id: str
    public_key: PublicKey
    member: Member
    name: str = ""
    scopes: tuple[Scope, ...] = FULL_ACCESS
    subaccount: int | None = None
    """The only subaccount it may see and trade on; None for all."""

    def may(self, scope: Scope) -> bool:
        """Say whether it was given a scope, or the broad one around it."""
        return scope in self.scopes or scope.broad in self.scopes


class Doorman:
    """Tells members by the signatures on their requests."""

    def __init__(self, keys: Iterable[ApiKey], window_ms: int = WINDOW_MS) -> None:
        """Know these keys to begin with."""
        self._keys = {key.key_id: key for key in keys}
        self._window_ms = window_ms

    def add(self, key: ApiKey) -> None:
        """Know one more key."""
        self._keys[key.key_id] = key

    def remove(self, key_id: str, member: Member) -> bool:
        """Forget a key of a member; False where the member has none of that name."""
        key = self._keys.get(key_id)
        if key is None or key.member != member:
            return False
        del self._keys[key_id]
        return True

    def keys_of(self, member: Member) -> list[ApiKey]:
        """A member's keys, oldest first."""
        return [key for key in self._keys.values() if key.member == member]

    def admit(
        self, headers: Mapping[str, str], method: str, path: str, now_ms: int
    ) -> ApiKey | None:
        """Return the key that signed the request; None where nobody tried.

        Raises ApiError (401) for a signature that is incomplete, too old, or not the key's.
        """
        given = [headers.get(name, "") for name in (KEY_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)]
        if not any(given):
            return None
        if not all(given):
            raise unauthorised("signature_is_missing_from_headers")
        key_id, timestamp, signature = given
        key = self._keys.get(key_id)
        if key is None:
            raise unauthorised("authentication_error", "NOT_FOUND")
        self._check_age(timestamp, now_ms)
        if not _signed(key.public_key, signature, f"{timestamp}{method.upper()}{path}".encode()):
            raise unauthorised("authentication_error", "INCORRECT_API_KEY_SIGNATURE")
        return key

    def admit_socket(self, headers: Mapping[str, str], path: str, now_ns: int) -> ApiKey:
        """Return the key that opens a socket; the handshake knows one error, whatever is wrong."""
        try:
            key = self.admit(headers, "GET", path, now_ns // NS_PER_MS)
        except ApiError as error:
            reason = error.details or error.code
            raise unauthorised("token_authentication_failure", reason) from error
        if key is None:
            raise unauthorised("token_authentication_failure")
        return key

    def _check_age(self, timestamp: str, now_ms: int) -> None:
        digits = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _DIGITS_MOST
        if not digits or abs(int(timestamp) - now_ms) > self._window_ms:
            raise unauthorised("header_timestamp_expired")


def _signed(key: PublicKey, signature: str, message: bytes) -> bool:
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(key, Ed25519PublicKey):
            key.verify(raw, message)
        else:
            digest = hashes.SHA256()
            key.verify(raw, message, PSS(MGF1(digest), SALT_BYTES), digest)
    except (ValueError, InvalidSignature):
        return False
    return True
