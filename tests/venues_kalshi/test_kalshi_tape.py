"""Public trades beside the books: a subscription of their own, of which nothing is needed."""

import json

import pytest

from arb.market.instruments import LastTrade
from arb.market.units import MICRO, Ns, Px, Qty
from arb.messages import LevelAdded, Traded
from arb.venues.kalshi.book_stream import KalshiBookStream
from arb.venues.kalshi.identity import market_id
from arb.venues.kalshi.tape import DAY_NS, listed_trades
from tests.venues_kalshi.frames import (
    Make,
    commands,
    delta,
    error,
    feed,
    frame,
    snapshot,
    subscribed,
)

TRADE = {"market_ticker": "A", "yes_price_dollars": "0.3600", "count_fp": "136.00"}


@pytest.fixture
def live(make_market: Make) -> KalshiBookStream:
    """Give a conversation with trades whose book is live."""
    made = KalshiBookStream([make_market("A")], trades=True)
    made.opening()
    feed(made, subscribed(), snapshot(1, "A"))
    return made


def test_trades_are_subscribed_to_after_the_books(make_market: Make) -> None:
    """First the books alone, then, once they are acknowledged, the trades; the rest is added."""
    tickers = [f"T{number}" for number in range(501)]
    stream = KalshiBookStream([make_market(ticker) for ticker in tickers], trades=True)
    (first,) = [json.loads(text) for text in stream.opening()]
    assert first["params"]["channels"] == ["orderbook_delta"]
    feed(stream, subscribed())
    trades = [one for one in commands(stream) if one["cmd"] == "subscribe"]
    assert [one["params"]["channels"] for one in trades] == [["trade"]]
    assert trades[0]["params"]["market_tickers"] == tickers[:500]
    feed(stream, subscribed(2, "trade"))
    (rest,) = commands(stream)
    assert (rest["params"]["sid"], rest["params"]["market_tickers"]) == (2, ["T500"])
    assert stream.replies() == []


def test_a_trade_is_told_with_its_time(live: KalshiBookStream) -> None:
    """Price, size and the venue's time; without one, the time when it was seen."""
    (told,) = feed(live, frame("trade", 12, 2, **TRADE, ts_ms=1_761_000_000_123))
    at = Ns(1_761_000_000_123_000_000)
    assert told == Traded(market_id("A"), Px(360_000), Qty(136 * MICRO), at)
    (bare,) = feed(live, frame("trade", 13, 2, **TRADE))
    assert isinstance(bare, Traded)
    assert bare.at_ns == 1


def test_a_block_is_no_witness(live: KalshiBookStream) -> None:
    """What two parties agreed on beside the book says nothing of its prices."""
    at = Ns(1_761_000_000_123_000_000)
    assert feed(live, frame("trade", 12, 2, **TRADE, is_block_trade=True)) == []
    assert live.counts["skipped:unreadable trade"] == 0
    (told,) = feed(live, frame("trade", 13, 2, **TRADE, ts_ms=at // 10**6, is_block_trade=False))
    assert isinstance(told, Traded)


@pytest.mark.parametrize(
    "broken",
    [
        {"yes_price_dollars": "1.5"},
        {"yes_price_dollars": 36},
        {"count_fp": "0.00"},
        {"count_fp": "-1.00"},
        {"count_fp": "many"},
        {"market_ticker": "Z"},
        {"ts_ms": "soon"},
    ],
)
def test_an_illegible_trade_costs_nothing(
    live: KalshiBookStream, broken: dict[str, object]
) -> None:
    """It is counted and passed over; the books go on."""
    (told,) = feed(live, frame("trade", 99, 2, **(TRADE | broken)), delta(2, "A"))
    assert isinstance(told, LevelAdded)
    assert live.counts["skipped:unreadable trade"] == 1


def test_an_ended_tape_is_asked_for_again(live: KalshiBookStream) -> None:
    """The venue ends the trades' subscription: it is made anew, and no book breaks."""
    live.replies()
    feed(live, subscribed(2, "trade"))
    assert feed(live, error(25, sid=2)) == []
    (again,) = commands(live)
    assert again["params"]["channels"] == ["trade"]
    assert len(feed(live, delta(2, "A"))) == 1


@pytest.mark.parametrize(
    ("volume", "price", "expected"),
    [
        ("12.00", "0.3600", (Qty(12 * MICRO), LastTrade(Px(360_000), Ns(7)))),
        ("0.00", "0.3600", (Qty(0), None)),
        ("12.00", "", (Qty(0), None)),
        (None, None, (Qty(0), None)),
        (12, 0.36, (Qty(0), None)),
    ],
)
def test_lists_tell_of_the_last_day(
    volume: object, price: object, expected: tuple[Qty, LastTrade | None]
) -> None:
    """Traded within a day: the last price, at the latest a day ago; else nothing is known."""
    assert listed_trades(volume, price, Ns(7 + DAY_NS)) == expected
