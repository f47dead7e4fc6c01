"""`arb doctor`: is everything there that trading needs."""

import sys
from typing import Any

import click

from arb.cli.options import data_dir_option, places_options

EPILOG = """
\b
Examples:
  python -m arb doctor
  python -m arb doctor --venues venues.json --json
  python -m arb doctor --offline
\b
Colours: green; yellow, a person should know; red, nothing may be traded; unknown, it could not
be looked at, which is no permission either.
\b
Exit codes:
  0 all green or yellow   2 wrong settings   9 something is red or unknown
"""


@click.command(epilog=EPILOG)
@places_options
@data_dir_option
@click.option("--offline", is_flag=True, help="This machine alone; no venue is asked.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(offline: bool, as_json: bool, **flags: Any) -> None:  # noqa: ANN401, FBT001 - click's way
    """Check settings, store, stops, credentials, scopes, clocks, cash, switches, markets.

    Sends no order and changes nothing at the venues, but that Polymarket's dead man's switch is
    armed once where no order rests.
    """
    from arb.commands.doctor import doctor_command

    sys.exit(doctor_command(flags, offline=offline, as_json=as_json))
