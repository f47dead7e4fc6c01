"""What is checked, counted and signed before an order leaves."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.errors import OffGrid, Refused
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    Action,
    EventId,
    Market,
    MarketId,
    Outcome,
    PolymarketRef,
    Venue,
)
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import (
    BasketId,
    NewOrder,
    OrderId,
    PreparedOrder,
)
from arb.venues.polymarket.clients import PolymarketClients
from arb.venues.polymarket.listing import TICKS
from arb.venues.polymarket.orders import PolymarketOrders, terms_of
from arb.venues.polymarket.session import PolymarketSession

if TYPE_CHECKING:
    pass

MakeOrder = Callable[..., NewOrder]
MakeMarket = Callable[..., Market]

API_SECRET = bytes(range(32))
NOW = Ns(1_790_000_000_000_000_000)
UNKNOWN = "0x" + "77" * 32


def test_a_purchase_is_a_gtc_of_exact_amounts(prepared: PreparedOrder) -> None:
    """The order's key is its hash, and its body the documented JSON of the published example."""
    body = json.loads(prepared.body)
    assert (body["orderType"], body["postOnly"], body["deferExec"]) == ("GTC", False, False)
    assert body["owner"] == "00000000-0000-0000-0000-000000000001"
    assert body["order"]["makerAmount"] == "5200000"
    assert body["order"]["takerAmount"] == "10000000"
    assert (body["order"]["side"], body["order"]["expiration"]) == ("BUY", "0")
    assert body["order"]["timestamp"] == "1790000000000"
    assert b" " not in prepared.body
    assert prepared.key.startswith("0x")
    assert len(prepared.key) == 66


def test_a_sale_is_a_fak_that_counts_contracts(
    orders: PolymarketOrders, make_order: MakeOrder
) -> None:
    """A sale gives contracts and dies at once; NO trades the other token."""
    order = make_order(action=Action.SELL, outcome=Outcome.NO)
    body = json.loads(orders.prepare(order).body)
    assert (body["orderType"], body["order"]["side"]) == ("FAK", "SELL")
    assert isinstance(order.market.ref, PolymarketRef)
    assert body["order"]["tokenId"] == order.market.ref.no_token
    assert body["order"]["makerAmount"] == "10000000"
    assert body["order"]["takerAmount"] == "5200000"


def test_a_sale_that_may_rest_is_a_gtc(orders: PolymarketOrders, make_order: MakeOrder) -> None:
    """It waits on the book for its exact dollars, fine ticks included."""
    order = make_order(action=Action.SELL, qty=Qty(5_550_000), limit=Px(520_000))
    body = json.loads(orders.prepare(attrs.evolve(order, rests=True)).body)
    assert (body["orderType"], body["order"]["side"]) == ("GTC", "SELL")
    assert (body["order"]["makerAmount"], body["order"]["takerAmount"]) == ("5550000", "2886000")


@pytest.mark.parametrize(
    ("order", "amounts"),
    [
        ((Action.BUY, 10_000, 10_000_000, 520_000), (5_200_000, 10_000_000)),
        ((Action.BUY, 1_000, 5_550_000, 985_000), (5_466_750, 5_550_000)),
        ((Action.BUY, 10_000, 21_040_000, 570_000), (11_992_800, 21_040_000)),
        ((Action.BUY, 10_000, 100_120_000, 70_000), (7_008_400, 100_120_000)),
        ((Action.SELL, 1_000, 12_340_000, 985_000), (12_340_000, 12_154_900)),
        ((Action.SELL, 1_000, 5_550_000, 985_000), (5_550_000, 5_466_700)),
    ],
)
def test_amounts_are_those_worked_out_for_the_venue(
    make_order: MakeOrder,
    make_market: MakeMarket,
    order: tuple[Action, int, int, int],
    amounts: tuple[int, int],
) -> None:
    """The published examples (action, tick, quantity, limit; what is given, what is wanted); a
    sale's dollars are cut to four decimals on fine ticks.
    """
    action, tick, qty, limit = order
    market = make_market(grid=PriceGrid.of_tick(tick))
    terms = terms_of(make_order(market=market, action=action, qty=Qty(qty), limit=Px(limit)))
    assert (terms.maker_amount, terms.taker_amount) == amounts


