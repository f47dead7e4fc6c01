"""The recorded series of Bitcoin up/down markets, as books, prices and outcomes in our terms.

Read by benchmarks/statistical_lanes.py. Parquet files need pyarrow, which the project does not
depend on: ModuleNotFoundError names it where it is missing.
"""

import csv
import gzip
import importlib
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from arb.detect.lanes.latency import UpDown
from arb.market.book import BookView, Level
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import EventId, Market, MarketId, PolymarketRef, Venue
from arb.market.spot import SpotPx, Symbol
from arb.market.units import MICRO, Ns, Px, Qty, Usd

BTC = Symbol("btcusd")
MS, S = 10**6, 10**9
FEES = PolymarketFees(70_000)
"""The crypto schedule, 7 % (docs: trading/fees)."""


def micros(number: float) -> int:
    """Recorded numbers are floats; both venues' prices and sizes have at most six decimals."""
    return round(number * MICRO)


def market(slug: str, closes_ns: int) -> Market:
    return Market(
        id=MarketId(f"polymarket:{slug}"),
        venue=Venue.POLYMARKET,
        event=EventId(f"polymarket:{slug}"),
        title=slug,
        label="Up",
        ref=PolymarketRef(slug, "1", "2", neg_risk=False, protocol="v1"),
        grid=PriceGrid.of_tick(1_000),
        lot=Qty(10_000),
        min_qty=Qty(5 * MICRO),
        min_take_usd=Usd(MICRO),
        fees=FEES,
        closes_ns=Ns(closes_ns),
    )


@attrs.frozen
class Moment:
    """One recorded second of one market."""

    at_ns: Ns
    view: BookView
    spot: SpotPx | None


@attrs.frozen
class Recording:
    """One market from its first to its last second, and whether YES paid (None: not known)."""

    asked: UpDown
    strike: SpotPx | None
    moments: tuple[Moment, ...]
    up: bool | None


def view(of: Market, at_ns: Ns, bids: Iterable[Level], asks: Iterable[Level]) -> BookView:
    return BookView(
        market=of,
        bids=tuple(sorted(bids, reverse=True)),
        asks=tuple(sorted(asks)),
        live=True,
        agrees=True,
        epoch=1,
        seen_ns=at_ns,
        heard_ns=at_ns,
    )


def parquet(path: Path) -> list[dict[str, Any]]:
    reader = importlib.import_module("pyarrow.parquet")
    rows: list[dict[str, Any]] = reader.read_table(path).to_pylist()
    return rows


def levels(row: dict[str, Any], side: str) -> Iterator[Level]:
    for depth in range(1, 6):
        px, qty = row[f"{side}_px_up_{depth}"], row[f"{side}_sz_up_{depth}"]
        if px is not None and qty is not None and not math.isnan(px) and qty > 0:
            yield Px(micros(px)), Qty(micros(qty))


def february(folder: Path) -> list[Recording]:
    return [_february(path) for path in sorted(folder.glob("btc15m_feb2026/*.parquet"))]


def _february(path: Path) -> Recording:
    rows = sorted(
        {row["ts_ms"]: row for row in parquet(path)}.values(), key=lambda row: row["ts_ms"]
    )
    end_ms, start_ms = rows[0]["window_end_ms"], rows[0]["window_start_ms"]
    of = market(rows[0]["market_slug"], end_ms * MS)
    moments = []
    for row in rows:
        at_ns = Ns(row["ts_ms"] * MS)
        spot = None if not row["chainlink_btc"] else SpotPx(micros(row["chainlink_btc"]))
        moments.append(Moment(at_ns, view(of, at_ns, levels(row, "bid"), levels(row, "ask")), spot))
    told = [row["window_start_price"] for row in rows if row["window_start_price"]]
    strike = SpotPx(micros(told[-1])) if told else None
    last = rows[-1]
    whole = end_ms - last["ts_ms"] < 5_000 and strike is not None and last["chainlink_btc"]
    up = micros(last["chainlink_btc"]) >= strike if whole and strike is not None else None
    asked = UpDown(of.id, BTC, Ns(start_ms * MS), Ns(end_ms * MS), 0)
    return Recording(asked, strike, tuple(moments), up)


def september(folder: Path) -> list[Recording]:
    books: dict[str, list[dict[str, Any]]] = {}
    for row in parquet(folder / "btc15m_l2_sep2026" / "books.parquet"):
        if row["side"] == "UP":
            books.setdefault(row["market_id"], []).append(row)
    listed = parquet(folder / "btc15m_l2_sep2026" / "markets.parquet")
    return [_september(row, books.get(row["market_id"], [])) for row in listed]


def _september(row: dict[str, Any], books: Sequence[dict[str, Any]]) -> Recording:
    of = market(row["slug"], row["end_ts"] * MS)
    moments = []
    for book in sorted(books, key=lambda one: int(one["ts"])):
        at_ns = Ns(book["ts"] * MS)
        sides = [
            [
                (Px(micros(px)), Qty(micros(qty)))
                for px, qty in zip(book[f"{side}_px"], book[f"{side}_sz"], strict=True)
            ]
            for side in ("bid", "ask")
        ]
        moments.append(Moment(at_ns, view(of, at_ns, *sides), None))
    asked = UpDown(of.id, BTC, Ns(row["start_ts"] * MS), Ns(row["end_ts"] * MS), 60 * S)
    return Recording(asked, None, tuple(moments), row["payout_up"] == 1.0)


def chainlink_prices(folder: Path) -> list[tuple[int, SpotPx]]:
    """By second; the last correction of a second counts."""
    found: dict[int, tuple[int, int]] = {}
    for path in sorted(folder.glob("btc5m_chainlink_jun2026/*prices*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                second, received = int(row["feed_ts_ms"]) // 1000, int(row["recv_ms"])
                if second not in found or found[second][0] <= received:
                    found[second] = (received, int(row["full_accuracy_value"]) // 10**12)
    return [(second, SpotPx(px)) for second, (_, px) in sorted(found.items())]


def five_minutes(folder: Path) -> list[tuple[int, SpotPx, bool]]:
    """End in seconds, strike, whether UP paid."""
    found = {}
    for path in sorted(folder.glob("btc5m_chainlink_jun2026/*markets*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                if row["strike_value"] is not None and row["outcome_prices"][0] in {"0", "1"}:
                    strike = SpotPx(int(row["strike_value"]) // 10**12)
                    found[row["slug"]] = (row["end_sec"], strike, row["outcome_prices"][0] == "1")
    return list(found.values())
