"""`arb run`."""

import sys
from typing import Any

import click

from arb.cli.options import data_dir_option, faults_options, settings_option

RUN_EPILOG = """
\b
Examples:
  python -m arb --for 60 --seed 7
  python -m arb run --dry-run --json
  touch KILL                          stops it from anywhere
\b
Exit codes:
  0 ran its time, or was asked to stop   5 the store failed
  1 error                                6 our books and a venue's differ
  2 wrong settings or usage              7 another process uses the data directory
  3 a KILL file exists                   8 trading is not allowed from here now
  4 crash loop
"""


@click.command(epilog=RUN_EPILOG)
@click.option(
    "--for",
    "for_s",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="Stop after this time. Default: run until stopped.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="Seed of the simulated venues and of every random choice.",
)
@click.option(
    "--venues",
    metavar="sim|real|FILE",
    help="sim: two simulated venues in this process (the default); real; or a file "
    "written by `arb sim`.",
)
@click.option("--dry-run", "mode", flag_value="dry-run", help="Detect only, send no order.")
@click.option("--paper", "mode", flag_value="paper", help="The default: trade on simulated venues.")
@click.option(
    "--live",
    "mode",
    flag_value="live",
    help="Trade under the canary caps, after typing the word `live`.",
)
@settings_option
@data_dir_option
@faults_options
@click.option(
    "--virtual-time",
    is_flag=True,
    help="Simulated venues only: run as fast as the machine can, same seed same run.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the summary as one JSON object on stdout; all else goes to stderr.",
)
def run(as_json: bool, virtual_time: bool, for_s: float | None, **flags: Any) -> None:  # noqa: ANN401, FBT001 - click's way
    """Watch both venues and trade what pays. Without options: simulated venues, paper mode."""
    from arb.commands.run import run_command

    sys.exit(run_command(flags, for_s=for_s, virtual=virtual_time, as_json=as_json))
