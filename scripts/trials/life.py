"""One life: a bot in bad weather, its end, and the bot after it in good weather, on virtual time."""

import random
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import trio

from arb.board import Board
from arb.commands.setup import read_settings
from arb.commands.surroundings import run_virtually, virtual_surroundings
from arb.ending import Exit, Stopped
from arb.market.errors import ArbError
from arb.market.units import Clock
from arb.outside import Venues, open_venues
from arb.session import Options, run
from arb.settings import Settings
from arb.sim.faults.kinds import Kind
from arb.sim.faults.script import read_fault
from arb.sim.world import World
from arb.summary import Summary
from crash.judging import Records, record_faults
from trials.stops import begun_late, time_is_up
from trials.watching import Watchman
from trials.weather import STARTED_S, forecast

SPEED_PPM = 3_000_000
"""A busy market: baskets enough in a short life."""
MARKETS = 40
"""A small world."""
AFTER_S = 4.0
"""How long the second bot lives, its start not counted: polls and unwinds have ended by then."""
ENDINGS = {
    "time": 5,
    "KILL": 2,
    "SIGTERM": 2,
    "torn down": 2,
    "flatten": 2,
    "reduce": 2,
    "pause": 1,
}
"""How the first bot ends, or is told to stop half-way, and how often."""
HELD = {"flatten", "reduce", "pause"}
"""What a KILL file may say besides: the bot goes on, and does less."""
SETTINGS = """
[execution]
fills_poll_ms = 2000
[accounts]
refresh_ms = 4000
[feeds]
watchdog_ms = 8000
[metadata]
refresh_ms = 3000
timeout_ms = 2500
[pairs]
coverage_floor_ppm = 0
[settle]
every_ms = 1000
[sim]
polymarket_delay_ms = 40
kalshi_delay_ms = 20
"""
"""A short life sees what takes minutes otherwise, and starts in two seconds. Slow venues are among
the faults."""
RECKLESS = """
[limits]
market_cooldown_ms = 300
refusal_pause_ms = 500
half_fill_pause_ms = 500
storm_pause_ms = 1000
miss_pause_ms = 300
failures_pause_ms = 500
max_unwind_loss_usd = "100.00"
max_day_unhedged_usd = "1000.00"
max_day_loss_usd = "1000.00"
[breakers]
pause_first_ms = 300
[sizing]
hurdle_ppm = 0
"""
"""As shipped, a bot with trouble soon leaves everything alone: it would see none of what is to be
tried. So three lives of four go on whatever happens."""
PRUDENT = 0.25
"""Of all lives: as shipped."""
RESTART_S = 5.0
"""The longest restart that is drawn, and a second."""
LEFT_TASKS = 0
ARRIVES_S = 30.0
"""No word to a venue is on its way for longer."""
HARMLESS = {Exit.OK, Exit.KILLED, Exit.DISAGREES}
"""Ends of a bot in bad weather. Books may differ for as long as a venue tells old balances."""


@attrs.frozen
class Report:
    """What came of one life. Plain values: it crosses between processes."""

    seed: int
    weather: tuple[str, ...]
    ending: str
    """How the first bot ended."""
    virtual_s: float
    acted: Mapping[str, int]
    """How often faults acted, by kind."""
    baskets: Mapping[str, int]
    orders: int
    stuck: int
    looks: int
    thorough_looks: int
    most_tasks: int
    violations: tuple[str, ...]


class _Nobody:
    """A display that nobody looks at."""

    every_s = 30.0

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def show(self, board: Board) -> None:
        pass


def live(seed: int, seconds: float) -> Report:
    """Live through one seed: the same seed and length are the same life."""
    with tempfile.TemporaryDirectory(prefix="life") as folder:
        life = _Life(seed, seconds, Path(folder))
        return run_virtually(life.run, seed)


