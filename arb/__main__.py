"""The command line: every command by its name."""

import sys
import traceback
import types

import click

from arb import __version__
from arb.cli.completion import VARIABLE, completion
from arb.cli.config import config
from arb.cli.doctor import doctor
from arb.cli.drill import drill
from arb.cli.export import export
from arb.cli.groups import summary_rows
from arb.cli.inquire import explain, rules
from arb.cli.lab import edges, quotes, replay
from arb.cli.look import balance, health, history, opportunities, orders, positions, top, trades
from arb.cli.notify import notify
from arb.cli.operate import ack, flatten, kill, pause, reduce, resume, status
from arb.cli.pairs import pairs
from arb.cli.run import run
from arb.cli.sim import sim
from arb.cli.stuck import stuck
from arb.redaction import SECRETS

SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "Run": (run, doctor, sim, drill),
    "Look": (
        status,
        health,
        top,
        explain,
        opportunities,
        positions,
        orders,
        trades,
        history,
        balance,
    ),
    "Stop and go on": (pause, resume, reduce, flatten, kill),
    "What waits for a person": (ack, stuck, pairs, rules),
    "Study recordings": (replay, edges, quotes),
    "Set up": (config, notify, completion, export),
}
"""Every command, by what a person wants; `--help` shows them so."""
NAMES = 13
"""Letters: the longest name, so that all sections line up."""


class RunByDefault(click.Group):
    """A group whose command is `run` where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` in front of options that are not the group's own."""
        own = {"-h", "--help", "--version"}
        named = args and (not args[0].startswith("-") or args[0] in own)
        if not named and not ctx.resilient_parsing:  # a shell that completes names none yet
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by what they are for."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(summary_rows([*commands]), col_max=NAMES)


@click.group(
    cls=RunByDefault,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`python -m arb` alone is `python -m arb run`.",
)
@click.version_option(__version__, prog_name="arb")
def main() -> None:
    """Find and trade baskets on Polymarket and Kalshi that pay more than they cost."""
    sys.excepthook = _tell_bug


def _tell_bug(
    kind: type[BaseException], error: BaseException, where: types.TracebackType | None
) -> None:
    """Print what Python would print of a bug, less the secrets."""
    text = "".join(traceback.format_exception(kind, error, where))
    sys.stderr.write(SECRETS.strike_out(text))


for commands in SECTIONS.values():
    for command in commands:
        main.add_command(command)


if __name__ == "__main__":
    main(complete_var=VARIABLE)
