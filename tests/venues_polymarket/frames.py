"""Markets and market-channel frames to test with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from arb.market.book import Ladder
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import EventId, Market, MarketId, PolymarketRef, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import LevelSet
from arb.venues.polymarket.book_stream import PolymarketBookStream
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
