"""Frames that are malformed, foreign or both."""

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.units import MICRO
from arb.messages import BookBroken, LevelSet
from arb.venues.polymarket.exact_frames import ExactReader
from tests.venues_polymarket.frames import (
    AT,
    ID,
    MARKET,
    book,
    change,
    level,
    market_of,
    price_change,
    stream_of,
)


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
