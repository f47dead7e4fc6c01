"""Recordings of a market's two tokens, each with its own snapshots, taken at different instants.

Whoever joins the latest snapshot of one token with the latest of the other sees baskets that never
were. The live program keeps one book a market, and a snapshot of either token is all of it: here
the same is done with recorded snapshots, and both ways of counting are held against each other.
"""

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from arb.detect.opportunity import Criteria
from arb.lab.replay_report import Agreement, BasketFigures
from arb.lab.scan import Scan
from arb.market.book import Ladder
from arb.market.changes import BookReplaced
from arb.market.errors import Refused
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import EventId, Market, MarketId, PolymarketRef, Venue
from arb.market.shelf import Shelf
from arb.market.units import MICRO, Ns, Px, Qty, Usd, complement, parse_micros
from arb.venues.polymarket.listing import LOT, MIN_TAKE_USD, market_id

NS_PER_MS = 1_000_000
TICK = 1_000
"""Micro-dollars: the finest tick that these markets are quoted in."""


@attrs.frozen
class SideRow:
    """One token's book at one moment, in its own terms, best first."""

    condition: str
    at_ns: Ns
    is_up: bool
    """The first token: its contract is the market's YES."""
    bids: Ladder
    asks: Ladder


@attrs.frozen
class SidesReport:
    """What both ways of counting found."""

    rows: int
    joined: int
    """Rows after which the two tokens' latest asks, taken together, cost less than a dollar."""
    mirrored: Agreement
    """Snapshots that equal the book which the other token's snapshot had left."""
    crossed: int
    """Rows after which the one book was crossed."""
    baskets: BasketFigures

    def as_json(self) -> dict[str, object]:
        """One object: `rows`, `joined`, `mirrored` {agree, of}, `crossed`, `baskets`."""
        return {
            "rows": self.rows,
            "joined": self.joined,
            "mirrored": self.mirrored.as_json(),
            "crossed": self.crossed,
            "baskets": self.baskets.as_json(),
        }

    def lines(self) -> list[str]:
        """The same for people."""
        return [
            f"{self.rows} snapshots of single tokens",
            f"  joined with the other token's last snapshot, {self.joined} look like baskets",
            f"  {self.mirrored} equal the book that the snapshot before left",
            f"  crossed by themselves {self.crossed}",
            *self.baskets.lines(),
        ]


def read_sides(path: Path) -> Iterator[SideRow]:
    """Read a Parquet file of snapshots. Raises Refused where pyarrow is not installed.

    Columns: market_id, ts (ms), side ("UP" or "DOWN"), bid_px, bid_sz, ask_px, ask_sz.
    """
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise Refused(f"{path}: reading Parquet needs pyarrow, which is not installed") from error
    for batch in parquet.ParquetFile(path).iter_batches():
        for row in batch.to_pylist():
            yield _row(row)


def replay_sides(rows: Iterable[SideRow], criteria: Criteria) -> SidesReport:
    """Play snapshots, in the order of their time, into one book a market."""
    ordered = sorted(rows, key=lambda row: row.at_ns)
    markets = [_market(name) for name in dict.fromkeys(row.condition for row in ordered)]
    shelf = Shelf(markets)
    scan = Scan(markets, shelf, criteria)
    asks: dict[tuple[str, bool], Px] = {}
    joined = crossed = 0
    for row in ordered:
        asks[row.condition, row.is_up] = row.asks[0][0] if row.asks else Px(MICRO)
        joined += _joined(asks, row.condition) < MICRO
        market = market_id(row.condition)
        shelf.apply([_snapshot(row, market)], row.condition, row.at_ns)
        book = shelf.books[market]
        crossed += book.crossed
        scan.look([book], row.at_ns)
    return SidesReport(
        rows=len(ordered),
        joined=joined,
        mirrored=Agreement(shelf.resynced, shelf.resynced + shelf.contradicted),
        crossed=crossed,
        baskets=scan.figures(None),
    )


def _joined(asks: Mapping[tuple[str, bool], Px], condition: str) -> int:
    return asks.get((condition, True), MICRO) + asks.get((condition, False), MICRO)


def _snapshot(row: SideRow, market: MarketId) -> BookReplaced:
    """The whole book in YES terms, whichever token it was taken of."""
    if row.is_up:
        return BookReplaced(market, row.bids, row.asks)
    return BookReplaced(market, _reflected(row.asks), _reflected(row.bids))


def _reflected(ladder: Ladder) -> Ladder:
    return tuple((complement(px), qty) for px, qty in ladder)


def _row(raw: Mapping[str, Any]) -> SideRow:
    if raw["side"] not in {"UP", "DOWN"}:
        raise Refused(f"neither side: {raw['side']!r}")
    return SideRow(
        condition=raw["market_id"],
        at_ns=Ns(raw["ts"] * NS_PER_MS),
        is_up=raw["side"] == "UP",
        bids=_ladder(raw["bid_px"], raw["bid_sz"]),
        asks=_ladder(raw["ask_px"], raw["ask_sz"]),
    )


def _ladder(prices: Sequence[float], sizes: Sequence[float]) -> Ladder:
    """Levels from a recording that was written in floats: their decimals are what was meant."""
    return tuple(
        (Px(parse_micros(f"{px:.6f}")), Qty(parse_micros(f"{size:.6f}")))
        for px, size in zip(prices, sizes, strict=True)
    )


def _market(condition: str) -> Market:
    return Market(
        id=market_id(condition),
        venue=Venue.POLYMARKET,
        event=EventId(f"{Venue.POLYMARKET}:{condition}"),
        title=condition,
        label="",
        ref=PolymarketRef(condition, "1", "2", neg_risk=False, protocol="v1"),
        grid=PriceGrid.of_tick(TICK),
        lot=LOT,
        min_qty=LOT,
        min_take_usd=Usd(MIN_TAKE_USD),
        fees=PolymarketFees(0),
        closes_ns=None,
    )