class _Life:
    """What one life goes through."""

    def __init__(self, seed: int, seconds: float, home: Path) -> None:
        self.seed = seed
        self.seconds = seconds
        self.home = home
        self.faults: list[str] = []
        self.settings = _settings(seed, home)
        rng = random.Random(f"life {seed}")  # noqa: S311 - it has to repeat
        (self.ending,) = rng.choices(list(ENDINGS), list(ENDINGS.values()))
        self.ends_s = rng.uniform(0.3, 1.0) * seconds
        self.for_s = self.ends_s if self.ending == "time" else STARTED_S + seconds
        """What the bot itself is told: never sooner than the end that was drawn."""
        self.killed = self.home / "KILL"
        self.stopped_ns = 0

    async def run(self) -> Report:
        """Two bots, one after the other, and a look at what they leave."""
        async with open_venues(self.settings, virtual_surroundings(self.seed)) as opened:
            assert opened.world is not None  # noqa: S101 - for the type checker
            world = opened.world
            lines = self._make_weather(world)
            watchman = Watchman(world, self.settings)
            trio.lowlevel.add_instrument(watchman)
            before = watchman.tasks
            venues = attrs.evolve(opened, world=None, store_file=self.home / "var" / "arb.db")
            ended = await self._first(venues, watchman)
            for entry in world.faults.entries():
                world.faults.clear(entry.id)
            await trio.sleep(_clears_up_s(lines))
            self.killed.unlink(missing_ok=True)
            summary = await self._second(venues, watchman)
            await _until_idle(watchman, before)
            trio.lowlevel.remove_instrument(watchman)
            self._judge(world, watchman, before)
            return self._report(world, watchman, lines, ended, summary)

    def _make_weather(self, world: World) -> tuple[str, ...]:
        halting = [
            str(one.market)
            for q in world.catalogue.questions
            for one in q.listed
            if one.market.startswith("kalshi:")
        ]
        lines = forecast(self.seed, STARTED_S + self.seconds, halting).lines
        for line in lines:
            world.faults.inject(read_fault(line))
        return lines

    # --- bots -----------------------------------------------------------------------------------

    async def _first(self, venues: Venues, watchman: Watchman) -> str:
        """Live in bad weather. Returns how it ended."""
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._end, scope, venues.outside.now_ns)
                ended = await self._one(venues, watchman, self.for_s)
                nursery.cancel_scope.cancel(reason="the bot has ended")
            if isinstance(ended, Summary):
                if ended.exit_code not in HARMLESS:
                    self.faults.append(f"exit code {ended.exit_code}: {ended.stopped_by}")
                held = self.ending in HELD
                return f"{self.ending}: {ended.stopped_by}" if held else ended.stopped_by
            return f"did not start: {ended}"
        return "torn down"

    async def _second(self, venues: Venues, watchman: Watchman) -> Summary | None:
        """Live in good weather: everything must come right."""
        ended = await self._one(venues, watchman, AFTER_S)
        if not isinstance(ended, Summary):
            self.faults.append(f"the bot after it did not start: {ended}")
            return None
        if ended.exit_code != Exit.OK:
            self.faults.append(f"the bot after it: exit code {ended.exit_code}: {ended.stopped_by}")
        self.faults += [f"books differ: {text}" for text in ended.differences]
        if not ended.compared:
            self.faults.append("books were not compared")
        return ended

    async def _one(self, venues: Venues, watchman: Watchman, for_s: float) -> Summary | ArbError:
        options = Options(
            venues=_kept_open(venues),
            kill_file=self.killed,
            for_s=for_s,
            now_ns=venues.outside.now_ns,
            watch=watchman.attach,
        )
        try:
            return await run(self.settings, options, _Nobody())
        except Stopped as stopped:
            if stopped.code in {Exit.ERROR, Exit.NOT_ALLOWED, Exit.KILLED, Exit.OK}:
                return stopped
            raise
        except ArbError as error:
            return error
        finally:
            watchman.detach()

    async def _end(self, scope: trio.CancelScope, now_ns: Clock) -> None:
        """End the first bot in the way that was drawn."""
        if self.ending == "time":
            return  # it looks at the clock itself
        await trio.sleep(STARTED_S + self.ends_s)
        self.stopped_ns = now_ns()
        match self.ending:
            case "KILL":
                self.killed.write_text("drawn")  # noqa: ASYNC240 - a moment of real time
            case "flatten" | "reduce" | "pause":
                self.killed.write_text(self.ending)  # noqa: ASYNC240 - the same
            case "SIGTERM":
                signal.raise_signal(signal.SIGTERM)
            case "torn down":
                scope.cancel(reason="torn down")
            case _:
                pass

    # --- judging --------------------------------------------------------------------------------

    def _judge(self, world: World, watchman: Watchman, before: int) -> None:
        self.faults += watchman.told
        if watchman.thorough_looks == 0:
            self.faults.append("nobody looked")
        if watchman.tasks - before > LEFT_TASKS:
            self.faults.append(f"{watchman.tasks - before} tasks are left of two bots")
        store = self.home / "var" / "arb.db"
        if store.exists():
            records = Records(store)
            self.faults += record_faults(world, records)
            stopped_ns = self.stopped_ns or time_is_up(records, self.for_s)
            self.faults += begun_late(records, stopped_ns, legs=self.ending != "pause")

    def _report(
        self,
        world: World,
        watchman: Watchman,
        lines: tuple[str, ...],
        ended: str,
        summary: Summary | None,
    ) -> Report:
        acted: Counter[str] = Counter()
        for entry in world.faults.entries():
            acted[str(entry.fault.kind)] += entry.acted
        return Report(
            seed=self.seed,
            weather=lines,
            ending=ended,
            virtual_s=trio.current_time(),
            acted=dict(acted),
            baskets=dict(summary.baskets) if summary else {},
            orders=_orders(self.home / "var" / "arb.db"),
            stuck=len(summary.stuck) if summary else 0,
            looks=watchman.looks,
            thorough_looks=watchman.thorough_looks,
            most_tasks=watchman.most_tasks,
            violations=tuple(self.faults),
        )


async def _until_idle(watchman: Watchman, before: int) -> None:
    """Let words arrive at the venues that are still on their way: a slow network loses nothing."""
    with trio.move_on_after(ARRIVES_S):  # noqa: ASYNC912 - it may be idle
        while watchman.tasks - before > LEFT_TASKS:  # noqa: ASYNC110 - no event tells of tasks
            await trio.sleep(1.0)


def _clears_up_s(lines: Iterable[str]) -> float:
    """How long a venue may need once nothing is wrong any more: an engine restarts by itself."""
    return RESTART_S if any(line.startswith(Kind.ENGINE_RESTART) for line in lines) else 1.0


def _settings(seed: int, home: Path) -> Settings:
    (home / "var").mkdir()
    prudent = random.Random(f"settings {seed}").random() < PRUDENT  # noqa: S311 - it has to repeat
    (home / "life.toml").write_text(SETTINGS if prudent else SETTINGS + RECKLESS)
    flags: dict[str, Any] = {
        "settings_file": home / "life.toml",
        "data_dir": str(home / "var"),
        "seed": seed,
        "markets": MARKETS,
        "speed_ppm": SPEED_PPM,
    }
    return read_settings(flags)


@asynccontextmanager
async def _kept_open(venues: Venues) -> AsyncIterator[Venues]:
    """Venues that stay when a bot goes."""
    yield venues


def _orders(store: Path) -> int:
    return len(Records(store).orders) if store.exists() else 0
