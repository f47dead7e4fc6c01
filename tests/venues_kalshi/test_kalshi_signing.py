"""Signatures: the published vectors, and RSA by its public key."""

from base64 import b64decode
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from arb.market.errors import Refused
from arb.market.units import Ns
from arb.venues.kalshi.config import KalshiCredentials
from arb.venues.kalshi.signing import Signer

ED25519_PEM = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n"
)
VECTORS = [
    (
        "GET",
        "/trade-api/v2/portfolio/balance",
        "UbNvHzYMwh5x/kUSi1Gj8S8ZDSvgcr/IH5GPK8Z85EGW7fhhCeXKaA46j7RbvGxV4p/wbAwN0BUe0dX2bTT8Bg==",
    ),
    (
        "POST",
        "/trade-api/v2/portfolio/events/orders",
        "C9uvG8wVJVtP6kA0TggMPMT3eKwP3DV2AqG3R7fD5MjxJYeezOurlpl+JldXhR1SFq8aRNlEhFqsJDq7qx3eCA==",
    ),
    (
        "GET",
        "/trade-api/ws/v2",
        "Nkj8l3MhuaUGdsYQ848HKxWsYcKunfgpjQA2vzQuuhoWTMmPm5CbTpHOSwI/NqPrzRcqAEVcv2y1chjxc5q7CQ==",
    ),
]


def at(ns: int) -> Callable[[], Ns]:
    return lambda: Ns(ns)


def signer(pem: str, ns: int = 1_760_000_000_000_999_999) -> Signer:
    return Signer(KalshiCredentials("the-key", pem), at(ns))


def rsa_pem(
    bits: int, form: PrivateFormat = PrivateFormat.TraditionalOpenSSL
) -> tuple[str, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode(), key


@pytest.mark.parametrize(("method", "path", "signature"), VECTORS)
def test_ed25519_gives_the_published_signatures(method: str, path: str, signature: str) -> None:
    """An Ed25519 key signs milliseconds, method and path exactly as the published vectors do."""
    headers = signer(ED25519_PEM).headers(method, path)
    assert headers == {
        "KALSHI-ACCESS-KEY": "the-key",
        "KALSHI-ACCESS-TIMESTAMP": "1760000000000",
        "KALSHI-ACCESS-SIGNATURE": signature,
    }


@pytest.mark.parametrize("form", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
def test_rsa_signs_with_pss_and_a_salt_of_32_bytes(form: PrivateFormat) -> None:
    """An RSA key of either PEM form signs so that a verifier strict about the salt accepts it."""
    pem, key = rsa_pem(2048, form)
    headers = signer(pem).headers("get", "/trade-api/v2/portfolio/balance")
    signature = b64decode(headers["KALSHI-ACCESS-SIGNATURE"])
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    text = b"1760000000000GET/trade-api/v2/portfolio/balance"
    key.public_key().verify(signature, text, scheme, hashes.SHA256())
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature, text + b"?limit=5", scheme, hashes.SHA256())


def test_a_key_that_cannot_sign_is_refused_and_not_repeated() -> None:
    """Text that is no key, a short RSA key and a locked key are refused without being shown."""
    short, key = rsa_pem(1024)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    ).decode()
    for pem in ("", "not a key", ED25519_PEM[:60], short, locked):
        with pytest.raises(Refused) as refusal:
            signer(pem)
        assert "MC4CAQ" not in str(refusal.value)
        assert refusal.value.__cause__ is None


def test_credentials_never_print_their_key() -> None:
    """Printing credentials shows the key's id and nothing of the key."""
    assert "MC4CAQ" not in repr(KalshiCredentials("the-key", ED25519_PEM))
