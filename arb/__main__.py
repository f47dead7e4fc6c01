"""The command line. Heavy things are imported inside the commands that need them."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

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
Examples:
  python -m arb sim                                   what to set in which client, and accounts
  python -m arb sim --out venues.json &
  python -m arb run --venues venues.json              this bot on them
  python -m arb sim --markets 5000 --speed 2.5 --seed 11
  python -m arb sim --fault "latency venue=kalshi endpoint='POST *' fixed_ms=400 for_s=30"
  python -m arb sim --virtual-time --for 3600 --record hour.jsonl
  python -m arb replay hour.jsonl
  curl CONTROL_URL/                                   what can be done while it runs
\b
docs/simulated-venues.md has the rest: clients, accounts, control, kinds of faults, limits.
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


PLACES = 6
SLOWEST_PPM, FASTEST_PPM = 1_000, 1_000_000_000
"""The limits of `sim.speed_ppm`."""
PORT = click.IntRange(1, 65_535)
C = TypeVar("C", bound=Callable[..., Any])


class Speed(click.ParamType[int]):
    """A decimal multiplier, as millionths."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401 - click's way
        """Read one. Anything but a decimal number of at most six places fails."""
        whole, _, places = str(value).partition(".")
        digits = whole + places.ljust(6, "0")
        if not (digits.isascii() and digits.isdecimal() and len(places) <= PLACES):
            self.fail(f"{value!r} is no decimal number such as 2.5", param, ctx)
        speed_ppm = int(digits)
        if not SLOWEST_PPM <= speed_ppm <= FASTEST_PPM:
            self.fail(f"{value} lies outside 0.001 to 1000", param, ctx)
        return speed_ppm


def places_options(command: C) -> C:
    """Which venues are asked, with which settings."""
    for option in (
        click.option("--venues", metavar="sim|real|FILE", help="As for `run`."),
        click.option("--seed", type=click.IntRange(min=0), metavar="N", help="As for `run`."),
        click.option(
            "--settings",
            "settings_file",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="A file that changes settings.",
        ),
    ):
        command = option(command)
    return command


def faults_options(command: C) -> C:
    """Add the flags by which the simulated venues go wrong."""
    script = click.option(
        "--faults",
        "faults_file",
        metavar="FILE",
        help="Simulated venues: a script of what goes wrong, in TOML.",
    )
    line = click.option(
        "--fault",
        "faults",
        multiple=True,
        metavar="TEXT",
        help="Simulated venues: one thing that goes wrong, such as 'reset venue=kalshi "
        "start_s=30'; may be repeated.",
    )
    return script(line(command))


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
    from arb.commands import run_command

    sys.exit(run_command(flags, for_s=for_s, virtual=virtual_time, as_json=as_json))


@main.command(epilog=SIM_EPILOG)
@click.option(
    "--seed", type=click.IntRange(min=0), metavar="N", help="Seed of everything in the venues."
)
@click.option(
    "--markets",
    type=click.IntRange(40, 30_000),
    metavar="N",
    help="About so many markets on both venues together. Default: some 150.",
)
@click.option(
    "--speed",
    "speed_ppm",
    type=Speed(),
    metavar="X",
    help="Order flow so many times as fast: 0.001 to 1000. Default: 1.",
)
@faults_options
@click.option(
    "--wire-faults",
    is_flag=True,
    default=None,
    help="Let faults break connections at any time (reset, half_open): a proxy before each venue.",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.jsonl",
    help="Write every frame that a client following all markets is sent; `arb replay` reads it.",
)
@click.option(
    "--for",
    "for_s",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="Stop after this time. Default: run until stopped.",
)
@click.option(
    "--virtual-time",
    "virtual",
    is_flag=True,
    help="No sockets, as fast as the machine can; same seed, same recording. Needs --record "
    "and --for.",
)
@click.option(
    "--polymarket-port", type=PORT, metavar="N", help="Port on 127.0.0.1. Default: a free one."
)
@click.option("--kalshi-port", type=PORT, metavar="N", help="The same for Kalshi.")
@click.option("--control-port", type=PORT, metavar="N", help="The same for the control endpoint.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the connection file here: addresses, keys, pairs.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the connection file; so does standard output that is no terminal, without --out.",
)
@click.option(
    "--accounts",
    "print_accounts",
    is_flag=True,
    help="Print what every account holds, in micro-dollars, when stopped.",
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A file that changes settings.",
)
def sim(  # noqa: PLR0913 - one parameter for each flag that is no setting
    *,
    record: Path | None,
    for_s: float | None,
    virtual: bool,
    out: Path | None,
    as_json: bool,
    print_accounts: bool,
    **flags: Any,  # noqa: ANN401 - settings check them
) -> None:
    """Serve both simulated venues on loopback until stopped."""
    from arb.simulate import Wishes, sim_command

    wishes = Wishes(
        record=record,
        for_s=for_s,
        virtual=virtual,
        as_json=as_json,
        out=out,
        print_accounts=print_accounts,
    )
    sys.exit(sim_command(flags, wishes))


@main.command(epilog=REPLAY_EPILOG)
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
    from arb.commands import replay_command

    sys.exit(replay_command(file, venue, fee_rate_ppm, as_json=as_json))


@main.command(epilog=EXPLAIN_EPILOG)
@click.argument("market")
@places_options
def explain(market: str, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Say why every basket with MARKET pays: its legs, what each state brings, on what it relies.

    MARKET is an id, or a part of an id or title.
    """
    from arb.commands import explain_command

    sys.exit(explain_command(flags, market))


@main.command(epilog=RULES_EPILOG)
@places_options
def rules(**flags: Any) -> None:  # noqa: ANN401 - click's way
    """Print the rules between markets that their texts suggest, as a file to accept them in."""
    from arb.commands import rules_command

    sys.exit(rules_command(flags))


@main.command(epilog=EDGES_EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line of input.")
def edges(file: Path, as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Price recorded cross-venue pairs in both directions, every fee included."""
    from arb.commands import edges_command

    sys.exit(edges_command(file, as_json=as_json))


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def quotes(file: Path, as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Count the edges in recorded quotes, and tell those that are left from stale ones.

    *.parquet: snapshots of both tokens of markets (needs pyarrow); *.csv.gz: best prices of one
    event's outcomes.
    """
    from arb.commands import quotes_command

    sys.exit(quotes_command(file, as_json=as_json))


if __name__ == "__main__":
    main()
