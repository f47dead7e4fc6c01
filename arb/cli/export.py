"""`arb export`: an incident in one file."""

import sys
from pathlib import Path
from typing import Any

import click

from arb.cli.options import live_options

EPILOG = """
\b
Examples:
  python -m arb export
  python -m arb export incident.zip --data-dir /var/lib/arb --json
\b
Exit codes:
  0 written; what could not be had is named in it   1 cannot be written   2 wrong usage
"""


@click.command(epilog=EPILOG)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@live_options
def export(file: Path | None, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Pack logs, settings, stores, decisions and the live state into a zip, without secrets.

    Signed orders are left out, but everything that was traded is in it: send it to nobody whom
    you would not show your account.
    """
    from arb.commands.export import export_command

    sys.exit(export_command(flags, file))
