"""Signatures against the published vectors."""

from collections.abc import Callable
from random import Random

import msgspec
import pytest

from arb.market.errors import Refused, UnknownRule
from arb.market.instruments import Action
from arb.market.units import Ns
from arb.venues.polymarket.config import PolymarketCredentials
from arb.venues.polymarket.session import ApiKey, l2_signature
from arb.venues.polymarket.signing import SALT_BITS, OrderTerms, OrderType, PolymarketSigner

TOKEN = "71321045679252212594626385532706912750332728571942532289631379312455583992563"
EOA = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
DEPOSIT_WALLET = "0x1111111111111111111111111111111111111111"
OWNER = "00000000-0000-0000-0000-000000000001"
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
CREATED = Ns(1_790_000_000_000 * 1_000_000)
ZERO = "0x" + "0" * 64

MakeSigner = Callable[..., PolymarketSigner]


class FixedSalt(Random):
    """The salt of the vectors, for every order."""

    def getrandbits(self, k: int) -> int:
        assert k == SALT_BITS
        return 123456789


def terms(*, protocol: str = "v1", neg_risk: bool = False) -> OrderTerms:
    """BUY 10 at 0.52."""
    return OrderTerms(TOKEN, Action.BUY, 5_200_000, 10_000_000, protocol, neg_risk)


VECTORS = [
    (
        "v1",
        False,
        "0x05457bf0febcf66c2c7d240a55a80b2b86a7f0a33f1561f80835adf47f9925c3",
        (
            "0x2032529f1fec57cef18a659b7a6db6c84835e0def40c6d9688f5e82f8c53bb82"
            "7bbba6bb7d021c174414d3d92c7721f7af36e9044edc15705e027ff0816ea7c11b"
        ),
    ),
    (
        "v1",
        True,
        "0xb82980089f644c9f629ae777e32ae42a71e809d71345e34b5e4556423b1fc788",
        (
            "0xa5e596a528aa1ff33764e97687311fb4798024dc452f9b26e27b7ac0a3199bc9"
            "411b5fe470fca49d8adf33c17a0f6387b547a0bcd4caade37364238183baa0fc1c"
        ),
    ),
    (
        "v2",
        False,
        "0x72c318de7a3a9a01a7df74e1b963033d39bf00a8084b6fa8b57ddd6b435fd2c7",
        (
            "0x14692571982e287d1889a5b364be0295486b45ac89c0361deed067069c6bda76"
            "2784065528ba7b5b917b157b045bea5ff46b632b0f79f691f4c88e1197111f701c"
        ),
    ),
    (
        "v2",
        True,  # Exchange V3 has one contract for both kinds
        "0x72c318de7a3a9a01a7df74e1b963033d39bf00a8084b6fa8b57ddd6b435fd2c7",
        (
            "0x14692571982e287d1889a5b364be0295486b45ac89c0361deed067069c6bda76"
            "2784065528ba7b5b917b157b045bea5ff46b632b0f79f691f4c88e1197111f701c"
        ),
    ),
]


@pytest.mark.parametrize(("protocol", "neg_risk", "key", "signature"), VECTORS)
def test_orders_are_hashed_and_signed_as_published(
    make_signer: MakeSigner, protocol: str, neg_risk: bool, key: str, signature: str
) -> None:
    """In each of the three domains hash and signature equal the published vector."""
    signer = make_signer(rng=FixedSalt())
    signed = signer.sign(terms(protocol=protocol, neg_risk=neg_risk), CREATED)
    assert signed.key == key
    assert signed.order.signature == signature


def test_a_deposit_wallet_signs_nested_typed_data(make_signer: MakeSigner) -> None:
    """Type 3: the plain order hash, and 317 bytes of ERC-7739 signature, as published."""
    signer = make_signer(wallet=DEPOSIT_WALLET, signature_type=3, rng=FixedSalt())
    signed = signer.sign(terms(), CREATED)
    assert signed.key == "0x6ff15fc83922da59fe68d3960d58a2be3e3a8dc92f63e92aa02ce4b183a07742"
    signature = bytes.fromhex(str(signed.order.signature)[2:])
    assert len(signature) == 317
    start = "3cee1540586a99bb1e553f54c8613d2197cbab02b7c248f84f2e543897f6d088"
    assert signature.hex().startswith(start)
    assert signature.hex().endswith("722900ba")
    separator = "3264e159346253e26a64e00b69032db0e7d32f94628de3e6eecb50304d7af3d2"
    assert signature[65:97].hex() == separator
    assert (signed.order.maker, signed.order.signer) == (DEPOSIT_WALLET, DEPOSIT_WALLET)


