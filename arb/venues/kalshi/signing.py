"""Signed headers: who asks, when, and for what.

The signature covers timestamp (ms), method and path, neither query nor body (docs: api_keys).
RSA keys sign with PSS over SHA-256 and a salt of 32 bytes, Ed25519 keys sign the text itself.
"""

from base64 import b64encode
from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from arb.market.errors import Refused
from arb.market.units import Clock
from arb.venues.kalshi.config import KalshiCredentials

SALT_BYTES = 32
"""The digest's length, as the official client has it."""
RSA_BITS_AT_LEAST = 2048
NS_PER_MS = 1_000_000


class Signer:
    """Makes the three headers of a request. A timestamp ages, so every request gets its own."""

    def __init__(self, credentials: KalshiCredentials, now_ns: Clock) -> None:
        """Raise Refused where the private key cannot be used."""
        self._key_id = credentials.key_id
        self._sign = _signature_of(credentials.private_key_pem)
        self._now_ns = now_ns

    def headers(self, method: str, path: str) -> dict[str, str]:
        """Sign a request for `path`, which starts at the host's root."""
        stamp = str(self._now_ns() // NS_PER_MS)
        signature = self._sign(f"{stamp}{method.upper()}{path}".encode())
        return {
            "KALSHI-ACCESS-KEY": self._key_id,
            "KALSHI-ACCESS-TIMESTAMP": stamp,
            "KALSHI-ACCESS-SIGNATURE": b64encode(signature).decode(),
        }


def _signature_of(pem: str) -> Callable[[bytes], bytes]:
    """Read a private key; its text is never repeated in an error."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = type(error).__name__
        raise Refused(f"Kalshi's private key is not an unencrypted PEM key: {reason}") from None
    if isinstance(key, Ed25519PrivateKey):
        return key.sign
    if isinstance(key, RSAPrivateKey) and key.key_size >= RSA_BITS_AT_LEAST:
        return _pss(key)
    raise Refused("Kalshi's private key must be Ed25519, or RSA of 2048 bits or more")


def _pss(key: RSAPrivateKey) -> Callable[[bytes], bytes]:
    digest = hashes.SHA256()
    scheme = padding.PSS(mgf=padding.MGF1(digest), salt_length=SALT_BYTES)

    def sign(text: bytes) -> bytes:
        return key.sign(text, scheme, digest)

    return sign
