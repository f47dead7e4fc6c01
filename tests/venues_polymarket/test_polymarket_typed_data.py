"""Our bytes of an order are those of the venue's own library, whatever the order."""

from coincurve import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from py_clob_client_v2.order_utils import ExchangeOrderBuilderV2, Side
from py_clob_client_v2.order_utils.model.order_data_v2 import OrderDataV2, OrderV2
from py_clob_client_v2.signer import Signer

from arb.venues.polymarket.config import CHAIN_ID
from arb.venues.polymarket.signing import EXCHANGES
from arb.venues.polymarket.typed_data import OrderSeal

KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
WALLET = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
SIGNER = Signer(KEY, CHAIN_ID)
words = st.integers(0, 2**256 - 1).map(str)


@st.composite
def orders(draw: st.DrawFn) -> tuple[ExchangeOrderBuilderV2, OrderV2]:
    exchange = draw(st.sampled_from(sorted(set(EXCHANGES.values()))))
    kind = draw(st.sampled_from((0, 1, 2, 3)))
    salt = draw(st.integers(0, 2**53 - 1).map(str))
    builder = ExchangeOrderBuilderV2(
        exchange[0], CHAIN_ID, SIGNER, generate_salt=lambda: salt, domain_version=exchange[1]
    )
    data = OrderDataV2(
        maker=WALLET if kind else SIGNER.address(),
        signer=WALLET if kind == 3 else SIGNER.address(),
        tokenId=draw(words),
        makerAmount=draw(words),
        takerAmount=draw(words),
        side=draw(st.sampled_from((Side.BUY, Side.SELL))),
        signatureType=kind,
        timestamp=draw(st.integers(1, 2**63).map(str)),
    )
    return builder, builder.build_order(data)


@settings(max_examples=60, deadline=None)
@given(orders())
def test_hash_and_signature_are_the_librarys(made: tuple[ExchangeOrderBuilderV2, OrderV2]) -> None:
    builder, order = made
    seal = OrderSeal(
        builder.app_domain_separator, CHAIN_ID, PrivateKey(bytes.fromhex(KEY.removeprefix("0x")))
    )
    typed = builder.build_order_typed_data(order)
    assert "0x" + seal.hash(order).hex() == builder.build_order_hash(typed)
    signature = seal.sign_for_wallet(order) if int(order.signatureType) == 3 else seal.sign(order)
    expected = builder.build_order_signature(typed)
    assert signature == "0x" + expected.removeprefix("0x").removeprefix("0x")
