"""`arb replay`, `arb edges` and `arb quotes`: over recordings."""

import sys
from pathlib import Path

import click

REPLAY_EPILOG = """
\b
Example:
  python -m arb replay merged_session.jsonl
\b
Exit codes:
  0 reported   1 the file cannot be read as what it should be   2 wrong usage
"""
EDGES_EPILOG = """
\b
Example:
  python -m arb edges pair_snapshots.jsonl
\b
Exit codes:
  0 reported   1 the file cannot be read as what it should be   2 wrong usage
"""
QUOTES_EPILOG = """
\b
Example:
  python -m arb quotes snapshots.parquet --json
\b
Exit codes:
  0 reported   1 the file cannot be read as what it should be   2 wrong usage
"""


@click.command(epilog=REPLAY_EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--venue",
    type=click.Choice(["polymarket", "kalshi"]),
    help="Whose frames they are, or which of both are wanted; recognised where not given.",
)
@click.option(
    "--fee-rate-ppm",
    type=click.IntRange(0, 1_000_000),
    metavar="N",
    help="Taker fee rate in millionths of p(1-p); frames do not tell it. Default: before fees.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def replay(file: Path, venue: str | None, fee_rate_ppm: int | None, as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Run recorded frames through the live parser, books and scanner, and report.

    A line is a frame as received, or an object with `raw` and, where known, `recv_ts_ns` and
    `venue`.
    """
    from arb.commands.lab import replay_command

    sys.exit(replay_command(file, venue, fee_rate_ppm, as_json=as_json))


@click.command(epilog=EDGES_EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line of input.")
def edges(file: Path, as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Price recorded cross-venue pairs in both directions, every fee included."""
    from arb.commands.lab import edges_command

    sys.exit(edges_command(file, as_json=as_json))


@click.command(epilog=QUOTES_EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def quotes(file: Path, as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Count the edges in recorded quotes, and tell those that are left from stale ones.

    *.parquet: snapshots of both tokens of markets (needs pyarrow); *.csv.gz: best prices of one
    event's outcomes.
    """
    from arb.commands.lab import quotes_command

    sys.exit(quotes_command(file, as_json=as_json))
