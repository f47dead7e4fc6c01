"""The private conversation: fills and orders, in our words."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.errors import Unreachable
from arb.market.instruments import Action, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import Fill, FillId, FillStatus, OrderKey, OrderState, Phase, Role
from arb.venues.kalshi.identity import market_id
from arb.venues.kalshi.user_stream import KalshiUserStream

FILL: dict[str, Any] = {
    "trade_id": "d91b",
    "order_id": "ee58",
    "client_order_id": "8c35",
    "market_ticker": "A",
    "exchange_index": 0,
    "is_taker": True,
    "side": "yes",
    "action": "buy",
    "outcome_side": "yes",
    "book_side": "bid",
    "purchased_side": "yes",
    "yes_price_dollars": "0.7500",
    "count_fp": "278.00",
    "fee_cost": "3.648750",
    "post_position_fp": "500.00",
    "ts": 1761000000,
    "ts_ms": 1761000000123,
    "subaccount": 0,
}
ORDER: dict[str, Any] = {
    "order_id": "ee58",
    "user_id": "a1b2",
    "client_order_id": "my-order-1",
    "ticker": "A",
    "status": "resting",
    "outcome_side": "yes",
    "book_side": "bid",
    "yes_price_dollars": "0.3500",
    "initial_count_fp": "10.00",
    "fill_count_fp": "2.50",
    "remaining_count_fp": "7.50",
    "last_update_reason": "Trade",
    "subaccount_number": 0,
}


def changed(body: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {name: value for name, value in (body | changes).items() if value is not ...}


def receive(stream: KalshiUserStream, kind: str, msg: object) -> list[Fill | OrderState]:
    return stream.receive(json.dumps({"type": kind, "sid": 4, "msg": msg}), Ns(1))


def read_fill(**changes: object) -> Fill:
    (told,) = receive(KalshiUserStream(), "fill", changed(FILL, **changes))
    assert isinstance(told, Fill)
    return told


def test_opening_subscribes_to_both_channels_for_all_markets() -> None:
    """Fills and orders, without naming markets."""
    stream = KalshiUserStream()
    assert [json.loads(text) for text in stream.opening()] == [
        {"id": 1, "cmd": "subscribe", "params": {"channels": ["fill", "user_orders"]}}
    ]
    assert (stream.replies(), stream.keepalive_s) == ([], 0)


def test_a_bid_that_fills_is_a_purchase_of_yes() -> None:
    """Every field of a fill arrives, the exact fee included."""
    assert read_fill() == Fill(
        id=FillId("d91b/ee58"),
        venue=Venue.KALSHI,
        market=market_id("A"),
        key=OrderKey("8c35"),
        venue_order_id="ee58",
        outcome=Outcome.YES,
        action=Action.BUY,
        px=Px(750_000),
        qty=Qty(278 * MICRO),
        fee=Usd(3_648_750),
        at_ns=Ns(1_761_000_000_123_000_000),
        status=FillStatus.FIRM,
        role=Role.TAKER,
    )


def test_an_ask_that_fills_is_a_purchase_of_no() -> None:
    """The same trade from the other side costs the rest of the dollar."""
    told = read_fill(book_side="ask", outcome_side="no", client_order_id=...)
    assert (told.outcome, told.action, told.px) == (Outcome.NO, Action.BUY, 250_000)
    assert told.key is None


@pytest.mark.parametrize(
    ("book", "outcome", "bought"),
    [("bid", ..., "yes"), (..., "yes", "yes"), ("ask", None, "no"), ("", "no", "no")],
)
def test_either_of_the_two_directions_is_enough(book: object, outcome: object, bought: str) -> None:
    """`book_side` and `outcome_side` mean the same."""
    assert read_fill(book_side=book, outcome_side=outcome).outcome == bought


def test_the_same_trade_of_two_orders_is_two_fills() -> None:
    """The order's id belongs to a fill's name; REST's name for the trade is the same."""
    ids = {read_fill().id, read_fill(order_id="ff69").id}
    assert ids == {"d91b/ee58", "d91b/ff69"}
    assert read_fill(trade_id=..., fill_id="d91b").id == "d91b/ee58"


