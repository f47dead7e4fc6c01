"""What `arb run` does."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import trio

from arb.commands.failure import fail
from arb.commands.logbook import log_plan
from arb.commands.setup import read_settings
from arb.commands.surroundings import (
    WEB_TOKEN,
    real_surroundings,
    run_virtually,
    virtual_surroundings,
)
from arb.logs.handlers import logging_to
from arb.market.errors import ArbError
from arb.outside import open_venues
from arb.session import Options, run
from arb.settings import Mode, Settings, SettingsFault
from arb.store.lock import sole_owner
from arb.summary import Summary, summary_lines
from arb.terminal import choose_display
from arb.web.server import LOOPBACK

VIRTUAL_FOR_S = 3600.0
"""How long a virtual run lasts where nobody says."""
LIVE_WORD = "live"


def run_command(
    flags: Mapping[str, Any], *, for_s: float | None, virtual: bool, as_json: bool
) -> int:
    """Do one run; returns the exit code."""
    try:
        settings = read_settings(flags)
        _check_usage(settings, virtual=virtual)
        if settings.run.mode is Mode.LIVE:
            _confirm_live(settings)
        with sole_owner(Path(settings.run.data_dir)), logging_to(log_plan(settings)):
            summary = _run(settings, for_s, virtual=virtual, quiet=as_json)
    except ArbError as error:
        return fail(error)
    if as_json:
        click.echo(json.dumps(summary.as_json(), indent=2))
    for line in summary_lines(summary):
        click.echo(line, err=as_json)
    return summary.exit_code


def _check_usage(settings: Settings, *, virtual: bool) -> None:
    if virtual and settings.run.venues != "sim":
        raise SettingsFault("--virtual-time: only the simulated venues know virtual time")
    if settings.run.venues == "real" and settings.run.mode is Mode.PAPER:
        raise SettingsFault(
            "paper trading on real feeds is not built yet: use --dry-run, or --venues sim"
        )


def check_web(settings: Settings, token: str | None) -> None:
    """Refuse to let others in who need not say who they are. Raises SettingsFault."""
    web = settings.web
    if web.enabled and web.host not in LOOPBACK and not token:
        raise SettingsFault(f"web.host {web.host!r} is no loopback address: it needs {WEB_TOKEN}")


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
    check_web(settings, surroundings.web_token)
    options = Options(
        venues=open_venues(settings, surroundings),
        kill_file=Path(settings.run.kill_file),
        for_s=(for_s or VIRTUAL_FOR_S) if virtual else for_s,
    )
    with choose_display(quiet=quiet or virtual) as display:
        if settings.run.venues == "sim":  # tens of thousands of markets take a while
            display.say(f"drawing the simulated venues from seed {settings.run.seed} ...")
        if virtual:
            return run_virtually(lambda: run(settings, options, display), settings.run.seed)
        return trio.run(run, settings, options, display, strict_exception_groups=True)
