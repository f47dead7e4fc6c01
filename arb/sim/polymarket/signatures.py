"""EIP-712: what is signed, and who signed it.

Written from the standard, apart from the client libraries, so that the two check each other.
"""

import enum

import attrs
import coincurve
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from arb.market.instruments import Action

CHAIN_ID = 137
WORD = 32
SIGNATURE_BYTES = 65
V_OFFSET = 27
ZERO = bytes(WORD)

DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
ORDER_TYPE = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,"
    "uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,"
    "bytes32 builder)"
)
WALLET_TYPE = (
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,"
    "address verifyingContract,bytes32 salt)" + ORDER_TYPE
)
LOGIN_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId)"
LOGIN_TYPE = "ClobAuth(address address,string timestamp,uint256 nonce,string message)"
LOGIN_MESSAGE = "This message attests that I control the given wallet"

WALLET_TRAILER = ORDER_TYPE.encode() + len(ORDER_TYPE).to_bytes(2, "big")
WALLET_SIGNATURE_BYTES = SIGNATURE_BYTES + 2 * WORD + len(WALLET_TRAILER)
"""317: signature, domain separator, hash of the order, the order's type and its length."""


@attrs.frozen
class SignedOrder:
    """The part of an order that its signature covers. Amounts in base units (10^-6)."""

    salt: int
    maker: str
    signer: str
    token: str
    maker_amount: int
    taker_amount: int
    action: Action
    signature_type: int
    timestamp_ms: int
    metadata: bytes
    builder: bytes


class Domain(enum.Enum):
    """The exchanges that settle orders: the domain's version and contract (docs: contracts)."""

    V2 = ("2", "0xE111180000d2663C0091e4f400237545B87B996B")
    V2_NEG_RISK = ("2", "0xe2222d279d744050d28e00520010520000310F59")
    V3 = ("3", "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa")

    @classmethod
    def of(cls, version: str, *, neg_risk: bool) -> "Domain":
        """Where a market's orders settle, by its Gamma `version`."""
        if version == "v2":
            return cls.V3
        return cls.V2_NEG_RISK if neg_risk else cls.V2

    @property
    def separator(self) -> bytes:
        """The domain's hash."""
        return _SEPARATORS[self]


def order_hash(order: SignedOrder, domain: Domain) -> str:
    """The order's id: 0x and 64 hex digits, the same for every kind of wallet."""
    return "0x" + _digest(domain.separator, _order_struct(order)).hex()


def signer_of(order: SignedOrder, signature: bytes, domain: Domain) -> str | None:
    """The address that signed an order with a key of its own; None for a malformed signature."""
    return _recover(_digest(domain.separator, _order_struct(order)), signature)


def owner_of(order: SignedOrder, signature: bytes, domain: Domain) -> str | None:
    """The address that signed for a deposit wallet (ERC-1271 with ERC-7739 nesting).

    None where the wrapping is not exactly that of this order under this domain.
    """
    contents = _order_struct(order)
    if signature[SIGNATURE_BYTES:] != domain.separator + contents + WALLET_TRAILER:
        return None
    nested = _struct(
        WALLET_TYPE,
        contents,
        keccak(text="DepositWallet"),
        keccak(text="1"),
        _uint(CHAIN_ID),
        _address(order.signer),
        ZERO,
    )
    return _recover(_digest(domain.separator, nested), signature[:SIGNATURE_BYTES])


def login_signer(address: str, timestamp: str, nonce: int, signature: bytes) -> str | None:
    """The address that signed a request for API credentials; None where it is malformed."""
    login = _struct(
        LOGIN_TYPE,
        _address(address),
        keccak(text=timestamp),
        _uint(nonce),
        keccak(text=LOGIN_MESSAGE),
    )
    return _recover(_digest(_LOGIN_SEPARATOR, login), signature)


def is_address(text: str) -> bool:
    """Say whether `text` is an address: 0x and 40 hex digits."""
    return len(text) == 42 and is_hex(text)  # noqa: PLR2004 - 0x and 20 bytes


def is_hex(text: str) -> bool:
    """Say whether `text` is 0x and whole bytes in hex digits."""
    digits = text.removeprefix("0x")
    plain = len(digits) < len(text) and digits.isascii() and digits.isalnum()
    return plain and not len(digits) % 2 and not digits.lower().strip("0123456789abcdef")


def _order_struct(order: SignedOrder) -> bytes:
    return _struct(
        ORDER_TYPE,
        _uint(order.salt),
        _address(order.maker),
        _address(order.signer),
        _uint(int(order.token)),
        _uint(order.maker_amount),
        _uint(order.taker_amount),
        _uint(0 if order.action is Action.BUY else 1),
        _uint(order.signature_type),
        _uint(order.timestamp_ms),
        order.metadata,
        order.builder,
    )


def _struct(kind: str, *words: bytes) -> bytes:
    return keccak(primitive=keccak(text=kind) + b"".join(words))


def _digest(separator: bytes, struct: bytes) -> bytes:
    return keccak(primitive=b"\x19\x01" + separator + struct)


def _uint(number: int) -> bytes:
    return number.to_bytes(WORD, "big")


def _address(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x")).rjust(WORD, b"\0")


def _recover(digest: bytes, signature: bytes) -> str | None:
    if len(signature) != SIGNATURE_BYTES or signature[-1] not in (V_OFFSET, V_OFFSET + 1):
        return None
    compact = signature[:-1] + bytes([signature[-1] - V_OFFSET])
    try:
        key = coincurve.PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except ValueError:
        return None
    return to_checksum_address(keccak(primitive=key.format(compressed=False)[1:])[-20:])


_SEPARATORS = {
    domain: _struct(
        DOMAIN_TYPE,
        keccak(text="Polymarket CTF Exchange"),
        keccak(text=domain.value[0]),
        _uint(CHAIN_ID),
        _address(domain.value[1]),
    )
    for domain in Domain
}
_LOGIN_SEPARATOR = _struct(
    LOGIN_DOMAIN_TYPE, keccak(text="ClobAuthDomain"), keccak(text="1"), _uint(CHAIN_ID)
)
