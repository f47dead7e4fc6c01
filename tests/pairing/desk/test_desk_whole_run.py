"""The whole bot on virtual time, while what it trades is changed under it at both venues."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from arb.board import Board
from arb.commands.setup import read_settings
from arb.commands.surroundings import VIRTUAL_START_NS, run_virtually, virtual_surroundings
from arb.market.instruments import MarketId, Venue
from arb.outside import Venues, open_venues
from arb.session import Options, run
from arb.sim.operator import Operator
from arb.sim.operator_forms import Named, NewRules
from arb.sim.world import World
from arb.summary import Summary

pytestmark = pytest.mark.timeout(240)
"""A whole run of the program, on a machine that may be busy."""

SEED, SPEED_PPM = 5, 3_000_000
EDIT_S, REFRESH_S, FOR_S = 20.0, 5.0, 45.0
READING_S = 5.0
"""More than reading both venues' lists takes here."""


class Quiet:
    """A display that shows nothing."""

    every_s = 60.0

    def say(self, text: str) -> None:
        pass

    def show(self, board: Board) -> None:
        pass


@attrs.frozen
class Ran:
    """A run and its store."""

    summary: Summary
    rows: Callable[[str], list[tuple[object, ...]]]

    def begun(self, lane: str, after_s: float) -> int:
        """Baskets of a lane begun after so many seconds."""
        since = VIRTUAL_START_NS + round(after_s * 1e9)
        found = self.rows(f"select lane from baskets where decided_ns >= {since}")  # noqa: S608 - our own number
        return sum(row == (lane,) for row in found)

    def notes(self) -> str:
        return "\n".join(str(text) for (text,) in self.rows("select text from notes"))


def run_with(home: Path, edit: Callable[[World, Operator], None] | None) -> Ran:
    """Run the bot; somebody edits the venues after `EDIT_S`."""
    settings = read_settings({"data_dir": str(home / "var"), "seed": SEED, "speed_ppm": SPEED_PPM})
    around = virtual_surroundings(SEED)
    (home / "var").mkdir()

    @asynccontextmanager
    async def venues() -> AsyncIterator[Venues]:
        async with open_venues(settings, around) as opened, trio.open_nursery() as nursery:
            world = opened.world
            assert world is not None
            if edit is not None:
                nursery.start_soon(_later, lambda: edit(world, Operator(world, around.now_ns)))
            yield opened
            nursery.cancel_scope.cancel()

    options = Options(venues=venues(), kill_file=home / "KILL", for_s=FOR_S)
    summary = run_virtually(lambda: run(settings, options, Quiet()), SEED)

    def rows(query: str) -> list[tuple[object, ...]]:
        db = sqlite3.connect(home / "var" / "simulated.db")
        try:
            return db.execute(query).fetchall()
        finally:
            db.close()

    return Ran(summary, rows)


async def _later(act: Callable[[], None]) -> None:
    await trio.sleep_until(EDIT_S)
    act()


def reword_all(world: World, operator: Operator) -> None:
    """Give one side of every true pair another text, now of this venue, now of that one."""
    true = [pair for pair in world.pairs if pair["verified"]]
    for number, pair in enumerate(true):
        market = pair["kalshi" if number % 2 else "polymarket"]
        operator.reword(NewRules(market, rules="Resolves to Yes if the second count says so."))


def test_a_changed_rules_text_stops_its_pairs_within_one_refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before: cross-venue baskets. After one reading: none, each pair is unverified in the store
    with the new fingerprint, people are told, and opportunities were there and were declined."""
    monkeypatch.setenv("ARB__METADATA__REFRESH_MS", str(round(REFRESH_S * 1000)))
    ran = run_with(tmp_path, reword_all)
    stopped_s = EDIT_S + REFRESH_S + READING_S
    assert ran.begun("cross_venue", 0) > ran.begun("cross_venue", EDIT_S) >= 0
    assert ran.begun("cross_venue", stopped_s) == 0
    decided = ran.rows(
        "select decision, max(at_ns), count(distinct kalshi || polymarket) from pair_decisions"
        " group by decision"
    )
    ((approved, _, pairs), (unverified, at_ns, stopped)) = decided
    assert (approved, unverified) == ("approved", "unverified")
    assert pairs == stopped
    assert int(str(at_ns)) <= VIRTUAL_START_NS + stopped_s * 1e9
    assert ran.notes().count("is not verified any more") == stopped
    declined = ran.summary.as_json()["not_taken"]
    assert declined["relies on both venues settling alike"] > 0
    assert ran.summary.exit_code == 0


def test_changed_terms_bar_markets_and_their_return_lifts_what_may_be_lifted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A negRisk event that becomes augmented, a fee that changes, a market that is halted and
    resumed: each is told, the first two stay barred."""
    monkeypatch.setenv("ARB__METADATA__REFRESH_MS", str(round(REFRESH_S * 1000)))
    touched: dict[str, str] = {}

    def edit(world: World, operator: Operator) -> None:
        event = next(
            one
            for one in world.catalogue.polymarket
            if one.neg_risk and not one.neg_risk_augmented and len(one.markets) > 2
        )
        shelf = world.polymarket.shelf
        shelf.events[event.gamma_id] = attrs.evolve(event, neg_risk_augmented=True)
        touched["event"] = f"polymarket:{event.gamma_id}"
        touched["fee"] = world.catalogue.events[0].ticker
        world.kalshi.set_fee(touched["fee"], "quadratic", 500_000)
        touched["halted"] = f"kalshi:{world.catalogue.markets[-1].ticker}"
        operator.halt(Named(touched["halted"]))

    ran = run_with(tmp_path, edit)
    notes = ran.notes()
    assert f"event {touched['event']}: its negRiskAugmented flag changed" in notes
    assert "its fees changed" in notes
    assert f"kalshi:{touched['fee']}" in notes
    since = VIRTUAL_START_NS + round((EDIT_S + REFRESH_S + READING_S) * 1e9)
    listed = ran.rows(
        "select market, baskets.decided_ns from basket_legs join baskets using (basket)"
    )
    late = {MarketId(str(market)) for market, at_ns in listed if int(str(at_ns)) >= since}
    assert MarketId(touched["halted"]) not in late
    assert not [one for one in late if one.startswith(f"{Venue.KALSHI}:{touched['fee']}-")]
    assert ran.summary.exit_code == 0
