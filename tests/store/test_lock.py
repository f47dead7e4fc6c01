"""One process at a time on one data directory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from arb.store.lock import Occupied, sole_owner

HOLD = """
import sys
from pathlib import Path
from arb.store.lock import sole_owner
with sole_owner(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_second_owner_is_refused_with_the_first_ones_pid(tmp_path: Path) -> None:
    """While somebody holds the directory, another is told who does."""
    with (
        sole_owner(tmp_path),
        pytest.raises(Occupied, match=str(os.getpid())),
        sole_owner(tmp_path),
    ):
        pass


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    """The end of the block lets go, and the directory is made where there was none."""
    for _ in range(2):
        with sole_owner(tmp_path / "new"):
            assert (tmp_path / "new" / "arb.lock").exists()


def test_a_dead_owner_holds_nothing(tmp_path: Path) -> None:
    """Another process holds it against us, and killed with SIGKILL it holds it no more."""
    other = subprocess.Popen(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Occupied, match=str(other.pid)), sole_owner(tmp_path):
            pass
        other.kill()
        other.wait()
    with sole_owner(tmp_path):
        pass
