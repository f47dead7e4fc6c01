"""The whole program on virtual time: both venues, every actor, no sockets."""

import sqlite3
from pathlib import Path

import pytest

from tests.run.program import Bot

pytestmark = pytest.mark.timeout(300)
"""Several starts of the program in one test, on a machine that may be busy."""

DECISIONS = (
    "select basket, template, size, cost, fees, decided_ns, outcome, sets from baskets",
    "select order_id, market, outcome, action, qty, limit_px, order_key, filled from orders",
    "select fill, market, px, qty, fee, at_ns, status from fills",
)


def decisions(data_dir: Path) -> list[list[tuple[object, ...]]]:
    db = sqlite3.connect(data_dir / "simulated.db")
    try:
        return [db.execute(query).fetchall() for query in DECISIONS]
    finally:
        db.close()


def test_two_runs_with_one_seed_decide_alike_whatever_the_hash_seed(bot: Bot) -> None:
    """The same seed gives the same baskets, orders and fills in two processes."""
    first = bot.summary("--virtual-time", "--for", "120", "--data-dir", "a", PYTHONHASHSEED="1")
    second = bot.summary("--virtual-time", "--for", "120", "--data-dir", "b", PYTHONHASHSEED="2")
    assert first["fills"] > 0
    assert decisions(bot.home / "a") == decisions(bot.home / "b")
    assert {**first, "run": ""} == {**second, "run": ""}


def test_another_seed_decides_otherwise(bot: Bot) -> None:
    """The comparison above could fail: another seed gives other orders."""
    bot.summary("--virtual-time", "--for", "60", "--data-dir", "a", "--seed", "1")
    bot.summary("--virtual-time", "--for", "60", "--data-dir", "b", "--seed", "2")
    assert decisions(bot.home / "a") != decisions(bot.home / "b")


@pytest.mark.parametrize("seed", ["3", "11"])
def test_books_agree_with_both_venues_after_ten_minutes(bot: Bot, seed: str) -> None:
    """Baskets complete, and store, ledger and venues agree to the micro-dollar."""
    summary = bot.summary("--virtual-time", "--for", "600", "--seed", seed)
    assert summary["exit_code"] == 0, summary
    assert summary["baskets"].get("completed", 0) > 0
    assert summary["compared"]
    assert summary["differences"] == []


def test_a_dry_run_sees_and_buys_nothing(bot: Bot) -> None:
    """--dry-run shows episodes and sends no order."""
    summary = bot.summary("--virtual-time", "--for", "120", "--dry-run")
    assert summary["episodes"] > 0
    assert summary["fills"] == 0
    assert summary["cash"] == summary["cash_opening"]


@pytest.mark.parametrize("seed", ["26", "29"])
def test_books_agree_where_every_second_basket_goes_wrong(bot: Bot, seed: str) -> None:
    """Answers that take seconds in a fast market: legs miss, unwinds lose, and every micro-dollar
    of it is in the store and at the venues."""
    summary = bot.summary(
        "--virtual-time",
        "--for",
        "150",
        "--seed",
        seed,
        ARB__SIM__POLYMARKET_DELAY_MS="2500",
        ARB__SIM__KALSHI_DELAY_MS="1500",
        ARB__SIM__SPEED_PPM="3000000",
    )
    assert summary["exit_code"] == 0, summary
    assert summary["baskets"].get("unwound", 0) > 0, summary
    assert summary["differences"] == []
