"""`arb pause`, `resume`, `reduce`, `flatten`, `kill`, `status`, `ack`: an operator's words."""

import sys
from typing import Any

import click

from arb.cli.options import data_dir_option, operator_options, settings_option

EXITS = """
\b
Exit codes:
  0 in force: the running bot follows, or the next start will
  1 a bot runs but did not follow in time: use `touch KILL`, or end its process
  2 wrong usage          5 the standing file cannot be written
"""


def _epilog(verb: str) -> str:
    return f"""
\b
Examples:
  python -m arb {verb} --why "spread looks wrong"
  python -m arb {verb} --venue kalshi --json
{EXITS}"""


def _verb(name: str, does: str) -> click.Command:
    @click.command(name, help=does, epilog=_epilog(name))
    @operator_options
    def order(**flags: Any) -> None:  # noqa: ANN401 - click's way
        from arb.commands.operate import order_command

        sys.exit(order_command(name, **flags))

    return order


pause = _verb(
    "pause",
    "Begin no new baskets; those begun go on. Holds, over restarts too, until `arb resume`.",
)
resume = _verb(
    "resume",
    "Lift what operators ordered. Not the KILL file, nor what the program itself still sees.",
)
reduce = _verb(
    "reduce",
    "Pause, and send no more legs: only what lowers exposure is still done.",
)
flatten = _verb(
    "flatten",
    "Reduce, cancel every order that rests, and sell what is not hedged.",
)
kill = _verb(
    "kill",
    "Flatten and end the running bot (exit code 3). None starts before `arb resume`.",
)


@click.command(
    epilog="""
\b
Examples:
  python -m arb status
  python -m arb status --json --history 20
\b
Exit codes:
  0 trading is not held back    3 it is held back, or a person must look
  2 wrong usage                 5 the standing file cannot be read
"""
)
@data_dir_option
@settings_option
@click.option("--history", type=click.IntRange(min=0), default=5, help="Changes to show.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(history: int, as_json: bool, **flags: Any) -> None:  # noqa: ANN401, FBT001 - click's way
    """Say whether a bot runs, how far trading is stopped, by whom, and what lifts it."""
    from arb.commands.operate import status_command

    sys.exit(status_command(flags, history, as_json=as_json))


@click.command(
    epilog="""
\b
Examples:
  python -m arb ack                         why the last start went into safe mode
  python -m arb ack 3f2a9c1e --why "sold by hand"
  python -m arb ack --all
\b
Exit codes:
  0 nothing is left to acknowledge    3 problems are not acknowledged yet
  2 no problem of that name           5 the standing file cannot be used
"""
)
@click.argument("problems", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Acknowledge all that is shown.")
@click.option("--who", metavar="NAME", help="Who you are. Default: the user of this system.")
@click.option("--why", default="", metavar="TEXT", help="What you found out.")
@data_dir_option
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ack(problems: tuple[str, ...], *, everything: bool, as_json: bool, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Show why a start would not trade (safe mode), and say that a person has looked.

    An acknowledgement covers exactly what was shown: the next start trades if it finds nothing
    else. The books go on from what the venues say.
    """
    from arb.commands.acknowledge import ack_command

    sys.exit(ack_command(flags, problems, everything=everything, as_json=as_json))
