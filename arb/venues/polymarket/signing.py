"""Signatures: orders (EIP-712) and log-in, with the venue's own library. No I/O.

The library builds orders and log-ins; the amounts, the salt and the time are ours, because its own
amounts are floats, and so are the bytes that are hashed (`typed_data.py`). Importing it takes a second and opens an idle HTTP client, so nothing else
imports it.
"""

import enum
import random
import sys

import attrs
from coincurve import PrivateKey
from py_clob_client_v2.headers.headers import create_level_1_headers
from py_clob_client_v2.order_utils import ExchangeOrderBuilderV2, Side
from py_clob_client_v2.order_utils.model.order_data_v2 import (
    OrderDataV2,
    SignedOrderV2,
    order_to_json_v2,
)
from py_clob_client_v2.signer import Signer

from arb.market.errors import Refused, UnknownRule
from arb.market.instruments import Action
from arb.market.units import Ns
from arb.messages import OrderKey
from arb.venues.polymarket.config import CHAIN_ID, PolymarketCredentials
from arb.venues.polymarket.typed_data import OrderSeal

RECURSION_LIMIT = 1_000
"""Python's own. A library behind the venue's raises it to 100,000 when it is imported, and then
a frame of nested brackets overflows the stack and kills the process instead of being refused."""
sys.setrecursionlimit(min(RECURSION_LIMIT, sys.getrecursionlimit()))

EXCHANGES = {
    ("v1", False): ("0xE111180000d2663C0091e4f400237545B87B996B", "2"),
    ("v1", True): ("0xe2222d279d744050d28e00520010520000310F59", "2"),
    ("v2", False): ("0xe3333700cA9d93003F00f0F71f8515005F6c00Aa", "3"),
    ("v2", True): ("0xe3333700cA9d93003F00f0F71f8515005F6c00Aa", "3"),
}
"""Contract and domain version by (Gamma `version`, `negRisk`) (docs: resources/contracts and
migrate/polymarket-v2)."""
SALT_BITS = 53
"""A JSON number keeps so many."""
_DEPOSIT_WALLET = 3
"""The signature type whose orders name the wallet itself as signer."""
_EOA = 0


class OrderType(enum.StrEnum):
    """How long an order may rest (docs: trading/orders)."""

    GTC = "GTC"
    """Rests until it is filled or cancelled."""
    FAK = "FAK"
    """Takes what it can at once; the rest is killed."""


@attrs.frozen
class OrderTerms:
    """What is signed, less who signs it, the salt and the time."""

    token: str
    action: Action
    maker_amount: int
    """What we give, in millionths: micro-dollars to buy, micro-shares to sell."""
    taker_amount: int
    """What we want, in millionths."""
    protocol: str
    neg_risk: bool


@attrs.frozen
class SignedOrder:
    """An order as the venue will see it, and the hash it will know it by."""

    key: OrderKey
    order: SignedOrderV2 = attrs.field(repr=False)

    def payload(self, owner: str, order_type: OrderType) -> dict[str, object]:
        """The body of POST /order, before it becomes bytes; `owner` is the API key."""
        made: dict[str, object] = order_to_json_v2(self.order, owner, str(order_type))
        return made


class PolymarketSigner:
    """Signs in the name of one key and one wallet.

    Everything that does not change from order to order (account, domain separators) is computed
    here once. Raises Refused where an EOA's wallet is not the key's own address.
    """

    def __init__(self, credentials: PolymarketCredentials, rng: random.Random) -> None:
        self._signer = Signer(credentials.private_key, CHAIN_ID)
        self._type = credentials.signature_type
        self.address = str(self._signer.address())
        self.wallet = credentials.wallet
        if self._type == _EOA and self.wallet.lower() != self.address.lower():
            raise Refused(f"the key of {self.address} cannot trade for {self.wallet} as type 0")
        self._builders = {
            exchange: ExchangeOrderBuilderV2(
                exchange[0],
                CHAIN_ID,
                self._signer,
                generate_salt=lambda: str(rng.getrandbits(SALT_BITS)),
                domain_version=exchange[1],
            )
            for exchange in set(EXCHANGES.values())
        }

        key = PrivateKey(bytes.fromhex(credentials.private_key.removeprefix("0x")))
        self._seals = {
            exchange: OrderSeal(builder.app_domain_separator, CHAIN_ID, key)
            for exchange, builder in self._builders.items()
        }

    @property
    def signature_type(self) -> int:
        """The wallet's kind, which private reads ask for too."""
        return self._type

    def sign(self, terms: OrderTerms, now_ns: Ns) -> SignedOrder:
        """Sign an order created at `now_ns`. Raises UnknownRule for an unknown protocol."""
        exchange = EXCHANGES.get((terms.protocol, terms.neg_risk))
        if exchange is None:
            raise UnknownRule(f"no exchange is known for markets of version {terms.protocol!r}")
        builder, seal = self._builders[exchange], self._seals[exchange]
        order = builder.build_order(self._data(terms, now_ns))
        key = OrderKey("0x" + seal.hash(order).hex())
        nested = self._type == _DEPOSIT_WALLET
        signature = seal.sign_for_wallet(order) if nested else seal.sign(order)
        return SignedOrder(key, SignedOrderV2(**vars(order), signature=signature))

    def login_headers(self, now_s: int) -> dict[str, str]:
        """Headers that prove possession of the key (docs: authentication, L1)."""
        headers: dict[str, str] = create_level_1_headers(self._signer, nonce=0, timestamp=now_s)
        return headers

    def _data(self, terms: OrderTerms, now_ns: Ns) -> OrderDataV2:
        return OrderDataV2(
            maker=self.wallet,
            signer=self.wallet if self._type == _DEPOSIT_WALLET else self.address,
            tokenId=terms.token,
            makerAmount=str(terms.maker_amount),
            takerAmount=str(terms.taker_amount),
            side=Side.BUY if terms.action is Action.BUY else Side.SELL,
            signatureType=self._type,
            timestamp=str(now_ns // 1_000_000),
        )
