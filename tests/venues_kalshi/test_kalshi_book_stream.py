"""The market-data conversation: numbers, snapshots, changes, and what follows from a loss."""

import json

import pytest

from arb.market.book import Ladder
from arb.market.units import MICRO, Ns, Px, Qty
from arb.messages import BookReplaced, LevelAdded
from arb.venues.kalshi.book_stream import ASK_AGAIN_NS, KalshiBookStream
from arb.venues.kalshi.identity import market_id
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


def ladder(*levels: tuple[int, int]) -> Ladder:
    return tuple((Px(px), Qty(qty)) for px, qty in levels)


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


def test_subscribing_says_in_which_terms(stream: KalshiBookStream) -> None:
    """The subscription names channel and markets and never leaves the price flag to a default."""
    assert [json.loads(text) for text in stream.opening()] == [
        {
            "id": 1,
            "cmd": "subscribe",
            "params": {
                "channels": ["orderbook_delta"],
                "market_tickers": ["A", "B"],
                "use_yes_price": False,
            },
        }
    ]
    assert stream.replies() == []
    assert stream.keepalive_s == 0


def test_many_markets_are_added_in_steps_once_the_subscription_has_an_id(make_market: Make) -> None:
    """The first 500 are subscribed to, the rest added when the venue has named the subscription."""
    names = [f"M{number}" for number in range(1_201)]
    stream = KalshiBookStream([make_market(name) for name in names])
    (first,) = [json.loads(text) for text in stream.opening()]
    assert first["params"]["market_tickers"] == names[:500]
    assert commands(stream) == []
    feed(stream, subscribed(7))
    steps = commands(stream)
    assert [one["params"]["market_tickers"] for one in steps] == [names[500:1_000], names[1_000:]]
    assert {one["params"]["sid"] for one in steps} == {7}
    assert {one["params"]["action"] for one in steps} == {"add_markets"}
    assert len({first["id"], *(one["id"] for one in steps)}) == 3
    assert commands(stream) == []


def test_no_markets_means_nothing_to_say() -> None:
    """A subscription without markets would be an error."""
    assert KalshiBookStream([]).opening() == []


def test_both_sides_become_one_book_in_yes_terms(stream: KalshiBookStream) -> None:
    """Bids for NO at q are asks at 1 - q, in snapshots and in changes."""
    changes = feed(
        stream,
        subscribed(),
        snapshot(
            1,
            "A",
            yes_dollars_fp=[["0.0800", "300.00"], ["0.2200", "333.50"]],
            no_dollars_fp=[["0.5400", "20.00"]],
        ),
        snapshot(2, "B"),
        delta(3, "A", "0.220", "-33.50", "yes"),
        delta(4, "B", "0.9999", "0.01", "no"),
    )
    assert changes == [
        BookReplaced(
            market_id("A"),
            ladder((80_000, 300 * MICRO), (220_000, 333_500_000)),
            ladder((460_000, 20 * MICRO)),
        ),
        BookReplaced(market_id("B"), (), ()),
        LevelAdded(market_id("A"), True, Px(220_000), -33_500_000),
        LevelAdded(market_id("B"), False, Px(100), 10_000),
    ]
    assert stream.counts["changes"] == 4
    assert stream.counts["frames:orderbook_delta"] == 2
    assert stream.counts["frames:orderbook_snapshot"] == 2


def test_bytes_are_read_like_text(live: KalshiBookStream) -> None:
    """A binary frame of the same JSON means the same."""
    assert len(feed(live, delta(3, "A").encode())) == 1


def test_every_frame_of_the_subscription_counts(live: KalshiBookStream) -> None:
    """Acknowledgements and errors take a number too; after them the next one is due."""
    changes = feed(
        live,
        json.dumps({"type": "ok", "id": 3, "sid": 1, "seq": 3, "msg": {"market_tickers": ["A"]}}),
        error(26, sid=1, seq=4),
        delta(5, "A"),
    )
    assert [type(change) for change in changes] == [LevelAdded]
    assert live.counts["gaps"] == 0
    assert live.counts["errors:26"] == 1


