"""Transactions of a deposit wallet: what its owner signs, and what is handed to the relayer. Pure.

EIP-712 with the wallet as domain; the batch's calls are all done, or none (the official client's
relayer actions).
"""

from collections.abc import Sequence

import attrs
import msgspec
from coincurve import PrivateKey
from eth_utils.crypto import keccak

from arb.venues.polymarket.config import CHAIN_ID
from arb.venues.polymarket.contracts import ContractCall

FACTORY = "0x00000000000Fb5C9ADea0298D729A0CB3823Cc07"
"""To which a wallet's transactions go (docs: resources/contracts)."""
WORD = 32
_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_CALL = "Call(address target,uint256 value,bytes data)"
_BATCH = "Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)" + _CALL
_V = 27
"""What Ethereum adds to a signature's recovery id."""


@attrs.frozen
class Batch:
    """Calls of one wallet. `deadline_s`: seconds since the epoch, by the chain's clock."""

    wallet: str
    nonce: int
    deadline_s: int
    calls: Sequence[ContractCall]

    @property
    def digest(self) -> bytes:
        """What is signed."""
        hashed = b"".join(
            _struct(_CALL, _address(call.target), _word(0), keccak(call.data))
            for call in self.calls
        )
        batch = _struct(
            _BATCH,
            _address(self.wallet),
            _word(self.nonce),
            _word(self.deadline_s),
            keccak(hashed),
        )
        domain = _struct(
            _DOMAIN,
            keccak(text="DepositWallet"),
            keccak(text="1"),
            _word(CHAIN_ID),
            _address(self.wallet),
        )
        return bytes(keccak(b"\x19\x01" + domain + batch))

    def body(self, owner: str, key: PrivateKey, metadata: str) -> bytes:
        """The body of POST /submit, signed by the wallet's owner."""
        made = key.sign_recoverable(self.digest, hasher=None)
        signature = made[:-1] + bytes([made[-1] + _V])
        return msgspec.json.encode(
            {
                "type": "WALLET",
                "from": owner,
                "to": FACTORY,
                "nonce": str(self.nonce),
                "signature": "0x" + signature.hex(),
                "metadata": metadata,
                "depositWalletParams": {
                    "depositWallet": self.wallet,
                    "deadline": str(self.deadline_s),
                    "calls": [
                        {"target": call.target, "value": "0", "data": "0x" + call.data.hex()}
                        for call in self.calls
                    ],
                },
            }
        )


def _struct(kind: str, *words: bytes) -> bytes:
    return bytes(keccak(keccak(text=kind) + b"".join(words)))


def _word(number: int) -> bytes:
    return number.to_bytes(WORD, "big")


def _address(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x")).rjust(WORD, b"\0")
