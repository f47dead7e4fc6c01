"""Write records, read them back. Synchronous: the store writer runs it in its thread."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs
from sqlite_utils import Database
from sqlite_utils.db import NotFoundError

from arb.market.errors import ArbError
from arb.market.instruments import Action, EventId, Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import (
    Approved,
    Balance,
    BasketEnded,
    BasketId,
    Fill,
    FillId,
    FillStatus,
    NewOrder,
    Noted,
    OpeningBalance,
    OpeningPosition,
    OrderEnded,
    OrderFilled,
    OrderId,
    OrderKey,
    PairDecided,
    PreparedOrder,
    Reconciled,
    Record,
    RunEnded,
    RunStarted,
    Settlement,
    SettlementId,
    Turn,
    TurnEnded,
    UnwindChosen,
)
from arb.redaction import SECRETS
from arb.risk.ledger import Stake
from arb.store.edges import write_edge
from arb.store.leftovers import write_choice, write_left_over
from arb.store.pairs import OLDEST_FIRST, decision_of, write_decision
from arb.store.schema import connect
from arb.store.starts import write_opening, write_reconciled
from arb.store.turns import write_turn, write_turn_ended

T = TypeVar("T")
_INTENT = """
insert into orders (order_id, basket, venue, market, outcome, action, qty, limit_px, order_key,
    body, created_ns) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_FILL = """
insert into fills (venue, fill, order_id, market, outcome, action, px, qty, fee, at_ns, status,
    role, witness) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (venue, fill) do update set order_id = excluded.order_id, market = excluded.market,
    outcome = excluded.outcome, action = excluded.action, px = excluded.px, qty = excluded.qty,
    fee = excluded.fee, at_ns = excluded.at_ns, status = excluded.status, role = excluded.role,
    witness = excluded.witness
"""


class StoreFailed(ArbError):
    """The store cannot be written or read: full disk, lock, damage. No new orders."""


@attrs.frozen
class StoredOrder:
    """An order as the store knows it."""

    id: OrderId
    basket: BasketId
    venue: Venue
    market: MarketId
    outcome: Outcome
    action: Action
    qty: Qty
    limit: Px
    key: OrderKey
    body: bytes
    created_ns: Ns
    venue_order_id: str | None
    filled: Qty | None
    """Final; None while its end is unknown."""

    def prepared(self, market: Market) -> PreparedOrder:
        """The order as it was sent; `market` comes from the catalogue."""
        order = NewOrder(
            id=self.id,
            basket=self.basket,
            market=market,
            outcome=self.outcome,
            action=self.action,
            qty=self.qty,
            limit=self.limit,
            created_ns=self.created_ns,
        )
        return PreparedOrder(order, self.key, self.body)


@attrs.frozen
class StoredLeg:
    """One leg of a stored basket."""

    market: MarketId
    outcome: Outcome
    qty: Qty
    limit: Px


@attrs.frozen
class StoredBasket:
    """A basket as the store knows it."""

    id: BasketId
    template: str
    lane: str
    title: str
    size: Qty
    payout: Usd
    """For the whole size."""
    outcome: str | None
    """None while it is not ended."""
    sets: Qty
    legs: tuple[StoredLeg, ...]
    spent: Usd
    """Planned cost and fees, for the whole size."""
    loss_budget: Usd = Usd(0)
    """The most that an unwind may lose without a person; 0: not stated."""
    ended_ns: Ns | None = None

    @property
    def venues(self) -> frozenset[Venue]:
        """Where its legs are traded."""
        return frozenset(Venue(leg.market.partition(":")[0]) for leg in self.legs)

    @property
    def edge_ppm(self) -> int:
        """Planned profit over what was to be spent, in millionths."""
        return (self.payout - self.spent) * MICRO // self.spent if self.spent else 0