def test_the_time_comes_from_the_finest_field() -> None:
    """Text, milliseconds, seconds: in this order."""
    assert read_fill(created_time="2026-07-26T18:11:56.5Z").at_ns == 1_785_089_516_500_000_000
    assert read_fill(ts_ms=...).at_ns == 1_761_000_000_000_000_000


@pytest.mark.parametrize(
    "changes",
    [
        {"order_id": ...},
        {"order_id": ""},
        {"trade_id": ...},
        {"market_ticker": ...},
        {"book_side": "ask"},
        {"book_side": ..., "outcome_side": ...},
        {"book_side": "buy", "outcome_side": ...},
        {"yes_price_dollars": "1.2"},
        {"yes_price_dollars": 0.75},
        {"count_fp": "-1.00"},
        {"count_fp": ...},
        {"fee_cost": ...},
        {"fee_cost": "free"},
        {"ts": ..., "ts_ms": ...},
        {"ts": "2026-01-01", "ts_ms": ...},
        {"created_time": "soon"},
    ],
)
def test_a_fill_that_cannot_be_read_whole_is_counted(changes: dict[str, Any]) -> None:
    """No direction, price, quantity, fee, time or name is ever guessed: REST will tell."""
    stream = KalshiUserStream()
    assert receive(stream, "fill", changed(FILL, **changes)) == []
    assert stream.counts["skipped:unreadable"] == 1
    assert stream.counts["fills"] == 0


@pytest.mark.parametrize(
    ("status", "phase"),
    [("resting", Phase.OPEN), ("canceled", Phase.DONE), ("executed", Phase.DONE)],
)
def test_an_order_is_told_with_what_it_filled(status: str, phase: Phase) -> None:
    """What counts is the filled quantity: a cancelled order may have filled in part."""
    stream = KalshiUserStream()
    told = receive(stream, "user_order", changed(ORDER, status=status))
    assert told == [OrderState(OrderKey("my-order-1"), "ee58", phase, Qty(2_500_000))]
    assert stream.counts["orders"] == 1


@pytest.mark.parametrize(
    "changes", [{"status": "unknown"}, {"order_id": ""}, {"fill_count_fp": "x"}]
)
def test_an_order_in_an_unknown_state_is_counted(changes: dict[str, Any]) -> None:
    """An unknown status is neither open nor done."""
    stream = KalshiUserStream()
    assert receive(stream, "user_order", changed(ORDER, **changes)) == []
    assert stream.counts["skipped:unreadable"] == 1


def test_what_happens_elsewhere_is_not_ours() -> None:
    """Other subaccounts are counted and left alone; a hand-made order has no key of ours."""
    stream = KalshiUserStream()
    assert receive(stream, "fill", changed(FILL, subaccount=3)) == []
    assert receive(stream, "user_order", changed(ORDER, subaccount_number=3)) == []
    assert stream.counts["skipped:another subaccount"] == 2
    (told,) = receive(stream, "user_order", changed(ORDER, client_order_id=""))
    assert told.key is None


def test_the_rest_is_counted() -> None:
    """Acknowledgements, positions, errors and unknown kinds change nothing."""
    stream = KalshiUserStream()
    for kind, msg in [
        ("subscribed", {"channel": "fill", "sid": 1}),
        ("market_position", {"market_ticker": "A"}),
        ("error", {"code": 8, "msg": "Unknown channel name"}),
        ("brand_new", {}),
    ]:
        assert receive(stream, kind, msg) == []
    assert stream.counts["frames:subscribed"] == 1
    assert stream.counts["skipped:positions come by REST"] == 1
    assert stream.counts["errors"] == 1
    assert stream.counts["skipped:another kind"] == 1


@pytest.mark.parametrize("code", [10, 17, 25])
def test_an_ended_channel_ends_the_connection(code: int) -> None:
    """Reports may be lost and nothing is numbered: only a new start makes up for it."""
    with pytest.raises(Unreachable):
        receive(KalshiUserStream(), "error", {"code": code, "msg": "overflow"})


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40) | st.text(max_size=40))
def test_no_garbage_raises(garbage: str | bytes) -> None:
    """Whatever arrives is counted."""
    stream = KalshiUserStream()
    assert stream.receive(garbage, Ns(1)) == []
    assert stream.counts.total() >= 1
