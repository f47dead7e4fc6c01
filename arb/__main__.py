"""The command line. Heavy things are imported inside the commands that need them."""

import sys
from pathlib import Path
from typing import Any

import click

from arb import __version__

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
SIM_EPILOG = """
\b
Example:
  python -m arb sim --out venues.json &
  python -m arb run --venues venues.json
"""
REPLAY_EPILOG = """
\b
Example:
  python -m arb replay merged_session.jsonl
"""
EDGES_EPILOG = """
\b
Example:
  python -m arb edges pair_snapshots.jsonl
"""


class RunByDefault(click.Group):
    """A group whose command is `run` where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` in front of options that are not the group's own."""
        own = {"-h", "--help", "--version"}
        if not args or (args[0].startswith("-") and args[0] not in own):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=RunByDefault,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`python -m arb` alone is `python -m arb run`.",
)
@click.version_option(__version__, prog_name="arb")
def main() -> None:
    """Find and trade baskets on Polymarket and Kalshi that pay more than they cost."""


@main.command(epilog=RUN_EPILOG)
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
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A file that changes settings.",
)
@click.option("--data-dir", metavar="DIR", help="Where the store and the lock are (default var/).")
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
    from arb.commands import run_command

    sys.exit(run_command(flags, for_s=for_s, virtual=virtual_time, as_json=as_json))


@main.command(epilog=SIM_EPILOG)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Seed of the order flow.")
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A file that changes settings.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the connection file here instead of standard output.",
)
@click.option(
    "--accounts",
    is_flag=True,
    help="Print what the bot's accounts hold, in micro-dollars, when stopped.",
)
def sim(seed: int | None, settings_file: Path | None, out: Path | None, accounts: bool) -> None:  # noqa: FBT001 - click's way
    """Serve both simulated venues on loopback until stopped."""
    from arb.commands import sim_command

    sys.exit(sim_command(seed, settings_file, out, print_accounts=accounts))


@main.command(epilog=REPLAY_EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--venue",
    type=click.Choice(["polymarket", "kalshi"]),
    help="Whose frames they are; recognised where not given.",
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

    A line is a frame as received, or an object with `recv_ts_ns` and `raw`.
    """
    from arb.commands import replay_command

    sys.exit(replay_command(file, venue, fee_rate_ppm, as_json=as_json))


@main.command(epilog=EDGES_EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line of input.")
def edges(file: Path, as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Price recorded cross-venue pairs in both directions, every fee included."""
    from arb.commands import edges_command

    sys.exit(edges_command(file, as_json=as_json))


if __name__ == "__main__":
    main()
