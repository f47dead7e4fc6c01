"""The market-data conversation, kind by kind."""

import json
from collections import Counter

import attrs
import pytest

from arb.market.grid import PriceGrid
from arb.market.instruments import MarketId
from arb.market.shelf import Shelf
from arb.market.units import MICRO, Ns, Px, Qty
from arb.messages import BookBroken, BookReplaced, GridChanged, LevelSet, Traded
from arb.venues.polymarket.book_stream import PolymarketBookStream
from tests.venues_polymarket.frames import (
    AT,
    ID,
    MARKET,
    MakeMarket,
    book,
    change,
    ladder,
    level,
    market_of,
    price_change,
    stream_of,
)


def test_opening_subscribes_to_both_tokens() -> None:
    """One frame with every asset of the shard, and the custom events that tell of resolutions."""
    other = market_of("33", "44", "0x" + "1" * 64)
    stream = stream_of(MARKET, other)
    (frame,) = stream.opening()
    assert json.loads(frame) == {
        "type": "market",
        "assets_ids": ["11", "22", "33", "44"],
        "custom_feature_enabled": True,
    }
    assert (stream.keepalive(), stream.keepalive_s) == ("PING", 10.0)


def test_a_change_of_either_token_is_told_in_yes_terms() -> None:
    """A bid of NO at 0.3 is an ask of YES at 0.7; the stated best prices turn around too."""
    stream = stream_of()
    mirrored = change(
        asset_id="22", price="0.3", side="BUY", size="7.25", best_bid="0.3", best_ask="0.6"
    )
    assert stream.receive(price_change(change(), mirrored), AT) == [
        level(True, 400_000, 3_300_000_000, (400_000, 700_000)),
        level(False, 700_000, 7_250_000, (400_000, 700_000)),
    ]
    assert stream.counts == {"frames:price_change": 1, "changes": 2}


def test_an_exact_mirror_image_is_the_same_change_again() -> None:
    """Both tokens tell of one change: told twice, made once. Any difference makes it two."""
    stream = stream_of()
    mirror = change(
        asset_id="22", price="0.6", side="SELL", size="3300.0", best_bid="0.3", best_ask="0.6"
    )
    stated = Px(400_000), Px(700_000)
    once = LevelSet(ID, True, Px(400_000), Qty(3_300_000_000), *stated, 2)
    assert stream.receive(price_change(change(), mirror), AT) == [once]
    assert stream.receive(price_change(mirror, change()), AT) == [once]
    for other in (
        {"price": "0.61"},
        {"size": "3301"},
        {"side": "BUY"},
        {"best_bid": "0.2"},
        {"best_ask": "0.5"},
        {"asset_id": "11"},
    ):
        told, again = stream.receive(price_change(change(), mirror | other), AT)
        assert told != again
    assert stream.counts == {"frames:price_change": 8, "changes": 16}


@pytest.mark.parametrize(
    ("bid", "ask", "stated"),
    [
        ("", "", (0, MICRO)),
        ("0", "1", (0, MICRO)),
        ("1", "0", (0, MICRO)),
        ("0.05", "1", (50_000, MICRO)),
        ("0.000001", "x", (1, -1)),
        (None, ..., (-1, -1)),
        ("2", "-1", (0, MICRO)),
    ],
)
def test_stated_best_prices_may_be_missing_or_say_none(
    bid: object, ask: object, stated: tuple[int, int]
) -> None:
    """An empty or impossible price is an empty side; what cannot be read is not stated."""
    raw = change(best_bid=bid, best_ask=ask)
    raw = {key: value for key, value in raw.items() if value is not ...}
    (told,) = stream_of().receive(price_change(raw), AT)
    assert isinstance(told, LevelSet)
    assert (told.stated_bid, told.stated_ask) == stated
    raw["asset_id"] = "22"
    (told,) = stream_of().receive(price_change(raw), AT)
    assert isinstance(told, LevelSet)
    turned = tuple(-1 if px == -1 else MICRO - px for px in reversed(stated))
    assert (told.stated_bid, told.stated_ask) == turned


def test_a_snapshot_of_either_token_is_the_whole_book() -> None:
    """The NO token's book replaces the same book, reflected."""
    stream = stream_of()
    (yes,) = stream.receive(json.dumps(book()), AT)
    assert yes == BookReplaced(
        ID, ladder((490_000, 350_000_000), (500_000, 200_500_000)), ladder((520_000, 250_000_000))
    )
    mirrored = book(
        asset_id="22",
        bids=[{"price": "0.48", "size": "250"}],
        asks=[{"price": "0.51", "size": "350"}, {"price": "0.50", "size": "200.5"}],
    )
    assert stream.receive(json.dumps(mirrored), AT) == [yes]


