"""The tables, and how an older file becomes a newer one."""

import sqlite3

from sqlite_utils import Database, Migrations

from arb.store.edges import TABLES as EDGES
from arb.store.pairs import TABLES as PAIRS
from arb.store.starts import TABLES as STARTS
from arb.store.turns import TABLES as TURNS

migrations = Migrations("arb")

_TABLES = """
create table runs (
    run text primary key, mode text not null, venues text not null, seed integer not null,
    started_ns integer not null, ended_ns integer, reason text, exit_code integer
) strict;
create table opening_balances (
    venue text not null, pool integer not null, usd integer not null, at_ns integer not null,
    primary key (venue, pool)
) strict;
create table baskets (
    basket text primary key, template text not null, lane text not null, title text not null,
    size integer not null, payout integer not null, cost integer not null, fees integer not null,
    profit integer not null, decided_ns integer not null,
    ended_ns integer, outcome text, sets integer, note text
) strict;
create table basket_legs (
    basket text not null references baskets, leg integer not null, market text not null,
    outcome text not null, qty integer not null, limit_px integer not null,
    primary key (basket, leg)
) strict;
create table orders (
    order_id text primary key, basket text not null, venue text not null, market text not null,
    outcome text not null, action text not null, qty integer not null, limit_px integer not null,
    order_key text not null unique, body blob not null, created_ns integer not null,
    venue_order_id text, filled integer, note text, ended_ns integer
) strict;
create index open_orders on orders (order_id) where ended_ns is null;
create table fills (
    venue text not null, fill text not null, order_id text not null references orders,
    market text not null, outcome text not null, action text not null, px integer not null,
    qty integer not null, fee integer not null, at_ns integer not null, status text not null,
    primary key (venue, fill)
) strict;
create table stuck (
    basket text not null, market text not null, outcome text not null, qty integer not null,
    at_ns integer not null, note text not null, primary key (basket, market, outcome)
) strict;
create table notes (at_ns integer not null, kind text not null, text text not null) strict;
"""

_SETTLEMENTS = """
create table stakes (
    market text primary key, venue text not null, event text not null, pool integer not null
) strict;
create table settlements (
    venue text not null, settlement text not null, pool integer not null, market text not null,
    usd integer not null, at_ns integer not null, primary key (venue, settlement)
) strict;
"""

_UNWINDS = """
create table unwinds (
    basket text not null, attempt integer not null, way text not null, loss integer not null,
    reason text not null, at_ns integer not null
) strict;
create index unwinds_of_baskets on unwinds (basket);
create index orders_of_baskets on orders (basket);
create index fills_of_orders on fills (order_id);
alter table baskets add column loss integer not null default 0;
alter table baskets add column loss_budget integer not null default 0;
alter table stuck add column state text not null default 'stuck';
alter table stuck add column who text not null default '';
alter table stuck add column why text not null default '';
alter table stuck add column changed_ns integer not null default 0;
alter table fills add column role text;
alter table fills add column witness text not null default '';
"""


@migrations()
def first_tables(db: Database) -> None:
    """Make the tables of the first version."""
    _make(db, _TABLES)


@migrations()
def settlements(db: Database) -> None:
    """Keep what resolved markets paid, and what must be known of them once they are not listed."""
    _make(db, _SETTLEMENTS)


@migrations()
def unwinds(db: Database) -> None:
    """Keep what each unwind chose and lost, what became of what is left over, and who made."""
    _make(db, _UNWINDS)


@migrations()
def pair_decisions(db: Database) -> None:
    """Keep what was decided about pairs, by whom and on which texts."""
    _make(db, PAIRS)


@migrations()
def starts(db: Database) -> None:
    """Keep the contracts held before the first start, and what each start found."""
    _make(db, STARTS)


@migrations()
def edges(db: Database) -> None:
    """Keep what each basket claimed and how old its quotes were, to learn from."""
    _make(db, EDGES)


@migrations()
def turns(db: Database) -> None:
    """Keep what was merged, converted and redeemed, from intent to end."""
    _make(db, TURNS)


CHECKPOINT_PAGES = 8_000
"""Of 4 KiB. A checkpoint waits for the disk, and so does an intent behind it: at SQLite's own 1,000
that is one order in sixty; 32 MB of log are no burden."""


def _make(db: Database, tables: str) -> None:
    for statement in tables.split(";"):
        if statement.strip():
            db.execute(statement)


def connect(path: str) -> Database:
    """Open the store and bring it up to date.

    WAL with synchronous=NORMAL: what is committed survives the death of this process at any
    instant, though not a power cut; a commit costs tens of microseconds instead of milliseconds.
    """
    connection = sqlite3.connect(path, check_same_thread=False, timeout=1.0)
    try:
        return _prepared(Database(connection))
    except BaseException:
        connection.close()
        raise


def _prepared(db: Database) -> Database:
    db.execute("pragma journal_mode = wal").fetchall()
    db.execute("pragma synchronous = normal").fetchall()
    db.execute(f"pragma wal_autocheckpoint = {CHECKPOINT_PAGES}").fetchall()
    db.execute("pragma foreign_keys = on").fetchall()
    migrations.apply(db)
    return db
