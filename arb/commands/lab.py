"""What the commands over recordings do: replay, edges, quotes."""

import json
import time
from pathlib import Path

import click

from arb.commands.setup import tell_failure
from arb.ending import Exit
from arb.lab import edges, quotes, replay
from arb.market.errors import ArbError


def replay_command(
    file: Path, venue: str | None, fee_rate_ppm: int | None, *, as_json: bool
) -> int:
    """Replay recorded frames."""
    started = time.monotonic()

    def progress(lines: int) -> None:
        seconds = time.monotonic() - started
        click.echo(f"{lines:,} lines in {seconds:.1f} s", err=True)

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
