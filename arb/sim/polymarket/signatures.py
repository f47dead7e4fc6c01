"""EIP-712: what is signed, and who signed it.

Written from the standard, apart from the client libraries, so that the two check each other.
"""

import enum
import re
from functools import lru_cache

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
    return "0x" + _order_digest(order, domain).hex()


def signer_of(order: SignedOrder, signature: bytes, domain: Domain) -> str | None:
    """The address that signed an order with a key of its own, in lower case.

    None for a malformed signature.
    """
    return recover(_order_digest(order, domain), signature)


def owner_of(order: SignedOrder, signature: bytes, domain: Domain) -> str | None:
    """The address that signed for a deposit wallet (ERC-1271 with ERC-7739 nesting), lower case.

    None where the wrapping is not exactly that of this order under this domain.
    """
    contents = _order_struct(order)
    if signature[SIGNATURE_BYTES:] != domain.separator + contents + WALLET_TRAILER:
        return None
    nested = struct_hash(
        WALLET_TYPE,
        contents,
        keccak(text="DepositWallet"),
        keccak(text="1"),
        uint_word(CHAIN_ID),
        address_word(order.signer),
        ZERO,
    )
    return recover(typed_digest(domain.separator, nested), signature[:SIGNATURE_BYTES])


def login_signer(address: str, timestamp: str, nonce: int, signature: bytes) -> str | None:
    """The address that signed a request for API credentials, with its checksum.

    None where the signature is malformed.
    """
    login = struct_hash(
        LOGIN_TYPE,
        address_word(address),
        keccak(text=timestamp),
        uint_word(nonce),
        keccak(text=LOGIN_MESSAGE),
    )
    found = recover(typed_digest(_LOGIN_SEPARATOR, login), signature)
    return None if found is None else to_checksum_address(found)


def is_address(text: str) -> bool:
    """Say whether `text` is an address: 0x and 40 hex digits."""
    return _ADDRESS.fullmatch(text) is not None


def is_hex(text: str) -> bool:
    """Say whether `text` is 0x and whole bytes in hex digits, at least one."""
    return _HEX.fullmatch(text) is not None


def struct_hash(kind: str, *words: bytes) -> bytes:
    """The hash of a struct of a type, given its fields as words."""
    return keccak(primitive=_type_hash(kind) + b"".join(words))


def typed_digest(separator: bytes, struct: bytes) -> bytes:
    """What is signed of a struct under a domain."""
    return keccak(primitive=b"\x19\x01" + separator + struct)


def uint_word(number: int) -> bytes:
    """A number as a word."""
    return number.to_bytes(WORD, "big")


def address_word(text: str) -> bytes:
    """An address as a word."""
    return bytes.fromhex(text.removeprefix("0x")).rjust(WORD, b"\0")


def recover(digest: bytes, signature: bytes) -> str | None:
    """The address whose key signed a digest, in lower case; None for a malformed signature."""
    if len(signature) != SIGNATURE_BYTES or signature[-1] not in (V_OFFSET, V_OFFSET + 1):
        return None
    compact = signature[:-1] + bytes([signature[-1] - V_OFFSET])
    try:
        key = coincurve.PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except ValueError:
        return None
    return "0x" + keccak(primitive=key.format(compressed=False)[1:])[-20:].hex()


@lru_cache(maxsize=64)
def _type_hash(kind: str) -> bytes:
    return keccak(text=kind)


@lru_cache(maxsize=1024)
def _order_digest(order: SignedOrder, domain: Domain) -> bytes:
    """Needed twice for each order: for its id and for its signer."""
    return typed_digest(domain.separator, _order_struct(order))


@lru_cache(maxsize=1024)
def _order_struct(order: SignedOrder) -> bytes:
    return struct_hash(
        ORDER_TYPE,
        uint_word(order.salt),
        address_word(order.maker),
        address_word(order.signer),
        uint_word(int(order.token)),
        uint_word(order.maker_amount),
        uint_word(order.taker_amount),
        uint_word(0 if order.action is Action.BUY else 1),
        uint_word(order.signature_type),
        uint_word(order.timestamp_ms),
        order.metadata,
        order.builder,
    )


_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})+")
_SEPARATORS = {
    domain: struct_hash(
        DOMAIN_TYPE,
        keccak(text="Polymarket CTF Exchange"),
        keccak(text=domain.value[0]),
        uint_word(CHAIN_ID),
        address_word(domain.value[1]),
    )
    for domain in Domain
}
_LOGIN_SEPARATOR = struct_hash(
    LOGIN_DOMAIN_TYPE, keccak(text="ClobAuthDomain"), keccak(text="1"), uint_word(CHAIN_ID)
)
