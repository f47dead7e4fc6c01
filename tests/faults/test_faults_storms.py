"""Faults that come so thick that a bot which answers each of them at once makes things worse."""

from pathlib import Path

import pytest

from arb.ending import Exit
from tests.faults.scripted_run import run_with

pytestmark = pytest.mark.timeout(60)
"""Of real time: a bot that spins lets virtual time stand still."""


@pytest.mark.parametrize(
    "line",
    [
        "drop_frames venue=kalshi probability_ppm=100000",
        "reorder_frames venue=kalshi behind=3 probability_ppm=100000",
        "malformed venue=kalshi channel=orderbook_* probability_ppm=100000",
    ],
    ids=["a tenth of all frames lost", "out of order", "unreadable"],
)
def test_a_lossy_stream_is_not_asked_for_more_than_it_can_carry(line: str, tmp_path: Path) -> None:
    """Every gap wants new snapshots: they are asked for at a pace, not one after the other."""
    window = "start_s=5 for_s=10"
    lines = [f"{line} {window}", f"latency venue=kalshi channel=* fixed_ms=20 {window}"]
    done = run_with(tmp_path, lines, for_s=30)
    frames = done.acted["latency-2"]
    assert frames < 15_000, f"{frames} frames in 10 s"
    assert done.summary.exit_code == Exit.OK
    assert done.summary.differences == ()
