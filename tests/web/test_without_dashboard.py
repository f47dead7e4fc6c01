"""The dashboard is dispensable: where it crashes for good, the bot trades without it."""

from pathlib import Path

import pytest
import trio

from arb.dashboard import Dashboard
from tests.faults.scripted_run import run_with

FOR_S = 16.0


class Crashing:
    """A server that falls over as soon as it stands."""

    def __init__(self) -> None:
        self.starts = 0

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self.starts += 1
        task_status.started()
        await trio.sleep(0.05)
        raise RuntimeError("the dashboard fell over")


def test_a_dashboard_that_crashes_again_and_again_stops_no_trading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again, given up and said so; baskets are bought, and the books agree."""
    server = Crashing()
    monkeypatch.setattr(Dashboard, "servers", lambda _: [server])
    done = run_with(tmp_path, [], for_s=FOR_S)
    assert server.starts > 1
    assert done.summary.exit_code == 0
    assert done.summary.fills > 0
    assert done.summary.differences == ()
    told = done.rows("select text from notes where kind = 'given up'")
    assert len(told) == 1
