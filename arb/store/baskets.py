"""Baskets and their legs: as approved, and how they ended."""

from collections.abc import Sequence
from typing import Any

import attrs
from sqlite_utils import Database

from arb.detect.basket import Leg
from arb.market.instruments import MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import Approved, BasketEnded, BasketId
from arb.redaction import SECRETS
from arb.store.edges import write_edge
from arb.store.leftovers import write_left_over


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
    def contracts(self) -> tuple[Leg, ...]:
        """What one set is made of."""
        return tuple(Leg(leg.market, leg.outcome) for leg in self.legs)

    @property
    def venues(self) -> frozenset[Venue]:
        """Where its legs are traded."""
        return frozenset(Venue(leg.market.partition(":")[0]) for leg in self.legs)

    @property
    def edge_ppm(self) -> int:
        """Planned profit over what was to be spent, in millionths."""
        return (self.payout - self.spent) * MICRO // self.spent if self.spent else 0


def write_basket(db: Database, record: Approved) -> None:
    """Write down what was approved, leg by leg."""
    plan = record.plan
    db.table("baskets").insert(
        {
            "basket": record.basket,
            "template": plan.template.id,
            "lane": str(plan.template.lane),
            "title": plan.template.title,
            "size": plan.size,
            "payout": plan.payout,
            "cost": plan.cost,
            "fees": plan.fees,
            "profit": plan.profit,
            "decided_ns": record.decided_ns,
            "loss_budget": record.loss_budget,
        }
    )
    write_edge(db, record)
    for number, leg in enumerate(plan.legs):
        db.table("basket_legs").insert(
            {
                "basket": record.basket,
                "leg": number,
                "market": leg.leg.market,
                "outcome": str(leg.leg.outcome),
                "qty": leg.qty,
                "limit_px": leg.limit,
            }
        )


def write_basket_ended(db: Database, record: BasketEnded) -> None:
    """Write down how a basket ended and what it left over.

    Raises NotFoundError where there is no such basket.
    """
    db.table("baskets").update(
        record.basket,
        {
            "ended_ns": record.at_ns,
            "outcome": str(record.end),
            "sets": record.sets,
            "note": SECRETS.strike_out(record.note),
            "loss": record.loss,
        },
    )
    write_left_over(db, record)


def read_baskets(db: Database) -> tuple[StoredBasket, ...]:
    """Every basket, oldest first."""
    legs: dict[str, list[StoredLeg]] = {}
    for row in db.query("select * from basket_legs order by basket, leg"):
        legs.setdefault(row["basket"], []).append(_stored_leg(row))
    rows = db.query("select * from baskets order by decided_ns, basket")
    return tuple(_stored_basket(row, legs.get(row["basket"], [])) for row in rows)


def read_basket(db: Database, basket: BasketId) -> StoredBasket | None:
    """One basket with its legs; None where there is none of that name."""
    rows = db.query("select * from basket_legs where basket = ? order by leg", [basket])
    legs = [_stored_leg(row) for row in rows]
    found = next(iter(db.query("select * from baskets where basket = ?", [basket])), None)
    return None if found is None else _stored_basket(found, legs)


def _stored_leg(row: dict[str, Any]) -> StoredLeg:
    return StoredLeg(row["market"], Outcome(row["outcome"]), row["qty"], row["limit_px"])


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
