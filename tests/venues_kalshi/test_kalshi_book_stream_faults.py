"""The market-data conversation when the venue errs: ends, odd frames, garbage."""

import json
from typing import Any

import pytest

from arb.messages import BookReplaced, LevelAdded
from arb.venues.kalshi.book_stream import KEYS_AT_MOST, KalshiBookStream
from tests.venues_kalshi.frames import (
    Make,
    broken,
    commands,
    delta,
    error,
    feed,
    frame,
    snapshot,
    subscribed,
)


def of_subscription(sid: int, text: str) -> str:
    return json.dumps(json.loads(text) | {"sid": sid})


@pytest.fixture
def stream(make_market: Make) -> KalshiBookStream:
    """Give a conversation about A and B, opened, with nothing due."""
    made = KalshiBookStream([make_market("A"), make_market("B")])
    made.opening()
    return made


@pytest.fixture
def live(stream: KalshiBookStream) -> KalshiBookStream:
    """Give one in which both books have their snapshots: frames 1 and 2."""
    feed(stream, subscribed(), snapshot(1, "A"), snapshot(2, "B"))
    return stream


@pytest.mark.parametrize("code", [10, 17, 25])
def test_an_ended_subscription_is_begun_again(live: KalshiBookStream, code: int) -> None:
    """After a terminal error all books are broken, and a new subscription brings them back."""
    assert broken(feed(live, error(code, sid=1))) == ["A", "B"]
    (again,) = commands(live)
    assert again["cmd"] == "subscribe"
    assert again["params"]["market_tickers"] == ["A", "B"]
    assert feed(live, delta(3, "A")) == []
    assert live.counts["skipped:of a dead subscription"] == 1
    back = feed(
        live,
        subscribed(2),
        *(of_subscription(2, text) for text in (snapshot(1, "A"), delta(2, "A"))),
    )
    assert [type(change) for change in back] == [BookReplaced, LevelAdded]
    assert live.counts["gaps"] == 0


def test_an_ended_subscription_whose_number_is_used_again_is_asked_for_everything(
    live: KalshiBookStream,
) -> None:
    """What the new one said under the old number was dropped, so all is asked for once more."""
    feed(live, error(25), snapshot(1, "A"), subscribed(1))
    assert [one["cmd"] for one in commands(live)] == ["subscribe", "update_subscription"]
    assert len(feed(live, snapshot(1, "A"), delta(2, "A"))) == 2


def test_a_subscription_that_was_there_all_along_is_asked_for_its_books(
    live: KalshiBookStream,
) -> None:
    """Where subscribing again is answered with ok, no snapshot comes by itself."""
    feed(live, error(25))
    commands(live)
    feed(live, json.dumps({"type": "ok", "id": 2, "sid": 1, "seq": 9, "msg": {}}))
    assert commands(live)[0]["params"]["action"] == "get_snapshot"
    assert len(feed(live, snapshot(10, "A"), delta(11, "A"))) == 2


def test_a_subscription_that_fails_at_once_is_not_tried_in_a_loop(stream: KalshiBookStream) -> None:
    """A terminal error before the first word is counted, and leaves the rest to the feed."""
    for _ in range(3):
        assert feed(stream, subscribed(), error(10)) == []
    assert commands(stream) == []
    assert stream.counts["errors:10"] == 3


@pytest.mark.parametrize("code", [7, 8, 11, 14, 16, 18, 26, 27, 12345])
def test_other_errors_are_counted_by_code(live: KalshiBookStream, code: int) -> None:
    """An error that ends nothing changes nothing."""
    assert feed(live, error(code, sid=1)) == []
    assert live.counts[f"errors:{code}"] == 1
    assert commands(live) == []
    assert len(feed(live, delta(3, "A"))) == 1


def test_the_end_of_another_subscription_is_not_ours(live: KalshiBookStream) -> None:
    """A terminal error of another channel leaves the books alone."""
    assert feed(live, error(10, sid=2)) == []
    assert len(feed(live, delta(3, "A"))) == 1


