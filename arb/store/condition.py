"""How a store is, without opening it for work: whole or damaged, how its last run ended."""

import sqlite3
from contextlib import closing
from pathlib import Path

import attrs

from arb.store.journal import StoreFailed


@attrs.frozen
class Condition:
    """What was found."""

    damage: str
    """"" where the file is whole."""
    size: str
    runs: int
    last_code: int | None
    """Exit code of the last run; None while it runs, and where it was killed."""
    last_reason: str
    open_baskets: int
    open_orders: int
    stuck: int


def examine(path: Path) -> Condition:
    """Look at a store, read-only. Raises StoreFailed where it is no store of ours."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            return _examine(db, path)
    except sqlite3.Error as error:
        raise StoreFailed(f"{path}: {error}") from error


def _examine(db: sqlite3.Connection, path: Path) -> Condition:
    found = [str(row[0]) for row in db.execute("pragma integrity_check(5)")]
    last = db.execute(
        "select exit_code, reason from runs order by started_ns desc limit 1"
    ).fetchone()
    code, reason = last or (None, "")
    return Condition(
        damage="" if found == ["ok"] else "; ".join(found),
        size=f"{path.stat().st_size / 1e6:.1f} MB",
        runs=_count(db, "runs"),
        last_code=code,
        last_reason=reason or "",
        open_baskets=_count(db, "baskets where ended_ns is null"),
        open_orders=_count(db, "orders where ended_ns is null"),
        stuck=_count(db, "stuck"),
    )


def _count(db: sqlite3.Connection, what: str) -> int:
    return int(db.execute(f"select count(*) from {what}").fetchone()[0])  # noqa: S608 - our own words
