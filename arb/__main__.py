"""The command line: every command by its name."""

import click

from arb import __version__
from arb.cli.doctor import doctor
from arb.cli.drill import drill
from arb.cli.inquire import explain, rules
from arb.cli.lab import edges, quotes, replay
from arb.cli.notify import notify
from arb.cli.operate import ack, flatten, kill, pause, reduce, resume, status
from arb.cli.pairs import pairs
from arb.cli.run import run
from arb.cli.sim import sim
from arb.cli.stuck import stuck


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


for command in (notify, run, sim, replay, explain, rules, edges, quotes, pairs):
    main.add_command(command)
for command in (doctor, drill, status, pause, resume, reduce, flatten, kill, ack, stuck):
    main.add_command(command)


if __name__ == "__main__":
    main()
