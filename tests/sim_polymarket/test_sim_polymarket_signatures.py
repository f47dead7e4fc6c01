"""Signatures: the published vectors, and that nothing else passes for them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.instruments import Action
from arb.sim.polymarket.auth import sign_request
from arb.sim.polymarket.signatures import (
    ZERO,
    Domain,
    SignedOrder,
    is_hex,
    login_signer,
    order_hash,
    owner_of,
    signer_of,
)

ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
WALLET = "0x1111111111111111111111111111111111111111"
TOKEN = "71321045679252212594626385532706912750332728571942532289631379312455583992563"
LOGIN = (
    "659ed4b28ae28e0f038fdf0023c00863c9559caacb9ebc83f44eea87059a099a"
    "36f1e1dee110e7faa1c4f65d17489b2da1333ebef78bbe2116d81207b975052d1c"
)
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
VECTORS = {
    Domain.V2: (
        "3264e159346253e26a64e00b69032db0e7d32f94628de3e6eecb50304d7af3d2",
        "0x05457bf0febcf66c2c7d240a55a80b2b86a7f0a33f1561f80835adf47f9925c3",
        (
            "2032529f1fec57cef18a659b7a6db6c84835e0def40c6d9688f5e82f8c53bb82"
            "7bbba6bb7d021c174414d3d92c7721f7af36e9044edc15705e027ff0816ea7c11b"
        ),
    ),
    Domain.V2_NEG_RISK: (
        "9b858f53327b0bd13af8ec14cfb35234fb9eb7b0504d1a4e61f433840d30e81a",
        "0xb82980089f644c9f629ae777e32ae42a71e809d71345e34b5e4556423b1fc788",
        (
            "a5e596a528aa1ff33764e97687311fb4798024dc452f9b26e27b7ac0a3199bc9"
            "411b5fe470fca49d8adf33c17a0f6387b547a0bcd4caade37364238183baa0fc1c"
        ),
    ),
    Domain.V3: (
        "466c63910185bbd55e8679264200c4e0abdcbb0c6264eb3d41d13326022e095b",
        "0x72c318de7a3a9a01a7df74e1b963033d39bf00a8084b6fa8b57ddd6b435fd2c7",
        (
            "14692571982e287d1889a5b364be0295486b45ac89c0361deed067069c6bda76"
            "2784065528ba7b5b917b157b045bea5ff46b632b0f79f691f4c88e1197111f701c"
        ),
    ),
}


def order(maker: str = ADDRESS, kind: int = 0) -> SignedOrder:
    return SignedOrder(
        salt=123456789,
        maker=maker,
        signer=maker,
        token=TOKEN,
        maker_amount=5_200_000,
        taker_amount=10_000_000,
        action=Action.BUY,
        signature_type=kind,
        timestamp_ms=1_790_000_000_000,
        metadata=ZERO,
        builder=ZERO,
    )


@pytest.mark.parametrize("domain", Domain)
def test_the_published_orders_hash_and_recover(domain: Domain) -> None:
    """Separator, order id and signer of each exchange are those of the published vectors."""
    separator, identity, signature = VECTORS[domain]
    assert domain.separator.hex() == separator
    assert order_hash(order(), domain) == identity
    assert signer_of(order(), bytes.fromhex(signature), domain) == ADDRESS.lower()


def test_a_signature_counts_on_one_exchange_only() -> None:
    """What was signed for one exchange recovers somebody else on the others."""
    for domain, (_, _, signature) in VECTORS.items():
        for other in set(Domain) - {domain}:
            assert signer_of(order(), bytes.fromhex(signature), other) != ADDRESS.lower()


def test_a_deposit_wallet_has_the_published_order_id() -> None:
    """For a deposit wallet the id is still the plain hash of the order."""
    identity = "0x6ff15fc83922da59fe68d3960d58a2be3e3a8dc92f63e92aa02ce4b183a07742"
    assert order_hash(order(WALLET, 3), Domain.V2) == identity


def test_a_bare_signature_does_not_speak_for_a_deposit_wallet() -> None:
    """A deposit wallet's signature must carry its wrapping, whole and for this exchange."""
    bare = bytes.fromhex(VECTORS[Domain.V2][2])
    assert owner_of(order(WALLET, 3), bare, Domain.V2) is None
    assert owner_of(order(WALLET, 3), bare + bytes(252), Domain.V2) is None


def test_the_published_login_recovers() -> None:
    """The published L1 signature names its wallet, for its own timestamp and nonce alone."""
    signature = bytes.fromhex(LOGIN)
    assert login_signer(ADDRESS, "1700000000", 0, signature) == ADDRESS
    assert login_signer(ADDRESS, "1700000001", 0, signature) != ADDRESS.lower()
    assert login_signer(ADDRESS, "1700000000", 1, signature) != ADDRESS.lower()


def test_the_published_requests_are_signed_alike() -> None:
    """L2 signatures of the published requests come out as published."""
    get = sign_request(SECRET, "1700000000", "GET", "/data/orders", b"")
    delete = sign_request(SECRET, "1700000000", "DELETE", "/order", b'{"orderID":"0xabc"}')
    assert get == "NTt0e8XQzUuVTici5whIU-0NfgRXijqf0FarNw-ik2Q="
    assert delete == "R6Zjd0XmcT575-SA5KWD9BUc-qkFqvudAxkHd3R1vpw="


@given(at=st.integers(0, 64), flip=st.integers(1, 255))
@settings(max_examples=60)
def test_no_changed_signature_recovers_the_signer(at: int, flip: int) -> None:
    """Changing any byte of a signature makes it somebody else's, or nobody's, never an error."""
    signature = bytearray.fromhex(VECTORS[Domain.V2][2])
    signature[at] ^= flip
    assert signer_of(order(), bytes(signature), Domain.V2) != ADDRESS.lower()


@given(st.text(max_size=20))
@settings(max_examples=100)
def test_what_is_called_hex_can_be_read(text: str) -> None:
    """Text that passes for hex is hex."""
    for candidate in (text, "0x" + text):
        if is_hex(candidate):
            assert bytes.fromhex(candidate[2:]).hex() == candidate[2:].lower()
