"""Commands that read the store: right to the micro-dollar, read-only, and clear where none is."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from arb.__main__ import main
from arb.commands.tables import table_lines
from arb.market.instruments import Action, Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import (
    Balance,
    BasketEnd,
    BasketEnded,
    Fill,
    FillId,
    FillStatus,
    NewOrder,
    Noted,
    OpeningBalance,
    OpeningPosition,
    OrderEnded,
    OrderFilled,
    OrderId,
    OrderKey,
    Position,
    PreparedOrder,
    RunEnded,
    RunStarted,
    Settlement,
    SettlementId,
)
from arb.store.journal import Journal
from tests.fakes.markets import approve, make_market

TEN = Qty(10 * MICRO)
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], TEN, name="aa-1")
DAY_NS = Ns(1_784_160_000 * 10**9)
"""2026-07-16."""


def order(name: str, market: Market, outcome: Outcome, px: int) -> NewOrder:
    return NewOrder(
        id=OrderId(name),
        basket=CROSS.basket,
        market=market,
        outcome=outcome,
        action=Action.BUY,
        qty=TEN,
        limit=Px(px),
        created_ns=DAY_NS,
    )


def bought(one: NewOrder, fee: int, status: FillStatus) -> list[Any]:
    """An order from its intent to its end, filled at its limit."""
    fill = Fill(
        id=FillId(f"fill of {one.id}"),
        venue=one.market.venue,
        market=one.market.id,
        key=OrderKey(f"key of {one.id}"),
        venue_order_id="",
        outcome=one.outcome,
        action=one.action,
        px=one.limit,
        qty=one.qty,
        fee=Usd(fee),
        at_ns=DAY_NS,
        status=status,
    )
    return [
        PreparedOrder(one, OrderKey(f"key of {one.id}"), b"signed"),
        OrderFilled(one, fill),
        OrderEnded(one.id, "v-1", one.qty, "", DAY_NS),
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data directory whose store has one whole basket, one open order and one run."""
    journal = Journal(tmp_path / "arb.db")
    journal.write(
        [
            RunStarted("r1", "paper", "venues.json", 7, DAY_NS),
            *(
                OpeningBalance(Balance(venue, 0, Usd(1000 * MICRO)), DAY_NS)
                for venue in (Venue.POLYMARKET, Venue.KALSHI)
            ),
            CROSS,
            *bought(order("o1", POLY, Outcome.YES, 450_000), 0, FillStatus.PROVISIONAL),
            *bought(order("o2", KALSHI, Outcome.NO, 500_000), 170_000, FillStatus.FIRM),
            PreparedOrder(order("o3", KALSHI, Outcome.NO, 490_000), OrderKey("k3"), b""),
            BasketEnded(CROSS.basket, BasketEnd.COMPLETED, TEN, (), "", DAY_NS),
            Noted("crash", "a feed", DAY_NS),
            RunEnded("r1", "ran for 60 s", 0, DAY_NS),
        ]
    )
    journal.close()
    return tmp_path


