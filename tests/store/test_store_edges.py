"""What a basket claimed is kept with it, and read back for the next ones to learn from."""

from pathlib import Path

import attrs
import pytest

from arb.learning import attempts, learnt, learnt_lines
from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Qty
from arb.messages import BasketEnd, BasketEnded, BasketId
from arb.store.edges import read_edges
from arb.store.journal import Journal
from tests.fakes.markets import approve, make_market

POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
CROSS = attrs.evolve(
    approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], 10 * MICRO),
    quote_age_ns=250_000_000,
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "store.sqlite")


def end(basket: BasketId, how: BasketEnd, sets: int) -> BasketEnded:
    return BasketEnded(basket, how, Qty(sets), (), "", Ns(9))


def test_a_claim_comes_back_as_it_was_made(journal: Journal) -> None:
    """Lane, venues, edge and the age of quotes at the decision."""
    journal.write([CROSS])
    edge = journal.ask(read_edges)[CROSS.basket]
    plan = CROSS.plan
    assert edge.quote_age_ns == 250_000_000
    assert edge.venues == frozenset(Venue)
    assert edge.lane == plan.template.lane
    assert edge.edge_ppm == plan.profit * MICRO // (plan.cost + plan.fees)


def test_only_ended_baskets_teach(journal: Journal) -> None:
    """A basket in flight is no attempt yet; one that ended is, with the age of its quotes."""
    journal.write([CROSS])
    assert list(attempts(journal)) == []
    journal.write([end(CROSS.basket, BasketEnd.MISSED, 0)])
    (attempt,) = attempts(journal)
    assert (attempt.filled, attempt.age_ns, attempt.made) == (False, 250_000_000, 0)


def test_a_basket_of_an_older_store_teaches_without_its_age(journal: Journal) -> None:
    """Where nobody wrote down what was claimed, what the basket itself says counts."""
    journal.write([CROSS, end(CROSS.basket, BasketEnd.COMPLETED, 10 * MICRO)])
    journal.ask(lambda db: db.execute("delete from basket_edges"))
    (attempt,) = attempts(journal)
    assert attempt.age_ns is None
    assert attempt.filled
    assert attempt.venues == frozenset(Venue)


def test_the_table_is_told_in_words(journal: Journal) -> None:
    """A row says what it is about, how many were filled and what became of the edge."""
    journal.write([CROSS, end(CROSS.basket, BasketEnd.COMPLETED, 10 * MICRO)])
    (line,) = learnt_lines(learnt(journal))
    assert "kalshi and polymarket" in line
    assert "quotes from 0.1 s to 1 s: 1 of 1 filled" in line