def test_being_unsubscribed_is_an_end_too(live: KalshiBookStream) -> None:
    """Nobody asked for it: books are broken, and subscribed to again."""
    assert broken(feed(live, frame("unsubscribed", 3))) == ["A", "B"]
    assert commands(live)[0]["cmd"] == "subscribe"


def test_a_subscription_that_takes_anothers_place_breaks_what_was_known(
    live: KalshiBookStream,
) -> None:
    """Books that speak under a new number are a new start."""
    changes = feed(live, of_subscription(5, snapshot(1, "A")))
    assert broken(changes[:2]) == ["A", "B"]
    assert isinstance(changes[2], BookReplaced)


@pytest.mark.parametrize(
    "bad",
    [
        delta(3, "A", px="1.0000"),
        delta(3, "A", px="0.12345678"),
        delta(3, "A", qty="many"),
        delta(3, "A", side="maybe"),
        frame(
            "orderbook_delta", 3, market_ticker="A", price_dollars=0.4, delta_fp="1.00", side="no"
        ),
        frame("orderbook_delta", 3, market_ticker="A"),
    ],
)
def test_a_change_that_cannot_be_read_breaks_its_book(live: KalshiBookStream, bad: str) -> None:
    """One book is given up and asked for; the other goes on."""
    assert broken(feed(live, bad)) == ["A"]
    assert commands(live)[0]["params"]["market_tickers"] == ["A"]
    after = feed(live, delta(4, "A"), delta(5, "B"))
    assert [change.market for change in after] == ["kalshi:B"]
    assert live.counts["gaps"] == 0


@pytest.mark.parametrize(
    "sides",
    [
        {"yes_dollars_fp": [["0.5000", "-1.00"]]},
        {"yes_dollars_fp": [["0.5000", "1.00"], ["0.50", "2.00"]]},
        {"no_dollars_fp": [["0.5000"]]},
        {"no_dollars_fp": "none"},
        {"no_dollars_fp": [[0.5, 1]]},
    ],
)
def test_a_snapshot_that_cannot_be_read_breaks_its_book_and_is_not_asked_for_again(
    live: KalshiBookStream, sides: dict[str, Any]
) -> None:
    """The same snapshot would come once more: no loop with the venue."""
    assert broken(feed(live, snapshot(3, "A", **sides))) == ["A"]
    assert commands(live) == []
    assert len(feed(live, delta(4, "B"))) == 1


@pytest.mark.parametrize("missing", [{"seq": None}, {"sid": None}])
def test_a_book_frame_without_its_number_proves_nothing(
    live: KalshiBookStream, missing: dict[str, Any]
) -> None:
    """Without numbers a loss could not be seen: the book is given up."""
    bare = {"seq": 3, "sid": 1} | missing
    text = frame("orderbook_delta", bare["seq"], bare["sid"], market_ticker="A")
    assert broken(feed(live, text)) == ["A"]


def test_a_book_frame_that_names_no_market_breaks_them_all(live: KalshiBookStream) -> None:
    """It could have been any of them."""
    text = json.dumps({"type": "orderbook_delta", "sid": 1, "seq": 3, "msg": {"market_ticker": 7}})
    assert broken(feed(live, text)) == ["A", "B"]
    assert commands(live)[0]["params"]["market_tickers"] == ["A", "B"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\xff\xfe",
        "not json",
        "[]",
        "null",
        "7",
        "{}",
        '{"type":7}',
        '{"seq":"x"}',
        "[" * 50_000,
        '{"a":' * 50_000,
        '{"type":"ok","msg":[1]}',
        "\ud800",
    ],
)
def test_garbage_is_counted_and_never_raises(live: KalshiBookStream, garbage: str | bytes) -> None:
    """Whatever arrives, the conversation goes on."""
    assert feed(live, garbage) == []
    assert any(key.startswith("skipped:") for key in live.counts)
    assert len(feed(live, delta(3, "A"))) == 1


def test_names_from_outside_cannot_fill_the_memory(live: KalshiBookStream) -> None:
    """However many kinds a peer invents, the counters stay few."""
    for number in range(500):
        feed(live, frame(f"kind {number}", None, None), error(number + 1000))
    assert len(live.counts) <= KEYS_AT_MOST + 2
    assert live.counts["skipped:and others"] > 800
