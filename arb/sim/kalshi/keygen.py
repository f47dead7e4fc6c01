"""Keys drawn from a generator that was given: the same seed makes the same keys.

Good for a simulation and for nothing else: whoever knows the seed knows the keys.
"""

import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

RSA_BITS = 2_048
_EXPONENT = 65_537
_ROUNDS = 16
"""Of the primality test: one wrong answer in four billion at worst."""
_SMALL = tuple(n for n in range(3, 1_000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))


def draw_ed25519(rng: random.Random) -> Ed25519PrivateKey:
    """Draw an Ed25519 key."""
    return Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))


def draw_rsa(rng: random.Random) -> RSAPrivateKey:
    """Draw an RSA key of 2048 bits."""
    p, q = sorted((_draw_prime(rng), _draw_prime(rng)), reverse=True)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa_crt_dmp1(d, p),
        dmq1=rsa_crt_dmq1(d, q),
        iqmp=rsa_crt_iqmp(p, q),
        public_numbers=RSAPublicNumbers(_EXPONENT, p * q),
    )
    return numbers.private_key()


def pem_of(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """A private key as the venue hands it out: PKCS#1 for RSA, PKCS#8 for Ed25519."""
    is_rsa = isinstance(key, RSAPrivateKey)
    form = PrivateFormat.TraditionalOpenSSL if is_rsa else PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def _draw_prime(rng: random.Random) -> int:
    """Draw a prime of half the bits whose two highest are set, so that the product is full."""
    half = RSA_BITS // 2
    while True:
        number = rng.getrandbits(half) | (3 << (half - 2)) | 1
        if _is_prime(number, rng) and (number - 1) % _EXPONENT:
            return number


def _is_prime(number: int, rng: random.Random) -> bool:
    """The test of Miller and Rabin."""
    if any(number % small == 0 for small in _SMALL):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(number, rng.randrange(2, number - 1), odd, twos) for _ in range(_ROUNDS))


def _passes(number: int, base: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, number)
    if power in {1, number - 1}:
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False
