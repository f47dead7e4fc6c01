"""Groups of commands whose lists tell whole sentences, however narrow the terminal."""

import click

WHOLE = 1_000
"""Letters: more than any first sentence, so that none is cut."""


def summary_rows(commands: list[click.Command]) -> list[tuple[str, str]]:
    """Name and first sentence of each."""
    return [(one.name or "", one.get_short_help_str(WHOLE)) for one in commands]


class PlainGroup(click.Group):
    """A group that lists its commands in the order they were given."""

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """List them."""
        with formatter.section("Commands"):
            formatter.write_dl(summary_rows([*self.commands.values()]))