@pytest.mark.parametrize("signature_type", [1, 2])
def test_proxy_and_safe_trade_for_the_wallet_and_sign_with_the_key(
    make_signer: MakeSigner, signature_type: int
) -> None:
    """The maker is the wallet, the signer is the key's address; 65 bytes of signature."""
    signer = make_signer(wallet=DEPOSIT_WALLET, signature_type=signature_type)
    order = signer.sign(terms(), CREATED).order
    assert (order.maker, order.signer) == (DEPOSIT_WALLET, EOA)
    assert len(bytes.fromhex(str(order.signature)[2:])) == 65


def test_the_payload_is_what_the_venue_documents(make_signer: MakeSigner) -> None:
    """Amounts as texts, salt and type as numbers, nothing else than the documented keys."""
    signed = make_signer(rng=FixedSalt()).sign(terms(), CREATED)
    payload = msgspec.json.decode(msgspec.json.encode(signed.payload(OWNER, OrderType.GTC)))
    assert payload == {
        "order": {
            "salt": 123456789,
            "maker": EOA,
            "signer": EOA,
            "tokenId": TOKEN,
            "makerAmount": "5200000",
            "takerAmount": "10000000",
            "side": "BUY",
            "expiration": "0",
            "signatureType": 0,
            "timestamp": "1790000000000",
            "metadata": ZERO,
            "builder": ZERO,
            "signature": VECTORS[0][3],
        },
        "owner": OWNER,
        "orderType": "GTC",
        "deferExec": False,
        "postOnly": False,
    }


def test_salts_differ_and_repeat_from_the_seed(make_signer: MakeSigner) -> None:
    """Two equal orders have different hashes; the same seed gives the same pair again."""
    first, second = make_signer(rng=Random(3)), make_signer(rng=Random(3))
    pair = [first.sign(terms(), CREATED).key for _ in range(2)]
    assert len(set(pair)) == 2
    assert [second.sign(terms(), CREATED).key for _ in range(2)] == pair


def test_log_in_is_signed_as_published(make_signer: MakeSigner) -> None:
    """The L1 headers of the published vector."""
    assert make_signer().login_headers(1_700_000_000) == {
        "POLY_ADDRESS": EOA,
        "POLY_SIGNATURE": "0x659ed4b28ae28e0f038fdf0023c00863c9559caacb9ebc83f44eea87059a099a"
        "36f1e1dee110e7faa1c4f65d17489b2da1333ebef78bbe2116d81207b975052d1c",
        "POLY_TIMESTAMP": "1700000000",
        "POLY_NONCE": "0",
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "signature"),
    [
        ("GET", "/data/orders", "", "NTt0e8XQzUuVTici5whIU-0NfgRXijqf0FarNw-ik2Q="),
        (
            "DELETE",
            "/order",
            '{"orderID":"0xabc"}',
            "R6Zjd0XmcT575-SA5KWD9BUc-qkFqvudAxkHd3R1vpw=",
        ),
    ],
)
def test_private_calls_are_signed_as_published(
    method: str, path: str, body: str, signature: str
) -> None:
    """The L2 signatures of the published vectors."""
    key = ApiKey.parse(msgspec.json.encode({"apiKey": OWNER, "secret": SECRET, "passphrase": "p"}))
    assert l2_signature(key.secret, 1_700_000_000, method, path, body) == signature


def test_an_eoa_trades_for_its_own_address_only(make_signer: MakeSigner) -> None:
    """Type 0 with another wallet could never be accepted."""
    with pytest.raises(Refused, match="cannot trade for"):
        make_signer(wallet=DEPOSIT_WALLET, signature_type=0)


def test_an_unknown_protocol_is_never_signed(make_signer: MakeSigner) -> None:
    """No exchange is guessed."""
    with pytest.raises(UnknownRule):
        make_signer().sign(terms(protocol="v3"), CREATED)


@pytest.mark.parametrize(
    "faulty",
    [
        {"private_key": "0x12"},
        {"private_key": "zz" * 32},
        {"wallet": "0x12"},
        {"signature_type": 4},
    ],
)
def test_impossible_credentials_are_refused(faulty: dict[str, object]) -> None:
    """A key, wallet or type that cannot be; the key itself is never quoted."""
    sound: dict[str, object] = {"private_key": "ab" * 32, "wallet": EOA, "signature_type": 0}
    with pytest.raises(Refused) as refusal:
        PolymarketCredentials(**(sound | faulty))  # type: ignore[arg-type]
    assert str(faulty.get("private_key", "no key")) not in str(refusal.value)


def test_no_secret_is_ever_printed(make_signer: MakeSigner) -> None:
    """Neither credentials nor API key nor signer show what they hold."""
    credentials = PolymarketCredentials("0x" + "ab" * 32, EOA, 0)
    key = ApiKey(OWNER, b"secret-bytes", "secret-text", "secret-phrase")
    printed = f"{credentials!r} {key!r} {make_signer()!r}"
    for secret in ("abab", "secret-bytes", "secret-text", "secret-phrase", "ac0974bec"):
        assert secret not in printed