def test_a_frame_that_comes_twice_is_dropped(live: KalshiBookStream) -> None:
    """The same number again brings nothing and breaks nothing."""
    assert len(feed(live, delta(3, "A"), delta(3, "A"), snapshot(3, "B"))) == 1
    assert live.counts["skipped:duplicate"] == 2
    assert live.counts["gaps"] == 0


@pytest.mark.parametrize("seq", [1, 4, 40])
def test_a_number_out_of_order_breaks_every_book(live: KalshiBookStream, seq: int) -> None:
    """Ahead or back: no book is true any more, all are asked for, and their changes wait."""
    assert broken(feed(live, delta(seq, "A"))) == ["A", "B"]
    assert live.counts["gaps"] == 1
    assert live.counts["skipped:before its snapshot"] == 1
    (asked,) = commands(live)
    assert asked["cmd"] == "update_subscription"
    assert asked["params"] == {"sid": 1, "action": "get_snapshot", "market_tickers": ["A", "B"]}
    after = feed(live, snapshot(seq + 1, "A"), delta(seq + 2, "B"), delta(seq + 3, "A"))
    assert [type(change) for change in after] == [BookReplaced, LevelAdded]
    assert {change.market for change in after} == {"kalshi:A"}


def test_a_gap_in_front_of_a_snapshot_keeps_the_snapshot(live: KalshiBookStream) -> None:
    """The frame that shows a gap may itself make its market true again."""
    changes = feed(live, snapshot(5, "B", yes_dollars_fp=[["0.5000", "1.00"]]))
    assert broken(changes[:2]) == ["A", "B"]
    assert changes[2] == BookReplaced(market_id("B"), ladder((500_000, MICRO)), ())


def test_the_gap_drill_of_three_books(make_market: Make) -> None:
    """Snapshots 1 to 3, change 4, 5 lost, 6: three broken, three asked for, three back."""
    stream = KalshiBookStream([make_market(name) for name in "ABC"])
    stream.opening()
    feed(stream, subscribed(), *(snapshot(seq, name) for seq, name in enumerate("ABC", 1)))
    feed(stream, delta(4, "A"))
    assert broken(feed(stream, delta(6, "B"))) == ["A", "B", "C"]
    (asked,) = commands(stream)
    assert asked["params"]["market_tickers"] == ["A", "B", "C"]
    back = feed(stream, *(snapshot(seq, name) for seq, name in enumerate("ABC", 7)))
    assert [type(change) for change in back] == [BookReplaced] * 3
    assert len(feed(stream, delta(10, "C"))) == 1


def test_a_lost_first_frame_is_a_gap(stream: KalshiBookStream) -> None:
    """Numbers start at 1: a subscription that starts at 2 has lost a snapshot."""
    feed(stream, subscribed(), snapshot(2, "B"))
    assert stream.counts["gaps"] == 1
    assert commands(stream)[0]["params"]["market_tickers"] == ["A", "B"]


def test_frames_may_come_before_the_acknowledgement(stream: KalshiBookStream) -> None:
    """Books that speak first are listened to, and the late acknowledgement changes nothing."""
    changes = feed(stream, snapshot(1, "A"), subscribed(), delta(2, "A"))
    assert [type(change) for change in changes] == [BookReplaced, LevelAdded]
    assert stream.counts["gaps"] == 0


def test_another_channel_on_the_connection_is_left_alone(live: KalshiBookStream) -> None:
    """Another channel's frames and their numbers belong to another subscription."""
    frames = [subscribed(2, "ticker"), frame("ticker", 99, 2, price="t"), delta(3, "A")]
    assert len(feed(live, *frames)) == 1
    assert live.counts["frames:ticker"] == 1
    assert live.counts["skipped:another kind"] == 1