ANY_MARKET = Market(
    id=MarketId("polymarket:0x0"),
    venue=Venue.POLYMARKET,
    event=EventId("polymarket:1"),
    title="Will it?",
    label="",
    ref=PolymarketRef("0x0", "11", "22", neg_risk=False, protocol="v1"),
    grid=PriceGrid.of_tick(10_000),
    lot=Qty(10_000),
    min_qty=Qty(5 * MICRO),
    min_take_usd=Usd(MICRO),
    fees=PolymarketFees(0),
    closes_ns=None,
)


@given(
    st.sampled_from(TICKS),
    st.integers(1, 10**6),
    st.integers(1, 10**7),
    st.sampled_from([Action.BUY, Action.SELL]),
)
def test_amounts_never_ask_for_more_than_the_limit(
    tick: int, step: int, lots: int, action: Action
) -> None:
    """On every tick a purchase states exactly its limit; a sale asks for its limit or a hair
    less, never more; both within the decimals that the venue accepts.
    """
    limit = Px(step % (MICRO // tick - 1) * tick + tick)
    qty = Qty(lots * 10_000)
    order = NewOrder(OrderId("o"), BasketId("b"), ANY_MARKET, Outcome.YES, action, qty, limit, NOW)
    terms = terms_of(order)
    if action is Action.BUY:
        assert terms.maker_amount * MICRO == limit * terms.taker_amount
        assert terms.taker_amount == qty
    else:
        assert terms.maker_amount == qty
        assert 0 <= limit * qty - terms.taker_amount * MICRO < 100 * MICRO
        assert terms.taker_amount % 100 == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"qty": Qty(0)}, "multiple"),
        ({"qty": Qty(5_005_000)}, "multiple"),
        ({"qty": Qty(-10_000)}, "multiple"),
        ({"qty": Qty(4_990_000)}, "smallest"),
        ({"qty": Qty(5 * MICRO), "limit": Px(190_000)}, "smallest, .1"),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused(
    orders: PolymarketOrders, make_order: MakeOrder, changes: dict[str, Any], words: str
) -> None:
    """Lot, smallest size and smallest notional are checked before anything is signed."""
    with pytest.raises(Refused, match=words):
        orders.prepare(make_order(**changes))


@pytest.mark.parametrize("limit", [0, MICRO, 525_000, 5_000, 995_000])
def test_a_price_off_the_grid_is_refused(
    orders: PolymarketOrders, make_order: MakeOrder, limit: int
) -> None:
    """The grid ends a tick before 0 and 1."""
    with pytest.raises(OffGrid):
        orders.prepare(make_order(limit=Px(limit), qty=Qty(1000 * MICRO)))


def test_a_cheap_sale_is_left_to_the_venue(orders: PolymarketOrders, make_order: MakeOrder) -> None:
    """The smallest notional is stated for purchases: a way out of a leg is not refused here."""
    order = make_order(action=Action.SELL, qty=Qty(5 * MICRO), limit=Px(10_000))
    assert orders.prepare(order).order is order


def test_an_unknown_protocol_is_refused(orders: PolymarketOrders, make_order: MakeOrder) -> None:
    """A market of a version nobody knows is never signed for."""
    market = make_order().market
    assert isinstance(market.ref, PolymarketRef)
    strange = attrs.evolve(market, ref=attrs.evolve(market.ref, protocol="v9"))
    with pytest.raises(Refused, match="v9"):
        orders.prepare(make_order(market=strange))


def test_preparing_needs_a_log_in(
    clients: PolymarketClients, make_signer: Callable[..., Any], make_order: MakeOrder
) -> None:
    """The body names the API key, so there is none to name before."""
    session = PolymarketSession(make_signer(), clients.clob, lambda: NOW)
    with pytest.raises(Refused, match="logged in"):
        PolymarketOrders(session, lambda: NOW).prepare(make_order())
