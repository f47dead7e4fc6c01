"""The latency lane on the simulated venues, in a whole run: a setting switches it on, no more."""

import sqlite3
from pathlib import Path

import pytest

from tests.run.program import Bot

pytestmark = pytest.mark.timeout(300)

SETTINGS = """
[bets]
latency = true
latency_confidence_ppm = 700000
volatility_window_ms = 60000
volatility_min_returns = 20

[sim]
markets = 40
speed_ppm = 500000
"""
"""A braver lane than the shipped one, and less of a past to wait for: it bets within minutes."""


def orders(store: Path) -> int:
    db = sqlite3.connect(store)
    try:
        (count,) = db.execute("select count(*) from orders where basket like 'bet-%'").fetchone()
    finally:
        db.close()
    return int(count)


def test_the_latency_lane_bets_on_simulated_coins(bot: Bot) -> None:
    """Spot prices come, questions follow them, bets are placed and shown, and the books agree.

    Baskets go on beside them, and every one that ended is an attempt in the table of the learnt.
    """
    (bot.home / "bets.toml").write_text(SETTINGS, encoding="utf-8")
    summary = bot.summary("--virtual-time", "--for", "200", "--settings", "bets.toml")
    bets = summary["bets"]
    assert summary["exit_code"] == 0, summary
    assert bets["bought"] > 0
    assert bets["open"] == bets["bought"]
    assert orders(bot.home / "var" / "simulated.db") == bets["bought"] + bets["missed"]
    assert summary["compared"]
    assert summary["differences"] == []
    ended = sum(count for end, count in summary["baskets"].items() if end != "open")
    assert ended > 0
    assert sum(row["attempted"] for row in summary["learnt"]) == ended
    for row in summary["learnt"]:
        assert row["age_ns"] is not None
        assert row["low_ppm"] <= row["filled"] * 1_000_000 // row["attempted"] <= row["high_ppm"]
