"""`arb explain` and `arb rules`: questions about markets."""

import sys
from pathlib import Path
from typing import Any

import click

from arb.cli.options import data_dir_option, json_option, places_options

EXPLAIN_EPILOG = """
\b
Examples:
  python -m arb explain election                       of a running bot: taken or not, and why
  python -m arb explain kalshi:KXBTCD-26 --json
  python -m arb explain election --listing             what its baskets are and why they must pay
\b
Exit codes:
  0 answered   2 wrong usage or settings   other codes as of `run`, where venues must be asked
"""
RULES_EPILOG = """
\b
Examples:
  python -m arb rules --venues venues.json > rules.toml   read, set accepted = true, and name the
                                                          file in run.rules_file
  python -m arb sim --record hour.jsonl --out venues.json &
  python -m arb rules --venues venues.json --from hour.jsonl
                                                          also what an hour of prices supports
\b
Exit codes:
  0 printed   2 wrong usage or settings   other codes as of `run`
"""


@click.command(epilog=EXPLAIN_EPILOG)
@click.argument("market")
@places_options
@data_dir_option
@click.option("--listing", is_flag=True, help="Ask the venues what is listed, not the running bot.")
@json_option
def explain(market: str, *, listing: bool, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Say why MARKET was or was not traded.

    Where a bot runs: the baskets that were taken, and every reason why others were not, with the
    last example. Else, from what the venues list: every basket with MARKET, its legs, what each
    state of the world brings, and on what that relies. MARKET is an id, or words of id and title.
    """
    from arb.commands.inquire import explain_command

    sys.exit(explain_command(flags, market, listing=listing))


@click.command(epilog=RULES_EPILOG)
@places_options
@click.option(
    "--from",
    "recording",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.jsonl",
    help="Also those that recorded prices of the listed markets support.",
)
def rules(*, recording: Path | None, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Print the rules between markets that texts and prices suggest, as a file to accept them in.

    Not one of them is accepted by itself: read the evidence, then set accepted = true.
    """
    from arb.commands.inquire import rules_command

    sys.exit(rules_command(flags, recording))
