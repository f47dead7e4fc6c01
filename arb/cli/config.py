"""`arb config`: the settings in force, and a file to begin with."""

import sys
from pathlib import Path
from typing import Any

import click

from arb.cli.groups import PlainGroup
from arb.cli.options import data_dir_option, json_option, places_options

SHOW_EPILOG = """
\b
Examples:
  python -m arb config show
  python -m arb config show limits
  python -m arb config show run.venues --settings mine.toml --json
\b
Exit codes:
  0 printed   2 wrong settings, or no such section or key
"""
INIT_EPILOG = """
\b
Examples:
  python -m arb config init
  python -m arb config init live.toml && python -m arb run --settings live.toml
\b
Exit codes:
  0 written   1 cannot be written   2 it exists, and --force was not given
"""


@click.group(cls=PlainGroup)
def config() -> None:
    """Show the settings in force, or write a file to change them in."""


@config.command(epilog=SHOW_EPILOG)
@click.argument("what", default="", metavar="[SECTION[.KEY]]")
@places_options
@data_dir_option
@json_option
def show(what: str, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Print every setting in force with the layer it came from.

    Also which secrets are set and where they come from, never what they are.
    """
    from arb.commands.config import show_command

    sys.exit(show_command(flags, what))


@config.command(epilog=INIT_EPILOG)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default="arb.toml")
@click.option("--force", is_flag=True, help="Write over a file that exists.")
@json_option
def init(file: Path, *, force: bool, as_json: bool) -> None:
    """Write FILE (default arb.toml): every knob with its reason, all commented out."""
    from arb.commands.config import init_command

    sys.exit(init_command(file, force=force, as_json=as_json))
