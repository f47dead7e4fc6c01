"""The private conversation."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arb.market.instruments import Market, PolymarketRef
from arb.market.units import MICRO, Ns, Qty
from arb.messages import Fill, FillStatus, OrderKey, OrderState, Phase
from arb.venues.polymarket.directory import PolymarketDirectory
from arb.venues.polymarket.session import PolymarketSession
from arb.venues.polymarket.signing import PolymarketSigner
from arb.venues.polymarket.user_stream import PolymarketUserStream
from arb.venues.protocols import UserStream
from arb.venues.wire import http_client

Recorded = Callable[[str], Path]

AT = Ns(5)
OWNER = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def directory(make_market: Callable[..., Market]) -> PolymarketDirectory:
    made = PolymarketDirectory()
    made.learn([make_market()])
    return made


@pytest.fixture
def stream(session: PolymarketSession, directory: PolymarketDirectory) -> PolymarketUserStream:
    made = PolymarketUserStream(session, directory)
    protocol: UserStream = made  # mypy holds the adapter to the Protocol here
    assert protocol.replies() == []
    return made


def order(**changes: object) -> dict[str, Any]:
    return {
        "event_type": "order",
        "type": "PLACEMENT",
        "id": "0xff35",
        "owner": OWNER,
        "market": "0xbd31",
        "asset_id": "5211",
        "side": "BUY",
        "original_size": "10",
        "size_matched": "0",
        "price": "0.57",
        "status": "LIVE",
        "timestamp": "1790000000257",
    } | changes


def trade(token: str, **changes: object) -> dict[str, Any]:
    maker = {
        "order_id": "0xmaker",
        "owner": "other",
        "maker_address": "0xother",
        "matched_amount": "10",
        "price": "0.57",
        "asset_id": token,
        "side": "SELL",
    }
    return {
        "event_type": "trade",
        "type": "TRADE",
        "id": "28c4d2eb",
        "taker_order_id": "0xours",
        "market": "0xbd31",
        "asset_id": token,
        "side": "BUY",
        "size": "10",
        "price": "0.57",
        "status": "MATCHED",
        "matchtime": "1790000001",
        "owner": OWNER,
        "maker_orders": [maker],
        "trader_side": "TAKER",
        "timestamp": "1790000001257",
    } | changes


def test_the_opening_frame_authenticates_for_all_markets(
    stream: PolymarketUserStream,
) -> None:
    """Credentials go in the first frame; `markets` is left out, which asks for all of them."""
    (frame,) = stream.opening()
    assert json.loads(frame) == {
        "type": "user",
        "auth": {
            "apiKey": OWNER,
            "secret": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "passphrase": "the-passphrase",
        },
    }
    assert (stream.keepalive(), stream.keepalive_s) == ("PING", 10.0)


def test_the_stream_prints_no_secret(stream: PolymarketUserStream) -> None:
    """Neither the conversation nor its fields show what the opening frame holds."""
    printed = f"{stream!r} {vars(stream)!r}"
    assert "AAECAw" not in printed
    assert "the-passphrase" not in printed


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({}, Phase.OPEN),
        ({"type": "UPDATE", "size_matched": "2.5"}, Phase.OPEN),
        ({"type": "UPDATE", "size_matched": "10", "status": "MATCHED"}, Phase.DONE),
        ({"status": "DELAYED"}, Phase.PENDING),
        ({"type": "CANCELLATION", "status": "CANCELED"}, Phase.DONE),
        ({"type": "CANCELLATION", "status": "CANCELED_MARKET_RESOLVED"}, Phase.DONE),
        ({"type": "CANCELLATION", "status": "INVALID"}, Phase.DONE),
        ({"status": None}, Phase.OPEN),
        ({"status": None, "type": "UPDATE", "size_matched": "10"}, Phase.DONE),
        ({"status": "", "type": "CANCELLATION"}, Phase.DONE),
    ],
)
def test_an_order_event_is_the_orders_state(
    stream: PolymarketUserStream, changes: dict[str, Any], phase: Phase
) -> None:
    """By its status, which may be missing: then by its type and sizes."""
    raw = order(**changes)
    filled = Qty(int(float(raw["size_matched"]) * MICRO))
    assert stream.receive(json.dumps(raw), AT) == [
        OrderState(OrderKey("0xff35"), "0xff35", phase, filled)
    ]
    assert stream.counts == {"frames:order": 1}


def test_a_trade_comes_again_as_it_settles(
    stream: PolymarketUserStream, make_market: Callable[..., Market]
) -> None:
    """The same fill, by id, provisional and then firm, both tokens of the market known."""
    ref = make_market().ref
    assert isinstance(ref, PolymarketRef)
    (matched,) = stream.receive(json.dumps(trade(ref.yes_token)), AT)
    (mined,) = stream.receive(json.dumps([trade(ref.yes_token, status="MINED")]), AT)
    assert isinstance(matched, Fill)
    assert isinstance(mined, Fill)
    assert matched.id == mined.id
    assert (matched.status, mined.status) == (FillStatus.PROVISIONAL, FillStatus.FIRM)
    assert matched.market == make_market().id
    assert matched.fee == make_market().fees.taker_order().fill(matched.px, matched.qty, buys=True)
    assert stream.counts == {"frames:trade": 2}


@pytest.mark.parametrize(
    ("frame", "counted"),
    [
        ("PONG", "frames:pong"),
        ("bad request", "skipped:text"),
        ("7", "skipped:malformed"),
        ('{"event_type":"surprise"}', "skipped:unknown_kind"),
        (json.dumps(order(status="PERHAPS")), "skipped:malformed"),
        (json.dumps(order(status=None, type="RENEWAL")), "skipped:malformed"),
        (json.dumps(order(size_matched="")), "skipped:malformed"),
        (json.dumps(trade("99")), "skipped:unknown_token"),
        (json.dumps(trade("99", maker_orders=None)), "skipped:unknown_token"),
    ],
)
def test_what_cannot_be_read_is_counted(
    stream: PolymarketUserStream, frame: str, counted: str
) -> None:
    """Nothing raises, nothing is guessed, everything has its reason."""
    assert stream.receive(frame, AT) == []
    assert stream.counts == {counted: 1}


def test_an_incomplete_trade_waits_for_rest(
    stream: PolymarketUserStream, make_market: Callable[..., Market]
) -> None:
    """Without makers the prices are not known, and told whole the trade could count twice."""
    ref = make_market().ref
    assert isinstance(ref, PolymarketRef)
    assert stream.receive(json.dumps(trade(ref.yes_token, maker_orders=[])), AT) == []
    assert stream.counts == {"skipped:incomplete_trade": 1}


SAMPLES = {
    "py_order_cancel.json": ("frames:order", Phase.DONE),
    "py_order_placement.json": ("frames:order", Phase.OPEN),
    "py_trades.json": ("skipped:unknown_kind", None),  # a REST row, not a frame
    "py_user_trade1.json": ("frames:trade", None),  # nobody's of ours
    "py_user_trade2.json": ("skipped:unknown_token", None),
    "py_user_trade3.json": ("frames:trade", None),
    "py_user_trade4.json": ("frames:trade", None),
    "rs_ws_user_order_cancellation.json": ("frames:order", Phase.DONE),
    "rs_ws_user_order_fok_killed.json": ("skipped:malformed", None),  # size_matched is ""
    "rs_ws_user_order_matched.json": ("frames:order", Phase.DONE),
    "rs_ws_user_order_msg.json": ("frames:order", Phase.OPEN),
    "rs_ws_user_order_placement.json": ("frames:order", Phase.OPEN),
    "rs_ws_user_order_update.json": ("frames:order", Phase.OPEN),
    "rs_ws_user_order_venue_cancel.json": ("frames:order", Phase.DONE),
    "rs_ws_user_trade.json": ("frames:trade", None),
    "rs_ws_user_trade_msg.json": ("skipped:incomplete_trade", None),
}


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_each_sample_is_read_or_skipped_with_a_reason(
    stream: PolymarketUserStream, recorded: Recorded, sample: str
) -> None:
    """Captured and hand-made frames, without `event_type` in part."""
    reports = stream.receive(recorded(f"orders/samples/user_channel/{sample}").read_bytes(), AT)
    counted, phase = SAMPLES[sample]
    assert stream.counts == {counted: 1}
    assert [one.phase for one in reports if isinstance(one, OrderState)] == (
        [phase] if phase else []
    )
    fills = [one for one in reports if isinstance(one, Fill)]
    assert len(fills) == (sample == "rs_ws_user_trade.json")


@given(frame=st.one_of(st.binary(max_size=40), st.text(max_size=40)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_frame_is_an_error(
    make_signer: Callable[..., PolymarketSigner], frame: bytes | str
) -> None:
    """Nothing malformed raises."""
    session = PolymarketSession(make_signer(), http_client("http://clob.test"), lambda: AT)
    assert PolymarketUserStream(session, PolymarketDirectory()).receive(frame, AT) == []
