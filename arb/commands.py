"""What the commands do, once their words are read."""

import json
import os
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
import trio
import trio.testing

from arb.detect.rules_file import RulesFault
from arb.ending import Exit, Stopped
from arb.inquiry import explain, suggest_rules
from arb.lab import edges, quotes, replay
from arb.market.errors import ArbError
from arb.market.units import Ns
from arb.outside import Surroundings, Venues, open_venues
from arb.pairing.pairs_file import PairsFault
from arb.session import Options, run
from arb.settings import (
    Layer,
    Mode,
    Settings,
    SettingsFault,
    Tables,
    build,
    read_environment,
    read_toml,
)
from arb.store.journal import StoreFailed
from arb.store.lock import Occupied, sole_owner
from arb.summary import Summary, summary_lines
from arb.terminal import choose_display

SHIPPED = Path(__file__).resolve().parents[1] / "settings.toml"
VIRTUAL_START_NS = 1_790_000_000 * 1_000_000_000
"""Where virtual time begins: an arbitrary day, always the same."""
VIRTUAL_FOR_S = 3600.0
"""How long a virtual run lasts where nobody says."""
LIVE_WORD = "live"
FLAGS = {
    "run": ("seed", "venues", "mode", "data_dir"),
    "sim": (
        "markets",
        "speed_ppm",
        "faults_file",
        "faults",
        "wire_faults",
        "polymarket_port",
        "kalshi_port",
        "control_port",
    ),
}
"""Settings that are flags too, by section."""

T = TypeVar("T")


def run_command(
    flags: Mapping[str, Any], *, for_s: float | None, virtual: bool, as_json: bool
) -> int:
    """Do one run; returns the exit code."""
    try:
        settings = read_settings(flags)
        _check_usage(settings, virtual=virtual)
        if settings.run.mode is Mode.LIVE:
            _confirm_live(settings)
        with sole_owner(Path(settings.run.data_dir)):
            summary = _run(settings, for_s, virtual=virtual, quiet=as_json)
    except (SettingsFault, PairsFault, RulesFault) as fault:
        return tell_failure(str(fault), Exit.USAGE)
    except Occupied as error:
        return tell_failure(str(error), Exit.OCCUPIED)
    except StoreFailed as error:
        return tell_failure(str(error), Exit.STORE_FAILED)
    except Stopped as stopped:
        return tell_failure(str(stopped), stopped.code)
    except ArbError as error:
        return tell_failure(str(error), Exit.ERROR)
    if as_json:
        click.echo(json.dumps(summary.as_json(), indent=2))
    for line in summary_lines(summary):
        click.echo(line, err=as_json)
    return summary.exit_code


def read_settings(flags: Mapping[str, Any]) -> Settings:
    """Lay the shipped file, the operator's file, the environment and the flags over each other.

    Raises SettingsFault.
    """
    layers = [_file(SHIPPED)]
    if flags.get("settings_file") is not None:
        layers.append(_file(flags["settings_file"]))
    layers.append(read_environment(os.environ))
    layers.append(Layer("command line", _from_flags(flags)))
    return build(layers)


def _from_flags(flags: Mapping[str, Any]) -> Tables:
    """The flags that are settings; those that were not given change nothing."""
    return {
        section: {key: flags[key] for key in keys if flags.get(key) not in {None, ()}}
        for section, keys in FLAGS.items()
    }


