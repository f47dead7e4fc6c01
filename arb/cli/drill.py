"""`arb drill`: proves every stop."""

import sys
from typing import Any

import click

from arb.cli.options import settings_option

EPILOG = """
\b
Examples:
  python -m arb drill
  python -m arb drill --json > drill.json
  python -m arb drill --only "dead man" --only SIGTERM
\b
Exit codes:
  0 every stop did what it must   2 wrong usage   9 one did not
"""


@click.command(epilog=EPILOG)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(
        ["verbs", "KILL file", "SIGTERM", "SIGINT", "limits and store", "dead man", "crash loop"]
    ),
    help="Some groups of stops alone; may be repeated.",
)
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def drill(only: tuple[str, ...], as_json: bool, **flags: Any) -> None:  # noqa: ANN401, FBT001 - click's way
    """Prove every stop on simulated venues: verbs, files, signals, breakers, limits, failures.

    Bots of their own processes trade over real sockets while each stop is pulled; told is how long
    it took and what rested afterwards. Touches no real venue and nothing in your data directory.
    """
    from arb.commands.drill import drill_command

    sys.exit(drill_command(flags, only, as_json=as_json))
