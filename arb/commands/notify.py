"""What `arb notify test` does."""

import json
import os
import time
from collections.abc import Callable

import click
import trio

from arb.commands.setup import tell_failure
from arb.commands.surroundings import real_surroundings
from arb.credentials import CredentialFault
from arb.ending import Exit
from arb.market.errors import ArbError, Refused
from arb.market.units import Ns
from arb.notify.addresses import APPRISE, DISCORD, Addresses
from arb.notify.digest import Digest
from arb.notify.notice import Kind
from arb.notify.senders import Sender
from arb.telling import senders

ANSWER_S = 15.0
"""For one service."""
Tell = Callable[[str, str], None]
"""Takes the name of a service and what went wrong, "" where nothing did."""


def notify_test_command(*, as_json: bool) -> int:
    """Send one notice everywhere; returns the exit code."""
    try:
        addresses = Addresses.read(os.environ)
    except CredentialFault as fault:
        return tell_failure(str(fault), Exit.USAGE)
    if not addresses.any:
        return tell_failure(f"nobody to tell: set {DISCORD} or {APPRISE}", Exit.USAGE)
    failures: list[str] = []

    def tell(name: str, failure: str) -> None:
        failures.extend([failure] if failure else [])
        if as_json:
            click.echo(json.dumps({"service": name, "ok": not failure, "failure": failure}))
        else:
            click.echo(f"{name}: {failure or 'told'}")

    try:
        trio.run(_tell_all, addresses, tell)
    except Refused as refusal:
        return tell_failure(str(refusal), Exit.USAGE)
    return Exit.ERROR if failures else Exit.OK


async def _tell_all(addresses: Addresses, tell: Tell) -> None:
    digest = Digest(Kind.SUMMARY, ("a test: notices reach you",), 1, Ns(time.time_ns()))
    async with senders(addresses, real_surroundings().in_thread)() as services:
        for service in services:
            tell(service.name, await _failure(service, digest))


async def _failure(service: Sender, digest: Digest) -> str:
    try:
        with trio.fail_after(ANSWER_S):
            await service.send([digest])
    except ArbError as error:
        return str(error)
    except trio.TooSlowError:
        return f"no answer for {ANSWER_S:g} s"
    return ""
