"""Signs and sends batches to the relayer, with libraries that the face does not use for it."""

from typing import TYPE_CHECKING, Any

import attrs
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_utils.crypto import keccak

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Person, Said

PUSD = "0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB"
CTF = "0x4D97DCd97eC945f40cF65F87097ACe5EA0476045"
ADAPTER = "0xAdA100Db00Ca00073811820692005400218FcE1f"
NEG_RISK_ADAPTER = "0xadA2005600Dec949baf300f4C6120000bDB6eAab"
OLD_ADAPTER = "0xd91E80cF2E7be2e162c6513ceD06f1dD0dA35296"
ROUTER = "0x12121212006e4CD160D18e3f00711DA5c3372600"
WALLET_FACTORY = "0x00000000000Fb5C9ADea0298D729A0CB3823Cc07"
MULTISEND = "0xA238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761"
PROXY_FACTORY = "0xaB45c5A4B0c941a2F231C04C3f49182e1A254052"
RELAY_HUB = "0xD216153c06E857cD7f72665E0aF1d7D82172F494"
ZERO = "0x" + "0" * 40

SPLIT, MERGE, REDEEM, CONVERT = "72ce4275", "9e7212ad", "01b7037c", "c64748c4"
"""Selectors as the docs list them."""
ROUTER_SPLIT, ROUTER_MERGE, ROUTER_REDEEM = "82d3b9f1", "5b63685e", "d217a3cc"
APPROVE, APPROVE_ALL = "095ea7b3", "a22cb465"

Call = tuple[str, bytes]
"""Target and data."""


def call(target: str, selector: str, types: list[str], values: list[Any]) -> Call:
    return target, bytes.fromhex(selector) + encode(types, values)


def sets(target: str, selector: str, condition: str, *amount: int) -> Call:
    """A split, merge or redemption of both outcomes."""
    types = ["address", "bytes32", "bytes32", "uint256[]", *["uint256"] * len(amount)]
    values = [PUSD, bytes(32), bytes.fromhex(condition[2:]), [1, 2], *amount]
    return call(target, selector, types, values)


def convert(market_id: str, index_set: int, amount: int) -> Call:
    values = [bytes.fromhex(market_id[2:]), index_set, amount]
    return call(NEG_RISK_ADAPTER, CONVERT, ["bytes32", "uint256", "uint256"], values)


def short(condition: str) -> bytes:
    """A v2 condition id's 31 bytes."""
    return bytes.fromhex(condition[2:64])


