"""The market-data conversation: recorded frames, samples, and everything unusual."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.book import Book
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import EventId, Market, MarketId, PolymarketRef, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import BookBroken, BookChange, BookReplaced, GridChanged, LevelSet
from arb.venues.polymarket.book_stream import PolymarketBookStream
from arb.venues.polymarket.exact_frames import ExactReader
from arb.venues.polymarket.fields import decode
from arb.venues.polymarket.listing import market_id
from arb.venues.protocols import BookStream

Recorded = Callable[[str], Path]
MakeMarket = Callable[..., Market]

AT = Ns(5)
SESSION = "polymarket_ws/yes_no_feb2026/merged_session.jsonl"
# Of the first frame of the recording; which of the two is YES does not matter to a book.
RECORDED_YES = "70771354585365381988139008309072205730081182435161568795508496003376222185889"
RECORDED_NO = "46746822541461330721074821991383617225657173789584499857683753079229786702095"
RECORDED_CONDITION = "0x70909f0ba8256a89c301da58812ae47203df54957a07c7f8b10235e877ad63c2"


def market_of(yes: str, no: str, condition: str = "0x" + "0" * 64) -> Market:
    return Market(
        id=market_id(condition),
        venue=Venue.POLYMARKET,
        event=EventId("polymarket:1"),
        title="Will it?",
        label="",
        ref=PolymarketRef(condition, yes, no, neg_risk=False, protocol="v1"),
        grid=PriceGrid.of_tick(10_000),
        lot=Qty(10_000),
        min_qty=Qty(5 * MICRO),
        min_take_usd=Usd(MICRO),
        fees=PolymarketFees(0),
        closes_ns=None,
    )


MARKET = market_of("11", "22")
ID = MARKET.id


def stream_of(*markets: Market) -> PolymarketBookStream:
    stream = PolymarketBookStream(markets or (MARKET,))
    protocol: BookStream = stream  # mypy holds the adapter to the Protocol here
    protocol.opening()
    return stream


def change(**changes: Any) -> dict[str, Any]:
    return {
        "asset_id": "11",
        "price": "0.4",
        "size": "3300",
        "side": "BUY",
        "hash": "bf32",
        "best_bid": "0.4",
        "best_ask": "0.7",
    } | changes


def price_change(*changes: dict[str, Any]) -> str:
    frame = {"market": "0x0", "price_changes": changes, "timestamp": "1790000000448"}
    return json.dumps(frame | {"event_type": "price_change"})


def book(**changes: Any) -> dict[str, Any]:
    return {
        "event_type": "book",
        "asset_id": "11",
        "market": "0x0",
        "bids": [{"price": "0.49", "size": "350"}, {"price": "0.5", "size": "200.5"}],
        "asks": [{"price": "0.52", "size": "250"}],
        "timestamp": "1790000000123",
    } | changes


def apply(target: Book, changes: Sequence[BookChange]) -> None:
    for one in changes:
        match one:
            case BookReplaced():
                target.replace(one.bids, one.asks)
            case LevelSet(is_bid=True):
                target.set_bid(one.px, one.qty)
            case LevelSet():
                target.set_ask(one.px, one.qty)
            case other:
                raise AssertionError(other)


def test_the_recorded_session_rebuilds_every_later_book(recorded: Recorded) -> None:
    """Maintained from changes, the book equals 14 of 14 later snapshots of either token; the
    stated best prices agree after 192 of 194 changes; nothing is skipped.
    """
    market = market_of(RECORDED_YES, RECORDED_NO, RECORDED_CONDITION)
    stream, kept = stream_of(market), Book(market)
    snapshots = equal = agreed = 0
    for line in recorded(SESSION).read_text().splitlines():
        changes = stream.receive(line, AT)
        for one in changes:
            if isinstance(one, GridChanged):
                raise AssertionError(one)
            if isinstance(one, BookReplaced) and kept.live:
                if snapshots:  # the second frame is the other token's own first snapshot
                    equal += (dict(one.bids), dict(one.asks)) == (kept.bids, kept.asks)
                snapshots += 1
            apply(kept, [one])
            if isinstance(one, LevelSet):
                agreed += (one.stated_bid, one.stated_ask) == (kept.best_bid, kept.best_ask)
    assert (snapshots - 1, equal) == (14, 14)
    assert agreed == 192
    assert stream.counts == {
        "frames:book": 16,
        "frames:price_change": 97,
        "frames:last_trade_price": 7,
        "changes": 194,
    }
    assert not kept.crossed


def test_recorded_changes_come_mirrored(recorded: Recorded) -> None:
    """In YES terms the two changes of a recorded pair are one and the same."""
    stream = stream_of(market_of(RECORDED_YES, RECORDED_NO, RECORDED_CONDITION))
    pairs = 0
    for line in recorded(SESSION).read_text().splitlines():
        changes = [one for one in stream.receive(line, AT) if isinstance(one, LevelSet)]
        if len(changes) == 2:
            assert changes[0] == changes[1]
            pairs += 1
    assert pairs > 90


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
        LevelSet(ID, True, 400_000, 3_300_000_000, 400_000, 700_000),
        LevelSet(ID, False, 700_000, 7_250_000, 400_000, 700_000),
    ]
    assert stream.counts == {"frames:price_change": 1, "changes": 2}


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
    (level,) = stream_of().receive(price_change(raw), AT)
    assert isinstance(level, LevelSet)
    assert (level.stated_bid, level.stated_ask) == stated
    raw["asset_id"] = "22"
    (level,) = stream_of().receive(price_change(raw), AT)
    assert isinstance(level, LevelSet)
    turned = tuple(-1 if px == -1 else MICRO - px for px in reversed(stated))
    assert (level.stated_bid, level.stated_ask) == turned


def test_a_snapshot_of_either_token_is_the_whole_book() -> None:
    """The NO token's book replaces the same book, reflected."""
    stream = stream_of()
    (yes,) = stream.receive(json.dumps(book()), AT)
    assert yes == BookReplaced(
        ID, ((490_000, 350_000_000), (500_000, 200_500_000)), ((520_000, 250_000_000),)
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


@pytest.mark.parametrize("kind", ["last_trade_price", "best_bid_ask", "new_market"])
def test_kinds_that_change_no_book_are_counted(kind: str) -> None:
    """Trades, best prices and announcements are counted and change nothing."""
    stream = stream_of()
    assert stream.receive(json.dumps({"event_type": kind, "asset_id": "11"}), AT) == []
    assert stream.counts == {f"frames:{kind}": 1}


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


@pytest.mark.parametrize(
    "faulty",
    [
        {"size": "nan"},
        {"size": "inf"},
        {"size": "-1"},
        {"size": ""},
        {"size": None},
        {"size": True},
        {"price": "1.5"},
        {"price": "x"},
        {"price": None},
        {"side": "HOLD"},
        {"side": None},
    ],
)
def test_a_malformed_change_breaks_its_book_alone(faulty: dict[str, Any]) -> None:
    """What was lost is not known: the book is broken and a snapshot asked for; the rest of the
    frame is read, and the stream lives.
    """
    other = market_of("33", "44", "0x" + "1" * 64)
    stream = stream_of(MARKET, other)
    changes = stream.receive(price_change(change(**faulty), change(asset_id="33")), AT)
    assert changes == [
        BookBroken(ID, "a change that cannot be read"),
        LevelSet(other.id, True, 400_000, 3_300_000_000, 400_000, 700_000),
    ]
    assert stream.counts == {"frames:price_change": 1, "skipped:malformed": 1, "changes": 1}
    unsubscribe, subscribe = map(json.loads, stream.replies())
    assert unsubscribe == {"operation": "unsubscribe", "assets_ids": ["11", "22"]}
    assert subscribe["assets_ids"] == ["11", "22"]


@pytest.mark.parametrize(
    "faulty",
    [
        {"bids": None},
        {"bids": [{"price": "0.5"}]},
        {"asks": [{"price": "0.5", "size": "nan"}]},
        {"tick_size": "0.03"},
    ],
)
def test_a_malformed_snapshot_breaks_the_book(faulty: dict[str, Any]) -> None:
    """Half a book is no book."""
    stream = stream_of()
    (broken,) = stream.receive(json.dumps(book(**faulty)), AT)
    assert isinstance(broken, BookBroken)
    assert stream.counts["skipped:malformed"] == 1


def test_tokens_of_others_are_skipped() -> None:
    """Messages about assets outside the shard are counted, those without an asset are malformed."""
    stream = stream_of()
    assert stream.receive(price_change(change(asset_id="99")), AT) == []
    assert stream.receive(json.dumps(book(asset_id="99")), AT) == []
    assert stream.receive(json.dumps(book(asset_id=None)), AT) == []
    assert stream.counts["skipped:unknown_token"] == 2
    assert stream.counts["skipped:malformed"] == 1


def test_changes_that_are_no_list_break_the_market_they_name() -> None:
    """Without a readable change the message's market says whose book is lost."""
    stream = stream_of()
    raw = {"event_type": "price_change", "market": "0x" + "0" * 64, "price_changes": "x"}
    (broken,) = stream.receive(json.dumps(raw), AT)
    assert isinstance(broken, BookBroken)
    assert stream.receive(json.dumps(raw | {"market": "0x5"}), AT) == []


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


SAMPLES: dict[str, tuple[dict[str, int], int]] = {
    # what is counted, and how many changes come of it for a market that holds the sample's asset
    "py_book.json": ({"frames:book": 1}, 1),
    "py_last_trade_price.json": ({"frames:last_trade_price": 1}, 0),
    "py_price_change.json": ({"frames:price_change": 1, "skipped:old_schema": 1}, 1),
    "py_price_change_v2.json": ({"frames:price_change": 1, "changes": 3}, 3),
    "py_tick_size_change.json": ({"frames:tick_size_change": 1}, 1),
    "rs_ws_book_snapshot.json": ({"frames:book": 1}, 1),
    "rs_ws_last_trade.json": ({"skipped:unknown_kind": 1}, 0),
    "rs_ws_market_best_bid_ask_msg.json": ({"frames:best_bid_ask": 1}, 0),
    "rs_ws_market_book_msg.json": ({"frames:book": 1}, 1),
    "rs_ws_market_last_trade_msg.json": ({"frames:last_trade_price": 1}, 0),
    "rs_ws_market_new_market_msg.json": ({"frames:new_market": 1}, 0),
    "rs_ws_market_price_change_msg.json": ({"frames:price_change": 1, "changes": 1}, 1),
    "rs_ws_market_resolved_msg.json": ({"frames:market_resolved": 1}, 1),
    "rs_ws_market_tick_size_msg.json": ({"frames:tick_size_change": 1}, 0),  # it is 0.01 already
    "rs_ws_quotes.json": (
        {"frames:price_change": 1, "changes": 1, "skipped:unknown_token": 1},
        1,
    ),
    "rs_ws_tick_size_change.json": ({"skipped:unknown_kind": 1}, 0),
}


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_each_sample_is_read_or_skipped_with_a_reason(recorded: Recorded, sample: str) -> None:
    """Every kind that anybody has seen, in the old schema too, is either read or counted."""
    frame = recorded(f"polymarket_ws/samples/{sample}").read_bytes()
    raw = decode(frame)
    named = raw.get("price_changes", [raw])[0]
    token = named.get("asset_id") or raw["assets_ids"][0]
    stream = stream_of(market_of(token, "22"))
    changes = stream.receive(frame, AT)
    counts, expected = SAMPLES[sample]
    assert stream.counts == counts
    assert len(changes) == expected


spellings = st.sampled_from(["0.48", ".5", "0.500", "1", "0", "0.0001", "0.99999", "", "x", "1.2"])
sizes = st.one_of(
    st.integers(0, 3 * 10**15).map(lambda n: f"{n // MICRO}.{n % MICRO:06d}"),
    st.sampled_from(["0", "5", "5.0", ".5", "nan", "inf", "-1", "", "9999999999"]),
)
changes_of_a_frame = st.lists(
    st.fixed_dictionaries(
        {
            "asset_id": st.sampled_from(["11", "22", "99"]),
            "price": spellings,
            "size": sizes,
            "side": st.sampled_from(["BUY", "SELL", "BUY", "SELL", "HOLD"]),
        },
        optional={"best_bid": spellings, "best_ask": spellings},
    ),
    max_size=4,
)


@given(changes_of_a_frame)
def test_fast_and_exact_path_never_disagree(changes: list[dict[str, Any]]) -> None:
    """Whatever a frame holds, the stream says what the patient reader says, and counts alike."""
    frame = price_change(*changes)
    stream = stream_of()
    tokens = {"11": (ID, False), "22": (ID, True)}
    exact = ExactReader(tokens, Counter(), {})
    exact.learn_ticks([MARKET])
    assert stream.receive(frame, AT) == exact.read(frame)


def test_the_fast_path_reads_an_exponent() -> None:
    """The one text that only the fast path reads; it means the same number."""
    (level,) = stream_of().receive(price_change(change(size="1.5e3")), AT)
    assert isinstance(level, LevelSet)
    assert level.qty == 1_500_000_000


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60)))
def test_no_frame_is_an_error(frame: bytes | str) -> None:
    """Nothing malformed raises, and nothing malformed changes a book."""
    assert stream_of().receive(frame, AT) == []


def test_a_market_of_another_venue_is_refused(make_market: MakeMarket) -> None:
    """Shards hold markets of this venue only."""
    foreign = attrs.evolve(make_market(), id=MarketId("kalshi:X"), ref=None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="not a market of Polymarket"):
        PolymarketBookStream([foreign])
