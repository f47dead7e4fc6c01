"""What was decided about pairs: a row a decision, none ever changed."""

import json
from typing import Any

from sqlite_utils import Database

from arb.market.instruments import MarketId
from arb.market.units import Ns
from arb.pairing.decision import Decision, Origin, PairDecided

TABLES = """
create table pair_decisions (
    kalshi text not null, polymarket text not null, decision text not null,
    yes_is_yes integer not null, origin text not null, who text not null, why text not null,
    at_ns integer not null, kalshi_text text not null, polymarket_text text not null,
    facts text not null
) strict;
"""


def write_decision(db: Database, record: PairDecided) -> None:
    """Add a decision."""
    db.table("pair_decisions").insert(
        {
            "kalshi": record.kalshi,
            "polymarket": record.polymarket,
            "decision": str(record.decision),
            "yes_is_yes": int(record.yes_is_yes),
            "origin": str(record.origin),
            "who": record.who,
            "why": record.why,
            "at_ns": record.at_ns,
            "kalshi_text": record.kalshi_text,
            "polymarket_text": record.polymarket_text,
            "facts": json.dumps(record.facts),
        }
    )


def read_decisions(db: Database) -> tuple[PairDecided, ...]:
    """Every decision, oldest first."""
    return tuple(map(_decision, db.query("select * from pair_decisions order by rowid")))


def _decision(row: dict[str, Any]) -> PairDecided:
    return PairDecided(
        kalshi=MarketId(row["kalshi"]),
        polymarket=MarketId(row["polymarket"]),
        decision=Decision(row["decision"]),
        yes_is_yes=bool(row["yes_is_yes"]),
        origin=Origin(row["origin"]),
        who=row["who"],
        why=row["why"],
        at_ns=Ns(row["at_ns"]),
        kalshi_text=row["kalshi_text"],
        polymarket_text=row["polymarket_text"],
        facts=tuple(json.loads(row["facts"])),
    )
