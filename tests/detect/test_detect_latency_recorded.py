"""The latency lane against recorded settlements: the price to beat, and whether chances come true."""

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arb.detect.fair import Walk, chance_at_or_above
from arb.detect.spot_board import QUARTER_NS, SETTLING, SpotBoard, SpotLimits
from arb.detect.volatility import Volatility, VolatilityLimits
from arb.market.spot import SpotPx, SpotSource, SpotTick, Symbol
from arb.market.units import MICRO, Ns

Recorded = Callable[[str], Path]

SECOND = 10**9
BTC = Symbol("btcusd")
VOLATILITY = VolatilityLimits(600 * SECOND, SECOND, 60, 300 * SECOND)
LIMITS = SpotLimits(5 * SECOND, 5 * SECOND, 500, SpotSource.COINBASE, VOLATILITY)
FOLDER = "series/btc5m_chainlink_jun2026"
LEFT_S = 60
Settled = tuple[int, SpotPx, int, bool]
"""Start in seconds, the recorded price to beat, end in seconds, whether UP paid."""


@pytest.fixture(scope="module")
def prices(recorded: Recorded) -> dict[int, SpotPx]:
    """Chainlink's price by second; the last correction of a second counts."""
    found: dict[int, tuple[int, SpotPx]] = {}
    path = recorded(FOLDER) / "BTCUSD-prices-2026-06-08.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            second, received = int(row["feed_ts_ms"]) // 1000, int(row["recv_ms"])
            if second not in found or found[second][0] <= received:
                found[second] = (received, SpotPx(int(row["full_accuracy_value"]) // 10**12))
    return {second: px for second, (_, px) in sorted(found.items())}


@pytest.fixture(scope="module")
def settled(recorded: Recorded) -> list[Settled]:
    path = recorded(FOLDER) / "BTC-5m-markets-2026-06-08.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        (
            row["start_sec"],
            SpotPx(int(row["strike_value"]) // 10**12),
            row["end_sec"],
            row["outcome_prices"][0] == "1",
        )
        for row in rows
        if row["strike_value"] is not None
    ]


def test_the_price_to_beat_is_the_tick_of_the_first_second(
    prices: dict[int, SpotPx], settled: list[Settled]
) -> None:
    """On the quarters that the lane reads, the board's opening is the venue's strike, every time."""
    board, checked = SpotBoard(LIMITS), 0
    strikes = {start: strike for start, strike, _, _ in settled}
    for second, px in prices.items():
        at_ns = Ns(second * SECOND)
        board.see(SpotTick(SETTLING, BTC, px, at_ns, at_ns))
        if at_ns % QUARTER_NS == 0 and second in strikes:
            assert board.opening(BTC, at_ns) == strikes[second]
            checked += 1
    assert checked > 80


def test_chances_come_true_about_as_often_as_they_say(
    prices: dict[int, SpotPx], settled: list[Settled]
) -> None:
    """A minute before the end: better than a coin by far, and not sure of itself by more than 5 %."""
    moves, seconds = Volatility(VOLATILITY), iter(prices.items())
    second, px = next(seconds)
    said: list[tuple[int, bool]] = []
    for _, strike, end, up in sorted(settled, key=lambda one: one[2]):
        while second < end - LEFT_S:
            moves.see(Ns(second * SECOND), px)
            second, px = next(seconds, (end, px))
        variance = moves.variance_per_s()
        if variance is not None and second == end - LEFT_S:
            walk = Walk(variance * 1.25, LEFT_S, 0.0, 150)
            said.append((chance_at_or_above(px, strike, walk), up))
    brier = sum((chance / MICRO - up) ** 2 for chance, up in said) / len(said)
    sure = sum(max(chance, MICRO - chance) for chance, _ in said) / len(said) / MICRO
    right = sum((chance * 2 >= MICRO) is up for chance, up in said) / len(said)
    assert len(said) > 250
    assert brier < 0.12
    assert abs(sure - right) < 0.05