@attrs.frozen
class Relay:
    """One wallet and the relayer."""

    person: "Person"

    @property
    def signer(self) -> str:
        return str(self.person.signer.address())

    @property
    def key(self) -> dict[str, str]:
        """The static headers of a relayer key."""
        name = self.person.venue.face.relayer_key(self.signer)
        return {"RELAYER_API_KEY": name, "RELAYER_API_KEY_ADDRESS": self.signer}

    async def send(self, *calls: Call, **more: Any) -> "Said":  # noqa: ANN401 - parts of the body
        return await self.submit(self.body(*calls, **more))

    async def submit(self, body: dict[str, Any]) -> "Said":
        return await self.person.venue.ask_json("POST", "/submit", body, self.key)

    async def state(self, transaction_id: str) -> dict[str, Any]:
        path = f"/v1/account/transactions/{transaction_id}"
        said = await self.person.venue.ask("GET", path, headers=self.key)
        assert said.status == 200, said
        return dict(said.body)

    def body(self, *calls: Call, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - the same
        makers = {1: self._proxy, 2: self._safe, 3: self._wallet}
        nonce = more.pop("nonce", 0)
        return {**makers[self.person.wallet.signature_type](calls, nonce, **more), "metadata": ""}

    def _wallet(
        self, calls: tuple[Call, ...], nonce: int, deadline: int | None = None
    ) -> dict[str, Any]:
        wallet = self.person.wallet.funder
        ends = self.person.venue.now_s() + 600 if deadline is None else deadline
        typed = {
            "domain": {
                "name": "DepositWallet",
                "version": "1",
                "chainId": 137,
                "verifyingContract": wallet,
            },
            "types": {
                "EIP712Domain": _fields("name:string version:string chainId:uint256")
                + _fields("verifyingContract:address"),
                "Call": _fields("target:address value:uint256 data:bytes"),
                "Batch": _fields("wallet:address nonce:uint256 deadline:uint256 calls:Call[]"),
            },
            "primaryType": "Batch",
            "message": {
                "wallet": wallet,
                "nonce": nonce,
                "deadline": ends,
                "calls": [{"target": to, "value": 0, "data": data} for to, data in calls],
            },
        }
        signed = self._account.sign_message(encode_typed_data(full_message=typed))
        listed = [{"target": to, "value": "0", "data": "0x" + data.hex()} for to, data in calls]
        return {
            "type": "WALLET",
            "from": self.signer,
            "to": WALLET_FACTORY,
            "nonce": str(nonce),
            "signature": "0x" + signed.signature.hex().removeprefix("0x"),
            "depositWalletParams": {
                "depositWallet": wallet,
                "deadline": str(ends),
                "calls": listed,
            },
        }

    def _safe(self, calls: tuple[Call, ...], nonce: int) -> dict[str, Any]:
        target, data, operation = (*calls[0], 0)
        if len(calls) > 1:
            target, data, operation = MULTISEND, _multisend(calls), 1
        fields = (
            "to:address value:uint256 data:bytes operation:uint8 safeTxGas:uint256 "
            "baseGas:uint256 gasPrice:uint256 gasToken:address refundReceiver:address nonce:uint256"
        )
        gas = {"safeTxGas": 0, "baseGas": 0, "gasPrice": 0, "gasToken": ZERO}
        typed = {
            "domain": {"chainId": 137, "verifyingContract": self.person.wallet.funder},
            "types": {
                "EIP712Domain": _fields("chainId:uint256 verifyingContract:address"),
                "SafeTx": _fields(fields),
            },
            "primaryType": "SafeTx",
            "message": {
                "to": target,
                "value": 0,
                "data": data,
                "operation": operation,
                "refundReceiver": ZERO,
                "nonce": nonce,
                **gas,
            },
        }
        message = encode_typed_data(full_message=typed)
        digest = keccak(b"\x19" + message.version + message.header + message.body)
        raw = self._account.sign_message(encode_defunct(primitive=digest)).signature
        return {
            "type": "SAFE",
            "from": self.signer,
            "to": target,
            "proxyWallet": self.person.wallet.funder,
            "data": "0x" + data.hex(),
            "nonce": str(nonce),
            "signature": "0x" + (raw[:-1] + bytes([raw[-1] + 4])).hex(),
            "signatureParams": {"operation": str(operation), "baseGas": "0"},
        }

    def _proxy(self, calls: tuple[Call, ...], nonce: int) -> dict[str, Any]:
        listed = [(1, to, 0, data) for to, data in calls]
        data = keccak(text="proxy((uint8,address,uint256,bytes)[])")[:4] + encode(
            ["(uint8,address,uint256,bytes)[]"], [listed]
        )
        relay = "0x" + "99" * 20
        packed = b"".join(
            (
                b"rlx:",
                _raw(self.signer),
                _raw(PROXY_FACTORY),
                data,
                *(number.to_bytes(32, "big") for number in (0, 0, 200_000, nonce)),
                _raw(RELAY_HUB),
                _raw(relay),
            )
        )
        signed = self._account.sign_message(encode_defunct(primitive=keccak(packed)))
        return {
            "type": "PROXY",
            "from": self.signer,
            "to": PROXY_FACTORY,
            "proxyWallet": self.person.wallet.funder,
            "data": "0x" + data.hex(),
            "nonce": str(nonce),
            "signature": "0x" + signed.signature.hex().removeprefix("0x"),
            "signatureParams": {
                "gasLimit": "200000",
                "gasPrice": "0",
                "relay": relay,
                "relayHub": RELAY_HUB,
                "relayerFee": "0",
            },
        }

    @property
    def _account(self) -> Any:  # noqa: ANN401 - the library's local account
        return Account.from_key(self.person.signer.private_key)


def _fields(text: str) -> list[dict[str, str]]:
    return [dict(zip(("name", "type"), part.split(":"), strict=True)) for part in text.split()]


def _raw(address: str) -> bytes:
    return bytes.fromhex(address[2:])


def _multisend(calls: tuple[Call, ...]) -> bytes:
    packed = b"".join(
        bytes([0]) + _raw(to) + bytes(32) + len(data).to_bytes(32, "big") + data
        for to, data in calls
    )
    return keccak(text="multiSend(bytes)")[:4] + encode(["bytes"], [packed])
