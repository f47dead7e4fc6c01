"""Read a recorded session of Kalshi's order book channel (docs: orderbook_delta)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from arb.market.instruments import Venue
from arb.market.units import Ns, Px, Qty, complement, parse_micros, parse_px, parse_qty
from arb.sim.kalshi.listing import (
    STRUCTURES,
    KalshiEvent,
    KalshiMarket,
    KalshiSeries,
    grid_of,
    market_id,
    ticker_of,
)
from arb.sim.recorded.recording import Recording, RecordingFault, Side, Step

COARSEST_FIRST = ("linear_cent", "tapered_deci_cent", "deci_cent", "center_centi_edge_centi_cent")
"""The price structures tried in turn: the coarsest that holds every price of a market."""
DAYS_OPEN = 30

Frame = Mapping[str, Any]


def read_session(frames: Iterable[tuple[Ns, Frame]], now_ns: Ns) -> Recording:
    """Read frames with the times when they came; `now_ns` is when the markets are listed.

    Raises RecordingFault for a change of a book that was not shown before and for a level below zero,
    Malformed and KeyError for a frame that is not one.
    """
    books: dict[str, dict[Side, Qty]] = {}
    steps = [step for at, frame in frames for step in _steps(at, frame, books)]
    prices: dict[str, set[Px]] = defaultdict(set)
    for step in steps:
        prices[ticker_of(step.market)] |= {px for _, px in step.levels}
    markets = [_market(ticker, prices[ticker], now_ns) for ticker in books]
    events = {market.event: market.event.rpartition("-")[0] for market in markets}
    return Recording(
        Venue.KALSHI,
        tuple(steps),
        series=tuple(
            KalshiSeries(one, f"Recorded series {one}") for one in dict.fromkeys(events.values())
        ),
        kalshi_events=tuple(
            KalshiEvent(event, series, f"Recorded event {event}")
            for event, series in events.items()
        ),
        markets=tuple(markets),
    )


def _steps(at: Ns, frame: Frame, books: dict[str, dict[Side, Qty]]) -> list[Step]:
    """The frame's step, where it is about a book; `books` follows what the frames say."""
    msg = frame.get("msg", {})
    if frame["type"] == "orderbook_snapshot":
        ticker = msg["market_ticker"]
        books[ticker] = _whole(msg)
        return [Step(at, market_id(ticker), dict(books[ticker]), whole=True)]
    if frame["type"] != "orderbook_delta":
        return []
    ticker, px = msg["market_ticker"], parse_px(msg["price_dollars"])
    if ticker not in books:
        raise RecordingFault(f"{ticker}: a change before its book")
    side = (True, px) if msg["side"] == "yes" else (False, complement(px))
    total = books[ticker].get(side, 0) + parse_micros(msg["delta_fp"])
    if total < 0:
        raise RecordingFault(f"{ticker}: {total} micro-contracts at {px}")
    books[ticker][side] = Qty(total)
    return [Step(at, market_id(ticker), {side: Qty(total)})]


def _whole(msg: Frame) -> dict[Side, Qty]:
    """A side without levels is left out by the venue."""
    levels: dict[Side, Qty] = {}
    for px, qty in msg.get("yes_dollars_fp") or ():
        levels[True, parse_px(px)] = parse_qty(qty)
    for px, qty in msg.get("no_dollars_fp") or ():
        levels[False, complement(parse_px(px))] = parse_qty(qty)
    return levels


def _market(ticker: str, prices: set[Px], now_ns: Ns) -> KalshiMarket:
    structure = _structure(ticker, prices)
    ends = Ns(now_ns + DAYS_OPEN * 86_400 * 10**9)
    event = ticker.rpartition("-")[0]
    return KalshiMarket(
        ticker=ticker,
        event=event if "-" in event else ticker,
        title=f"Recorded market {ticker}?",
        yes_sub_title=ticker,
        rules_primary="Its book is what a recording of the venue says.",
        created_ns=now_ns,
        open_ns=now_ns,
        close_ns=ends,
        expected_expiration_ns=ends,
        latest_expiration_ns=ends,
        structure=structure,
        ranges=STRUCTURES[structure],
    )


def _structure(ticker: str, prices: set[Px]) -> str:
    for name in COARSEST_FIRST:
        grid = grid_of(STRUCTURES[name])
        if all(grid.holds(px) for px in prices):
            return name
    raise RecordingFault(f"{ticker}: prices of no known structure")
