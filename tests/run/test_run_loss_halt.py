"""A loss that halts the day halts what is left of it, also for the bot that is started after it."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest

from arb.board import Board
from arb.commands.setup import read_settings
from arb.commands.surroundings import run_virtually, virtual_surroundings
from arb.outside import Venues, open_venues
from arb.session import Options, run
from arb.settings import Settings
from arb.sim.faults.script import read_fault
from arb.summary import Summary

pytestmark = pytest.mark.timeout(110)

SEED = 7
LOSES_S, LIVES_S = 15.0, 15.0
SETTINGS = """
[execution]
fills_poll_ms = 2000
[limits]
max_open_baskets = 1
market_cooldown_ms = 300
half_fill_pause_ms = 500
max_unwind_loss_usd = "2.00"
max_day_unhedged_usd = "{cap}"
max_day_loss_usd = "{cap}"
[sizing]
fill_prior_ppm = 900000
half_fill_prior_ppm = 10000
hurdle_ppm = 0
[sim]
markets = 40
speed_ppm = 3000000
polymarket_delay_ms = 40
kalshi_delay_ms = 20
"""
FAULT = "reject venue=kalshi endpoint='POST *' probability_ppm=1000000 reason=size"
"""Whatever was bought at Polymarket has to be sold back."""


class Nobody:
    """A display that nobody looks at."""

    every_s = 5.0

    def say(self, text: str) -> None:
        """Tell nobody."""

    def show(self, board: Board) -> None:
        """Show nobody."""


@attrs.frozen
class Day:
    """What three bots did on one day, one after the other, on one store."""

    bots: Sequence[Summary]
    begun: Sequence[int]
    """Baskets by bot."""
    halts: Sequence[int]
    """How often each said that the day's loss stops it."""


def settings(home: Path, cap: str) -> Settings:
    file = home / f"cap-{cap}.toml"
    file.write_text(SETTINGS.format(cap=cap), encoding="utf-8")
    return read_settings({"settings_file": file, "data_dir": str(home / "var"), "seed": SEED})


async def live(made: Settings, venues: Venues, for_s: float) -> Summary:
    """Start a bot at venues that stay when it goes."""

    @asynccontextmanager
    async def kept() -> AsyncIterator[Venues]:
        yield venues

    kill_file = Path(made.run.data_dir) / "KILL"
    return await run(made, Options(kept(), kill_file, for_s, venues.outside.now_ns), Nobody())


def live_a_day(home: Path) -> Day:
    """One bot loses and is halted; the next has the same caps, the one after it higher ones."""
    (home / "var").mkdir()
    tight, wide = settings(home, "2.00"), settings(home, "500.00")
    store = home / "var" / "arb.db"

    async def bots() -> Day:
        async with open_venues(tight, virtual_surroundings(SEED)) as opened:
            assert opened.world is not None
            faults = opened.world.faults
            venues = attrs.evolve(opened, world=None, store_file=store)
            faults.inject(read_fault(FAULT))
            first = await live(tight, venues, LOSES_S)
            for entry in faults.entries():
                faults.clear(entry.id)
            second = await live(tight, venues, LIVES_S)
            third = await live(wide, venues, LIVES_S)
            begun = by_bot(store, "select decided_ns from baskets")
            halts = by_bot(store, "select at_ns from notes where kind = 'daily loss'")
            return Day((first, second, third), begun, halts)

    return run_virtually(bots, SEED)


def by_bot(store: Path, moments: str) -> list[int]:
    """Count moments by the run in which they lie."""
    db = sqlite3.connect(store)
    try:
        runs = db.execute("select started_ns, ended_ns from runs order by started_ns").fetchall()
        found = [at_ns for (at_ns,) in db.execute(moments)]
    finally:
        db.close()
    return [sum(start <= at_ns <= end for at_ns in found) for start, end in runs]


def test_a_restart_is_no_new_day(tmp_path: Path) -> None:
    """Halted by what an unwind lost, a bot is started again: it says so at once and begins nothing.

    With caps that bear the loss, the third bot trades on: nothing else held the second one back.
    """
    day = live_a_day(tmp_path)
    assert [bot.differences for bot in day.bots] == [(), (), ()]
    assert day.bots[0].baskets.get("unwound", 0) >= 1
    assert day.halts == [1, 1, 0]
    first, second, third = day.begun
    assert first >= 1
    assert second == 0
    assert third > 0
