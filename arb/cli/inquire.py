"""`arb explain` and `arb rules`: questions about what is listed."""

import sys
from typing import Any

import click

from arb.cli.options import places_options

EXPLAIN_EPILOG = """
\b
Examples:
  python -m arb explain election
  python -m arb explain kalshi:KXBTCD-26 --venues venues.json
"""
RULES_EPILOG = """
\b
Example:
  python -m arb rules --venues venues.json > rules.toml   read, set accepted = true, and name the
                                                          file in run.rules_file
"""


@click.command(epilog=EXPLAIN_EPILOG)
@click.argument("market")
@places_options
def explain(market: str, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Say why every basket with MARKET pays: its legs, what each state brings, on what it relies.

    MARKET is an id, or a part of an id or title.
    """
    from arb.commands.inquire import explain_command

    sys.exit(explain_command(flags, market))


@click.command(epilog=RULES_EPILOG)
@places_options
def rules(**flags: Any) -> None:  # noqa: ANN401 - click's way
    """Print the rules between markets that their texts suggest, as a file to accept them in."""
    from arb.commands.inquire import rules_command

    sys.exit(rules_command(flags))
