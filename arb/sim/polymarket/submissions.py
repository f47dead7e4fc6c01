"""What is handed to the relayer: who signed which calls, for each kind of wallet.

Docs: the official client's relayer actions. Deposit wallets sign a typed batch, safes a SafeTx
with the signature's last byte raised by 4, proxies a hash that starts with "rlx:".
"""

import attrs
from eth_utils.crypto import keccak

from arb.sim.polymarket.calldata import RawCall, Unreadable, read_multisend, read_proxy_calls
from arb.sim.polymarket.contracts import Contract
from arb.sim.polymarket.errors import bad_request
from arb.sim.polymarket.signatures import (
    CHAIN_ID,
    DOMAIN_TYPE,
    WORD,
    address_word,
    is_address,
    is_hex,
    recover,
    struct_hash,
    typed_digest,
    uint_word,
)
from arb.sim.polymarket.wire import Json, whole_number

CALL_TYPE = "Call(address target,uint256 value,bytes data)"
BATCH_TYPE = "Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)" + CALL_TYPE
SAFE_DOMAIN_TYPE = "EIP712Domain(uint256 chainId,address verifyingContract)"
SAFE_TYPE = (
    "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,"
    "uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
)
PERSONAL = b"\x19Ethereum Signed Message:\n32"
SAFE_V_SHIFT = 4
DELEGATE = 1
MAX_METADATA = 500
ZERO_WORD = bytes(WORD)
SIGNATURE_TYPES = {"PROXY": 1, "SAFE": 2, "WALLET": 3}
"""Which kind of wallet a transaction's type belongs to."""


@attrs.frozen
class Submission:
    """A batch of calls of one wallet, signed by its owner. Nothing is checked but its form."""

    kind: str
    signer: str
    wallet: str
    nonce: int
    calls: tuple[RawCall, ...]
    digest: bytes
    signature: bytes
    deadline_s: int | None
    metadata: str

    @property
    def signed_by(self) -> str | None:
        """The address that signed; None for a malformed signature."""
        return recover(self.digest, self.signature)


def read_submission(body: Json) -> Submission:
    """Read a body of `/submit`. Raises ApiError (400), Unreadable."""
    kind = body.get("type")
    readers = {"WALLET": _read_wallet, "SAFE": _read_safe, "PROXY": _read_proxy}
    if not isinstance(kind, str) or kind not in readers:
        raise bad_request(f"unknown transaction type {kind!r}")
    if len(_text(body, "metadata", "")) > MAX_METADATA:
        raise bad_request("metadata is too long")
    return readers[kind](body)


# --- deposit wallets ----------------------------------------------------------------------------


def _read_wallet(body: Json) -> Submission:
    if _address(body, "to").lower() != Contract.WALLET_FACTORY:
        raise bad_request("a WALLET transaction goes to the wallet factory")
    params = _object(body, "depositWalletParams")
    listed = params.get("calls")
    if not isinstance(listed, list) or not listed:
        raise bad_request("no calls")
    wallet, deadline = _address(params, "depositWallet"), _uint(params, "deadline")
    calls = tuple(_call(item) for item in listed)
    nonce = _uint(body, "nonce")
    return Submission(
        kind="WALLET",
        signer=_address(body, "from"),
        wallet=wallet,
        nonce=nonce,
        calls=calls,
        digest=_batch_digest(wallet, nonce, deadline, calls),
        signature=_bytes(body, "signature"),
        deadline_s=deadline,
        metadata=_text(body, "metadata", ""),
    )


def _call(item: object) -> RawCall:
    if not isinstance(item, dict):
        raise bad_request("a call is an object")
    return RawCall(_address(item, "target"), _uint(item, "value"), _bytes(item, "data"))


def _batch_digest(wallet: str, nonce: int, deadline: int, calls: tuple[RawCall, ...]) -> bytes:
    hashed = [
        struct_hash(
            CALL_TYPE, address_word(call.target), uint_word(call.value), keccak(primitive=call.data)
        )
        for call in calls
    ]
    batch = struct_hash(
        BATCH_TYPE,
        address_word(wallet),
        uint_word(nonce),
        uint_word(deadline),
        keccak(primitive=b"".join(hashed)),
    )
    domain = struct_hash(
        DOMAIN_TYPE,
        keccak(text="DepositWallet"),
        keccak(text="1"),
        uint_word(CHAIN_ID),
        address_word(wallet),
    )
    return typed_digest(domain, batch)


