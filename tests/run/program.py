"""Runs the program as a user would: as a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 240.0


@attrs.frozen
class Bot:
    """Starts the program in a directory of its own."""

    home: Path

    def start(
        self, *args: str, file_limit_kib: int = 0, **environment: str
    ) -> "subprocess.Popen[str]":
        """Start it; no file may grow beyond `file_limit_kib`, where that is given."""
        limit = f"ulimit -f {file_limit_kib}; " if file_limit_kib else ""
        return subprocess.Popen(  # noqa: S603 - our own program
            ["/bin/bash", "-c", f'{limit}exec "$0" -m arb "$@"', sys.executable, *args],
            cwd=self.home,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *args: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        with self.start(*args, file_limit_kib=0, **environment) as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def summary(self, *args: str, **environment: str) -> dict[str, Any]:
        done = self.run(*args, "--json", **environment)
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found
