"""What the three sources of spot prices say, read from recorded and documented frames."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.errors import Malformed, Unreachable
from arb.market.spot import SpotSource, Symbol, parse_spot
from arb.market.units import MICRO, Ns
from arb.venues.spot.binance import BinanceSpotStream
from arb.venues.spot.coinbase import CoinbaseSpotStream, middle, moment
from arb.venues.spot.polymarket import PolymarketSpotStream, SpotKey

Recorded = Callable[[str], Path]
BTC = Symbol("btcusd")
SEEN = Ns(1_790_000_000_000_000_000)
FRAMES = "series/spot_ws_oct2026/"


def price(seq: int, value: str, at_ms: int, **more: object) -> str:
    payload = {
        "symbol": "btcusd",
        "value": 1.5,
        "full_accuracy_value": value,
        "timestamp": at_ms,
    }
    frame = {"v": 1, "channel": "price.crypto", "seq": seq, "ts": at_ms, "payload": payload}
    return json.dumps(frame | more)


@pytest.fixture
def polymarket() -> PolymarketSpotStream:
    return PolymarketSpotStream([BTC], lambda: SpotKey("key", "secret", "phrase"))


# --- numbers ---


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("64123.50000000", 64_123_500_000),
        ("63304.200301195075", 63_304_200_301),
        ("0.0000019", 1),
        ("7", 7 * MICRO),
    ],
)
def test_a_spot_price_keeps_micro_dollars(text: str, micros: int) -> None:
    """Digits below a micro-dollar are dropped, never rounded up."""
    assert parse_spot(text) == micros


@pytest.mark.parametrize("text", ["", "0", "0.0000001", "-1", "+1", "1e3", "nan", "1.", ".5", " 1"])
def test_what_is_no_positive_number_is_refused(text: str) -> None:
    """A spot price that cannot be read exactly is no price."""
    with pytest.raises(Malformed):
        parse_spot(text)


def test_moments_keep_their_nanoseconds() -> None:
    """Coinbase's times are read to the last digit, and nothing else is taken for one."""
    assert moment("2026-10-22T23:37:21.569483901Z") == 1_792_712_241_569_483_901
    assert moment("2026-10-22T23:37:21Z") == 1_792_712_241_000_000_000
    for text in (
        "",
        "Z",
        "2026-10-22 23:37:21Z",
        "2026-10-22T23:37:21",
        "2026-10-22T23:37:21.1+02Z",
    ):
        with pytest.raises(Malformed):
            moment(text)


def test_a_crossed_ticker_is_refused() -> None:
    """A bid above the ask has no middle."""
    with pytest.raises(Malformed, match="above"):
        middle("2", "1")


# --- recorded frames ---


def test_every_recorded_coinbase_ticker_is_a_price(recorded: Recorded) -> None:
    """Each ticker frame brings the middle of its own bid and ask; nothing is skipped or missing."""
    stream = CoinbaseSpotStream([BTC])
    stream.opening()
    frames = (recorded(FRAMES + "coinbase.jsonl")).read_text(encoding="utf-8").splitlines()
    ticks = [tick for frame in frames for tick in stream.receive(frame, SEEN)]
    told = [json.loads(frame) for frame in frames]
    tickers = [frame["events"][0]["tickers"][0] for frame in told if frame["channel"] == "ticker"]
    assert len(ticks) == len(tickers) == stream.counts["frames:ticker"] > 5
    for tick, ticker in zip(ticks, tickers, strict=True):
        ends = round(float(ticker["best_bid"]) * MICRO), round(float(ticker["best_ask"]) * MICRO)
        assert tick.px == sum(ends) // 2
        assert tick.source is SpotSource.COINBASE
    assert ticks[0].at_ns == 1_792_712_241_569_483_901
    assert stream.counts["dropped"] == 0
    assert not [kind for kind in stream.counts if kind.startswith("skipped")]


def test_every_recorded_binance_book_ticker_is_a_price(recorded: Recorded) -> None:
    """Book tickers become prices, trades are counted and left alone."""
    stream = BinanceSpotStream([BTC])
    frames = (recorded(FRAMES + "binance.jsonl")).read_text(encoding="utf-8").splitlines()
    ticks = [tick for frame in frames for tick in stream.receive(frame, SEEN)]
    assert len(ticks) == stream.counts["frames:bookTicker"] == 21
    assert stream.counts["skipped:kind"] == 4
    assert {tick.px for tick in ticks} == {81_320_035_000}
    assert {(tick.source, tick.symbol, tick.at_ns) for tick in ticks} == {
        (SpotSource.BINANCE, BTC, SEEN)
    }


