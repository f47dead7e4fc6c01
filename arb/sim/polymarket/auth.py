"""Who asks: L1 (a wallet's signature) for API keys, L2 (HMAC) for everything private.

Docs: api-reference/authentication. L2 signs the timestamp, the method, the path without its query
and the raw body.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from arb.market.units import Ns
from arb.sim.polymarket.errors import bad_api_key, bad_wallet_headers
from arb.sim.polymarket.keys import ApiKey, KeyRing
from arb.sim.polymarket.signatures import is_address, is_hex, login_signer
from arb.sim.polymarket.wire import NS_PER_S, whole_number

Headers = Mapping[str, str]


def check_wallet(headers: Headers, now_ns: Ns, skew_s: int) -> tuple[str, int]:
    """Check an L1 request; returns the address and the nonce. Raises ApiError (401)."""
    address = headers.get("poly_address", "")
    signature = headers.get("poly_signature", "")
    timestamp = headers.get("poly_timestamp", "")
    nonce = whole_number(headers.get("poly_nonce", "0"))
    if nonce is None or not is_address(address) or not is_hex(signature):
        raise bad_wallet_headers()
    signer = login_signer(address, timestamp, nonce, bytes.fromhex(signature[2:]))
    if signer is None or signer.lower() != address.lower():
        raise bad_wallet_headers()
    if not is_fresh(timestamp, now_ns, skew_s):
        raise bad_wallet_headers()
    return signer, nonce


def check_key(
    ring: KeyRing, headers: Headers, request: tuple[str, str, bytes], now_ns: Ns, skew_s: int
) -> ApiKey:
    """Check an L2 request (method, path, body); returns its key. Raises ApiError (401)."""
    key = ring.find(headers.get("poly_api_key", ""))
    if key is None or key.address.lower() != headers.get("poly_address", "").lower():
        raise bad_api_key()
    timestamp = headers.get("poly_timestamp", "")
    expected = sign_request(key.secret, timestamp, *request)
    if not same_words(headers.get("poly_passphrase", ""), key.passphrase):
        raise bad_api_key()
    if not same_words(headers.get("poly_signature", ""), expected):
        raise bad_api_key()
    if not is_fresh(timestamp, now_ns, skew_s):
        raise bad_api_key()
    return key


def sign_request(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """The L2 signature of one request."""
    try:
        raw = base64.urlsafe_b64decode(secret)
    except (binascii.Error, ValueError) as error:
        raise bad_api_key() from error
    message = f"{timestamp}{method}{path}".encode() + body
    return base64.urlsafe_b64encode(hmac.digest(raw, message, hashlib.sha256)).decode()


def same_credentials(key: ApiKey, secret: str, passphrase: str) -> bool:
    """Say whether somebody who names a key also knows its secrets (user WebSocket)."""
    return same_words(secret, key.secret) and same_words(passphrase, key.passphrase)


def same_words(given: str, expected: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


def is_fresh(timestamp: str, now_ns: Ns, skew_s: int) -> bool:
    """Say whether a timestamp in seconds is near enough to now."""
    seconds = whole_number(timestamp)
    return seconds is not None and abs(seconds - now_ns // NS_PER_S) <= skew_s
