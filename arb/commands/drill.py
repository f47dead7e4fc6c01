"""What `arb drill` does: sets the stage, plays every stop on it, and says how it went."""

import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import attrs
import click
import httpx
import trio

from arb.commands.setup import read_settings, tell_failure
from arb.commands.surroundings import real_surroundings
from arb.drill.crashing import crash_loop
from arb.drill.exercises import Drilled, Exercises
from arb.drill.stage import START_S, Stage, find_quiet, spawn, until
from arb.ending import Exit
from arb.market.errors import ArbError
from arb.outside import open_venues
from arb.settings import Settings, SettingsFault
from arb.terminal.progress import Say, working

CRASH = "crash loop"
LANES = (
    ("verbs", CRASH),
    ("KILL file", "SIGTERM", "SIGINT", "limits and store", "dead man"),
)
"""What plays side by side, of about the same length: each with venues and an account of its own."""
GROUPS = tuple(name for lane in LANES for name in lane)


def drill_command(flags: Mapping[str, Any], only: Collection[str], *, as_json: bool) -> int:
    """Drill; returns the exit code."""
    try:
        settings = read_settings(flags)
    except SettingsFault as fault:
        return tell_failure(str(fault), Exit.USAGE)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="arb-drill-") as home, working("drilling") as say:
        protocol = _Protocol(say, as_json=as_json)
        trio.run(_drill, settings, Path(home), only or GROUPS, protocol)
    return _conclude(protocol.done, time.monotonic() - started, as_json=as_json)


@attrs.define
class _Protocol:
    """What was tried, and what is being tried now."""

    say: Say
    as_json: bool
    done: list[Drilled] = attrs.field(factory=list, init=False)
    _now: list[str] = attrs.field(factory=list, init=False)

    @contextmanager
    def during(self, group: str) -> Iterator[None]:
        """Say that a group plays until the block ends."""
        self._now.append(group)
        self._show()
        try:
            yield
        finally:
            self._now.remove(group)

    def tell(self, drilled: Drilled) -> None:
        """Take down what became of one stop."""
        self.done.append(drilled)
        self._show()
        if not self.as_json:
            click.echo(_line(drilled))

    def _show(self) -> None:
        self.say(f"{len(self.done)} stops tried; now {', '.join(self._now)}")


async def _drill(
    settings: Settings, home: Path, groups: Collection[str], protocol: _Protocol
) -> None:
    """Play the lanes side by side: most of a stop is waiting for another process."""
    async with trio.open_nursery() as nursery:
        for number, lane in enumerate(LANES):
            wanted = [name for name in lane if name in groups]
            if wanted:
                own = home / f"lane{number}"
                own.mkdir()
                nursery.start_soon(_lane, settings, own, wanted, protocol)


async def _lane(
    settings: Settings, home: Path, groups: Collection[str], protocol: _Protocol
) -> None:
    """Play groups one after the other; one that fails is told and the next is played."""
    tell = protocol.tell
    if set(groups) - {CRASH}:
        try:
            async with _stage(settings, home) as stage:
                for name, play in Exercises(stage, tell).groups():
                    if name in groups:
                        with protocol.during(name):
                            await _play(name, play, tell)
        except ArbError as error:
            tell(Drilled("the stage", "", 0, 0, ok=False, detail=str(error)))
    if CRASH in groups:
        with protocol.during(CRASH):
            tell(await crash_loop(settings, real_surroundings(), home))


async def _play(name: str, play: Callable[[], Any], tell: Callable[[Drilled], None]) -> None:
    try:
        await play()
    except ArbError as error:
        tell(Drilled(name, "", 0, 0, ok=False, detail=f"{type(error).__name__}: {error}"))


@asynccontextmanager
async def _stage(settings: Settings, home: Path) -> AsyncIterator[Stage]:
    """Simulated venues in a process of their own, and our hands on them."""
    file = home / "venues.json"
    with (home / "sim.txt").open("wb") as log:
        command = ["sim", "--out", str(file), "--seed", str(settings.run.seed)]
        process = await spawn(command, home, {}, log, log)
        try:
            await until(file.exists, "the simulated venues", START_S)
            own = attrs.evolve(settings.run, venues=str(file))
            async with open_venues(attrs.evolve(settings, run=own), real_surroundings()) as venues:
                for account in venues.outside.accounts.values():
                    await account.log_in()
                quiet = await find_quiet(venues.outside)
                control = json.loads(file.read_text(encoding="utf-8"))["control"]
                async with httpx.AsyncClient(base_url=control, trust_env=False) as client:
                    yield Stage(home, client, venues.outside, quiet)
        finally:
            process.terminate()
            with trio.CancelScope(shield=True, relative_deadline=10.0):
                await process.wait()


def _line(drilled: Drilled) -> str:
    mark = click.style("proven", fg="green") if drilled.ok else click.style("FAILED", fg="red")
    return (
        f"{mark}  {drilled.stop:18} {drilled.way:20} {drilled.took_ms:6} ms"
        f"  {drilled.resting} resting  {drilled.detail}"
    )


def _conclude(done: list[Drilled], seconds: float, *, as_json: bool) -> int:
    failed = sum(not drilled.ok for drilled in done)
    code = Exit.UNHEALTHY if failed or not done else Exit.OK
    if as_json:
        drills = [attrs.asdict(drilled) for drilled in done]
        answer = {"exit_code": code, "seconds": round(seconds, 1), "drills": drills}
        click.echo(json.dumps(answer, indent=2))
    else:
        load = os.getloadavg()[0]
        click.echo(f"{len(done)} stops, {failed} failed, {seconds:.0f} s, load {load:.1f}")
    return code
