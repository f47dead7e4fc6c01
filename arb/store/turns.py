"""Contracts that were turned into cash, or are about to be: merges, conversions, redemptions."""

from typing import Any

import attrs
import msgspec
from sqlite_utils import Database

from arb.market.instruments import MarketId, Venue
from arb.market.units import Ns, Usd
from arb.messages import ContractChange, Turn, TurnEnded, TurnId, TurnKind
from arb.redaction import SECRETS

TABLES = """
create table turns (
    turn text primary key, kind text not null, venue text not null, pool integer not null,
    changes text not null, usd integer not null, nonce integer not null,
    deadline_ns integer not null, body blob not null, at_ns integer not null,
    ended_ns integer, done integer, note text
) strict;
create index open_turns on turns (turn) where ended_ns is null;
"""


@attrs.frozen
class StoredTurn:
    """A turn as the store knows it."""

    turn: Turn
    done: bool | None
    """None while its end is not known."""


def write_turn(db: Database, turn: Turn) -> None:
    """Write an intent down."""
    changes = [[one.market, one.yes, one.no, one.usd] for one in turn.changes]
    db.execute(
        "insert into turns values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, null, null)",
        [
            turn.id,
            str(turn.kind),
            str(turn.venue),
            turn.pool,
            msgspec.json.encode(changes).decode(),
            turn.usd,
            turn.nonce,
            turn.deadline_ns,
            turn.body,
            turn.at_ns,
        ],
    )


def write_turn_ended(db: Database, ended: TurnEnded) -> None:
    """Write down how it ended; the first word counts."""
    db.execute(
        "update turns set ended_ns = ?, done = ?, note = ? where turn = ? and ended_ns is null",
        [ended.at_ns, int(ended.done), SECRETS.strike_out(ended.note), ended.turn.id],
    )


def read_turns(db: Database) -> tuple[StoredTurn, ...]:
    """Every turn, oldest first."""
    return tuple(map(_stored, db.query("select * from turns order by at_ns, turn")))


def read_done_turns(db: Database) -> tuple[Turn, ...]:
    """Those that were done, oldest first."""
    return tuple(one.turn for one in read_turns(db) if one.done)


def read_open_turns(db: Database) -> tuple[Turn, ...]:
    """Those whose end is not known."""
    rows = db.query("select * from turns where ended_ns is null order by at_ns, turn")
    return tuple(_stored(row).turn for row in rows)


def _stored(row: dict[str, Any]) -> StoredTurn:
    changes = tuple(
        ContractChange(MarketId(market), yes, no, Usd(usd))
        for market, yes, no, usd in msgspec.json.decode(row["changes"])
    )
    turn = Turn(
        id=TurnId(row["turn"]),
        kind=TurnKind(row["kind"]),
        venue=Venue(row["venue"]),
        pool=row["pool"],
        changes=changes,
        nonce=row["nonce"],
        deadline_ns=Ns(row["deadline_ns"]),
        body=row["body"],
        at_ns=Ns(row["at_ns"]),
    )
    return StoredTurn(turn, None if row["done"] is None else bool(row["done"]))
