"""Which store a command reads, and how it says that there is none."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from arb.commands.failure import fail
from arb.commands.setup import read_settings
from arb.ending import Exit
from arb.settings import SettingsFault
from arb.store.journal import StoreFailed
from arb.store.reading import Reading, open_to_read

STORES = ("arb.db", "simulated.db")
"""Of venues that outlive a run, and of those that this program simulates itself."""


def read_store(flags: Mapping[str, Any], show: Callable[[Reading], None]) -> int:
    """Show something of a store; returns the exit code."""
    try:
        path = pick_store(flags)
        with open_to_read(path) as reading:
            if not flags.get("as_json"):
                click.echo(f"store: {path}", err=True)
            show(reading)
    except (SettingsFault, StoreFailed) as fault:
        return fail(fault)
    return Exit.OK


def pick_store(flags: Mapping[str, Any]) -> Path:
    """The store that was asked for, else the one in the data directory that was written last.

    Raises SettingsFault where there is none.
    """
    if flags.get("store") is not None:
        return Path(flags["store"])
    folder = Path(read_settings(flags).run.data_dir)
    found = [folder / name for name in STORES if (folder / name).exists()]
    if not found:
        raise SettingsFault(f"{folder}: no store here yet; `python -m arb run` makes one")
    return max(found, key=_written)


def _written(path: Path) -> float:
    """When it was written last; what is new stands in a file beside it at first."""
    log = path.with_name(path.name + "-wal")
    return max(file.stat().st_mtime for file in (path, log) if file.exists())
