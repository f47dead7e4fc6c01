"""The whole bot over a slow disk: what the store is late with does not reach a venue."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from tests.faults.scripted_run import ScriptedRun, run_with

pytestmark = pytest.mark.timeout(60)


def orders(store: Path) -> int:
    if not store.exists():
        return 0
    db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        return int(db.execute("select count(*) from orders").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # its tables are being made
    finally:
        db.close()


def ends(done: ScriptedRun) -> set[tuple[object, ...]]:
    """How orders ended: what the venue called them, what they got, and why."""
    return set(done.rows("select venue_order_id, filled, note from orders"))


def test_what_a_slow_disk_is_late_with_is_not_sent(tmp_path: Path) -> None:
    """Every intent takes a second and a half: none of them leaves, and books agree."""

    async def slowly(call: Callable[[], None], /) -> None:
        call()
        await trio.sleep(1.5 if orders(tmp_path / "var" / "simulated.db") else 0)

    done = run_with(tmp_path, [], for_s=25, in_thread=slowly)
    late, ended = "its intent took too long to reach the disk", "cancelled before it was sent"
    assert ("", 0, late) in ends(done)
    assert ends(done) <= {("", 0, late), ("", 0, ended)}  # the run's own end is one of them
    assert done.rows("select * from fills") == []
    assert done.summary.differences == ()


def test_a_stop_while_an_intent_is_being_written_keeps_its_order_here(tmp_path: Path) -> None:
    """The first intent is on disk, a KILL file says reduce, and only then the disk answers."""
    kill = tmp_path / "KILL"

    async def thread(call: Callable[[], None], /) -> None:
        call()
        if not kill.exists() and orders(tmp_path / "var" / "simulated.db"):
            kill.write_text("reduce")  # noqa: ASYNC240 - a moment of real time
            await trio.sleep(0.6)
        await trio.lowlevel.checkpoint()

    done = run_with(tmp_path, [], for_s=25, in_thread=thread)
    assert ends(done) == {("", 0, "stopped before it was sent")}
    assert done.rows("select * from fills") == []
