"""What starts read and write: what was held before the first one, and what each one found."""

from sqlite_utils import Database

from arb.market.instruments import MarketId, Venue
from arb.market.units import Ns, Qty, Usd
from arb.messages import (
    Balance,
    LineKind,
    OpeningBalance,
    OpeningPosition,
    Position,
    Reconciled,
    ReconciliationLine,
)
from arb.redaction import SECRETS

TABLES = """
create table opening_positions (
    market text primary key, yes integer not null, no integer not null, at_ns integer not null
) strict;
create table reconciliations (
    at_ns integer not null, kind text not null, words text not null, explained integer not null
) strict;
create index reconciliations_by_time on reconciliations (at_ns);
"""


def write_opening_balance(db: Database, record: OpeningBalance) -> None:
    """Write down what a pool held; a later word replaces an earlier one."""
    balance = record.balance
    db.table("opening_balances").upsert(
        {
            "venue": str(balance.venue),
            "pool": balance.pool,
            "usd": balance.usd,
            "at_ns": record.at_ns,
        },
        pk=("venue", "pool"),
    )


def read_opening_balances(db: Database) -> tuple[Balance, ...]:
    """What every pool held before the first fill of this store."""
    rows = db.query("select venue, pool, usd from opening_balances order by venue, pool")
    return tuple(Balance(Venue(row["venue"]), row["pool"], Usd(row["usd"])) for row in rows)


def read_opened_ns(db: Database) -> Ns | None:
    """When the first of those balances was read; None while there is none."""
    row = db.execute("select min(at_ns) from opening_balances").fetchone()
    return None if row[0] is None else Ns(row[0])


def write_opening(db: Database, record: OpeningPosition) -> None:
    """Write down what was held of one market; a later word replaces an earlier one."""
    held = record.position
    db.execute(
        "insert or replace into opening_positions values (?, ?, ?, ?)",
        [held.market, held.yes, held.no, record.at_ns],
    )


def read_openings(db: Database) -> tuple[Position, ...]:
    """What was held before the first start, by market."""
    rows = db.query("select market, yes, no from opening_positions order by market")
    return tuple(Position(MarketId(row["market"]), Qty(row["yes"]), Qty(row["no"])) for row in rows)


def write_reconciled(db: Database, record: Reconciled) -> None:
    """Write down every line that one start found."""
    for line in record.lines:
        db.execute(
            "insert into reconciliations values (?, ?, ?, ?)",
            [record.at_ns, str(line.kind), SECRETS.strike_out(line.words), int(line.explained)],
        )


def read_last_reconciled(db: Database) -> Reconciled | None:
    """What the last start that found anything found; None where none ever did."""
    rows = list(
        db.query(
            "select * from reconciliations"
            " where at_ns = (select max(at_ns) from reconciliations) order by rowid"
        )
    )
    lines = tuple(
        ReconciliationLine(LineKind(row["kind"]), row["words"], bool(row["explained"]))
        for row in rows
    )
    return Reconciled(lines, Ns(rows[0]["at_ns"])) if rows else None


def oldest_of_last(db: Database, most: int) -> Ns | None:
    """When the oldest of the last `most` orders was made; None where there is none."""
    row = db.execute(
        "select min(created_ns) from"
        " (select created_ns from orders order by created_ns desc limit ?)",
        [most],
    ).fetchone()
    return None if row[0] is None else Ns(row[0])
