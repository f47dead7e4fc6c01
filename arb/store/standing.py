"""The standing file: what operators ordered, what holds trading back, what was acknowledged.

A file of its own beside the store, because it must outlive what the store may not: simulated
venues start with a new store each time, and a store that is full or locked is a reason to stop,
not a reason to miss an order to stop. Commands write it whether or not the bot runs; a running
bot looks at it several times a second.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.messages import Hold, Level, Ordered
from arb.redaction import SECRETS
from arb.store.journal import StoreFailed
from arb.store.standing_tables import Guard, open_file

NAME = "standing.db"
"""In the data directory."""
MOST_HISTORY = 1_000
"""Changes that are told at once."""


def identity(words: str) -> str:
    """The name by which a problem is acknowledged: other words, another problem."""
    return hashlib.sha256(words.encode()).hexdigest()[:8]


@attrs.frozen
class Changed:
    """One line of the history."""

    at_ns: Ns
    venue: Venue | None
    source: str
    level: Level
    who: str
    why: str


class StandingFile:
    """One open standing file. Every method raises StoreFailed where SQLite fails.

    Reads have a connection of their own and never wait; a write waits up to a second for another
    process's, so a running bot writes in its thread.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file at `path`."""
        self._path = path
        self._seen = -1
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = open_file(path)
            self._look = open_file(path)
        except (sqlite3.Error, OSError) as error:
            raise StoreFailed(f"{path}: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._db.conn.close()
        self._look.conn.close()

    # --- operators ---

    def order(self, hold: Hold) -> int:
        """Write an operator's order down and into force; returns its number.

        It holds from now on even where nothing runs: the next start reads it.
        """
        hold = _clean(hold)
        with self._writing():
            cursor = self._db.execute(
                "insert into orders (venue, source, level, who, why, clears, at_ns)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                [*_key(hold), hold.level, hold.who, hold.why, hold.clears, hold.at_ns],
            )
            if hold.level is Level.RUNNING:
                self._resume(hold)
            else:
                self._put(hold)
            return int(cursor.lastrowid or 0)

    def new_orders(self) -> tuple[Ordered, ...]:
        """Orders that no bot has taken; cheap where nothing was written since the last look."""
        with self._reading():
            version = self._look.execute("pragma data_version").fetchone()[0]
            if version == self._seen:
                return ()
            rows = self._rows("select * from orders where taken_ns is null order by number")
            self._seen = version
        return tuple(Ordered(row["number"], _hold(row)) for row in rows)

    def take(self, number: int, at_ns: Ns) -> None:
        """Say that the running bot follows an order."""
        with self._writing():
            self._db.execute(
                "update orders set taken_ns = ? where number = ? and taken_ns is null",
                [at_ns, number],
            )

    def take_all(self, at_ns: Ns) -> None:
        """At a start: what was ordered while nothing ran is among the holds already."""
        with self._writing():
            self._db.execute("update orders set taken_ns = ? where taken_ns is null", [at_ns])

    def taken_ns(self, number: int) -> Ns | None:
        """When the running bot took an order; None while it has not."""
        with self._reading():
            rows = self._rows("select taken_ns from orders where number = ?", number)
        return next((row["taken_ns"] for row in rows), None)

    # --- holds ---

    def keep(self, hold: Hold) -> None:
        """Write down what a source says now."""
        with self._writing():
            self._put(_clean(hold))

    def holds(self, *, lasting: bool = False) -> tuple[Hold, ...]:
        """What held when last told; `lasting`: only what outlives the process that said it."""
        where = "where lasting" if lasting else ""
        with self._reading():
            rows = self._rows(f"select * from holds {where} order by level desc, at_ns")  # noqa: S608 - our own words
        return tuple(_hold(row) for row in rows)

    def forget_passing(self) -> None:
        """At a start and at the end: what only a running bot can say is not true any more."""
        with self._writing():
            self._db.execute("delete from holds where not lasting")
            self._db.execute("delete from figures")

    def history(self, most: int = MOST_HISTORY) -> tuple[Changed, ...]:
        """The last changes, newest first."""
        with self._reading():
            rows = self._rows("select * from history order by rowid desc limit ?", most)
        return tuple(
            Changed(
                row["at_ns"],
                _venue(row["venue"]),
                row["source"],
                Level(row["level"]),
                row["who"],
                row["why"],
            )
            for row in rows
        )

    def _put(self, hold: Hold) -> None:
        """Replace a source's word, and remember in the history that it changed."""
        key = _key(hold)
        self._db.execute("delete from holds where venue = ? and source = ?", key)
        if hold.level is not Level.RUNNING:
            self._db.execute(
                "insert into holds values (?, ?, ?, ?, ?, ?, ?, ?)",
                [*key, hold.level, hold.who, hold.why, hold.clears, hold.at_ns, int(hold.lasting)],
            )
        self._remember(hold)

    def _resume(self, hold: Hold) -> None:
        """Lift what lasts, everywhere or on one venue."""
        where = "" if hold.venue is None else "and venue = ?"
        values = [] if hold.venue is None else [str(hold.venue)]
        self._db.execute(f"delete from holds where lasting {where}", values)  # noqa: S608 - our own words
        self._remember(hold)

    def _remember(self, hold: Hold) -> None:
        self._db.execute(
            "insert into history values (?, ?, ?, ?, ?, ?)",
            [hold.at_ns, *_key(hold), hold.level, hold.who, hold.why],
        )

    # --- what a person must look at ---

    def tell_problems(self, store: str, problems: Iterable[tuple[str, str]], at_ns: Ns) -> None:
        """Replace what the last start of a store found: identities and words."""
        with self._writing():
            self._db.execute("delete from problems where store = ?", [store])
            for problem, words in problems:
                values = [store, problem, SECRETS.strike_out(words), at_ns]
                self._db.execute("insert or replace into problems values (?, ?, ?, ?)", values)

    def problems(self) -> tuple[dict[str, Any], ...]:
        """What the last starts found, with who acknowledged it and when, where somebody did."""
        with self._reading():
            return self._rows(
                "select p.store, p.problem, p.words, p.at_ns, a.who, a.at_ns as acknowledged_ns"
                " from problems p left join acknowledged a using (store, problem)"
                " order by p.store, p.rowid"
            )

    def acknowledge(self, store: str, problem: str, who: str, at_ns: Ns) -> bool:
        """Say that a person has looked at a problem; False where there is no such problem."""
        with self._writing():
            cursor = self._db.execute(
                "insert or replace into acknowledged"
                " select store, problem, words, ?, ? from problems where store = ? and problem = ?",
                [who, at_ns, store, problem],
            )
            return bool(cursor.rowcount)

    def acknowledged(self, store: str) -> frozenset[str]:
        """The problems of a store that somebody has looked at."""
        with self._reading():
            rows = self._rows("select problem from acknowledged where store = ?", store)
        return frozenset(row["problem"] for row in rows)

    # --- figures for people ---

    def tell_figures(self, figures: dict[str, str], at_ns: Ns) -> None:
        """Replace what `arb status` tells of the running bot."""
        with self._writing():
            self._db.execute("delete from figures")
            for name, value in figures.items():
                self._db.execute("insert into figures values (?, ?, ?)", [name, value, at_ns])

    def figures(self) -> dict[str, str]:
        """What the running bot last told."""
        with self._reading():
            return {row["name"]: row["value"] for row in self._rows("select * from figures")}

    # --- SQLite ---

    def _rows(self, sql: str, *values: str | int) -> tuple[dict[str, Any], ...]:
        return tuple(self._look.query(sql, list(values)))

    def _writing(self) -> Guard:
        return Guard(self._path, self._db, writes=True)

    def _reading(self) -> Guard:
        return Guard(self._path, self._look, writes=False)


def _clean(hold: Hold) -> Hold:
    """Without secrets: the failure that holds trading back may repeat what was sent."""
    return attrs.evolve(hold, why=SECRETS.strike_out(hold.why))


def _key(hold: Hold) -> list[str]:
    return ["" if hold.venue is None else str(hold.venue), hold.source]


def _venue(text: str) -> Venue | None:
    return Venue(text) if text else None


def _hold(row: dict[str, Any]) -> Hold:
    return Hold(
        source=row["source"],
        level=Level(row["level"]),
        who=row["who"],
        why=row["why"],
        clears=row["clears"],
        at_ns=row["at_ns"],
        venue=_venue(row["venue"]),
        lasting=bool(row.get("lasting", 1)),
    )
