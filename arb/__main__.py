"""The command line: every command by its name."""

import click

from arb import __version__
from arb.cli.inquire import explain, rules
from arb.cli.lab import edges, quotes, replay
from arb.cli.run import run
from arb.cli.sim import sim


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


for command in (run, sim, replay, explain, rules, edges, quotes):
    main.add_command(command)


if __name__ == "__main__":
    main()
