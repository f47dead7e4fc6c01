"""What unwinds chose, and what they left over: stuck or held contracts until somebody sees to them.

A leftover is `stuck` (a person must look), `retry` (a person asked for another unwind),
`acknowledged` (a person took it over) or `held` (kept on purpose until it resolves).
"""

import enum
from typing import Any

import attrs
from sqlite_utils import Database

from arb.market.instruments import MarketId, Outcome
from arb.market.units import Ns, Qty, Usd
from arb.messages import BasketEnd, BasketEnded, BasketId, Exposure, UnwindChosen
from arb.redaction import SECRETS


class LeftState(enum.StrEnum):
    """What became of a leftover."""

    STUCK = "stuck"
    RETRY = "retry"
    ACKNOWLEDGED = "acknowledged"
    HELD = "held"


@attrs.frozen
class Leftover:
    """Contracts that a basket left over."""

    basket: BasketId
    market: MarketId
    outcome: Outcome
    qty: Qty
    state: LeftState
    note: str
    """Why it is left over."""
    loss: Usd
    """What the whole basket lost, this counted at nothing."""
    at_ns: Ns
    who: str
    """Who changed its state last; "" for nobody."""
    why: str
    settled: bool
    """Its market has resolved since: nothing is left of it."""

    @property
    def best(self) -> Usd:
        """What it pays if it wins; at worst it pays nothing."""
        return Usd(self.qty)


def write_choice(db: Database, record: UnwindChosen) -> None:
    """Write down a decision of an unwind."""
    db.table("unwinds").insert(
        {
            "basket": record.basket,
            "attempt": record.attempt,
            "way": str(record.way),
            "loss": record.loss,
            "reason": SECRETS.strike_out(record.reason),
            "at_ns": record.at_ns,
        }
    )


def write_left_over(db: Database, record: BasketEnded) -> None:
    """Replace what a basket left over by what this end says.

    What a person has taken over stays with them, as long as it is the same.
    """
    left = {(one.market.id, str(one.outcome), int(one.qty)): one for one in record.stuck}
    for row in list(db.query("select rowid, * from stuck where basket = ?", [record.basket])):
        taken_over = row["state"] == LeftState.ACKNOWLEDGED
        same = left.pop((row["market"], row["outcome"], row["qty"]), None) if taken_over else None
        if same is None:
            db.execute("delete from stuck where rowid = ?", [row["rowid"]])
    state = LeftState.HELD if record.end is BasketEnd.HELD else LeftState.STUCK
    for exposure in left.values():
        _insert(db, record, exposure, state)


def _insert(db: Database, record: BasketEnded, exposure: Exposure, state: LeftState) -> None:
    db.table("stuck").insert(
        {
            "basket": record.basket,
            "market": exposure.market.id,
            "outcome": str(exposure.outcome),
            "qty": exposure.qty,
            "at_ns": record.at_ns,
            "note": SECRETS.strike_out(record.note),
            "state": str(state),
            "changed_ns": record.at_ns,
        }
    )


def read_leftovers(db: Database) -> tuple[Leftover, ...]:
    """Everything left over, oldest first."""
    rows = db.query(
        "select stuck.*, coalesce(baskets.loss, 0) as loss,"
        " exists (select 1 from settlements where settlements.market = stuck.market) as settled"
        " from stuck left join baskets using (basket) order by stuck.at_ns, basket, market"
    )
    return tuple(_leftover(row) for row in rows)


def describe_stuck(db: Database) -> tuple[str, ...]:
    """What could not be sold back and nobody has dealt with yet, in words."""
    rows = db.query(
        "select basket, market, outcome, qty, note from stuck"
        " where state in ('stuck', 'retry') order by at_ns"
    )
    return tuple(
        f"{row['qty']} micro-contracts of {row['outcome']} in {row['market']}"
        f" (basket {row['basket']}): {row['note']}"
        for row in rows
    )


def retries(db: Database) -> tuple[BasketId, ...]:
    """Baskets that a person wants to be unwound again."""
    rows = db.query("select distinct basket from stuck where state = 'retry' order by basket")
    return tuple(BasketId(row["basket"]) for row in rows)


def change_state(  # noqa: PLR0913, PLR0917 - who did what to which, when and why
    db: Database, basket: BasketId, state: LeftState, who: str, why: str, at_ns: Ns
) -> int:
    """Change what becomes of a basket's open leftovers; returns how many there were.

    Only what is stuck or held is open: what a person has taken over stays with them.
    """
    changed = db.execute(
        "update stuck set state = ?, who = ?, why = ?, changed_ns = ?"
        " where basket = ? and state in ('stuck', 'held', 'retry') and not exists"
        " (select 1 from settlements where settlements.market = stuck.market)",
        [str(state), who, why, at_ns, basket],
    )
    return changed.rowcount


def _leftover(row: dict[str, Any]) -> Leftover:
    return Leftover(
        basket=BasketId(row["basket"]),
        market=MarketId(row["market"]),
        outcome=Outcome(row["outcome"]),
        qty=Qty(row["qty"]),
        state=LeftState(row["state"]),
        note=row["note"],
        loss=Usd(row["loss"]),
        at_ns=Ns(row["at_ns"]),
        who=row["who"],
        why=row["why"],
        settled=bool(row["settled"]),
    )
