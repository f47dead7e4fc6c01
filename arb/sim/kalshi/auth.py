"""Who asks: API keys, and signatures over timestamp, method and path.

Docs: api_keys. The signed text is the timestamp in milliseconds, the upper-case method and the
path as sent, with "/trade-api/v2" and without the query; the body is not signed.
"""

import base64
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
"""How far a timestamp may be off, either way. The venue names no number: +30 s was accepted and
60 s refused (recorded traffic, 2026)."""
SALT_BYTES = 32
"""RSA-PSS salt: as long as the digest."""

PublicKey = RSAPublicKey | Ed25519PublicKey


@attrs.frozen
class Member:
    """A person or program that trades. `account` is its name in the matching engine."""

    user_id: str
    account: str


@attrs.frozen
class ApiKey:
    """A key of a member; only the public half is known here."""

    key_id: str
    public_key: PublicKey
    member: Member


class Doorman:
    """Tells members by the signatures on their requests."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        """Know these keys and no others."""
        self._keys = {key.key_id: key for key in keys}

    def admit(
        self, headers: Mapping[str, str], method: str, path: str, now_ms: int
    ) -> Member | None:
        """Return who signed the request; None where nobody tried.

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
        _check_age(timestamp, now_ms)
        if not _signed(key.public_key, signature, f"{timestamp}{method.upper()}{path}".encode()):
            raise unauthorised("authentication_error", "INCORRECT_API_KEY_SIGNATURE")
        return key.member

    def admit_socket(self, headers: Mapping[str, str], path: str, now_ns: int) -> Member:
        """Return who opens a socket; the handshake knows only one error, whatever is wrong."""
        try:
            member = self.admit(headers, "GET", path, now_ns // NS_PER_MS)
        except ApiError as error:
            reason = error.details or error.code
            raise unauthorised("token_authentication_failure", reason) from error
        if member is None:
            raise unauthorised("token_authentication_failure")
        return member


def _check_age(timestamp: str, now_ms: int) -> None:
    digits = timestamp.isascii() and timestamp.isdigit()
    if not digits or abs(int(timestamp) - now_ms) > WINDOW_MS:
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
