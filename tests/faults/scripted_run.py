"""The whole program on virtual time, with faults scripted, and what it came to."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs

from arb.board import Board
from arb.commands.setup import read_layers
from arb.commands.surroundings import VIRTUAL_START_NS, run_virtually, virtual_surroundings
from arb.outside import Venues, open_venues
from arb.ports import InThread
from arb.session import Options, run
from arb.settings import Layer, build
from arb.sim.faults.script import read_fault
from arb.sim.world import World
from arb.summary import Summary

SEED = 7
FOR_S = 48.0
"""From the end of the start, which takes some 7 s."""
WINDOW = "start_s=12 for_s=15"
OVER_S = 29.0
"""Seconds after the beginning of the world by which the window's fault is over."""
EAGER = Layer(
    "scripted run",
    {
        "limits": {"market_cooldown_ms": 1_000},
        "sizing": {"fill_prior_ppm": 900_000, "half_fill_prior_ppm": 10_000, "hurdle_ppm": 0},
    },
)
"""A run of a minute cannot wait half a minute after each basket, nor learn first that it is filled."""
SPEED_PPM = 3_000_000
"""A busy market: enough baskets in a short time for every fault to find some."""


class Quiet:
    """A display that keeps what it was told."""

    every_s = 5.0

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def show(self, board: Board) -> None:
        pass


@attrs.define
class ScriptedRun:
    """One run and what is left of it."""

    summary: Summary
    acted: dict[str, int]
    """How often each fault acted."""
    store: Path
    said: list[str]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        db = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)
        try:
            return db.execute(query).fetchall()
        finally:
            db.close()

    def unfinished(self) -> int:
        """Orders and baskets that have no end."""
        tables = ("orders", "baskets")
        counts = [self.rows(f"select count(*) from {t} where ended_ns is null") for t in tables]  # noqa: S608 - our own names
        return sum(int(str(found[0][0])) for found in counts)

    def bought_after(self, seconds: float) -> int:
        """Purchases that were sent so many seconds after the beginning of the world, or later."""
        since = VIRTUAL_START_NS + round(seconds * 1e9)
        found = self.rows(
            f"select count(*) from orders where action = 'buy' and created_ns >= {since}"  # noqa: S608 - our own number
        )
        return int(str(found[0][0]))


def run_with(
    home: Path,
    lines: Sequence[str],
    *,
    for_s: float = FOR_S,
    seed: int = SEED,
    in_thread: InThread | None = None,
) -> ScriptedRun:
    """Run the bot against a world in which all of this goes wrong.

    `in_thread`: how blocking calls are done, the store's writes among them.
    """
    around = virtual_surroundings(seed)
    if in_thread is not None:
        around = attrs.evolve(around, in_thread=in_thread)
    flags = {"data_dir": str(home / "var"), "seed": seed, "speed_ppm": SPEED_PPM}
    settings = build([*read_layers(flags), EAGER])
    (home / "var").mkdir(parents=True)
    worlds: list[World] = []

    @asynccontextmanager
    async def venues() -> AsyncIterator[Venues]:
        async with open_venues(settings, around) as opened:
            assert opened.world is not None
            worlds.append(opened.world)
            for line in lines:
                opened.world.faults.inject(read_fault(line))
            yield opened

    display = Quiet()
    options = Options(venues=venues(), kill_file=home / "KILL", for_s=for_s)
    summary = run_virtually(lambda: run(settings, options, display), seed)
    entries = worlds[0].faults.entries()
    return ScriptedRun(
        summary,
        {entry.id: entry.acted for entry in entries},
        home / "var" / "simulated.db",
        display.said,
    )
