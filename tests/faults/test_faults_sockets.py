"""The bot as a process, and connections that break on real sockets: the same true books."""

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.run.program import Bot

pytestmark = pytest.mark.timeout(120)
FAULTS = (
    "request_lost how=reset",
    "answer_lost how=reset",
    "slow bytes_per_s=20000",
    "reset every_ms=800",
    "half_open",  # last: requests on dead connections keep everybody waiting
)
FAULT_S = 3
AFTER_S = 3
"""Seconds that the run goes on once its faults are over."""


@contextmanager
def venues(bot: Bot) -> Iterator[str]:
    """Both simulated venues in a process of their own; tells where their control is."""
    file = bot.home / "venues.json"
    process = bot.start("sim", "--out", file.name, "--wire-faults", ARB__SIM__SPEED_PPM="6000000")
    try:
        wait_until(lambda: _is_json(file), process)
        yield str(json.loads(file.read_text())["control"])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def _is_json(file: Path) -> bool:
    try:
        return bool(json.loads(file.read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return False


def has_bought(store: Path) -> Callable[[], bool]:
    """Tell when the bot has sent its first order."""

    def look() -> bool:
        if not store.exists():
            return False
        db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
        try:
            return bool(db.execute("select 1 from orders limit 1").fetchall())
        except sqlite3.OperationalError:
            return False  # the tables are being made
        finally:
            db.close()

    return look


def wait_until(true: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Wait for another process; the bound is against hanging, not a measure."""
    until = time.monotonic() + 60
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)


def faults_of(control: str) -> list[dict[str, Any]]:
    """What the venues say about their faults."""
    found: list[dict[str, Any]] = httpx.get(f"{control}/faults", timeout=10).json()
    return found


def test_the_bot_survives_broken_connections_on_sockets(tmp_path: Path) -> None:
    """Resets, half-open and slow connections, one after the other: the books agree at the end."""
    bot = Bot(tmp_path)
    with venues(bot) as control, bot.start("--venues", "venues.json", "--json") as process:
        wait_until(has_bought(tmp_path / "var" / "arb.db"), process)
        for fault in FAULTS:
            line = f"{fault} for_s={FAULT_S}"
            httpx.post(f"{control}/faults", json=line, timeout=10).raise_for_status()
            time.sleep(FAULT_S)
        time.sleep(AFTER_S)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        told = faults_of(control)
    summary = json.loads(out)
    assert process.returncode == summary["exit_code"] == 0, err
    assert summary["compared"], summary
    assert summary["differences"] == []
    assert [fault["kind"] for fault in told if fault["acted"]] == [f.split()[0] for f in FAULTS]
