"""The reference pages, from the code: `python scripts/manual/pages.py` writes them anew.

tests/docs holds what stands in docs/reference against what comes out here.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import click

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from arb.__main__ import SECTIONS, main  # the path above comes first
from arb.commands.secret_names import SECRETS
from arb.settings import Settings
from arb.settings.bounds import RANGE
from arb.settings.choices import CHOICES

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "reference"
WIDTH = 100
KINDS = {"bool": "true or false", "str": "a text", "int": "a whole number"}


@attrs.frozen
class Entry:
    """What settings.toml says of one key."""

    value: str
    why: str


def settings_page() -> str:
    """Every knob: what it may be, what it is as shipped, and why."""
    return "\n".join(_settings_lines()) + "\n"


def _settings_lines() -> Iterator[str]:
    known = _shipped()
    yield "# Settings"
    yield ""
    yield "Written by `scripts/manual/pages.py` from the code and `settings.toml`; do not edit."
    yield ""
    yield "Later layers win: the shipped `settings.toml`, the file given with `--settings`, the"
    yield "environment (`ARB__SECTION__KEY=value`), flags. `python -m arb config show` prints what is"
    yield "in force and which layer each value came from; `python -m arb config init` writes a file"
    yield "to change values in. Units stand in the names; dollars are texts; `ppm` are millionths."
    for section in attrs.fields(Settings):
        yield from ("", f"## [{section.name}]", "")
        if known.get((section.name, "")):
            yield from (known[section.name, ""].why.capitalize() + ".", "")
        yield "| key | may be | shipped | why |"
        yield "| --- | --- | --- | --- |"
        for field in attrs.fields(section.type):  # type: ignore[arg-type]  # attrs classes
            entry = known[section.name, field.name]
            yield f"| `{field.name}` | {_range(field)} | `{entry.value}` | {entry.why} |"
    yield from ("", "## Secrets", "")
    yield "Never settings. Each is looked for as a systemd credential of that name"
    yield "(`$CREDENTIALS_DIRECTORY`), in the file that `NAME_FILE` names (readable by nobody else),"
    yield "and in the variable `NAME`."
    yield from ("", "| name | what for |", "| --- | --- |")
    yield from (f"| `{name}` | {what} |" for name, what in SECRETS.items())


def _range(field: "attrs.Attribute[object]") -> str:
    if RANGE in field.metadata:
        return str(field.metadata[RANGE])
    kind = next((one for one in CHOICES if one is field.type), None)
    if kind is not None:
        return " or ".join(f"`{one.value}`" for one in kind)
    return KINDS.get(getattr(field.type, "__name__", ""), "a list of texts")


def _shipped() -> dict[tuple[str, str], Entry]:
    """Value and comment of every key, by section and key; a section's own under the key ""."""
    found: dict[tuple[str, str], Entry] = {}
    section = ""
    for line in (ROOT / "settings.toml").read_text(encoding="utf-8").splitlines():
        code, _, comment = line.partition(" # ")
        if line.startswith("["):
            section = code.strip().strip("[]")
            found[section, ""] = Entry("", comment.strip())
        elif " = " in code and not line.startswith("#"):
            key, _, value = code.partition(" = ")
            found[section, key] = Entry(value.strip(), comment.strip().replace("|", "\\|"))
    return {key: entry for key, entry in found.items() if key[1] or entry.why}


def commands_page() -> str:
    """Every command as its own help tells it."""
    return "\n".join(_commands_lines()) + "\n"


def _commands_lines() -> Iterator[str]:
    yield "# Commands"
    yield ""
    yield "Written by `scripts/manual/pages.py` from the commands' own help; do not edit."
    yield ""
    yield "In a checkout `scripts/run COMMAND` is `python -m arb COMMAND` in the project's own"
    yield "environment. Whatever prints something for people prints it for machines with `--json`."
    root = main.make_context("python -m arb", [], resilient_parsing=True, terminal_width=WIDTH)
    for title, commands in SECTIONS.items():
        yield from ("", f"## {title}")
        for command in commands:
            yield from _command_lines(command, root)


def _command_lines(command: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=command.name, parent=parent, terminal_width=WIDTH)
    name = context.command_path.removeprefix("python -m ")
    yield from ("", f"### {name}", "", "```", *_help(command, context), "```")
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from _command_lines(each, context)


def _help(command: click.Command, context: click.Context) -> Iterator[str]:
    return (line.rstrip() for line in command.get_help(context).splitlines())


def write() -> None:
    """Write both pages."""
    PAGES.mkdir(exist_ok=True)
    (PAGES / "settings.md").write_text(settings_page(), encoding="utf-8")
    (PAGES / "commands.md").write_text(commands_page(), encoding="utf-8")


if __name__ == "__main__":
    write()
