"""Recorded sessions and samples of every kind."""

from collections.abc import Sequence

import pytest

from arb.market.book import Book
from arb.market.instruments import Market
from arb.messages import BookChange, BookReplaced, LevelSet, Traded
from arb.venues.polymarket.book_stream import PolymarketBookStream
from arb.venues.polymarket.fields import decode
from arb.venues.protocols import BookStream
from tests.venues_polymarket.frames import (
    AT,
    RECORDED_CONDITION,
    RECORDED_NO,
    RECORDED_YES,
    SESSION,
    Recorded,
    market_of,
)


def stream_of(*markets: Market) -> PolymarketBookStream:
    stream = PolymarketBookStream(markets)
    protocol: BookStream = stream  # mypy holds the adapter to the Protocol here
    protocol.opening()
    return stream


def apply(target: Book, changes: Sequence[BookChange]) -> None:
    for one in changes:
        match one:
            case BookReplaced():
                target.replace(one.bids, one.asks)
            case LevelSet(is_bid=True):
                target.set_bid(one.px, one.qty)
            case LevelSet():
                target.set_ask(one.px, one.qty)
            case Traded():
                pass  # a fact beside the book
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
            if isinstance(one, BookReplaced) and kept.live:
                if snapshots:  # the second frame is the other token's own first snapshot
                    equal += (dict(one.bids), dict(one.asks)) == (kept.bids, kept.asks)
                snapshots += 1
            apply(kept, [one])
            if isinstance(one, LevelSet):
                agrees = (one.stated_bid, one.stated_ask) == (kept.best_bid, kept.best_ask)
                agreed += one.tellings * agrees
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
    """Every recorded change is told by both tokens, and one change is made of each pair."""
    stream = stream_of(market_of(RECORDED_YES, RECORDED_NO, RECORDED_CONDITION))
    tellings: list[int] = []
    for line in recorded(SESSION).read_text().splitlines():
        changes = [one for one in stream.receive(line, AT) if isinstance(one, LevelSet)]
        tellings += [one.tellings for one in changes]
    assert tellings == [2] * 97


SAMPLES: dict[str, tuple[dict[str, int], int]] = {
    # what is counted, and how many changes come of it for a market that holds the sample's asset
    "py_book.json": ({"frames:book": 1}, 1),
    "py_last_trade_price.json": ({"frames:last_trade_price": 1}, 1),
    "py_price_change.json": ({"frames:price_change": 1, "skipped:old_schema": 1}, 1),
    "py_price_change_v2.json": ({"frames:price_change": 1, "changes": 3}, 3),
    "py_tick_size_change.json": ({"frames:tick_size_change": 1}, 1),
    "rs_ws_book_snapshot.json": ({"frames:book": 1}, 1),
    "rs_ws_last_trade.json": ({"skipped:unknown_kind": 1}, 0),
    "rs_ws_market_best_bid_ask_msg.json": ({"frames:best_bid_ask": 1}, 0),
    "rs_ws_market_book_msg.json": ({"frames:book": 1}, 1),
    "rs_ws_market_last_trade_msg.json": ({"frames:last_trade_price": 1}, 1),
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
