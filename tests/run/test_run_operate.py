"""An operator's orders to a bot that runs in a process of its own, and to none."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from arb.store.standing import NAME, StandingFile
from tests.run.program import Bot
from tests.run.test_run_process import wait_until

pytestmark = pytest.mark.timeout(300)
"""Several starts of the program in one test, on a machine that may be busy."""


def status(bot: Bot) -> dict[str, Any]:
    done = bot.run("status", "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if found["level"] == "RUNNING" else 3), done.stderr
    return found


def levels(home: Path) -> list[str]:
    """What the standing file says has changed, newest first."""
    if not (home / "var" / NAME).exists():
        return []
    file = StandingFile(home / "var" / NAME)
    try:
        return [f"{line.source} {line.level.name}" for line in file.history()]
    finally:
        file.close()


def test_a_running_bot_follows_and_the_next_start_remembers(bot: Bot) -> None:
    """Pause by command and by signal, resume, kill: followed, told by whom, kept over restarts."""
    with bot.start("--json") as process:
        wait_until(lambda: "gates RUNNING" in levels(bot.home), "every gate green", 90.0)
        paused = json.loads(bot.run("pause", "--why", "lunch", "--who", "ann", "--json").stdout)
        assert (paused["running"], paused["followed"]) == (True, True)
        told = status(bot)
        assert (told["running"], told["level"]) == (True, "PAUSED")
        (hold,) = told["holds"]
        assert (hold["who"], hold["why"], hold["clears"]) == (
            "ann",
            "lunch",
            "python -m arb resume",
        )
        process.send_signal(signal.SIGUSR2)
        wait_until(lambda: levels(bot.home)[0] == "operator RUNNING", "SIGUSR2")
        process.send_signal(signal.SIGUSR1)
        wait_until(lambda: levels(bot.home)[0] == "operator PAUSED", "SIGUSR1")
        killed = json.loads(bot.run("kill", "--why", "enough", "--json").stdout)
        assert killed["followed"] is not False
        out, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert json.loads(out)["stopped_by"] == "enough"
    refused = bot.run("--for", "1")
    assert refused.returncode == 3
    assert "enough" in refused.stderr
    resumed = json.loads(bot.run("resume", "--json").stdout)
    assert (resumed["running"], resumed["holds"]) == (False, [])
    assert status(bot)["level"] == "RUNNING"


def test_a_paused_start_begins_nothing(bot: Bot) -> None:
    """What was ordered while none ran is in force from the first moment."""
    assert bot.run("pause", "--why", "not today").returncode == 0
    summary = bot.summary("--virtual-time", "--for", "20")
    assert summary["exit_code"] == 0
    assert summary["baskets"] == {}
    assert status(bot)["level"] == "PAUSED"


def test_a_kill_file_with_a_verb_holds_without_ending_the_run(bot: Bot) -> None:
    """`pause` in the file: it runs its time and begins nothing."""
    (bot.home / "KILL").write_text("pause the spread looks wrong")
    summary = bot.summary("--virtual-time", "--for", "20")
    assert (summary["exit_code"], summary["baskets"]) == (0, {})
    told = status(bot)
    assert told["holds"][0]["why"] == "KILL exists: pause the spread looks wrong"


def test_acknowledging_nothing_and_the_unknown(bot: Bot) -> None:
    """Nothing to look at is exit code 0; a name that nothing goes by is a usage error."""
    done = bot.run("ack")
    assert (done.returncode, "nothing" in done.stdout) == (0, True)
    assert bot.run("ack", "nonsense").returncode == 2