def test_frames_are_objects_arrays_or_text() -> None:
    """The first dump is an array; the answer to a ping is bare text; other text is counted."""
    stream = stream_of()
    assert len(stream.receive(json.dumps([book(), book(asset_id="22")]), AT)) == 2
    assert stream.receive("PONG", AT) == []
    assert stream.receive(b"PONG", AT) == []
    assert stream.receive("INVALID OPERATION", AT) == []
    assert stream.receive("[]", AT) == []
    assert stream.receive('[1, "x", null]', AT) == []
    assert stream.counts == {
        "frames:book": 2,
        "frames:pong": 2,
        "skipped:text": 1,
        "skipped:malformed": 3,
    }


@pytest.mark.parametrize("kind", ["best_bid_ask", "new_market"])
def test_kinds_that_change_no_book_are_counted(kind: str) -> None:
    """Best prices and announcements are counted and change nothing."""
    stream = stream_of()
    assert stream.receive(json.dumps({"event_type": kind, "asset_id": "11"}), AT) == []
    assert stream.counts == {f"frames:{kind}": 1}


@pytest.mark.parametrize(("token", "px"), [("11", 510_000), ("22", 490_000)])
def test_a_public_trade_is_told_in_yes_terms(token: str, px: int) -> None:
    """Of the NO token, a trade at .51 is one of YES at .49; the time is the venue's."""
    trade = {"event_type": "last_trade_price", "asset_id": token, "price": "0.51", "size": "25"}
    made = stream_of().receive(json.dumps(trade | {"timestamp": "1790000002000"}), AT)
    assert made == [Traded(ID, Px(px), Qty(25 * MICRO), Ns(1_790_000_002_000_000_000))]


@pytest.mark.parametrize("lost", ["price", "size", "timestamp"])
def test_an_illegible_trade_breaks_no_book(lost: str) -> None:
    """No book depends on a trade: it is counted and passed over."""
    trade = {"event_type": "last_trade_price", "asset_id": "11", "price": "0.51", "size": "25"}
    stream = stream_of()
    assert stream.receive(json.dumps(trade | {"timestamp": "1790000002000", lost: "?"}), AT) == []
    assert stream.counts == {"frames:last_trade_price": 1, "skipped:malformed": 1}


def test_an_unknown_kind_is_counted_and_skipped() -> None:
    """A kind that nobody documents is never guessed at."""
    stream = stream_of()
    for raw in ({"event_type": "surprise"}, {"event_type": 5}, {}):
        assert stream.receive(json.dumps(raw), AT) == []
    assert stream.counts == {"skipped:unknown_kind": 3}


def test_a_new_tick_is_told_once_and_brings_a_new_snapshot() -> None:
    """Both tokens report a change of tick: the second says nothing new."""
    stream = stream_of()
    tick = {"event_type": "tick_size_change", "market": "0x0", "new_tick_size": "0.001"}
    assert stream.receive(json.dumps(tick | {"asset_id": "11"}), AT) == [
        GridChanged(ID, PriceGrid.of_tick(1_000))
    ]
    assert stream.receive(json.dumps(tick | {"asset_id": "22"}), AT) == []
    assert [json.loads(frame)["operation"] for frame in stream.replies()] == [
        "unsubscribe",
        "subscribe",
    ]
    assert stream.replies() == []


def test_opening_books_that_state_the_known_tick_change_no_grid() -> None:
    """The first book of each token states its tick: it is the catalogue's, however written."""
    stream = stream_of()
    for tick in ("0.01", "0.010"):
        (told,) = stream.receive(json.dumps(book(tick_size=tick)), AT)
        assert isinstance(told, BookReplaced)


def test_a_tick_stated_by_a_book_comes_before_the_book() -> None:
    """A grid change breaks a book, so it must not follow the snapshot that repairs it."""
    stream = stream_of()
    changes = stream.receive(json.dumps(book(tick_size="0.001")), AT)
    assert [type(one) for one in changes] == [GridChanged, BookReplaced]
    assert [type(one) for one in stream.receive(json.dumps(book(tick_size="0.001")), AT)] == [
        BookReplaced
    ]
    stream.opening()  # starts from the catalogue again
    changes = stream.receive(json.dumps(book(tick_size="0.001")), AT)
    assert [type(one) for one in changes] == [GridChanged, BookReplaced]


