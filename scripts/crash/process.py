"""Starts the bot as a process of its own, quickly, and lets it die.

A server process has imported the program once; every bot is forked from it, so that hundreds of
starts cost no seconds each. Signals, exit codes and files are those of a process like any other.
"""

import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping
from multiprocessing import forkserver
from pathlib import Path
from typing import Any
from unittest.mock import patch

import attrs
import trio

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["arb.commands.run", "arb.venues.wire", "crash.process"])
KILLED = -signal.SIGKILL
PATH = "PYTHONPATH"
PATIENCE_S = 60.0
LOOK_S = 0.02
"""Between two looks whether a process has ended."""


@attrs.frozen
class Ended:
    """How a run of the bot ended."""

    code: int
    """Its exit code; `KILLED` where it was killed."""
    summary: Mapping[str, Any]
    """What it printed; empty where it was killed."""
    said: str
    """Its stderr."""


def start_server() -> None:
    """Start the process that bots are forked from, unless it runs; it imports the program.

    Python hands it our search path only through the environment (3.11).
    """
    before = os.environ.get(PATH)
    os.environ[PATH] = os.pathsep.join(part for part in sys.path if part)
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ[PATH]
        else:
            os.environ[PATH] = before


async def run_bot(
    home: Path, name: str, for_s: float, environment: Mapping[str, str], ahead_ns: int = 0
) -> Ended:
    """Run the bot in `home` for so long, by a clock that is ahead. Kills it, and says so, if it hangs."""
    out, err = home / f"{name}.out", home / f"{name}.err"
    bot = _FORKING.Process(target=_main, args=(home, for_s, dict(environment), ahead_ns, out, err))
    start_server()
    bot.start()
    try:
        with trio.move_on_after(PATIENCE_S) as waiting:  # noqa: ASYNC912 - it may be over
            while bot.is_alive():  # noqa: ASYNC110 - another process has no event
                await trio.sleep(LOOK_S)
    finally:
        bot.kill()
        bot.join()
    said = err.read_text("utf-8") if err.exists() else ""
    if waiting.cancelled_caught:
        said += f"\nhung for {PATIENCE_S:g} s"
    code = bot.exitcode
    bot.close()
    return Ended(code if code is not None else 1, _summary(out), said)


def _summary(out: Path) -> dict[str, Any]:
    text = out.read_text("utf-8") if out.exists() else ""
    found: dict[str, Any] = json.loads(text) if text.strip() else {}
    return found


def _main(  # noqa: PLR0913, PLR0917 - what a process is started with
    home: Path, for_s: float, environment: dict[str, str], ahead_ns: int, out: Path, err: Path
) -> None:
    """In the forked process: the same call that the command line makes."""
    os.chdir(home)
    os.environ.update(environment)
    for stream, file in ((sys.stdout, out), (sys.stderr, err)):
        written = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(written, stream.fileno())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from arb.commands.run import run_command  # noqa: PLC0415 - the server imports it, not we

    flags = {"venues": "venues.json", "data_dir": "var"}
    wall_ns = time.time_ns
    with patch("time.time_ns", lambda: wall_ns() + ahead_ns):
        code = run_command(flags, for_s=for_s, virtual=False, as_json=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
