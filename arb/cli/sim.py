"""`arb sim`."""

import sys
from pathlib import Path
from typing import Any

import click

from arb.cli.options import PORT, Speed, faults_options, settings_option

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
\b
Exit codes:
  0 ran its time, or was asked to stop   1 error   2 wrong settings or usage
\b
docs/simulated-venues.md has the rest: clients, accounts, control, kinds of faults, limits.
"""


@click.command(epilog=SIM_EPILOG)
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
@settings_option
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
    from arb.commands.sim import Wishes, sim_command

    wishes = Wishes(
        record=record,
        for_s=for_s,
        virtual=virtual,
        as_json=as_json,
        out=out,
        print_accounts=print_accounts,
    )
    sys.exit(sim_command(flags, wishes))
