"""Frames that are malformed, foreign or both."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.book import Ladder
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import EventId, Market, MarketId, PolymarketRef, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import BookBroken, LevelSet
from arb.venues.polymarket.book_stream import PolymarketBookStream
from arb.venues.polymarket.exact_frames import ExactReader
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


def level(
    is_bid: bool, px: int, qty: int, stated: tuple[int, int], market: MarketId = ID
) -> LevelSet:
    return LevelSet(market, is_bid, Px(px), Qty(qty), *stated)


def ladder(*levels: tuple[int, int]) -> Ladder:
    return tuple((Px(px), Qty(qty)) for px, qty in levels)


def stream_of(*markets: Market) -> PolymarketBookStream:
    stream = PolymarketBookStream(markets or (MARKET,))
    protocol: BookStream = stream  # mypy holds the adapter to the Protocol here
    protocol.opening()
    return stream


def change(**changes: object) -> dict[str, Any]:
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


def book(**changes: object) -> dict[str, Any]:
    return {
        "event_type": "book",
        "asset_id": "11",
        "market": "0x0",
        "bids": [{"price": "0.49", "size": "350"}, {"price": "0.5", "size": "200.5"}],
        "asks": [{"price": "0.52", "size": "250"}],
        "timestamp": "1790000000123",
    } | changes


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
        level(True, 400_000, 3_300_000_000, (400_000, 700_000), other.id),
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
    tokens = {"11": (ID, False, "22"), "22": (ID, True, "11")}
    exact = ExactReader(tokens, Counter(), {})
    exact.learn_ticks([MARKET])
    assert stream.receive(frame, AT) == exact.read(frame)


def test_the_fast_path_reads_an_exponent() -> None:
    """The one text that only the fast path reads; it means the same number."""
    (told,) = stream_of().receive(price_change(change(size="1.5e3")), AT)
    assert isinstance(told, LevelSet)
    assert told.qty == 1_500_000_000


HOSTILE = """
import arb.venues.polymarket.signing
from arb.venues.polymarket.book_stream import PolymarketBookStream
stream = PolymarketBookStream([])
for frame in ("[" * 200_000, '{"a":' * 200_000):
    assert stream.receive(frame, 5) == []
assert stream.counts == {"skipped:text": 2}
"""


def test_a_frame_nested_too_deeply_is_skipped() -> None:
    """Hostile nesting is text that cannot be read: no error, and no end of the process, even with
    the signing library loaded, which raises Python's recursion limit.
    """
    subprocess.run([sys.executable, "-c", HOSTILE], check=True, timeout=60)  # noqa: S603 - ours


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60)))
def test_no_frame_is_an_error(frame: bytes | str) -> None:
    """Nothing malformed raises, and nothing malformed changes a book."""
    assert stream_of().receive(frame, AT) == []
