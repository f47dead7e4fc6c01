"""Write records, read them back. Synchronous: the store writer runs it in its thread.

How each kind of record is written and read stands in a module of its own beside this one.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database
from sqlite_utils.db import NotFoundError

from arb.market.errors import ArbError
from arb.market.instruments import MarketId
from arb.market.units import Ns
from arb.messages import (
    Approved,
    Balance,
    BasketEnded,
    Noted,
    OpeningBalance,
    OpeningPosition,
    OrderEnded,
    OrderFilled,
    PairDecided,
    PreparedOrder,
    Reconciled,
    Record,
    RunEnded,
    RunStarted,
    Settlement,
    Turn,
    TurnEnded,
    UnwindChosen,
)
from arb.risk.ledger import Stake
from arb.store.baskets import StoredBasket, read_baskets, write_basket, write_basket_ended
from arb.store.leftovers import describe_stuck, write_choice
from arb.store.orders import (
    StoredFill,
    StoredOrder,
    read_fills,
    read_orders,
    read_stakes,
    write_fill,
    write_intent,
    write_order_ended,
)
from arb.store.pairs import read_decisions, write_decision
from arb.store.runs import read_notes, write_note, write_run_ended, write_run_started
from arb.store.schema import connect
from arb.store.settlements import read_settlements, write_settlement
from arb.store.starts import (
    read_opened_ns,
    read_opening_balances,
    write_opening,
    write_opening_balance,
    write_reconciled,
)
from arb.store.turns import write_turn, write_turn_ended

T = TypeVar("T")


class StoreFailed(ArbError):
    """The store cannot be written or read: full disk, lock, damage. No new orders."""


class Journal:
    """One open store. Every method raises StoreFailed where SQLite fails."""

    def __init__(self, path: Path) -> None:
        """Open or make the file at `path`."""
        try:
            self._db: Database = connect(str(path))
        except sqlite3.Error as error:
            raise StoreFailed(f"{path}: {error}") from error
        self._alone = threading.Lock()  # the writer's thread and readers share one connection

    @classmethod
    def over(cls, db: Database) -> "Journal":
        """Work on a file that somebody else opened, and closes; it may be read-only."""
        journal = cls.__new__(cls)
        journal._db, journal._alone = db, threading.Lock()  # noqa: SLF001 - its own
        return journal

    def close(self) -> None:
        """Close the file."""
        self._db.conn.close()

    def write(self, records: Sequence[Record]) -> None:
        """Write all of `records` in one transaction, or none of them."""
        try:
            with self._alone, self._db.atomic():
                for record in records:
                    _write(self._db, record)
        except (sqlite3.Error, NotFoundError) as error:
            raise StoreFailed(f"store: {type(error).__name__}: {error}") from error

    def ask(self, question: Callable[[Database], T]) -> T:
        """Let another room of the store read or write, in one transaction of its own."""
        try:
            with self._alone, self._db.atomic():
                return question(self._db)
        except sqlite3.Error as error:
            raise StoreFailed(f"store: {type(error).__name__}: {error}") from error

    def _read(self, question: Callable[[Database], T]) -> T:
        try:
            with self._alone:
                return question(self._db)
        except sqlite3.Error as error:
            raise StoreFailed(f"store: {error}") from error

    def opening_balances(self) -> tuple[Balance, ...]:
        """What every pool held before the first fill of this store."""
        return self._read(read_opening_balances)

    def opened_ns(self) -> Ns | None:
        """When the first of those balances was read; None while there is none."""
        return self._read(read_opened_ns)

    def orders(self, *, unfinished: bool = False) -> tuple[StoredOrder, ...]:
        """Every order, oldest first; or those whose end is not known."""
        return self._read(lambda db: read_orders(db, unfinished=unfinished))

    def fills(self) -> tuple[StoredFill, ...]:
        """Every fill, in the order in which it was written."""
        return self._read(read_fills)

    def stakes(self) -> dict[MarketId, Stake]:
        """Every market that an order was meant for."""
        return self._read(read_stakes)

    def settlements(self) -> tuple[Settlement, ...]:
        """Every settlement, in the order in which it was written."""
        return self._read(read_settlements)

    def baskets(self) -> tuple[StoredBasket, ...]:
        """Every basket, oldest first."""
        return self._read(read_baskets)

    def stuck(self) -> tuple[str, ...]:
        """What could not be sold back and nobody has dealt with yet, in words."""
        return self._read(describe_stuck)

    def pair_decisions(self) -> tuple[PairDecided, ...]:
        """Every decision about pairs, oldest first."""
        return self._read(read_decisions)

    def notes(self) -> tuple[Noted, ...]:
        """Every note, oldest first."""
        return self._read(read_notes)


def _write(db: Database, record: Record) -> None:  # noqa: C901, PLR0912 - one line a kind of record
    match record:
        case RunStarted():
            write_run_started(db, record)
        case RunEnded():
            write_run_ended(db, record)
        case OpeningBalance():
            write_opening_balance(db, record)
        case OpeningPosition():
            write_opening(db, record)
        case Reconciled():
            write_reconciled(db, record)
        case Turn():
            write_turn(db, record)
        case TurnEnded():
            write_turn_ended(db, record)
        case Approved():
            write_basket(db, record)
        case PreparedOrder():
            write_intent(db, record)
        case OrderEnded():
            write_order_ended(db, record)
        case OrderFilled():
            write_fill(db, record)
        case Settlement():
            write_settlement(db, record)
        case UnwindChosen():
            write_choice(db, record)
        case BasketEnded():
            write_basket_ended(db, record)
        case PairDecided():
            write_decision(db, record)
        case Noted():
            write_note(db, record)
