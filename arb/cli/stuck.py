"""`arb stuck`: contracts that baskets left over, and what a person decides about them."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from arb.cli.groups import PlainGroup
from arb.cli.options import settings_option

C = TypeVar("C", bound=Callable[..., Any])
GROUP_EPILOG = """
\b
Examples:
  python -m arb stuck                                 what waits for a person
  python -m arb stuck list --all --json               also what is held, taken over or settled
  python -m arb stuck retry 7f3a --loss 2.50          unwind it again; it may lose 2.50 dollars
  python -m arb stuck ack 7f3a --why "sold by hand"   take it over: nothing more is done about it
\b
Exit codes:
  0 listed, or written down: the running bot takes it up within seconds, or the next start does
  2 wrong usage: no such basket, or several      5 the store cannot be read or written
"""

_WHERE = (
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    settings_option,
    click.option("--data-dir", metavar="DIR", help="Where the store is (default var/)."),
)
_BY = (
    click.option("--who", metavar="NAME", help="Who you are. Default: the user of this system."),
    click.option("--why", default="", metavar="TEXT", help="The reason; it is kept and shown."),
)


def _with(*options: Callable[[C], C]) -> Callable[[C], C]:
    def add(command: C) -> C:
        for option in options:
            command = option(command)
        return command

    return add


@click.group(cls=PlainGroup, epilog=GROUP_EPILOG, invoke_without_command=True)
@_with(*_WHERE)
@click.pass_context
def stuck(ctx: click.Context, /, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Contracts that could not be sold back within what their basket may lose."""
    if ctx.invoked_subcommand is None:
        _list(flags, everything=False)


@stuck.command("list", epilog="Example: python -m arb stuck list --all --json")
@click.option("--all", "everything", is_flag=True, help="Also what waits for nobody.")
@_with(*_WHERE)
def list_(*, everything: bool, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """List what waits for a person, with what it pays at best and at worst."""
    _list(flags, everything=everything)


@stuck.command(epilog='Example: python -m arb stuck ack 7f3a --why "sold by hand"')
@click.argument("basket")
@_with(*_BY, *_WHERE)
def ack(basket: str, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Take over what BASKET left over: an id, or the beginning of one."""
    from arb.commands.stuck import ack_command

    sys.exit(ack_command(basket, flags))


@stuck.command(epilog="Example: python -m arb stuck retry 7f3a --loss 2.50")
@click.argument("basket")
@click.option(
    "--loss", metavar="USD", help="What it may lose in dollars. Default: all that was paid."
)
@_with(*_BY, *_WHERE)
def retry(basket: str, loss: str | None, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Unwind again what BASKET left over: an id, or the beginning of one."""
    from arb.commands.stuck import retry_command

    sys.exit(retry_command(basket, loss, flags))


def _list(flags: dict[str, Any], *, everything: bool) -> None:
    from arb.commands.stuck import list_command

    sys.exit(list_command(flags, everything=everything))