# --- Polymarket's own ---


def test_it_subscribes_only_once_the_log_in_is_answered(polymarket: PolymarketSpotStream) -> None:
    """The key goes out first; both channels are asked for after it was accepted, once."""
    opening = json.loads(polymarket.opening()[0])
    assert opening["op"] == "auth"
    assert opening["auth"] == {"apiKey": "key", "secret": "secret", "passphrase": "phrase"}
    assert polymarket.replies() == []
    assert polymarket.receive('{"op":"authed","rid":"auth"}', SEEN) == []
    (reply,) = polymarket.replies()
    assert json.loads(reply)["subscriptions"] == [
        {"channel": "price.crypto", "filter": {"symbol": "btcusd"}},
        {"channel": "price.crypto.twap", "filter": {"symbol": "btcusd", "window_seconds": 60}},
    ]
    assert polymarket.replies() == []


def test_an_error_ends_the_connection(polymarket: PolymarketSpotStream) -> None:
    """A stream that refuses the key will tell nothing: the caller connects again, later."""
    with pytest.raises(Unreachable, match="auth_required"):
        polymarket.receive('{"op":"error","code":"auth_required","rid":"auth"}', SEEN)


def test_a_snapshot_is_read_oldest_first(polymarket: PolymarketSpotStream) -> None:
    """The preceding two minutes seed what is known, in the order of their times."""
    rows = [
        {"timestamp": 2_000, "value": 2.0, "full_accuracy_value": "64124.00000000"},
        {"timestamp": 1_000, "value": 1.0, "full_accuracy_value": "64123.50000000"},
    ]
    payload = {"symbol": "btcusd", "window_seconds": 60, "data": rows}
    frame = {"v": 1, "channel": "price.crypto.twap", "seq": 1, "snapshot": True, "payload": payload}
    ticks = polymarket.receive(json.dumps(frame), SEEN)
    assert [(tick.at_ns, tick.px) for tick in ticks] == [
        (10**9, 64_123_500_000),
        (2 * 10**9, 64_124_000_000),
    ]
    assert {tick.source for tick in ticks} == {SpotSource.POLYMARKET_TWAP}


def test_the_exact_decimal_counts_and_gaps_are_counted(polymarket: PolymarketSpotStream) -> None:
    """The float beside it is ignored; a jump in `seq` is a lost price, not a broken stream."""
    (tick,) = polymarket.receive(price(1, "64123.123456789", 5_000), SEEN)
    assert (tick.px, tick.at_ns, tick.seen_ns) == (64_123_123_456, 5 * 10**9, SEEN)
    assert polymarket.receive(price(4, "1.0", 6_000), SEEN)
    assert polymarket.counts["dropped"] == 2


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("nonsense", "skipped:unreadable"),
        (price(1, "1.0", 1, v=2), "skipped:another envelope"),
        (price(1, "1.0", 1, channel="price.equity"), "skipped:another envelope"),
        (price(1, "nan", 1), "skipped:not a price"),
        (price(1, "1.0", 1).replace("btcusd", "ethusd"), "skipped:not asked for"),
        (
            price(1, "1.0", 1, channel="price.crypto.twap").replace(
                '"value"', '"window_seconds": 30, "value"'
            ),
            "skipped:not asked for",
        ),
        ('{"op":"rumour"}', "skipped:another op"),
    ],
)
def test_what_is_not_understood_is_skipped_and_counted(
    frame: str, reason: str, polymarket: PolymarketSpotStream
) -> None:
    """No unknown frame becomes a price, and each leaves a trace."""
    assert polymarket.receive(frame, SEEN) == []
    assert polymarket.counts[reason] == 1


@given(st.binary(max_size=200))
def test_garbage_never_becomes_a_price(frame: bytes) -> None:
    """Whatever bytes arrive, no stream raises anything but Unreachable or makes up a price."""
    for stream in (
        PolymarketSpotStream([BTC], lambda: SpotKey("", "", "")),
        CoinbaseSpotStream([BTC]),
        BinanceSpotStream([BTC]),
    ):
        assert stream.receive(frame, SEEN) == []


def test_no_secret_is_printed() -> None:
    """A key can be logged by accident and gives nothing away."""
    assert "secret" not in repr(SpotKey("key", "secret", "phrase"))
