"""What the questions about listed markets do: explain, rules."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import click
import trio

from arb.commands.setup import read_settings, tell_failure
from arb.commands.surroundings import real_surroundings
from arb.detect.rules_file import RulesFault
from arb.ending import Exit, Stopped
from arb.inquiry import explain, suggest_rules
from arb.outside import Venues, open_venues
from arb.pairing.pairs_file import PairsFault
from arb.settings import Settings, SettingsFault


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
