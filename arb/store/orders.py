"""Orders, the fills of them, and the markets that they were meant for."""

from typing import Any

import attrs
from sqlite_utils import Database
from sqlite_utils.db import NotFoundError

from arb.market.instruments import Action, EventId, Market, MarketId, Outcome, Venue
from arb.market.units import Ns, Px, Qty
from arb.messages import (
    BasketId,
    Fill,
    FillId,
    FillStatus,
    NewOrder,
    OrderEnded,
    OrderFilled,
    OrderId,
    OrderKey,
    PreparedOrder,
    Role,
)
from arb.redaction import SECRETS
from arb.risk.ledger import Stake

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
class StoredFill:
    """A fill and the basket that its order belongs to."""

    fill: Fill
    basket: BasketId
    order: OrderId


def write_intent(db: Database, record: PreparedOrder) -> None:
    """On the way of every order, so in plain SQL: a fifth of what a table's insert takes."""
    order, stake = record.order, Stake.of(record.order.market)
    db.conn.execute(
        "insert or ignore into stakes (market, venue, event, pool) values (?, ?, ?, ?)",
        (stake.id, str(stake.venue), stake.event, stake.pool),
    )
    db.conn.execute(_INTENT, (
        order.id, order.basket, str(order.market.venue), order.market.id, str(order.outcome),
        str(order.action), order.qty, order.limit, record.key, record.body, order.created_ns,
    ))  # fmt: skip


def write_order_ended(db: Database, record: OrderEnded) -> None:
    """Write down how an order ended. Raises NotFoundError where there is no such order."""
    note = SECRETS.strike_out(record.note)  # venues may repeat what they were sent
    changed = db.conn.execute(
        "update orders set venue_order_id = ?, filled = ?, note = ?, ended_ns = ?"
        " where order_id = ?",
        (record.venue_order_id, record.filled, note, record.at_ns, record.order),
    )
    if changed.rowcount != 1:
        raise NotFoundError(f"order {record.order}")


def write_fill(db: Database, record: OrderFilled) -> None:
    """Write a fill down; a later word about it, such as its status, replaces an earlier one."""
    fill = record.fill
    db.conn.execute(_FILL, (
        str(fill.venue), fill.id, record.order.id, fill.market, str(fill.outcome),
        str(fill.action), fill.px, fill.qty, fill.fee, fill.at_ns, str(fill.status),
        str(record.role), record.witness,
    ))  # fmt: skip


def read_orders(db: Database, *, unfinished: bool = False) -> tuple[StoredOrder, ...]:
    """Every order, oldest first; or those whose end is not known."""
    where = "where ended_ns is null" if unfinished else ""
    rows = db.query(f"select * from orders {where} order by created_ns, order_id")  # noqa: S608 - our own words
    return tuple(map(_stored_order, rows))


def read_open_orders(db: Database, basket: BasketId) -> tuple[StoredOrder, ...]:
    """The orders of a basket whose end is not known."""
    rows = db.query("select * from orders where basket = ? and ended_ns is null", [basket])
    return tuple(map(_stored_order, rows))


def read_fills(db: Database) -> tuple[StoredFill, ...]:
    """Every fill, in the order in which it was written."""
    rows = db.query(
        "select fills.*, orders.basket, orders.order_key, orders.venue_order_id"
        " from fills join orders using (order_id) order by fills.rowid"
    )
    return tuple(StoredFill(_fill(row), row["basket"], row["order_id"]) for row in rows)


def read_stakes(db: Database) -> dict[MarketId, Stake]:
    """Every market that an order was meant for."""
    return {
        row["market"]: Stake(row["market"], Venue(row["venue"]), EventId(row["event"]), row["pool"])
        for row in db.query("select * from stakes")
    }


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
        role=Role(row["role"]) if row["role"] else None,
    )
