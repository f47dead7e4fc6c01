"""What the commands over recordings do: replay, edges, quotes."""

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click

from arb.commands.setup import tell_failure
from arb.ending import Exit
from arb.lab import edges, quotes, replay
from arb.market.errors import ArbError
from arb.terminal.progress import working


def replay_command(
    file: Path, venue: str | None, fee_rate_ppm: int | None, *, as_json: bool
) -> int:
    """Replay recorded frames."""
    try:
        with working(f"replaying {file}") as say:
            report = replay.replay(
                file,
                venue,
                fee_rate_ppm=fee_rate_ppm,
                progress=lambda lines: say(f"{lines:,} lines"),
            )
    except ArbError as error:
        return tell_failure(str(error), Exit.ERROR)
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else "\n".join(report.lines()))
    return Exit.OK


def edges_command(file: Path, *, as_json: bool) -> int:
    """Price recorded pairs; a malformed line gets its own line of output, and a word on stderr."""
    malformed = 0
    try:
        with _pricing(file) as say:
            for pair in edges.edges(file):
                say(f"{pair.line:,} lines")
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


def _pricing(file: Path) -> AbstractContextManager[Callable[[str], None]]:
    """Where the lines are seen as they come, they are all the progress there needs to be."""
    return nullcontext(lambda _: None) if sys.stdout.isatty() else working(f"pricing {file}")


def quotes_command(file: Path, *, as_json: bool) -> int:
    """Count what recorded quotes promise, and what is left of it."""
    try:
        with working(f"reading {file}"):
            report = quotes.replay_quotes(file)
    except ArbError as error:
        return tell_failure(str(error), Exit.ERROR)
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else "\n".join(report.lines()))
    return Exit.OK
