"""One process at a time on one data directory."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from arb.market.errors import ArbError


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
