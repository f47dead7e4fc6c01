"""`arb positions`, `orders`, `trades`, `history`, `balance`, `opportunities`, `top`: to look."""

import sys
from typing import Any

import click

from arb.cli.options import live_options, store_options

STORE_CODES = """
\b
Exit codes:
  0 printed   2 wrong usage, or no store there   5 the store cannot be read
"""
LIVE_CODES = """
\b
Exit codes:
  0 printed   2 wrong usage   3 no bot runs here, or it does not answer
"""
last_option = click.option(
    "--last", type=click.IntRange(1, 1_000_000), default=20, help="So many rows, newest first."
)
basket_option = click.option(
    "--basket", metavar="ID", help="Of one basket: its id, or the beginning of it."
)


def _epilog(*examples: str, codes: str = STORE_CODES) -> str:
    lines = "\n".join(f"  python -m arb {example}" for example in examples)
    return f"\n\b\nExamples:\n{lines}\n{codes}"


@click.command(epilog=_epilog("positions", "positions --json"))
@store_options
def positions(**flags: Any) -> None:  # noqa: ANN401 - click's way
    """Say what is held in every market, and what it cost. Also while a bot runs."""
    from arb.commands.records import positions_command

    sys.exit(positions_command(flags))


@click.command(epilog=_epilog("orders --last 50", "orders --open", "orders --basket 7f3a --json"))
@last_option
@basket_option
@click.option("--open", "open_", is_flag=True, help="Only those whose end is not known.")
@store_options
def orders(**flags: Any) -> None:  # noqa: ANN401 - click's way
    """List orders, newest first. Also while a bot runs."""
    from arb.commands.records import list_command

    sys.exit(list_command(flags, "orders"))


@click.command(epilog=_epilog("trades --last 50", "trades --basket 7f3a --json"))
@last_option
@basket_option
@click.option("--open", "open_", is_flag=True, help="Only those the venue may still take back.")
@store_options
def trades(**flags: Any) -> None:  # noqa: ANN401 - click's way
    """List fills with price and fee, newest first. Also while a bot runs."""
    from arb.commands.records import list_command

    sys.exit(list_command(flags, "trades"))


@click.command(epilog=_epilog("history", "history runs", "history notes --last 100 --json"))
@click.argument("what", type=click.Choice(["baskets", "runs", "notes"]), default="baskets")
@last_option
@store_options
def history(what: str, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """List baskets with what each made, or runs, or notes; newest first. Also while a bot runs."""
    from arb.commands.records import list_command

    sys.exit(list_command(flags, what))


@click.command(epilog=_epilog("balance", "balance --store var/simulated.previous.db"))
@store_options
def balance(**flags: Any) -> None:  # noqa: ANN401 - click's way
    """Say how much cash there is, and profit under its labels. Also while a bot runs."""
    from arb.commands.records import balance_command

    sys.exit(balance_command(flags))


@click.command(epilog=_epilog("opportunities", "opportunities --json", codes=LIVE_CODES))
@last_option
@live_options
def opportunities(**flags: Any) -> None:  # noqa: ANN401 - click's way
    """List the baskets that the books show now, best first, and why each was not taken."""
    from arb.commands.live import opportunities_command

    sys.exit(opportunities_command(flags))


@click.command(epilog=_epilog("top", "top --every 2", "top --times 1 --json", codes=LIVE_CODES))
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(min=0.1),
    default=1.0,
    metavar="SECONDS",
    help="Between two looks. Default: 1.",
)
@click.option("--times", type=click.IntRange(min=1), help="Look so often. Default: until Ctrl-C.")
@live_options
def top(every_s: float, times: int | None, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Show a running bot live, from a process of its own. Ctrl-C ends the look, not the bot."""
    from arb.commands.live import top_command

    sys.exit(top_command(flags, every_s, times))


HEALTH_CODES = """
\b
Exit codes:
  0 healthy, also while paused   1 not healthy   2 wrong usage   3 no bot runs here, or no answer
"""


@click.command(epilog=_epilog("health", "health --json", codes=HEALTH_CODES))
@live_options
def health(**flags: Any) -> None:  # noqa: ANN401 - click's way
    """Say whether a supervisor should leave the running bot alone, and what speaks against it."""
    from arb.commands.live import health_command

    sys.exit(health_command(flags))
