"""An order's hash and signature, straight from its bytes.

What the venue's library does with dictionaries and a general encoder in 0.4 ms, in 0.15 ms: an
order is eleven words of 32 bytes (EIP-712), and all but six of them are known beforehand. Type
hashes and domain separators are the library's own; tests hold every byte against it.
"""

import attrs
from coincurve import PrivateKey
from eth_utils.crypto import keccak
from py_clob_client_v2.order_utils import exchange_order_builder_v2 as library
from py_clob_client_v2.order_utils.model.order_data_v2 import OrderV2

WORD = 32
_PREFIX = b"\x19\x01"
"""Of every EIP-712 digest."""
_V = 27
"""What Ethereum adds to a signature's recovery id."""
_TYPE_STRING = library.ORDER_TYPE_STRING.encode()


@attrs.frozen
class OrderSeal:
    """Hashes and signs orders of one exchange with one key."""

    separator: bytes
    """Of the exchange's domain."""
    chain_id: int
    key: PrivateKey = attrs.field(repr=False)

    def hash(self, order: OrderV2) -> bytes:
        """The digest that the venue knows an order by."""
        return self._digest(contents_of(order))

    def sign(self, order: OrderV2) -> str:
        """Sign as the owner of the key: 65 bytes, hexadecimal."""
        return "0x" + self._signature(self.hash(order)).hex()

    def sign_for_wallet(self, order: OrderV2) -> str:
        """Sign as the owner of the deposit wallet that the order names (ERC-7739, nested)."""
        contents = contents_of(order)
        nested = keccak(
            library.SOLADY_TYPE_HASH
            + contents
            + library.DEPOSIT_WALLET_NAME_HASH
            + library.DEPOSIT_WALLET_VERSION_HASH
            + self.chain_id.to_bytes(WORD, "big")
            + _word(order.signer)
            + library.DEPOSIT_WALLET_DOMAIN_SALT
        )
        signature = self._signature(self._digest(nested))
        length = len(_TYPE_STRING).to_bytes(2, "big")
        whole: bytes = signature + self.separator + contents + _TYPE_STRING + length
        return "0x" + whole.hex()

    def _digest(self, contents: bytes) -> bytes:
        return keccak(_PREFIX + self.separator + contents)

    def _signature(self, digest: bytes) -> bytes:
        made = self.key.sign_recoverable(digest, hasher=None)
        return made[:-1] + bytes([made[-1] + _V])


def contents_of(order: OrderV2) -> bytes:
    """The hash of an order's fields, in the order of its type."""
    words = (
        int(order.salt),
        0,
        0,
        int(order.tokenId),
        int(order.makerAmount),
        int(order.takerAmount),
        int(order.side),
        int(order.signatureType),
        int(order.timestamp),
    )
    encoded = [word.to_bytes(WORD, "big") for word in words]
    encoded[1:3] = [_word(order.maker), _word(order.signer)]
    encoded += [_word(order.metadata), _word(order.builder)]
    return keccak(library.ORDER_TYPE_HASH + b"".join(encoded))


def _word(text: str) -> bytes:
    """An address or 32 bytes, written as 0x..."""
    return bytes.fromhex(text[2:]).rjust(WORD, b"\0")
