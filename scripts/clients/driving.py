"""Starts the simulated venues for one client and lets its driver trade there."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from clients.environments import ROOT, Broken, Client, Unavailable, prepare
from clients.table import Column, complete

SETTINGS = """
[sim]
polymarket_delay_ms = 0
kalshi_delay_ms = 0
polymarket_cash_usd = "100000.00"
kalshi_cash_usd = "100000.00"
"""
"""A trader with enough money for every order type; delays would only make the table late."""
START_S = 60.0
MOST_S = 240.0
STOP_S = 20.0


def drive(client: Client) -> Column:
    """Drive the simulated venues with one client; whatever goes wrong is in the column."""
    try:
        python = prepare(client)
        with TemporaryDirectory() as folder, venues(Path(folder)) as connection:
            told, otherwise = _told(python, client, connection)
    except Unavailable as error:
        return Column(client.title, client.venue, (), str(error))
    except Broken as error:
        return Column(client.title, client.venue, (), broken=str(error))
    return Column(client.title, client.venue, complete(client.venue, told, otherwise))


@contextmanager
def venues(folder: Path) -> Iterator[Path]:
    """Serve fresh simulated venues. Raises Broken where they do not come up."""
    settings, connection, log = folder / "s.toml", folder / "venues.json", folder / "sim.log"
    settings.write_text(SETTINGS, encoding="utf-8")
    files = ["--settings", str(settings), "--out", str(connection)]
    with (
        log.open("w") as said,
        subprocess.Popen(
            [sys.executable, "-m", "arb", "sim", *files], cwd=ROOT, stdout=said, stderr=said
        ) as process,
    ):
        try:
            _wait(process, connection, log)
            yield connection
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(process: "subprocess.Popen[bytes]", connection: Path, log: Path) -> None:
    end = time.monotonic() + START_S
    while not _is_json(connection):
        if process.poll() is not None or time.monotonic() > end:
            raise Broken(f"the simulated venues did not come up: {_tail(log.read_text())}")
        time.sleep(0.05)


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return True


def _told(python: Path, client: Client, connection: Path) -> tuple[list[dict[str, str]], str]:
    """What the driver reported, and what to say of rows that it did not report."""
    command = [str(python), "-P", "-m", f"clients.{client.driver}", str(connection)]
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "scripts")}
    folder = connection.parent
    out, log = folder / "told.jsonl", folder / "driver.log"
    otherwise = "the driver ended early"
    with out.open("w") as told, log.open("w") as said:
        try:
            subprocess.run(
                command,
                cwd=folder,
                env=surroundings,
                stdout=told,
                stderr=said,
                timeout=MOST_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            otherwise = f"the driver took longer than {MOST_S:.0f} s"
    return _read(out.read_text()), f"{otherwise}: {_tail(log.read_text())}"


def _read(said: str) -> list[dict[str, str]]:
    """Take the driver's reports; clients print too."""
    return [json.loads(line) for line in said.splitlines() if line.startswith('{"row"')]


def _tail(text: str) -> str:
    return " | ".join(text.split("\n")[-6:])[-600:]