def arb(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data-dir", str(home)])


def said(home: Path, *words: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    done = arb(home, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_positions_say_what_is_held_what_it_cost_and_what_may_be_taken_back(home: Path) -> None:
    """One row a market; what the venue has not settled is told apart."""
    kalshi, poly = said(home, "positions")
    assert (poly["yes"], poly["pending"], poly["paid_usd"]) == ("10", "10", "4.500000")
    assert (kalshi["no"], kalshi["pending"], kalshi["paid_usd"]) == ("10", "0", "5.170000")


def test_the_balance_is_the_statement_of_the_store(home: Path) -> None:
    """Cash moved by 4.50 and 5.17; ten sets must pay 10: 0.33 are locked, nothing is realised."""
    found = said(home, "balance")
    assert [pool["cash_usd"] for pool in found["pools"]] == ["994.830000", "995.500000"]
    assert found["locked_profit_usd"] == "0.330000"
    assert (found["realised_usd"], found["fees_usd"]) == ("0.000000", "0.170000")
    shown = arb(home, "balance").stdout
    assert "locked profit    $0.330000" in shown
    assert "change of cash   -$9.670000" in shown


def test_what_settled_is_no_position_any_more(home: Path) -> None:
    """The winner's dollars are cash, and realised."""
    journal = Journal(home / "arb.db")
    paid = Settlement(SettlementId("s"), Venue.KALSHI, 0, KALSHI.id, Usd(TEN), DAY_NS)
    journal.write([paid])
    journal.close()
    assert [row["market"] for row in said(home, "positions")] == [POLY.id]
    assert said(home, "balance")["realised_usd"] == "4.830000"


def test_orders_can_be_narrowed_to_a_basket_or_to_those_without_an_end(home: Path) -> None:
    """Newest first; an order without an end is unknown, which is not failed."""
    assert {row["order"] for row in said(home, "orders")} == {"o1", "o2", "o3"}
    (left,) = said(home, "orders", "--open")
    assert (left["order"], left["state"], left["filled"]) == ("o3", "unknown", None)
    assert said(home, "orders", "--basket", "zz") == []
    assert len(said(home, "orders", "--basket", "aa", "--last", "1")) == 1


def test_trades_have_price_fee_and_status(home: Path) -> None:
    """Every fill with the basket that it was for."""
    second, first = said(home, "trades")
    assert (first["price"], first["fee_usd"], first["status"]) == (
        "0.45",
        "0.000000",
        "provisional",
    )
    assert (second["basket"], second["contracts"]) == (CROSS.basket, "10")
    assert [row["fill"] for row in said(home, "trades", "--open")] == ["fill of o1"]


def test_history_has_baskets_with_what_each_made_runs_and_notes(home: Path) -> None:
    """What a basket made is its cash and what its sets must pay."""
    (basket,) = said(home, "history")
    assert (basket["end"], basket["cash_usd"], basket["made_usd"]) == (
        "completed",
        "-9.670000",
        "0.330000",
    )
    (run,) = said(home, "history", "runs")
    assert (run["reason"], run["exit_code"], run["at"]) == (
        "ran for 60 s",
        0,
        "2026-07-16T00:00:00Z",
    )
    assert [note["text"] for note in said(home, "history", "notes")] == ["a feed"]


def test_people_get_columns_that_line_up_and_the_name_of_the_store(home: Path) -> None:
    """Texts to the left, numbers to the right, basket ids cut to what commands take."""
    done = arb(home, "orders", "--last", "2")
    assert done.stderr == f"store: {home / 'arb.db'}\n"
    heading, *lines = done.stdout.splitlines()
    assert heading.startswith("at                    basket  market        action")
    assert [line[:50] for line in lines] == [
        "2026-07-16T00:00:00Z  aa-1    polymarket:p  buy   ",
        "2026-07-16T00:00:00Z  aa-1    kalshi:k      buy   ",
    ]


def test_a_cell_that_is_too_long_loses_its_middle_and_numbers_stand_to_the_right() -> None:
    """Nothing is wider than a screen bears; what is missing is marked."""
    rows = [{"name": "x" * 30 + "y" * 30, "n": "5"}, {"name": "short", "n": "1,234.50"}]
    assert table_lines(rows, ("name", "n")) == [
        "name" + " " * 51 + "n",
        "x" * 22 + "…" + "y" * 23 + "         5",
        "short" + " " * 41 + "  1,234.50",
    ]


def test_the_last_column_is_told_whole(home: Path) -> None:
    """Notes and titles stand there: nobody has to ask again for what a note says."""
    text = "a note " * 20
    journal = Journal(home / "arb.db")
    journal.write([Noted("held", text.strip(), DAY_NS)])
    journal.close()
    assert text.strip() in arb(home, "history", "notes").stdout
    assert table_lines([{"n": 1, "title": "x" * 90}], ("n", "title"))[1].endswith("x" * 90)


def test_a_position_names_the_basket_that_it_was_bought_for(home: Path) -> None:
    """A market's id alone says little."""
    title = CROSS.plan.template.title
    assert {row["last_basket"] for row in said(home, "positions")} == {title}
    assert title in arb(home, "positions").stdout


def test_without_a_bot_nothing_is_said_to_run(tmp_path: Path) -> None:
    """The status of an empty directory: nobody runs, and nothing would hold a start back."""
    done = arb(tmp_path, "status")
    assert done.exit_code == 0
    assert done.stdout == "no bot runs here\nnothing holds the next start back\n"
    assert said(tmp_path, "status")["dashboard"] is None


def test_nothing_is_written_and_what_a_bot_writes_meanwhile_is_no_hindrance(home: Path) -> None:
    """A store held open by a writer is read; its file is the same afterwards."""
    with closing(sqlite3.connect(home / "arb.db", isolation_level=None)) as writer:
        writer.execute("begin immediate")
        writer.execute("insert into notes values (1, 'x', 'not committed')")
        before = (home / "arb.db").read_bytes()
        assert len(said(home, "history", "notes")) == 1
        assert (home / "arb.db").read_bytes() == before


def test_the_store_written_last_is_read_unless_another_is_named(home: Path) -> None:
    """A data directory may have one of real venues and one of simulated ones."""
    (home / "simulated.db").write_bytes((home / "arb.db").read_bytes())
    assert "simulated.db" in arb(home, "balance").stderr
    assert "arb.db" in arb(home, "balance", "--store", str(home / "arb.db")).stderr


def test_where_no_store_is_that_is_said(tmp_path: Path) -> None:
    """Exit code 2 and what makes one; a file that is no store, or an older one, is code 5."""
    done = arb(tmp_path, "positions")
    assert (done.exit_code, "arb run` makes one" in done.stderr) == (2, True)
    (tmp_path / "arb.db").write_text("no database")
    assert arb(tmp_path, "positions").exit_code == 5
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.execute("create table runs (run text)")
    done = arb(tmp_path, "positions", "--store", str(tmp_path / "old.db"))
    assert (done.exit_code, "older version" in done.stderr) == (5, True)


@pytest.mark.parametrize("words", [["opportunities"], ["top"], ["health"]])
def test_what_needs_a_running_bot_says_that_none_runs(tmp_path: Path, words: list[str]) -> None:
    """Exit code 3, and how to start one."""
    done = arb(tmp_path, *words)
    assert done.exit_code == 3
    assert "no bot runs" in done.stderr


def test_what_was_held_before_the_first_start_is_a_position_too(home: Path) -> None:
    """It cost this store nothing, and is not forgotten."""
    journal = Journal(home / "arb.db")
    before = make_market("old")
    journal.write([OpeningPosition(Position(before.id, Qty(3 * MICRO), Qty(0)), DAY_NS)])
    journal.close()
    (row,) = [row for row in said(home, "positions") if row["market"] == before.id]
    assert (row["yes"], row["paid_usd"]) == ("3", "0.000000")
