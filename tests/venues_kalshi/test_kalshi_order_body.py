"""Orders in the venue's words: their exact bytes, or why there are none."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.errors import OffGrid, Refused
from arb.market.instruments import Action, Market, Outcome, PolymarketRef
from arb.market.units import MICRO, Ns, Px, Qty, parse_px, parse_qty
from arb.messages import (
    BasketId,
    NewOrder,
    OrderId,
    PreparedOrder,
)
from arb.venues.kalshi.order_body import prepare

if TYPE_CHECKING:
    pass

Make = Callable[..., Market]


def order(market: Market, **changes: Any) -> NewOrder:  # noqa: ANN401 - a field of any type
    made = NewOrder(
        id=OrderId("o-1"),
        basket=BasketId("b-1"),
        market=market,
        outcome=Outcome.YES,
        action=Action.BUY,
        qty=Qty(10 * MICRO),
        limit=Px(560_000),
        created_ns=Ns(1),
    )
    return attrs.evolve(made, **changes)


@pytest.fixture
def market(make_market: Make) -> Market:
    return make_market()


@pytest.fixture
def prepared(market: Market) -> PreparedOrder:
    return prepare(order(market))


def test_the_body_is_exact(prepared: PreparedOrder) -> None:
    """An order is these bytes: take now, leave nothing, never trade with oneself, on its shard."""
    assert prepared.key == "o-1"
    assert prepared.body == (
        b'{"ticker":"KXTEST-1-A","client_order_id":"o-1","side":"bid","count":"10.00",'
        b'"price":"0.5600","time_in_force":"immediate_or_cancel",'
        b'"self_trade_prevention_type":"taker_at_cross","exchange_index":2}'
    )


@pytest.mark.parametrize(
    ("outcome", "action", "limit", "told"),
    [
        (Outcome.YES, Action.BUY, 560_000, ("bid", "0.5600", None)),
        (Outcome.YES, Action.SELL, 560_000, ("ask", "0.5600", True)),
        (Outcome.NO, Action.BUY, 380_000, ("ask", "0.6200", None)),
        (Outcome.NO, Action.SELL, 380_000, ("bid", "0.6200", True)),
    ],
)
def test_every_intent_has_its_side_of_the_yes_book(
    market: Market, outcome: Outcome, action: Action, limit: int, told: tuple[object, ...]
) -> None:
    """Buying NO at q asks for 1 - q; a sale can only reduce."""
    body = json.loads(prepare(order(market, outcome=outcome, action=action, limit=Px(limit))).body)
    assert (body["side"], body["price"], body.get("reduce_only")) == told


@settings(max_examples=200, deadline=None)
@given(
    cents=st.integers(1, 9_999),
    hundredths=st.integers(1, 10**9),
    outcome=st.sampled_from(Outcome),
    action=st.sampled_from(Action),
)
def test_dollars_and_contracts_never_drift(
    cents: int, hundredths: int, outcome: Outcome, action: Action, make_market: Make
) -> None:
    """What the venue reads is what was meant, to the last digit."""
    fine = make_market(bands=((0, MICRO, 100),))
    meant = order(
        fine, outcome=outcome, action=action, limit=Px(cents * 100), qty=Qty(hundredths * 10_000)
    )
    body = json.loads(prepare(meant).body)
    yes_px = meant.limit if outcome is Outcome.YES else MICRO - meant.limit
    assert parse_px(body["price"]) == yes_px
    assert parse_qty(body["count"]) == meant.qty
    assert len(body["price"]) == 6
    assert (body["side"] == "bid") is ((outcome, action) in {("yes", "buy"), ("no", "sell")})


@pytest.mark.parametrize(
    "changes",
    [
        {"qty": Qty(0)},
        {"qty": Qty(9_999)},
        {"qty": Qty(15_000)},
        {"qty": Qty(-10_000)},
        {"limit": Px(565_000)},
        {"limit": Px(0)},
        {"limit": Px(MICRO)},
        {"limit": Px(565_000), "outcome": Outcome.NO},
        {"id": OrderId("")},
        {"id": OrderId("a.b")},
        {"id": OrderId("a b")},
        {"id": OrderId("ä")},
        {"id": OrderId("x" * 65)},
        {"id": OrderId("x\n")},
    ],
)
def test_what_breaks_a_rule_is_never_encoded(market: Market, changes: dict[str, Any]) -> None:
    """Size, lot, grid and identity are checked before there are bytes to send."""
    with pytest.raises(Refused):
        prepare(order(market, **changes))


def test_a_price_off_the_grid_says_so(make_market: Make) -> None:
    """The grid is the market's own, in YES prices, for both outcomes."""
    tapered = make_market(bands=((0, 100_000, 1_000), (100_000, MICRO, 10_000)))
    assert b'"0.0950"' in prepare(order(tapered, outcome=Outcome.NO, limit=Px(905_000))).body
    with pytest.raises(OffGrid):
        prepare(order(tapered, outcome=Outcome.YES, limit=Px(905_000)))


def test_what_is_finer_than_the_wire_is_refused(make_market: Make) -> None:
    """A grid or a lot finer than four and two decimals is not rounded to fit."""
    finer = make_market(bands=((0, MICRO, 10),))
    with pytest.raises(Refused):
        prepare(order(finer, limit=Px(560_010)))
    with pytest.raises(Refused):
        prepare(order(attrs.evolve(finer, lot=Qty(1)), qty=Qty(10 * MICRO + 1)))


def test_another_venues_market_is_refused(market: Market) -> None:
    """An order goes where its market is."""
    foreign = attrs.evolve(
        market, ref=PolymarketRef("0x1", "1", "2", neg_risk=False, protocol="v2")
    )
    with pytest.raises(Refused):
        prepare(order(foreign))


@pytest.mark.parametrize(
    ("rests", "told"), [(False, "immediate_or_cancel"), (True, "good_till_canceled")]
)
def test_what_may_rest_does_so_until_it_is_cancelled(
    market: Market, rests: bool, told: str
) -> None:
    """An order that rests may not say that it only reduces: the venue takes that of IOC alone."""
    sale = order(market, action=Action.SELL, rests=rests)
    body = json.loads(prepare(sale).body)
    assert (body["time_in_force"], "reduce_only" in body) == (told, not rests)


def test_what_rests_dies_by_itself_and_what_takes_has_no_such_time(market: Market) -> None:
    """Should we die, the venue ends it some minutes after it was made."""
    assert "expiration_time" not in json.loads(prepare(order(market)).body)
    sale = order(market, action=Action.SELL, rests=True)
    told = json.loads(prepare(sale).body)["expiration_time"]
    assert 60 < told - sale.created_ns / 1e9 <= 300
