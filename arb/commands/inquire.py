"""What the questions about markets do: explain, rules."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import trio

from arb.commands.live import explain_live, explanation_lines
from arb.commands.running import NoAnswer, NotRunning
from arb.commands.setup import read_settings, tell_failure
from arb.commands.surroundings import real_surroundings
from arb.detect.rules_file import RulesFault
from arb.ending import Exit, Stopped
from arb.inquiry import explain, suggest_rules
from arb.outside import Venues, open_venues
from arb.pairing.pairs_file import PairsFault
from arb.settings import Settings, SettingsFault
from arb.terminal.progress import working


def explain_command(flags: Mapping[str, Any], text: str, *, listing: bool) -> int:
    """Say what became of a market in a running bot; else, or where asked, why its baskets pay."""
    if not listing:
        try:
            found, number = explain_live(flags, text)
        except SettingsFault as fault:
            return tell_failure(str(fault), Exit.USAGE)
        except (NotRunning, NoAnswer) as absence:
            _aside(f"{absence}; asking what the venues list")
        else:
            if found:
                return _tell_live(found, number, as_json=flags["as_json"])
            _aside(f"the running bot watches no market like {text!r}; asking what the venues list")
    return _explain_listing(flags, text)


def _tell_live(found: Sequence[Mapping[str, Any]], number: int, *, as_json: bool) -> int:
    if as_json:
        told = {"running": True, "found": number, "markets": found}
        click.echo(json.dumps(told, indent=2))
        return Exit.OK
    for market in found:
        click.echo("\n".join((*explanation_lines(market), "")))
    if number > len(found):
        _aside(f"{len(found)} of {number} markets like that: more words, or an id, name one")
    _aside("`--listing` says which baskets have a market, and on what they rely")
    return Exit.OK


def _explain_listing(flags: Mapping[str, Any], text: str) -> int:
    async def ask(settings: Settings, venues: Venues) -> None:
        lines = await explain(settings, venues, text, _aside)
        if flags["as_json"]:
            click.echo(json.dumps({"running": False, "lines": lines}, indent=2))
        else:
            click.echo("\n".join(lines) or f"no basket has a market named like {text!r}")

    return _inquire(flags, ask)


def rules_command(flags: Mapping[str, Any], recording: Path | None) -> int:
    """Print the rules that texts suggest, and prices where a recording is given."""

    async def ask(_: Settings, venues: Venues) -> None:
        click.echo(await suggest_rules(venues, recording, _aside))

    return _inquire(flags, ask)


def _inquire(flags: Mapping[str, Any], ask: Callable[[Settings, Venues], Awaitable[None]]) -> int:
    """Open the venues, ask one question, and close them."""
    try:
        settings = read_settings(flags)
        with working("asking what the venues list"):
            stopped = trio.run(_ask, settings, ask)
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
