"""The store for those who only look: never written, whole at one moment, also while a bot writes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs
from sqlite_utils import Database

from arb.store.journal import Journal, StoreFailed
from arb.store.schema import migrations

NEWEST = 1_000_000
"""More rows than this are never asked for."""
_ORDERS = """
select order_id, basket, venue, market, outcome, action, qty, limit_px, filled, note, created_ns,
    ended_ns, venue_order_id from orders
where (:basket is null or basket like :basket || '%') and (not :open or ended_ns is null)
order by created_ns desc, order_id limit :most
"""
_TRADES = """
select f.at_ns, f.venue, f.market, f.action, f.outcome, f.qty, f.px, f.fee, f.status, f.role,
    o.basket, f.order_id, f.fill
from fills f join orders o using (order_id)
where (:basket is null or o.basket like :basket || '%') and (not :open or f.status = 'provisional')
order by f.rowid desc limit :most
"""
_RUNS = "select * from runs order by started_ns desc limit :most"
_TITLES = """
select l.market, b.title from basket_legs l join baskets b using (basket) order by b.decided_ns
"""
_NOTES = "select at_ns, kind, text from notes order by rowid desc limit :most"


@attrs.frozen
class Wish:
    """Which rows are wanted."""

    most: int = NEWEST
    basket: str | None = None
    """The beginning of a basket's id; None: of all."""
    open: bool = False
    """Only what has no end yet."""


@attrs.frozen
class Reading:
    """One store, open for looking. Every method raises StoreFailed where SQLite fails."""

    path: Path
    _db: Database = attrs.field(repr=False)
    journal: Journal = attrs.field(repr=False)
    """The same store; whoever writes with it is told that it is read-only."""

    def orders(self, wish: Wish) -> list[dict[str, Any]]:
        """Orders, newest first."""
        return self._rows(_ORDERS, wish)

    def trades(self, wish: Wish) -> list[dict[str, Any]]:
        """Fills with the basket that they belong to, newest first."""
        return self._rows(_TRADES, wish)

    def runs(self, wish: Wish) -> list[dict[str, Any]]:
        """Starts of the bot and how they ended, newest first."""
        return self._rows(_RUNS, wish)

    def notes(self, wish: Wish) -> list[dict[str, Any]]:
        """What was written down for people, newest first."""
        return self._rows(_NOTES, wish)

    def titles(self) -> dict[str, str]:
        """Of every market that was ever in a basket, the title of the last one."""
        return {row["market"]: row["title"] for row in self._rows(_TITLES, Wish())}

    def _rows(self, sql: str, wish: Wish) -> list[dict[str, Any]]:
        wanted = {key: value for key, value in attrs.asdict(wish).items() if f":{key}" in sql}
        try:
            return list(self._db.query(sql, wanted))
        except sqlite3.Error as error:
            raise StoreFailed(f"{self.path}: {error}") from error


@contextmanager
def open_to_read(path: Path) -> Iterator[Reading]:
    """Open a store without writing to it; all that is read is of one moment.

    Raises StoreFailed where there is none, or it is not of this version.
    """
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)
    except sqlite3.Error as error:
        raise StoreFailed(f"{path}: {error}") from error
    with closing(connection):
        connection.isolation_level = None
        db = Database(connection)
        _check(path, db)
        yield Reading(path, db, Journal.over(db))


def _check(path: Path, db: Database) -> None:
    try:
        db.execute("begin")  # from here on a snapshot, until the connection closes
        missing = [one.name for one in migrations.pending(db)]
    except sqlite3.Error as error:
        raise StoreFailed(f"{path}: {error}") from error
    if missing:
        raise StoreFailed(f"{path}: an older version wrote it; the next start brings it up to date")


def copy_store(source: Path, target: Path) -> None:
    """Copy a store, or the standing file, as it is at one moment. Raises StoreFailed.

    The bodies of orders are left out: signed as they are, they name the account's key.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            _strip(new)
    except sqlite3.Error as error:
        raise StoreFailed(f"{source}: {error}") from error


def _strip(db: sqlite3.Connection) -> None:
    if any(row[1] == "body" for row in db.execute("pragma table_info(orders)")):
        db.execute("update orders set body = x''")
        db.commit()
        db.execute("vacuum")
    db.execute("pragma journal_mode = delete")
