"""`arb stuck`: what waits for a person, and what a person says about it."""

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from arb.__main__ import main
from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import (
    BasketEnd,
    BasketEnded,
    BasketId,
    Exposure,
    Settlement,
    SettlementId,
    UnwindChosen,
    Way,
)
from arb.store.journal import Journal
from arb.store.leftovers import LeftState, read_leftovers, retries
from tests.fakes.markets import approve, make_market

TEN = 10 * MICRO
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], TEN, name="aa-1")
ENDED = BasketEnded(
    basket=CROSS.basket,
    end=BasketEnd.STUCK,
    sets=Qty(0),
    stuck=(Exposure(POLY, Outcome.YES, Qty(TEN)),),
    note="nobody bids",
    at_ns=Ns(5),
    loss=Usd(4_599_000),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data directory with one stuck basket and one that is held on purpose."""
    journal = Journal(tmp_path / "arb.db")
    held = attrs.evolve(CROSS, basket=BasketId("ab-2"))
    journal.write(
        [
            CROSS,
            UnwindChosen(CROSS.basket, 1, Way.STUCK, Usd(0), "nobody bids", Ns(4)),
            ENDED,
            held,
            attrs.evolve(ENDED, basket=held.basket, end=BasketEnd.HELD, note="a cent"),
        ]
    )
    journal.close()
    return tmp_path


def arb(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["stuck", *words, "--data-dir", str(home)])


def rows(home: Path, *words: str) -> list[dict[str, Any]]:
    result = arb(home, *words, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_what_waits_for_a_person_is_listed(home: Path) -> None:
    """The stuck basket, with what it pays at worst and at best, and what was lost; not the held."""
    (row,) = rows(home, "list")
    assert (row["basket"], row["state"], row["contracts"]) == ("aa-1", "stuck", "10")
    assert (row["pays_at_worst"], row["pays_at_best"]) == ("0", "10")
    assert (row["basket_lost"], row["note"]) == ("4.599000", "nobody bids")
    assert "10 yes of polymarket:p" in arb(home).stdout
    assert {row["state"] for row in rows(home, "list", "--all")} == {"stuck", "held"}


def test_what_a_person_takes_over_waits_no_more(home: Path) -> None:
    """Acknowledged with who and why; it can no more be acted on."""
    (row,) = rows(home, "ack", "aa", "--who", "ann", "--why", "sold by hand")
    assert (row["state"], row["who"], row["why"]) == ("acknowledged", "ann", "sold by hand")
    assert rows(home, "list") == []
    assert arb(home).stdout == "nothing is stuck\n"
    assert arb(home, "retry", "aa").exit_code == 2


@pytest.mark.parametrize(("words", "budget"), [((), 9_774_000), (("--loss", "2.50"), 2_500_000)])
def test_another_try_may_lose_what_was_said_or_all_that_was_paid(
    home: Path, words: tuple[str, ...], budget: int
) -> None:
    """It is asked for in the store, with the loss that the person allows."""
    (row,) = rows(home, "retry", "aa-1", *words)
    assert row["state"] == "retry"
    journal = Journal(home / "arb.db")
    assert journal.ask(retries) == ("aa-1",)
    (stored, _) = journal.baskets()
    journal.close()
    assert (stored.id, stored.loss_budget) == ("aa-1", budget)
    assert budget in {2_500_000, stored.spent}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ack", "zz"), "no basket named like 'zz'"),
        (("ack", "a"), "may mean any of aa-1, ab-2"),
        (("retry", "aa", "--loss", "much"), "--loss"),
        (("retry", "aa", "--loss", "0"), "more than nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_words(
    home: Path, words: tuple[str, ...], says: str
) -> None:
    """Exit code 2, and nothing changes."""
    result = arb(home, *words)
    assert (result.exit_code, says in result.stderr) == (2, True)
    assert [row["state"] for row in rows(home, "list")] == ["stuck"]


def test_a_store_that_is_none_is_said_so(tmp_path: Path) -> None:
    """Exit code 5; a directory without a store has nothing stuck."""
    assert arb(tmp_path).stdout == "nothing is stuck\n"
    (tmp_path / "arb.db").write_text("no database")
    assert arb(tmp_path).exit_code == 5


def test_what_settled_waits_for_nobody(home: Path) -> None:
    """Its market resolved: nothing is left to decide."""
    journal = Journal(home / "arb.db")
    paid = Settlement(SettlementId("s"), Venue.POLYMARKET, 0, POLY.id, Usd(TEN), Ns(9))
    journal.write([paid])
    journal.close()
    assert rows(home, "list") == []
    assert {row["state"] for row in rows(home, "list", "--all")} == {"settled"}


def test_a_new_end_replaces_what_was_left_over(home: Path) -> None:
    """Unwound after all: nothing of the basket is stuck any more."""
    journal = Journal(home / "arb.db")
    journal.write([attrs.evolve(ENDED, end=BasketEnd.UNWOUND, stuck=())])
    states = [left.state for left in journal.ask(read_leftovers)]
    journal.close()
    assert states == [LeftState.HELD]
