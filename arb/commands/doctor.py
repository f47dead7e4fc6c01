"""What `arb doctor` does: looks at everything that trading needs, and says how it is."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import trio

from arb.checkup.finding import Finding, Health, red
from arb.checkup.machine import Machine
from arb.checkup.venues import Doctor
from arb.commands.setup import read_settings, tell_failure
from arb.commands.surroundings import real_surroundings
from arb.detect.rules_file import RulesFault
from arb.ending import Exit
from arb.market.errors import ArbError
from arb.outside import open_venues
from arb.pairing.pairs_file import PairsFault
from arb.settings import Settings, SettingsFault
from arb.store.lock import owner_of

COLOURS = {Health.GREEN: "green", Health.YELLOW: "yellow", Health.RED: "red"}


def doctor_command(flags: Mapping[str, Any], *, offline: bool, as_json: bool) -> int:
    """Look; returns the exit code."""
    try:
        settings = read_settings(flags)
    except SettingsFault as fault:
        return tell_failure(str(fault), Exit.USAGE)
    found: list[Finding] = []

    def tell(finding: Finding) -> None:
        found.append(finding)
        if not as_json:
            _show(finding)

    name = "simulated.db" if settings.run.venues == "sim" else "arb.db"
    for finding in Machine(settings, Path(settings.run.data_dir) / name).findings():
        tell(finding)
    if not offline:
        trio.run(_look_outside, settings, tell)
    return _conclude(found, as_json=as_json)


async def _look_outside(settings: Settings, tell: Callable[[Finding], None]) -> None:
    fault = ""
    try:
        async with open_venues(settings, real_surroundings()) as venues:
            runs = owner_of(Path(settings.run.data_dir)) is not None
            shared = runs and venues.world is None  # embedded venues are nobody else's
            await Doctor(venues.outside, shared, tell).look()
    except (SettingsFault, PairsFault, RulesFault) as error:
        fault = str(error)
    except ArbError as error:
        fault = f"{type(error).__name__}: {error}"
    for line in fault.splitlines():
        tell(red("venues", line))


def _show(finding: Finding) -> None:
    mark = click.style(f"{finding.health:8}", fg=COLOURS.get(finding.health, "magenta"))
    click.echo(f"{mark} {finding.check:32} {finding.detail}")


def _conclude(found: list[Finding], *, as_json: bool) -> int:
    worst = {finding.health for finding in found}
    code = Exit.UNHEALTHY if worst & {Health.RED, Health.UNKNOWN} else Exit.OK
    if as_json:
        rows = [{"check": one.check, "health": one.health, "detail": one.detail} for one in found]
        click.echo(json.dumps({"exit_code": code, "findings": rows}, indent=2))
    else:
        bad = sum(one.health in {Health.RED, Health.UNKNOWN} for one in found)
        click.echo(f"{len(found)} checks, {bad} speak against trading")
    return code
