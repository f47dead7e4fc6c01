"""Accounts that are ready for use on both simulated venues, with keys that everybody knows.

The Ethereum keys are the first three of the Hardhat development chain, the Ed25519 keys are the
first three test keys of RFC 8032: published, and never to hold money.
"""

import base64
from typing import Any

import attrs
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from arb.sim.kalshi.auth import ApiKey, Member, PublicKey
from arb.sim.polymarket.keys import Wallet

PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
"""What comes before 32 bytes of Ed25519 key in PKCS#8 (RFC 8410)."""

DEPOSIT_WALLET = 3
"""Polymarket's signature type for it (docs: the order's `signatureType`)."""


@attrs.frozen
class ReadyMember:
    """Somebody with an account of the same name on both venues."""

    name: str
    polymarket_key: str
    """The private key of an EOA: 0x and 64 hex digits."""
    polymarket_signer: str
    """Its address."""
    kalshi_key_id: str
    kalshi_seed: str
    """The private Ed25519 key: 64 hex digits."""
    deposit_wallet: str = ""
    """The deposit wallet that holds the money on Polymarket; empty where the EOA itself does.

    It must be the one that the official client derives from the signer, which takes no other.
    """

    @property
    def polymarket_wallet(self) -> str:
        """The address that holds the money."""
        return self.deposit_wallet or self.polymarket_signer

    @property
    def signature_type(self) -> int:
        """How orders are signed: 0 by an EOA, 3 in the name of a deposit wallet."""
        return DEPOSIT_WALLET if self.deposit_wallet else 0

    @property
    def wallet(self) -> Wallet:
        """How Polymarket knows the member."""
        return Wallet(
            self.name, self.polymarket_signer, self.polymarket_wallet, self.signature_type
        )

    @property
    def api_key(self) -> ApiKey:
        """How Kalshi knows the member."""
        key = load_pem_private_key(self._kalshi_pem().encode(), None).public_key()
        if not isinstance(key, PublicKey):
            raise TypeError("an Ed25519 key was expected")
        return ApiKey(self.kalshi_key_id, key, Member(self.name, self.name))

    @property
    def polymarket_credentials(self) -> dict[str, Any]:
        """What a bot must be given to be this member on Polymarket."""
        return {
            "private_key": self.polymarket_key,
            "wallet": self.polymarket_wallet,
            "signature_type": self.signature_type,
        }

    @property
    def kalshi_credentials(self) -> dict[str, Any]:
        """What a bot must be given to be this member on Kalshi."""
        return {"key_id": self.kalshi_key_id, "private_key_pem": self._kalshi_pem()}

    def _kalshi_pem(self) -> str:
        body = base64.b64encode(PKCS8_ED25519 + bytes.fromhex(self.kalshi_seed)).decode()
        return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"


BOT = "bot"
"""The embedded bot's account in both matching engines."""

MEMBERS = (
    ReadyMember(
        name=BOT,
        polymarket_key="0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        polymarket_signer="0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        kalshi_key_id="00000000-0000-4000-8000-000000000001",
        kalshi_seed="9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    ),
    ReadyMember(
        name="alice",
        polymarket_key="0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        polymarket_signer="0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        kalshi_key_id="00000000-0000-4000-8000-000000000002",
        kalshi_seed="4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    ),
    ReadyMember(
        name="bob",
        polymarket_key="0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
        polymarket_signer="0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
        kalshi_key_id="00000000-0000-4000-8000-000000000003",
        kalshi_seed="c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        deposit_wallet="0x75E17433e195EcbD64B080387a840E8CEcC37657",
    ),
)
"""Everybody with an account, the embedded bot first."""
