"""What resolved markets paid."""

from sqlite_utils import Database

from arb.market.instruments import Venue
from arb.messages import Settlement, SettlementId


def write_settlement(db: Database, record: Settlement) -> None:
    """Write down what a market paid."""
    db.table("settlements").insert(
        {
            "venue": str(record.venue),
            "settlement": record.id,
            "pool": record.pool,
            "market": record.market,
            "usd": record.usd,
            "at_ns": record.at_ns,
        }
    )


def read_settlements(db: Database) -> tuple[Settlement, ...]:
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
        for row in db.query("select * from settlements order by rowid")
    )
