"""The whole program as a process on real sockets: how it starts, stops and survives."""

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.run.program import Bot

pytestmark = pytest.mark.timeout(300)
"""Several starts of the program in one test, on a machine that may be busy."""


def wait_until(true: Callable[[], bool], what: str, seconds: float = 40.0) -> None:
    """Wait for another process; the bound is against hanging, not a measure."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    if not store.exists():
        return []
    db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        return db.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []  # the tables are being made
    finally:
        db.close()


def has_fills(store: Path) -> Callable[[], bool]:
    return lambda: bool(rows(store, "select 1 from fills limit 1"))


@contextmanager
def venues(bot: Bot) -> Iterator["subprocess.Popen[str]"]:
    """Both simulated venues in a process of their own; prints their accounts when stopped."""
    process = bot.start("sim", "--out", "venues.json", "--accounts", ARB__SIM__SPEED_PPM="4000000")
    try:
        wait_until((bot.home / "venues.json").exists, "the venues")
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def test_kill_file_stops_trading_and_leaves_nothing_resting(bot: Bot) -> None:
    """touch KILL: exit code 3, the reason in the summary, no order after it, nothing open."""
    with bot.start("--json", ARB__SIM__SPEED_PPM="4000000") as process:
        wait_until(has_fills(bot.home / "var" / "simulated.db"), "a first fill")
        (bot.home / "KILL").write_text("enough for today")
        killed_ns = time.time_ns()
        out, err = process.communicate(timeout=60)
    summary = json.loads(out)
    assert process.returncode == summary["exit_code"] == 3, err
    assert summary["stopped_by"] == "KILL exists: enough for today"
    assert summary["differences"] == []
    store = bot.home / "var" / "simulated.db"
    one_cycle_ns = 1_000_000_000
    late = f"select count(*) from orders where action = 'buy' and created_ns > {killed_ns + one_cycle_ns}"  # noqa: S608 - our own number
    assert rows(store, late) == [(0,)]
    assert rows(store, "select count(*) from orders where ended_ns is null") == [(0,)]


def test_it_does_not_start_while_kill_exists(bot: Bot) -> None:
    """A KILL file forbids the start, with the file named and exit code 3."""
    (bot.home / "KILL").touch()
    done = bot.run("--for", "5")
    assert done.returncode == 3
    assert "KILL exists" in done.stderr


def test_sigterm_stops_cleanly(bot: Bot) -> None:
    """SIGTERM: exit code 0, books agree."""
    with bot.start("--json") as process:
        wait_until((bot.home / "var" / "simulated.db").exists, "the store")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["stopped_by"] == "SIGTERM received"


def test_a_second_process_is_refused_with_the_pid_of_the_first(bot: Bot) -> None:
    """One process a data directory."""
    with bot.start("--json") as first:
        wait_until((bot.home / "var" / "simulated.db").exists, "the store")
        second = bot.run("--for", "1")
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=60)
    assert second.returncode == 7
    assert str(first.pid) in second.stderr


def test_live_asks_for_the_typed_word(bot: Bot) -> None:
    """--live without the word does not start."""
    with bot.start("--live", "--for", "5") as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "live" in err


def test_wrong_settings_are_told_all_at_once(bot: Bot) -> None:
    """Exit code 2; every fault with its file and key."""
    (bot.home / "mine.toml").write_text("[limits]\nmax_basket_usd = 5.0\n[run]\nsede = 1\n")
    done = bot.run("--settings", "mine.toml")
    assert done.returncode == 2
    assert "mine.toml: limits.max_basket_usd" in done.stderr
    assert "did you mean 'seed'" in done.stderr


@pytest.mark.parametrize(
    ("args", "environment", "told"),
    [
        (["--venues", "nofile.json"], {}, "run.venues: nofile.json: No such file"),
        (["--venues", "real", "--dry-run"], {}, "ARB_KALSHI_KEY_ID: missing"),
        (["--venues", "real"], {}, "paper trading on real feeds is not built yet"),
        (["--virtual-time", "--venues", "real", "--dry-run"], {}, "--virtual-time"),
        ([], {"ARB__RUN__PAIRS_FILE": "no.toml"}, "run.pairs_file: no.toml"),
        (["--settings", "no.toml"], {}, "no.toml: No such file"),
    ],
)
def test_what_cannot_be_opened_is_named(
    bot: Bot, args: list[str], environment: dict[str, str], told: str
) -> None:
    """A file, a variable or a choice that is wrong: exit code 2, named, no traceback."""
    done = bot.run(*args, "--for", "1", **environment)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("after", [1, 4, 9])
def test_kill_nine_and_restart_agree_with_the_venues(bot: Bot, after: int) -> None:
    """SIGKILL after some fills; the next start agrees with the venues, and nothing is sent twice."""
    store = bot.home / "var" / "arb.db"
    with venues(bot):
        with bot.start("--venues", "venues.json") as process:
            enough = f"select 1 from fills limit 1 offset {after - 1}"  # noqa: S608 - our own number
            wait_until(lambda: bool(rows(store, enough)), f"{after} fills", 90.0)
            process.kill()
            process.communicate(timeout=30)
        again = bot.summary("--venues", "venues.json", "--for", "6")
        assert again["differences"] == [], again
        assert again["compared"]
        assert again["exit_code"] == 0
    assert rows(store, "select count(*) from orders where ended_ns is null") == [(0,)]
    sent = rows(store, "select count(*), count(distinct order_key) from orders")[0]
    assert sent[0] == sent[1]
    assert rows(store, "select count(*) from baskets where ended_ns is null") == [(0,)]


def test_a_locked_store_stops_the_run_with_a_clear_error(bot: Bot) -> None:
    """Exit code 5, the reason in words, and no order whose intent could not be written."""
    store = bot.home / "var" / "simulated.db"
    with bot.start("--json", ARB__SIM__SPEED_PPM="4000000") as process:
        wait_until(has_fills(store), "a first fill")
        lock = sqlite3.connect(store, isolation_level=None)
        lock.execute("begin immediate")
        out, err = process.communicate(timeout=60)
        lock.close()
    assert process.returncode == 5, err
    assert "locked" in json.loads(out)["stopped_by"]


def test_a_full_disk_stops_the_run_with_a_clear_error(bot: Bot) -> None:
    """The same where the store cannot grow."""
    with bot.start("--json", file_limit_kib=400, ARB__SIM__SPEED_PPM="8000000") as process:
        out, err = process.communicate(timeout=90)
    assert process.returncode == 5, err
    assert "store" in (json.loads(out)["stopped_by"] if out else err)
