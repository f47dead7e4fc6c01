"""Real traffic and real listings through the same code as live."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arb.market.book import Book
from arb.market.instruments import KalshiRef, Market
from arb.market.units import Ns, Px, parse_px
from arb.messages import BookReplaced, LevelAdded
from arb.venues.kalshi.book_stream import KalshiBookStream
from arb.venues.kalshi.fee_rules import FeeRule
from arb.venues.kalshi.identity import market_id
from arb.venues.kalshi.levels import parse_orderbook
from arb.venues.kalshi.listing import Terms, parse_event, parse_market
from arb.venues.kalshi.reports import order_state
from arb.venues.kalshi.schema import EventBody, EventsPage, OrderRow, decode, parse_time

Recorded = Callable[[str], Path]
FRAMES = "kalshi_ws/kxbtc_apr2026/kalshi_ws_frames.jsonl"
PAIRS = "pairs/rules_verified_jul2026/pair_snapshots.jsonl"
RULE = FeeRule("quadratic", Decimal(1))


def frames(recorded: Recorded) -> list[str]:
    lines = recorded(FRAMES).read_text().splitlines()
    return [json.loads(line)["raw"] for line in lines]


def pairs(recorded: Recorded) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in recorded(PAIRS).read_text().splitlines())


def test_a_recorded_session_gives_eight_books(
    recorded: Recorded, make_market: Callable[..., Market]
) -> None:
    """74 frames: 8 snapshots, 61 changes, 3 errors; no gap, no negative level, nothing crossed."""
    stream = KalshiBookStream([], market_id_of=market_id)
    books: dict[str, Book] = {}
    for raw in frames(recorded):
        for change in stream.receive(raw, Ns(1)):
            book = books.setdefault(change.market, Book(make_market(change.market)))
            match change:
                case BookReplaced():
                    book.replace(change.bids, change.asks)
                case LevelAdded():
                    (book.add_bid if change.is_bid else book.add_ask)(change.px, change.delta)
                case _:
                    pytest.fail(f"{change}")
            assert not book.crossed
    assert len(books) == 8
    assert all(book.live and book.bids and book.asks for book in books.values())
    assert stream.counts == Counter(
        {
            "changes": 69,
            "frames:orderbook_delta": 61,
            "frames:orderbook_snapshot": 8,
            "frames:error": 3,
            "errors:8": 3,
            "frames:subscribed": 2,
        }
    )


def test_every_frame_lost_from_the_recording_is_noticed(recorded: Recorded) -> None:
    """Whichever numbered frame is taken out, the next one shows the gap."""
    everything = frames(recorded)
    numbered = [index for index, raw in enumerate(everything) if '"seq"' in raw]
    for lost in numbered[:-1]:
        stream = KalshiBookStream([], market_id_of=market_id)
        for index, raw in enumerate(everything):
            if index != lost:
                stream.receive(raw, Ns(1))
        assert stream.counts["gaps"] == 1, lost


def test_recorded_pairs_parse_and_their_best_bid_is_the_one_stated(recorded: Recorded) -> None:
    """29 real markets with their books: read whole, on grid, and in agreement with themselves."""
    count = 0
    for pair in pairs(recorded):
        raw = pair["kalshi_market"]["market"]
        now_ns = parse_time(pair["recorded_at"])
        market = parse_market(raw, RULE, Terms(now_ns, only_trading=False))
        assert isinstance(market, Market), market
        assert market.ref == KalshiRef(pair["kalshi_ticker"], 0)
        view = parse_orderbook(pair["kalshi_orderbook"], market, now_ns)
        best = view.bids[0][0] if view.bids else Px(0)  # 0 on a listing means none
        assert best == parse_px(raw["yes_bid_dollars"])
        assert not view.crossed
        assert all(market.grid.holds(px) for px, _ in (*view.bids, *view.asks))
        count += 1
    assert count == 29


def test_recorded_pairs_that_no_longer_trade_are_left_out(recorded: Recorded) -> None:
    """One of the 29 was settled before it was recorded: live, it would not be listed."""
    read = [
        parse_market(pair["kalshi_market"]["market"], RULE, Terms(parse_time(pair["recorded_at"])))
        for pair in pairs(recorded)
    ]
    out = [(one.ticker, one.reason) for one in read if not isinstance(one, Market)]
    assert out == [("KXWCBESTHOST-26-USA", "status finalized")]


def test_a_recorded_event_with_its_markets_beside_it(recorded: Recorded) -> None:
    """A real answer for one event of May 2026 gives two exclusive, never exhaustive markets."""
    raw = json.loads(recorded("catalogues/books_and_events_may2026/kalshi_event.json").read_bytes())
    body = decode(msgspec.json.encode(raw["event"]), EventBody)
    markets = [msgspec.json.encode(one) for one in raw["markets"]]
    listed = parse_event(body, markets, RULE, Terms(parse_time("2026-05-05T00:00:00Z")))
    assert listed.event is not None
    assert listed.left_out == ()
    assert listed.event.markets == ("kalshi:KXHIGHNY-26MAY05-T77", listed.markets[1].id)
    assert listed.event.at_most_one.holds
    assert not listed.event.at_least_one.holds
    assert listed.markets[0].closes_ns == parse_time("2026-05-06T04:59:00Z")
    later = parse_event(body, markets, RULE, Terms(parse_time("2026-05-07T00:00:00Z")))
    assert {out.reason for out in later.left_out} == {"past its close time"}


def test_a_recorded_book_of_that_event(
    recorded: Recorded, make_market: Callable[..., Market]
) -> None:
    """A real REST book is sorted and not crossed."""
    raw = json.loads(recorded("catalogues/books_and_events_may2026/kalshi_book.json").read_bytes())
    view = parse_orderbook(raw, make_market())
    sides = raw["orderbook_fp"]
    assert len(view.bids) == len(sides["yes_dollars"])
    assert len(view.asks) == len(sides["no_dollars"])
    assert list(view.bids) == sorted(view.bids, reverse=True)
    assert list(view.asks) == sorted(view.asks)
    assert not view.crossed


def test_a_recorded_page_of_events(recorded: Recorded) -> None:
    """27 real events of one series, listed without markets: every one is read."""
    page = decode(
        recorded("catalogues/nba_jan2026/kalshi_nba_events.json").read_bytes(), EventsPage
    )
    bodies = [decode(raw, EventBody) for raw in page.rows or []]
    assert len(bodies) == 27
    assert {body.series_ticker for body in bodies} == {"KXNBAGAME"}
    assert all(body.mutually_exclusive for body in bodies)
    assert page.cursor == ""


def test_recorded_markets_of_another_shape_are_left_out(recorded: Recorded) -> None:
    """Listings of February 2026 without price bands are refused for that, not guessed at."""
    events = json.loads(recorded("catalogues/events_feb2026/kalshi_events.json").read_bytes())
    read = [
        parse_market(raw, RULE, Terms(parse_time("2026-02-26T00:00:00Z")))
        for event in events
        for raw in event["markets"]
    ]
    reasons = Counter("kept" if isinstance(one, Market) else one.reason for one in read)
    assert reasons.keys() == {"price bands unknown"}


def test_recorded_orders_of_the_old_interface_are_not_misread(recorded: Recorded) -> None:
    """Orders of January 2026 lack today's fields: unreadable, rather than zero filled."""
    path = recorded("orders/http_exchanges_jan2026/real/kalshi_full_fill_real.json")
    order = json.loads(path.read_bytes())["response"]["body_parsed"]["order"]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(order, OrderRow)
    today = msgspec.convert(order | {"fill_count_fp": "1.00"}, OrderRow)
    assert order_state(today).filled == 1_000_000