def _file(path: Path) -> Layer:
    try:
        return read_toml(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise SettingsFault(f"{path}: {error.strerror}") from error


def _check_usage(settings: Settings, *, virtual: bool) -> None:
    if virtual and settings.run.venues != "sim":
        raise SettingsFault("--virtual-time: only the simulated venues know virtual time")
    if settings.run.venues == "real" and settings.run.mode is Mode.PAPER:
        raise SettingsFault(
            "paper trading on real feeds is not built yet: use --dry-run, or --venues sim"
        )


def _confirm_live(settings: Settings) -> None:
    word = click.prompt(
        f"Live trading on {settings.run.venues!r} venues with real orders. Type `{LIVE_WORD}`",
        err=True,
        default="",
        show_default=False,
    )
    if word != LIVE_WORD:
        raise SettingsFault("live trading was not confirmed")


def _run(settings: Settings, for_s: float | None, *, virtual: bool, quiet: bool) -> Summary:
    surroundings = virtual_surroundings(settings.run.seed) if virtual else real_surroundings()
    options = Options(
        venues=open_venues(settings, surroundings),
        kill_file=Path(settings.run.kill_file),
        for_s=(for_s or VIRTUAL_FOR_S) if virtual else for_s,
    )
    with choose_display(quiet=quiet or virtual) as display:
        if virtual:
            return run_virtually(lambda: run(settings, options, display), settings.run.seed)
        return trio.run(run, settings, options, display, strict_exception_groups=True)


def real_surroundings() -> Surroundings:
    """The real clock, threads, sockets and chance."""
    return Surroundings(
        now_ns=lambda: Ns(time.time_ns()),
        in_thread=_in_thread,
        rng=random.SystemRandom(),
        in_process=False,
    )


def virtual_surroundings(seed: int) -> Surroundings:
    """Virtual time, no threads, no sockets, seeded chance."""
    return Surroundings(
        now_ns=lambda: Ns(VIRTUAL_START_NS + round(trio.current_time() * 1e9)),
        in_thread=_in_place,
        rng=random.Random(f"bot {seed}"),  # noqa: S311 - simulated venues only
        in_process=True,
    )


def run_virtually(main: Callable[[], Awaitable[T]], seed: int) -> T:
    """Run on virtual time with a seeded schedule: the same seed is the same run.

    Trio shuffles the tasks of each batch with a generator of its own; it is seeded here, which
    has no public way.
    """
    schedule = trio._core._run  # noqa: SLF001 - see above
    vars(schedule)["_ALLOW_DETERMINISTIC_SCHEDULING"] = True
    schedule._r.seed(seed)  # noqa: SLF001 - see above
    clock = trio.testing.MockClock(autojump_threshold=0)
    ended: T = trio.run(main, clock=clock)
    return ended


async def _in_thread(call: Callable[[], None]) -> None:
    await trio.to_thread.run_sync(call)


async def _in_place(call: Callable[[], None]) -> None:
    call()
    await trio.lowlevel.checkpoint()


def replay_command(
    file: Path, venue: str | None, fee_rate_ppm: int | None, *, as_json: bool
) -> int:
    """Replay recorded frames."""

    def progress(lines: int) -> None:
        click.echo(f"{lines:,} lines", err=True)

    try:
        report = replay.replay(file, venue, fee_rate_ppm=fee_rate_ppm, progress=progress)
    except ArbError as error:
        return tell_failure(str(error), Exit.ERROR)
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else "\n".join(report.lines()))
    return Exit.OK


def edges_command(file: Path, *, as_json: bool) -> int:
    """Price recorded pairs; a malformed line gets its own line of output, and a word on stderr."""
    malformed = 0
    try:
        for pair in edges.edges(file):
            click.echo(json.dumps(pair.as_json()) if as_json else "\n".join(pair.lines()))
            if pair.malformed:
                malformed += 1
                click.echo(f"arb: {file}: line {pair.line}: {pair.refused}", err=True)
    except ArbError as error:
        return tell_failure(str(error), Exit.ERROR)
    if malformed:
        click.echo(f"arb: {file}: {malformed} malformed lines", err=True)
    if not as_json:
        click.echo(f"assumed: {edges.assumptions()}")
    return Exit.OK


def quotes_command(file: Path, *, as_json: bool) -> int:
    """Count what recorded quotes promise, and what is left of it."""
    try:
        report = quotes.replay_quotes(file)
    except ArbError as error:
        return tell_failure(str(error), Exit.ERROR)
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else "\n".join(report.lines()))
    return Exit.OK


def explain_command(flags: Mapping[str, Any], text: str) -> int:
    """Print why the baskets of a market pay."""

    async def ask(settings: Settings, venues: Venues) -> None:
        lines = await explain(settings, venues, text, _aside)
        click.echo("\n".join(lines) or f"no basket has a market named like {text!r}")

    return _inquire(flags, ask)


def rules_command(flags: Mapping[str, Any]) -> int:
    """Print the rules that texts suggest."""

    async def ask(_: Settings, venues: Venues) -> None:
        click.echo(await suggest_rules(venues, _aside))

    return _inquire(flags, ask)


def _inquire(flags: Mapping[str, Any], ask: Callable[[Settings, Venues], Awaitable[None]]) -> int:
    """Open the venues, ask one question, and close them."""
    try:
        stopped = trio.run(_ask, read_settings(flags), ask)
    except (SettingsFault, PairsFault, RulesFault) as fault:
        return tell_failure(str(fault), Exit.USAGE)
    return Exit.OK if stopped is None else tell_failure(str(stopped), stopped.code)


async def _ask(
    settings: Settings, ask: Callable[[Settings, Venues], Awaitable[None]]
) -> Stopped | None:
    """Returns what stopped it: raised here, the venues' block would wrap it in a group."""
    async with open_venues(settings, real_surroundings()) as venues:
        try:
            await ask(settings, venues)
        except Stopped as stopped:
            return stopped
    return None


def _aside(text: str) -> None:
    click.echo(text, err=True)


def tell_failure(text: str, code: Exit) -> int:
    """Say what went wrong; returns the exit code."""
    for line in text.splitlines():
        click.echo(f"arb: {line}", err=True)
    return int(code)
