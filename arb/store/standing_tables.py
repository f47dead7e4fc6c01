"""The tables of the standing file, and what its transactions are."""

import fcntl
import sqlite3
from pathlib import Path

import attrs
from sqlite_utils import Database, Migrations

from arb.store.journal import StoreFailed

_TABLES = (
    """create table orders (
        number integer primary key autoincrement, venue text not null, source text not null,
        level integer not null, who text not null, why text not null, clears text not null,
        at_ns integer not null, taken_ns integer
    ) strict""",
    """create table holds (
        venue text not null, source text not null, level integer not null, who text not null,
        why text not null, clears text not null, at_ns integer not null, lasting integer not null,
        primary key (venue, source)
    ) strict""",
    """create table history (
        at_ns integer not null, venue text not null, source text not null, level integer not null,
        who text not null, why text not null
    ) strict""",
    """create table acknowledged (
        store text not null, problem text not null, words text not null, who text not null,
        at_ns integer not null, primary key (store, problem)
    ) strict""",
    """create table problems (
        store text not null, problem text not null, words text not null, at_ns integer not null,
        primary key (store, problem)
    ) strict""",
    """create table figures (
        name text primary key, value text not null, at_ns integer not null
    ) strict""",
)
migrations = Migrations("arb-standing")


@migrations()
def first_tables(db: Database) -> None:
    """Make the tables of the first version."""
    for statement in _TABLES:
        db.execute(statement)


@attrs.frozen
class Guard:
    """Turns what SQLite raises into StoreFailed; a write is one transaction."""

    path: Path
    db: Database
    writes: bool

    def __enter__(self) -> None:
        if self.writes:
            self._do("begin immediate")

    def __exit__(self, kind: type[BaseException] | None, error: object, _: object) -> None:
        if self.writes:
            self._do("commit" if kind is None else "rollback")
        if kind is not None and issubclass(kind, sqlite3.Error):
            raise StoreFailed(f"{self.path}: {error}")

    def _do(self, statement: str) -> None:
        try:
            self.db.execute(statement)
        except sqlite3.Error as error:
            raise StoreFailed(f"{self.path}: {error}") from error


def open_file(path: Path) -> Database:
    """Open or make the file, with the newest tables. Raises what SQLite raises.

    A bot that starts and a command may make it in the same moment: one after the other.
    """
    with path.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        return _open(path)


def _open(path: Path) -> Database:
    # Autocommit, so that transactions are ours.
    connection = sqlite3.connect(path, check_same_thread=False, timeout=1.0, isolation_level=None)
    try:
        db = Database(connection)
        db.execute("pragma journal_mode = wal").fetchall()
        if migrations.pending(db):
            migrations.apply(db)
    except BaseException:
        connection.close()
        raise
    return db