@attrs.frozen
class StoredFill:
    """A fill and the basket that its order belongs to."""

    fill: Fill
    basket: BasketId
    order: OrderId


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
                    self._write(record)
        except (sqlite3.Error, NotFoundError) as error:
            raise StoreFailed(f"store: {type(error).__name__}: {error}") from error

    def _write(self, record: Record) -> None:  # noqa: C901, PLR0912 - one line a kind of record
        match record:
            case RunStarted():
                self._run_started(record)
            case RunEnded():
                self._run_ended(record)
            case OpeningBalance():
                self._opening_balance(record)
            case OpeningPosition():
                write_opening(self._db, record)
            case Reconciled():
                write_reconciled(self._db, record)
            case Turn():
                write_turn(self._db, record)
            case TurnEnded():
                write_turn_ended(self._db, record)
            case Approved():
                self._basket(record)
            case PreparedOrder():
                self._intent(record)
            case OrderEnded():
                self._order_ended(record)
            case OrderFilled():
                self._fill(record)
            case Settlement():
                self._settlement(record)
            case UnwindChosen():
                write_choice(self._db, record)
            case BasketEnded():
                self._basket_ended(record)
            case PairDecided():
                write_decision(self._db, record)
            case Noted():
                self._note(record)

    def _insert(self, table: str, **values: Any) -> None:  # noqa: ANN401 - column values
        self._db.table(table).insert(values)

    def _note(self, record: Noted) -> None:
        text = SECRETS.strike_out(record.text)  # venues may repeat what they were sent
        self._insert("notes", at_ns=record.at_ns, kind=record.kind, text=text)

    def _run_started(self, record: RunStarted) -> None:
        self._insert(
            "runs",
            run=record.run,
            mode=record.mode,
            venues=record.venues,
            seed=record.seed,
            started_ns=record.at_ns,
        )

    def _run_ended(self, record: RunEnded) -> None:
        self._db.table("runs").update(
            record.run,
            {
                "ended_ns": record.at_ns,
                "reason": SECRETS.strike_out(record.reason),
                "exit_code": record.exit_code,
            },
        )

    def _opening_balance(self, record: OpeningBalance) -> None:
        balance = record.balance
        self._db.table("opening_balances").upsert(
            {
                "venue": str(balance.venue),
                "pool": balance.pool,
                "usd": balance.usd,
                "at_ns": record.at_ns,
            },
            pk=("venue", "pool"),
        )

    def _basket(self, record: Approved) -> None:
        plan = record.plan
        self._insert(
            "baskets",
            basket=record.basket,
            template=plan.template.id,
            lane=str(plan.template.lane),
            title=plan.template.title,
            size=plan.size,
            payout=plan.payout,
            cost=plan.cost,
            fees=plan.fees,
            profit=plan.profit,
            decided_ns=record.decided_ns,
            loss_budget=record.loss_budget,
        )
        write_edge(self._db, record)
        for number, leg in enumerate(plan.legs):
            self._insert(
                "basket_legs",
                basket=record.basket,
                leg=number,
                market=leg.leg.market,
                outcome=str(leg.leg.outcome),
                qty=leg.qty,
                limit_px=leg.limit,
            )

    def _intent(self, record: PreparedOrder) -> None:
        """On the way of every order, so in plain SQL: a fifth of what a table's insert takes."""
        order, stake = record.order, Stake.of(record.order.market)
        self._db.conn.execute(
            "insert or ignore into stakes (market, venue, event, pool) values (?, ?, ?, ?)",
            (stake.id, str(stake.venue), stake.event, stake.pool),
        )
        self._db.conn.execute(_INTENT, (
            order.id, order.basket, str(order.market.venue), order.market.id, str(order.outcome),
            str(order.action), order.qty, order.limit, record.key, record.body, order.created_ns,
        ))  # fmt: skip

    def _order_ended(self, record: OrderEnded) -> None:
        changed = self._db.conn.execute(
            "update orders set venue_order_id = ?, filled = ?, note = ?, ended_ns = ?"
            " where order_id = ?",
            (record.venue_order_id, record.filled, record.note, record.at_ns, record.order),
        )
        if changed.rowcount != 1:
            raise NotFoundError(f"order {record.order}")

    def _fill(self, record: OrderFilled) -> None:
        fill = record.fill
        self._db.conn.execute(_FILL, (
            str(fill.venue), fill.id, record.order.id, fill.market, str(fill.outcome),
            str(fill.action), fill.px, fill.qty, fill.fee, fill.at_ns, str(fill.status),
            str(record.role), record.witness,
        ))  # fmt: skip

    def _settlement(self, record: Settlement) -> None:
        self._insert(
            "settlements",
            venue=str(record.venue),
            settlement=record.id,
            pool=record.pool,
            market=record.market,
            usd=record.usd,
            at_ns=record.at_ns,
        )

    def _basket_ended(self, record: BasketEnded) -> None:
        self._db.table("baskets").update(
            record.basket,
            {
                "ended_ns": record.at_ns,
                "outcome": str(record.end),
                "sets": record.sets,
                "note": SECRETS.strike_out(record.note),
                "loss": record.loss,
            },
        )
        write_left_over(self._db, record)

    def _rows(self, sql: str) -> Iterable[dict[str, Any]]:
        try:
            with self._alone:
                return list(self._db.query(sql))
        except sqlite3.Error as error:
            raise StoreFailed(f"store: {error}") from error

    def ask(self, question: Callable[[Database], T]) -> T:
        """Let another room of the store read or write, in one transaction of its own."""
        try:
            with self._alone, self._db.atomic():
                return question(self._db)
        except sqlite3.Error as error:
            raise StoreFailed(f"store: {type(error).__name__}: {error}") from error

    def opening_balances(self) -> tuple[Balance, ...]:
        """What every pool held before the first fill of this store."""
        rows = self._rows("select venue, pool, usd from opening_balances order by venue, pool")
        return tuple(Balance(Venue(row["venue"]), row["pool"], Usd(row["usd"])) for row in rows)

    def opened_ns(self) -> Ns | None:
        """When the first of those balances was read; None while there is none."""
        rows = self._rows("select min(at_ns) as at_ns from opening_balances")
        return next((row["at_ns"] for row in rows), None)

    def orders(self, *, unfinished: bool = False) -> tuple[StoredOrder, ...]:
        """Every order, oldest first; or those whose end is not known."""
        where = "where ended_ns is null" if unfinished else ""
        return tuple(
            _stored_order(row)
            for row in self._rows(f"select * from orders {where} order by created_ns, order_id")  # noqa: S608 - our own words
        )

    def fills(self) -> tuple[StoredFill, ...]:
        """Every fill, in the order in which it was written."""
        rows = self._rows(
            "select fills.*, orders.basket, orders.order_key, orders.venue_order_id"
            " from fills join orders using (order_id) order by fills.rowid"
        )
        return tuple(StoredFill(_fill(row), row["basket"], row["order_id"]) for row in rows)

    def stakes(self) -> dict[MarketId, Stake]:
        """Every market that an order was meant for."""
        return {
            row["market"]: Stake(
                row["market"], Venue(row["venue"]), EventId(row["event"]), row["pool"]
            )
            for row in self._rows("select * from stakes")
        }

    def settlements(self) -> tuple[Settlement, ...]:
        """Every settlement, in the order in which it was written."""
        return tuple(
            Settlement(
                id=SettlementId(row["settlement"]),
                venue=Venue(row["venue"]),
                pool=row["pool"],
                market=row["market"],
                usd=row["usd"],
                at_ns=row["at_ns"],
            )
            for row in self._rows("select * from settlements order by rowid")
        )

    def baskets(self) -> tuple[StoredBasket, ...]:
        """Every basket, oldest first."""
        legs: dict[str, list[StoredLeg]] = {}
        for row in self._rows("select * from basket_legs order by basket, leg"):
            leg = StoredLeg(row["market"], Outcome(row["outcome"]), row["qty"], row["limit_px"])
            legs.setdefault(row["basket"], []).append(leg)
        return tuple(
            _stored_basket(row, legs.get(row["basket"], []))
            for row in self._rows("select * from baskets order by decided_ns, basket")
        )

    def stuck(self) -> tuple[str, ...]:
        """What could not be sold back and nobody has dealt with yet, in words."""
        rows = self._rows(
            "select basket, market, outcome, qty, note from stuck"
            " where state in ('stuck', 'retry') order by at_ns"
        )
        return tuple(
            f"{row['qty']} micro-contracts of {row['outcome']} in {row['market']}"
            f" (basket {row['basket']}): {row['note']}"
            for row in rows
        )

    def pair_decisions(self) -> tuple[PairDecided, ...]:
        """Every decision about pairs, oldest first."""
        return tuple(decision_of(row) for row in self._rows(OLDEST_FIRST))

    def notes(self) -> tuple[Noted, ...]:
        """Every note, oldest first."""
        rows = self._rows("select kind, text, at_ns from notes order by rowid")
        return tuple(Noted(row["kind"], row["text"], row["at_ns"]) for row in rows)


