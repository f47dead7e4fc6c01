"""What each basket claimed and how old its quotes were: what the next baskets are judged by."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from sqlite_utils import Database

from arb.market.instruments import Venue
from arb.market.units import MICRO
from arb.messages import Approved, BasketId

TABLES = """
create table basket_edges (
    basket text primary key references baskets, lane text not null, venues text not null,
    edge_ppm integer not null, quote_age_ns integer
) strict;
"""
"""A basket of an older store has no row: its lane and edge stand in `baskets`, its quotes' age
nowhere."""
_BETWEEN = ","


@attrs.frozen
class StoredEdge:
    """What one basket claimed when it was decided on."""

    basket: BasketId
    lane: str
    venues: frozenset[Venue]
    edge_ppm: int
    """Planned profit over cost and fees, in millionths."""
    quote_age_ns: int | None
    """Of the leg's book that changed longest ago; None where nobody knew."""


def write_edge(db: Database, record: Approved) -> None:
    """Write what a basket claims, beside the basket itself."""
    plan = record.plan
    spent = plan.cost + plan.fees
    db.table("basket_edges").insert(
        {
            "basket": record.basket,
            "lane": str(plan.template.lane),
            "venues": _BETWEEN.join(sorted({str(market.venue) for market in record.markets})),
            "edge_ppm": plan.profit * MICRO // spent if spent else 0,
            "quote_age_ns": record.quote_age_ns,
        }
    )


def read_edges(db: Database) -> dict[BasketId, StoredEdge]:
    """Every basket's claim, by basket."""
    rows: Iterable[Mapping[str, Any]] = db.query("select * from basket_edges")
    return {row["basket"]: _edge(row) for row in rows}


def _edge(row: Mapping[str, Any]) -> StoredEdge:
    return StoredEdge(
        basket=row["basket"],
        lane=row["lane"],
        venues=frozenset(Venue(name) for name in row["venues"].split(_BETWEEN)),
        edge_ppm=row["edge_ppm"],
        quote_age_ns=row["quote_age_ns"],
    )