def test_changes_wait_for_their_snapshot(stream: KalshiBookStream) -> None:
    """A change of a book that was never told is dropped and counted."""
    assert feed(stream, subscribed(), delta(1, "A")) == []
    assert stream.counts["skipped:before its snapshot"] == 1


def test_a_market_that_nobody_asked_for_is_skipped(live: KalshiBookStream) -> None:
    """Foreign tickers are counted and their numbers still count."""
    assert feed(live, delta(3, "Z"), snapshot(4, "Z"), snapshot(5, "")) == []
    assert live.counts["skipped:unknown market"] == 3
    assert len(feed(live, delta(6, "A"))) == 1


def test_resync_asks_for_the_books_in_steps_and_once(make_market: Make) -> None:
    """Snapshots are asked for by the hundreds, not twice, and never for foreign markets."""
    markets = [make_market(f"M{number}") for number in range(700)]
    now = [0]
    stream = KalshiBookStream(markets, now_ns=lambda: Ns(now[0]))
    stream.opening()
    stream.resync(markets[:1])
    assert commands(stream) == []  # nothing to ask as long as the subscription has no id
    feed(stream, subscribed())
    commands(stream)
    now[0] += ASK_AGAIN_NS
    stream.resync([*markets, *markets, make_market("Z")])
    asked = [one["params"]["market_tickers"] for one in commands(stream)]
    assert [len(one) for one in asked] == [500, 200]
    assert commands(stream) == []


def test_a_lossy_connection_is_asked_at_a_pace(make_market: Make) -> None:
    """Each gap wants all books again: they are asked for once, then after 1, 2, 4 and 8 s, and at
    once again after all of them were whole.
    """
    now = [0]
    stream = KalshiBookStream([make_market("A"), make_market("B")], now_ns=lambda: Ns(now[0]))
    stream.opening()
    feed(stream, subscribed())
    asked_at = []
    for tenth in range(400):
        now[0] = tenth * ASK_AGAIN_NS // 10
        feed(stream, delta(2 * tenth + 2, "A"))  # every other number is missing
        if commands(stream):
            asked_at.append(tenth / 10)
    assert asked_at == [0, 1, 3, 7, 15, 23, 31, 39]
    now[0] += 8 * ASK_AGAIN_NS
    feed(stream, delta(1_000, "A"))
    assert commands(stream)
    feed(stream, snapshot(1_001, "A"), snapshot(1_002, "B"))
    now[0] += 8 * ASK_AGAIN_NS
    feed(stream, delta(2_000, "A"))
    assert commands(stream)
    feed(stream, delta(3_000, "A"))
    now[0] += ASK_AGAIN_NS
    assert commands(stream), "a second later, not sixteen"


def test_resync_does_not_stop_the_changes(live: KalshiBookStream, make_market: Make) -> None:
    """Until the snapshot comes, whoever still has the book keeps it true."""
    live.resync([make_market("A")])
    assert len(feed(live, delta(3, "A"))) == 1


def test_opening_again_forgets_everything(live: KalshiBookStream) -> None:
    """A new connection starts at number 1, without a book; what was counted stays counted."""
    feed(live, delta(9, "A"))
    assert len(live.opening()) == 1
    assert feed(live, subscribed(), delta(1, "A")) == []
    assert live.replies() == []
    assert len(feed(live, snapshot(2, "A"), delta(3, "A"))) == 2
    assert live.counts["gaps"] == 1


def test_a_recording_needs_no_markets_beforehand() -> None:
    """With a name for every ticker, frames are followed without a subscription of ours."""
    stream = KalshiBookStream([], market_id_of=market_id)
    changes = feed(stream, snapshot(1, "X"), delta(2, "X"), delta(3, "Y"), snapshot(4, "Y"))
    assert [change.market for change in changes] == ["kalshi:X", "kalshi:X", "kalshi:Y"]
    assert broken(feed(stream, delta(9, "X"))) == ["X", "Y"]
