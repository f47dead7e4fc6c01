"""`arb notify`: telling people who are elsewhere."""

import sys

import click

from arb.cli.groups import PlainGroup

TEST_EPILOG = """
\b
Example:
  ARB_DISCORD_WEBHOOK_FILE=/etc/arb/webhook python -m arb notify test
\b
Exit codes:
  0 every service took it   1 one did not   2 nobody to tell, or an address cannot be used
"""


@click.group(cls=PlainGroup)
def notify() -> None:
    """Tell people who are elsewhere what happens."""


@notify.command(epilog=TEST_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a service.")
def test(as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Send one notice over every service that ARB_DISCORD_WEBHOOK and ARB_APPRISE_URLS name."""
    from arb.commands.notify import notify_test_command

    sys.exit(notify_test_command(as_json=as_json))
