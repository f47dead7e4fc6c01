"""What may be turned into cash by what the store knows: whole sets, less what is somebody's."""

from collections import Counter, defaultdict
from collections.abc import Container
from itertools import groupby

from sqlite_utils import Database

from arb.detect.basket import Lane
from arb.market.instruments import MarketId, Outcome
from arb.messages import BasketEnd, TurnKind
from arb.store.turns import read_done_turns

_SETS = """
select b.basket, b.sets, l.market from baskets b join basket_legs l using (basket)
where b.lane = ? and b.outcome in (?, ?) and b.sets > 0 and l.outcome = ?
order by b.basket, l.leg
"""
_LEFT = """
select market, outcome, sum(qty) as qty from stuck
where not exists (select 1 from settlements where settlements.market = stuck.market)
group by market, outcome
"""


def whole_sets(db: Database, listed: Container[MarketId]) -> dict[frozenset[MarketId], int]:
    """Whole sets of NO by the markets they are in, less what was converted already."""
    ends = (str(BasketEnd.COMPLETED), str(BasketEnd.REDUCED))
    found: Counter[frozenset[MarketId]] = Counter()
    rows = db.query(_SETS, [str(Lane.ALL_NO), *ends, str(Outcome.NO)])
    for _, legs in groupby(rows, key=lambda row: row["basket"]):
        of_one = list(legs)
        found[frozenset(MarketId(row["market"]) for row in of_one)] += of_one[0]["sets"]
    for turn in read_done_turns(db):
        if turn.kind is TurnKind.CONVERT:
            given = [change for change in turn.changes if change.no < 0]
            found[frozenset(change.market for change in given)] += given[0].no
    return {
        markets: qty
        for markets, qty in found.items()
        if qty > 0 and all(market in listed for market in markets)
    }


def left_over(db: Database) -> dict[MarketId, tuple[int, int]]:
    """YES and NO that baskets left over: a person, or an unwind, may still sell them."""
    found: dict[MarketId, Counter[str]] = defaultdict(Counter)
    for row in db.query(_LEFT):
        found[MarketId(row["market"])][row["outcome"]] += row["qty"]
    return {market: (held[Outcome.YES], held[Outcome.NO]) for market, held in found.items()}
