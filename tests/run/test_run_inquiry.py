"""Questions that are answered without trading."""

import subprocess
import sys
from pathlib import Path

from arb.detect.rules_file import read_rules
from tests.run.program import ROOT


def ask(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the program where it has nothing but itself."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "arb", *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_explain_says_legs_states_and_facts(tmp_path: Path) -> None:
    """Every basket of a market is told with what each state pays, and nothing is left behind."""
    done = ask(tmp_path, "explain", "polymarket:", "--seed", "7")
    assert done.returncode == 0, done.stderr
    assert "pays at least $1 a set" in done.stdout
    assert "(the least)" in done.stdout
    assert "relies on " in done.stdout
    assert "any of " in done.stdout, "legs that are chosen by price"
    assert list(tmp_path.iterdir()) == []


def test_explain_says_where_nothing_is_found(tmp_path: Path) -> None:
    """A name that no market has is answered in words."""
    done = ask(tmp_path, "explain", "no such market", "--seed", "7")
    assert (done.returncode, done.stdout) == (
        0,
        "no basket has a market named like 'no such market'\n",
    )


def test_suggested_rules_can_be_read_back_and_none_is_accepted(tmp_path: Path) -> None:
    """What is printed is a rules file in which a person has to accept every rule."""
    done = ask(tmp_path, "rules", "--seed", "7")
    assert done.returncode == 0, done.stderr
    found = read_rules(done.stdout, "stdout")
    assert found
    assert not any(rule.accepted for rule in found)


def test_a_recording_of_something_else_suggests_nothing(tmp_path: Path) -> None:
    """Prices that are about no listed market are refused in words, with the code for wrong usage."""
    recording = tmp_path / "other.jsonl"
    recording.write_text('{"recv_ts_ns": 1, "venue": "kalshi", "raw": "{}"}\n', encoding="utf-8")
    done = ask(tmp_path, "rules", "--seed", "7", "--from", str(recording))
    assert done.returncode == 2
    assert "no frame of a market that is listed" in done.stderr
    assert done.stdout == ""
