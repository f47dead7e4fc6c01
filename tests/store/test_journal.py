"""The journal gives back what was written, all of it or nothing, also after a crash."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import (
    Balance,
    BasketEnd,
    BasketEnded,
    BasketId,
    Exposure,
    FillStatus,
    Noted,
    OpeningBalance,
    OrderEnded,
    OrderFilled,
    OrderId,
    PreparedOrder,
    RunEnded,
    RunStarted,
)
from arb.store.journal import Journal, StoreFailed
from tests.fakes.markets import approve, make_fill, make_market, make_order, make_prepared

POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], 10 * MICRO)
ORDER = make_order(POLY)
INTENT = make_prepared(ORDER)
FILL = make_fill(POLY, "f1", key=INTENT.key, venue_order_id="v1", fee=96)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


def end(filled: int = 10 * MICRO, order: str = ORDER.id) -> OrderEnded:
    return OrderEnded(OrderId(order), "v1", Qty(filled), "", Ns(7))


def ended(*stuck: Exposure) -> BasketEnded:
    return BasketEnded(CROSS.basket, BasketEnd.STUCK, Qty(4 * MICRO), stuck, "why", Ns(9))


def test_an_order_comes_back_as_it_was_sent(path: Path) -> None:
    """Everything needed to ask for an order survives, byte for byte, until its end is known."""
    journal = Journal(path)
    journal.write([CROSS, INTENT])
    (stored,) = journal.orders(unfinished=True)
    assert stored.prepared(POLY) == INTENT
    assert (stored.filled, stored.venue_order_id) == (None, None)
    journal.write([end(3 * MICRO)])
    assert journal.orders(unfinished=True) == ()
    (stored,) = journal.orders()
    assert (stored.filled, stored.venue_order_id) == (3 * MICRO, "v1")
    journal.close()


def test_a_basket_comes_back_with_its_legs(path: Path) -> None:
    """Size, payout, legs and limits survive; the end is told once it is there."""
    journal = Journal(path)
    journal.write([CROSS])
    (basket,) = journal.baskets()
    assert (basket.id, basket.size, basket.payout) == ("b1", 10 * MICRO, 10 * MICRO)
    assert (basket.outcome, basket.sets) == (None, 0)
    assert [(leg.market, leg.outcome, leg.qty, leg.limit) for leg in basket.legs] == [
        (plan.leg.market, plan.leg.outcome, plan.qty, plan.limit) for plan in CROSS.plan.legs
    ]
    journal.write([ended(Exposure(POLY, Outcome.YES, Qty(MICRO)))])
    (basket,) = journal.baskets()
    assert (basket.outcome, basket.sets) == ("stuck", 4 * MICRO)
    journal.close()


def test_a_fill_is_kept_once_with_its_latest_status(path: Path) -> None:
    """The same fill told again replaces its row and keeps its place among the others."""
    journal = Journal(path)
    second = make_fill(POLY, "f2", key=INTENT.key, venue_order_id="v1")
    journal.write([CROSS, INTENT, end()])
    journal.write([OrderFilled(ORDER, attrs.evolve(FILL, status=FillStatus.PROVISIONAL))])
    journal.write([OrderFilled(ORDER, second), OrderFilled(ORDER, FILL)])
    lines = journal.fills()
    assert [line.fill for line in lines] == [FILL, second]
    assert {(line.basket, line.order) for line in lines} == {(CROSS.basket, ORDER.id)}
    journal.close()


def test_the_same_fill_id_on_two_venues_is_two_fills(path: Path) -> None:
    """A fill's identity is its venue's."""
    journal = Journal(path)
    other = make_prepared(make_order(KALSHI, "o2"))
    journal.write([CROSS, INTENT, other, OrderFilled(ORDER, FILL)])
    journal.write([OrderFilled(other.order, make_fill(KALSHI, "f1", key=other.key))])
    assert [line.fill.venue for line in journal.fills()] == [Venue.POLYMARKET, Venue.KALSHI]
    journal.close()


def test_balances_and_notes_come_back(path: Path) -> None:
    """What the pools held at first, and what people should find again."""
    journal = Journal(path)
    balances = [Balance(Venue.KALSHI, 2, Usd(5)), Balance(Venue.POLYMARKET, 0, Usd(-1))]
    note = Noted("drift", "quote ' and ☂", Ns(3))
    journal.write([*(OpeningBalance(balance, Ns(1)) for balance in balances), note])
    assert set(journal.opening_balances()) == set(balances)
    assert journal.notes() == (note,)
    journal.close()


def test_a_run_has_a_start_and_an_end(path: Path) -> None:
    """Both are in the same row, readable by anybody with SQLite."""
    journal = Journal(path)
    journal.write([RunStarted("r1", "paper", "sim", 2**63 - 1, Ns(1))])
    journal.write([RunEnded("r1", "KILL exists", 3, Ns(2))])
    journal.close()
    with closing(sqlite3.connect(path)) as db:
        row = db.execute("select seed, reason, exit_code from runs").fetchone()
    assert row == (2**63 - 1, "KILL exists", 3)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(INTENT, id="the same order twice"),
        pytest.param(
            PreparedOrder(make_order(POLY, "o9"), INTENT.key, b""),
            id="another order under the same key",
        ),
        pytest.param(CROSS, id="the same basket twice"),
        pytest.param(end(order="nobody"), id="the end of an order never written"),
        pytest.param(
            OrderFilled(make_order(POLY, "nobody"), FILL), id="a fill of an order never written"
        ),
        pytest.param(
            attrs.evolve(ended(), basket=BasketId("nobody")), id="the end of an unknown basket"
        ),
        pytest.param(RunEnded("nobody", "", 0, Ns(0)), id="the end of an unknown run"),
    ],
)
def test_a_batch_is_written_whole_or_not_at_all(path: Path, bad: object) -> None:
    """One record that breaks a rule takes its whole batch with it, as StoreFailed."""
    journal = Journal(path)
    journal.write([CROSS, INTENT])
    with pytest.raises(StoreFailed):
        journal.write([Noted("kind", "text", Ns(1)), bad])  # type: ignore[list-item]  # any record
    assert journal.notes() == ()
    journal.write([Noted("kind", "text", Ns(1))])
    assert len(journal.notes()) == 1
    journal.close()


def test_what_is_written_survives_reopening(path: Path) -> None:
    """A second opening finds the same file, brings nothing back to the start, and reads all."""
    first = Journal(path)
    first.write([CROSS, INTENT, end(), OrderFilled(ORDER, FILL), ended()])
    first.close()
    again = Journal(path)
    assert [line.fill for line in again.fills()] == [FILL]
    assert again.baskets()[0].outcome == "stuck"
    again.close()


CRASH = """
import os, signal, sys
from pathlib import Path
from arb.market.units import Ns
from arb.messages import Noted
from arb.store.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(1000):
    journal.write([Noted("n", str(number), Ns(number))])
    print(number, flush=True)
    if number == 20:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_acknowledged_survives_kill_9(path: Path) -> None:
    """Everything that `write` returned from is there after the process was killed."""
    run = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", CRASH, str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    journal = Journal(path)
    assert [note.text for note in journal.notes()] == run.stdout.split()
    journal.close()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder that is not there is StoreFailed, with the path."""
    with pytest.raises(StoreFailed, match="nowhere"):
        Journal(tmp_path / "nowhere" / "store.sqlite")


def test_a_file_that_is_no_store_is_told(path: Path) -> None:
    """Damage is StoreFailed, not a foreign error."""
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreFailed):
        Journal(path)


@given(
    st.integers(1, 10**15), st.integers(1, MICRO - 1), st.binary(max_size=200), st.text(max_size=50)
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_order_round_trips(qty: int, px: int, body: bytes, note: str) -> None:
    """Sizes, prices, bytes and words of any kind come back as they went in."""
    note = note.encode("utf-8", "replace").decode()
    intent = attrs.evolve(
        make_prepared(make_order(POLY, qty=qty, limit=px)),
        body=body,
    )
    journal = Journal(Path(":memory:"))
    journal.write([CROSS, intent, OrderEnded(ORDER.id, note, Qty(qty), note, Ns(1))])
    (stored,) = journal.orders()
    assert stored.prepared(POLY) == intent
    assert (stored.filled, stored.venue_order_id) == (qty, note)
    journal.close()
