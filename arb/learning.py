"""What the journal teaches about baskets: every one that ended, as an attempt to learn from."""

from collections.abc import Iterator

from arb.detect.history import Attempt, LearntRow, learnt_table
from arb.market.units import MICRO, Usd
from arb.risk.chances import WHOLE
from arb.risk.takings import flows_of_baskets
from arb.store.baskets import StoredBasket
from arb.store.edges import StoredEdge, read_edges
from arb.store.journal import Journal

MOST_TOLD = 5
"""Rows of the table that people are shown."""


def attempts(journal: Journal) -> Iterator[Attempt]:
    """Every basket that ended, oldest first; of older stores without the age of its quotes.

    Raises StoreFailed.
    """
    edges = journal.ask(read_edges)
    flows = flows_of_baskets((line.basket, line.fill) for line in journal.fills())
    for basket in journal.baskets():
        if basket.outcome is not None:
            yield _attempt(basket, edges.get(basket.id), flows.get(basket.id, Usd(0)))


def learnt(journal: Journal) -> tuple[LearntRow, ...]:
    """How many baskets of each kind were filled, and what became of their edge."""
    return learnt_table(attempts(journal))


def _attempt(basket: StoredBasket, edge: StoredEdge | None, flow: Usd) -> Attempt:
    must_pay = basket.payout * basket.sets // basket.size
    return Attempt(
        lane=basket.lane,
        venues=edge.venues if edge else basket.venues,
        edge_ppm=edge.edge_ppm if edge else basket.edge_ppm,
        age_ns=edge.quote_age_ns if edge else None,
        filled=basket.outcome in WHOLE,
        spent=basket.spent,
        made=Usd(flow + must_pay),
    )


def learnt_lines(rows: tuple[LearntRow, ...]) -> Iterator[str]:
    """The table for people: what was attempted most."""
    often = sorted(rows, key=lambda row: -row.attempted)
    for row in often[:MOST_TOLD]:
        places = " and ".join(sorted(row.venues))
        yield (
            f"{row.lane} on {places}, {_edge_words(row)}, {_age_words(row)}:"
            f" {row.filled} of {row.attempted} filled"
            f" ({_percent(row.low_ppm)} to {_percent(row.high_ppm)}),"
            f" claimed {_percent(row.claimed_ppm)}, made {_percent(row.realised_ppm)}"
        )
    if len(rows) > MOST_TOLD:
        yield f"and {len(rows) - MOST_TOLD} more kinds of baskets (`--json` has all)"


def _edge_words(row: LearntRow) -> str:
    low, high = row.edge_ppm.low, row.edge_ppm.high
    if low is None:
        return f"edge below {_percent(high or 0)}"
    return f"edge from {_percent(low)}" + (f" to {_percent(high)}" if high is not None else "")


def _age_words(row: LearntRow) -> str:
    if row.age_ns is None:
        return "quotes of unknown age"
    low, high = row.age_ns.low, row.age_ns.high
    if low is None:
        return f"quotes below {_seconds(high or 0)}"
    return f"quotes from {_seconds(low)}" + (f" to {_seconds(high)}" if high is not None else "")


def _percent(ppm: int) -> str:
    return f"{ppm * 100 / MICRO:.1f} %"


def _seconds(ns: int) -> str:
    return f"{ns / 10**9:g} s"