@pytest.mark.parametrize("tick", ["0.02", "x", None, 0.01])
def test_a_tick_that_is_not_known_breaks_the_book(tick: object) -> None:
    """Unknown ticks never become a grid."""
    stream = stream_of()
    raw = {"event_type": "tick_size_change", "asset_id": "11", "new_tick_size": tick}
    if tick == 0.01:  # an exact number is as good as a text, and says nothing new
        assert stream.receive(json.dumps(raw), AT) == []
        return
    (broken,) = stream.receive(json.dumps(raw), AT)
    assert isinstance(broken, BookBroken)


def test_a_resolved_market_has_no_book() -> None:
    """The message names both tokens; the book is broken once."""
    stream = stream_of()
    raw = {"event_type": "market_resolved", "assets_ids": ["11", "22"], "winning_outcome": "Yes"}
    assert stream.receive(json.dumps(raw), AT) == [BookBroken(ID, "resolved")]
    assert stream.receive(json.dumps(raw | {"assets_ids": ["5"]}), AT) == []
    assert stream.receive(json.dumps(raw | {"assets_ids": None}), AT) == []
    assert stream.counts == {"frames:market_resolved": 3, "skipped:unknown_token": 2}


def test_a_resolved_market_stays_dark() -> None:
    """Whatever is still said of it, and however often it is asked for: nothing makes it live."""
    other = market_of("33", "44", "0x" + "1" * 64)
    stream = stream_of(MARKET, other)
    raw = {"event_type": "market_resolved", "assets_ids": ["11", "22"], "winning_outcome": "Yes"}
    stream.receive(json.dumps(raw), AT)
    assert stream.receive(json.dumps(book()), AT) == []
    assert stream.receive(price_change(change()), AT) == []
    assert stream.resync([MARKET]) == []
    assert stream.replies() == []
    assert stream.receive(price_change(change(asset_id="33")), AT) != []


def test_a_book_asked_for_anew_is_not_believed_until_it_comes() -> None:
    """While its tokens are not subscribed to, its changes are told to nobody: the book is broken,
    those of others are not.
    """
    stream = stream_of(MARKET, market_of("33", "44", "0x" + "1" * 64))
    shelf = Shelf([MARKET])
    shelf.apply(stream.receive(json.dumps(book()), AT), "f", AT)
    assert shelf.books[ID].live
    broken = stream.resync([MARKET])
    assert [one.market for one in broken] == [ID]
    shelf.apply(broken, "f", AT)
    assert not shelf.books[ID].live
    shelf.apply(stream.receive(json.dumps(book()), AT), "f", AT)
    assert shelf.books[ID].live
    assert stream.resync([market_of("5", "6", "0x" + "2" * 64)]) == []


def test_resync_asks_for_both_tokens_once() -> None:
    """Unsubscribe, then subscribe: a second subscription alone brings no snapshot."""
    stream = stream_of(MARKET, market_of("33", "44", "0x" + "1" * 64))
    stream.resync([MARKET])
    stream.resync([MARKET])
    frames = [json.loads(frame) for frame in stream.replies()]
    assert frames == [
        {"operation": "unsubscribe", "assets_ids": ["11", "22"]},
        {"operation": "subscribe", "assets_ids": ["11", "22"], "custom_feature_enabled": True},
    ]
    assert stream.replies() == []
    stream.resync([MARKET])
    stream.opening()  # a new connection subscribes to everything anyway
    assert stream.replies() == []


def test_counting_can_start_anew() -> None:
    """Setting `counts` replaces what was counted, on the fast path too."""
    stream = stream_of()
    stream.receive(price_change(change()), AT)
    stream.counts = Counter()
    stream.receive(price_change(change()), AT)
    stream.receive("what?", AT)
    assert stream.counts == {"frames:price_change": 1, "changes": 1, "skipped:text": 1}


def test_a_market_of_another_venue_is_refused(make_market: MakeMarket) -> None:
    """Shards hold markets of this venue only."""
    foreign = attrs.evolve(make_market(), id=MarketId("kalshi:X"), ref=None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="not a market of Polymarket"):
        PolymarketBookStream([foreign])