def read_basket(db: Database, basket: BasketId) -> StoredBasket | None:
    """One basket with its legs; None where there is none of that name."""
    rows = db.query("select * from basket_legs where basket = ? order by leg", [basket])
    legs = [
        StoredLeg(row["market"], Outcome(row["outcome"]), row["qty"], row["limit_px"])
        for row in rows
    ]
    found = next(iter(db.query("select * from baskets where basket = ?", [basket])), None)
    return None if found is None else _stored_basket(found, legs)


def read_open_orders(db: Database, basket: BasketId) -> tuple[StoredOrder, ...]:
    """The orders of a basket whose end is not known."""
    rows = db.query("select * from orders where basket = ? and ended_ns is null", [basket])
    return tuple(map(_stored_order, rows))


def _stored_order(row: dict[str, Any]) -> StoredOrder:
    return StoredOrder(
        id=row["order_id"],
        basket=row["basket"],
        venue=Venue(row["venue"]),
        market=row["market"],
        outcome=Outcome(row["outcome"]),
        action=Action(row["action"]),
        qty=row["qty"],
        limit=row["limit_px"],
        key=row["order_key"],
        body=row["body"],
        created_ns=row["created_ns"],
        venue_order_id=row["venue_order_id"],
        filled=row["filled"],
    )


def _stored_basket(row: dict[str, Any], legs: Sequence[StoredLeg]) -> StoredBasket:
    return StoredBasket(
        id=row["basket"],
        template=row["template"],
        lane=row["lane"],
        title=row["title"],
        size=row["size"],
        payout=row["payout"],
        outcome=row["outcome"],
        sets=Qty(row["sets"] or 0),
        legs=tuple(legs),
        spent=Usd(row["cost"] + row["fees"]),
        loss_budget=Usd(row["loss_budget"]),
        ended_ns=row["ended_ns"],
    )


def _fill(row: dict[str, Any]) -> Fill:
    return Fill(
        id=FillId(row["fill"]),
        venue=Venue(row["venue"]),
        market=row["market"],
        key=row["order_key"],
        venue_order_id=row["venue_order_id"] or "",
        outcome=Outcome(row["outcome"]),
        action=Action(row["action"]),
        px=row["px"],
        qty=row["qty"],
        fee=row["fee"],
        at_ns=row["at_ns"],
        status=FillStatus(row["status"]),
    )
