"""One process at a time on one data directory."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from arb.market.errors import ArbError


def owner_of(data_dir: Path) -> int | None:
    """The process that holds the directory; None where none does. Takes nothing from anybody."""
    try:
        file = (data_dir / "arb.lock").open()
    except OSError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            text = file.read().strip()
            return int(text) if text.isdecimal() else 0
        return None


@contextlib.contextmanager
def write_locked(store: Path) -> Iterator[None]:
    """Keep everybody from writing a store, as a process that hangs in a write would."""
    with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        yield


class Occupied(ArbError):
    """Another process works in this data directory."""


@contextlib.contextmanager
def sole_owner(data_dir: Path) -> Iterator[None]:
    """Hold the directory until the block ends; the kernel lets go when the process dies.

    Raises Occupied with the pid of the process that holds it.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "arb.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise Occupied(f"{data_dir} is in use by process {file.read().strip()}") from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