# --- safes --------------------------------------------------------------------------------------


def _read_safe(body: Json) -> Submission:
    params = _object(body, "signatureParams")
    target, data = _address(body, "to"), _bytes(body, "data")
    value = _uint(body, "value") if "value" in body else 0
    operation = _uint(params, "operation")
    nonce, wallet = _uint(body, "nonce"), _address(body, "proxyWallet")
    signature = _bytes(body, "signature")
    lowered = signature[:-1] + bytes([max(signature[-1] - SAFE_V_SHIFT, 0)]) if signature else b""
    digest = _safe_digest(wallet, RawCall(target, value, data), operation, nonce)
    return Submission(
        kind="SAFE",
        signer=_address(body, "from"),
        wallet=wallet,
        nonce=nonce,
        calls=tuple(_safe_calls(RawCall(target, value, data), operation)),
        digest=keccak(primitive=PERSONAL + digest),
        signature=lowered,
        deadline_s=None,
        metadata=_text(body, "metadata", ""),
    )


def _safe_calls(call: RawCall, operation: int) -> list[RawCall]:
    if operation != DELEGATE:
        return [call]
    if call.target.lower() != Contract.MULTISEND:
        raise Unreadable("a safe delegates to multiSend only")
    return read_multisend(call.data)


def _safe_digest(wallet: str, call: RawCall, operation: int, nonce: int) -> bytes:
    """Gas is the relayer's affair, so its five fields are zero (the official client's recipe)."""
    transaction = struct_hash(
        SAFE_TYPE,
        address_word(call.target),
        uint_word(call.value),
        keccak(primitive=call.data),
        uint_word(operation),
        *[ZERO_WORD] * 5,
        uint_word(nonce),
    )
    domain = struct_hash(SAFE_DOMAIN_TYPE, uint_word(CHAIN_ID), address_word(wallet))
    return typed_digest(domain, transaction)


# --- proxies ------------------------------------------------------------------------------------


def _read_proxy(body: Json) -> Submission:
    if _address(body, "to").lower() != Contract.PROXY_FACTORY:
        raise bad_request("a PROXY transaction goes to the proxy factory")
    data, signer = _bytes(body, "data"), _address(body, "from")
    nonce = _uint(body, "nonce")
    digest = _proxy_digest(signer, data, nonce, _object(body, "signatureParams"))
    return Submission(
        kind="PROXY",
        signer=signer,
        wallet=_address(body, "proxyWallet"),
        nonce=nonce,
        calls=tuple(read_proxy_calls(data)),
        digest=keccak(primitive=PERSONAL + digest),
        signature=_bytes(body, "signature"),
        deadline_s=None,
        metadata=_text(body, "metadata", ""),
    )


def _proxy_digest(signer: str, data: bytes, nonce: int, params: Json) -> bytes:
    parts = (
        b"rlx:",
        _raw(signer),
        _raw(Contract.PROXY_FACTORY),
        data,
        uint_word(_uint(params, "relayerFee")),
        uint_word(_uint(params, "gasPrice")),
        uint_word(_uint(params, "gasLimit")),
        uint_word(nonce),
        _raw(_address(params, "relayHub")),
        _raw(_address(params, "relay")),
    )
    return keccak(primitive=b"".join(parts))


# --- fields -------------------------------------------------------------------------------------


def _raw(address: str) -> bytes:
    return bytes.fromhex(address[2:])


def _object(data: Json, name: str) -> Json:
    value = data.get(name)
    if not isinstance(value, dict):
        raise bad_request(f"{name} is missing")
    return value


def _text(data: Json, name: str, default: str | None = None) -> str:
    value = data.get(name, default)
    if not isinstance(value, str):
        raise bad_request(f"{name} must be a string")
    return value


def _address(data: Json, name: str) -> str:
    text = _text(data, name)
    if not is_address(text):
        raise bad_request(f"{name} is no address")
    return text


def _uint(data: Json, name: str) -> int:
    number = whole_number(_text(data, name))
    if number is None or number >= 1 << 256:
        raise bad_request(f"{name} is no number")
    return number


def _bytes(data: Json, name: str) -> bytes:
    text = _text(data, name)
    if not is_hex(text):
        raise bad_request(f"{name} is not in hex")
    return bytes.fromhex(text[2:])
