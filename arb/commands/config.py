"""What `arb config` does: the settings in force and where each came from; a file to begin with."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import click

from arb.commands.secret_names import SECRETS, origins
from arb.commands.setup import SHIPPED, read_layers, tell_failure
from arb.commands.tables import print_rows
from arb.ending import Exit
from arb.market.units import Usd, plain_text
from arb.settings import Settings, SettingsFault, build, merge


def show_command(flags: Mapping[str, Any], wanted: str) -> int:
    """Print settings with the layer each value came from; returns the exit code."""
    try:
        layers = read_layers(flags)
        rows = [row for row in setting_rows(build(layers), merge(layers)[1]) if _is(row, wanted)]
        secrets = [] if wanted else list(secret_rows(os.environ))
    except SettingsFault as fault:
        return tell_failure(str(fault), Exit.USAGE)
    if not rows:
        return tell_failure(f"{wanted}: no such section or key", Exit.USAGE)
    if flags["as_json"]:
        click.echo(json.dumps({"settings": rows, "secrets": secrets}, indent=2))
        return Exit.OK
    print_rows(rows, ("key", "value", "source"), as_json=False, nothing="")
    if secrets:
        click.echo("")
        print_rows(secrets, ("secret", "state", "source", "what_for"), as_json=False, nothing="")
    return Exit.OK


def _is(row: Mapping[str, Any], wanted: str) -> bool:
    return not wanted or row["key"] == wanted or row["key"].startswith(f"{wanted}.")


def setting_rows(
    settings: Settings, sources: Mapping[tuple[str, str], str]
) -> Iterator[dict[str, Any]]:
    """Every value in force, as settings.toml would say it."""
    for section in attrs.fields(Settings):
        values = getattr(settings, section.name)
        for field in attrs.fields(type(values)):
            value = getattr(values, field.name)
            yield {
                "key": f"{section.name}.{field.name}",
                "value": plain_text(value) if field.type is Usd else _plain(value),
                "source": _short(sources[section.name, field.name]),
            }


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _short(source: str) -> str:
    return "shipped" if source == str(SHIPPED) else source


def secret_rows(environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Which secrets are there and where they come from; never what they are."""
    for name, origin in origins(environment):
        state = "not set" if origin is None else "set"
        yield {"secret": name, "state": state, "source": origin, "what_for": SECRETS[name]}


def init_command(file: Path, *, force: bool, as_json: bool) -> int:
    """Write a file in which every knob stands, commented out; returns the exit code."""
    try:
        with file.open("w" if force else "x", encoding="utf-8") as out:
            out.write("\n".join(starting_lines(SHIPPED.read_text(encoding="utf-8"))) + "\n")
    except FileExistsError:
        return tell_failure(f"{file} exists; --force writes over it", Exit.USAGE)
    except OSError as error:
        return tell_failure(f"{file}: {error.strerror}", Exit.ERROR)
    if as_json:
        click.echo(json.dumps({"file": str(file)}))
        return Exit.OK
    click.echo(f"wrote {file}; take the # away from what you change, and give it with --settings")
    return Exit.OK


def starting_lines(shipped: str) -> Iterator[str]:
    """The shipped settings with every value commented out: what stays so follows the program."""
    for line in shipped.splitlines():
        is_value = line and not line.startswith(("#", "["))
        yield f"# {line}" if is_value else line
