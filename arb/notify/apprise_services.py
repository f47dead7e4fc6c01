"""A hundred other services through apprise, an optional extra.

Its asynchronous calls know asyncio alone, so the plain one runs in a thread. Addresses are secrets.
"""

import warnings
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Any

import attrs

from arb.market.errors import Refused, Unreachable
from arb.notify.digest import Digest
from arb.notify.notice import URGENT

InThread = Callable[[Callable[[], None]], Awaitable[None]]


@attrs.frozen
class Apprise:
    """Every service of one apprise instance."""

    services: Any = attrs.field(repr=False)
    in_thread: InThread
    name: str = "apprise"

    @classmethod
    def of(cls, addresses: Sequence[str], in_thread: InThread) -> "Apprise":
        """Read the services' addresses. Raises Refused where apprise is missing or does not know one."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of what apprise imports itself
            return cls(_services(addresses), in_thread)

    async def send(self, digests: Sequence[Digest]) -> float:
        """Tell every service; see `Sender.send`. Which of them failed apprise does not say."""
        told: list[bool] = []
        grave = any(digest.kind in URGENT for digest in digests)

        def notify() -> None:
            kind = "failure" if grave else "info"
            done = self.services.notify(title="arb", body=_text(digests), notify_type=kind)
            told.append(bool(done))

        await self.in_thread(notify)
        if told != [True]:
            raise Unreachable("apprise: a service did not take it")
        return 0.0


def _services(addresses: Sequence[str]) -> Any:  # noqa: ANN401 - apprise has no types of its own
    try:
        services = import_module("apprise").Apprise()
    except ImportError:
        raise Refused("apprise is not installed: pip install 'arb[notify]'") from None
    for number, address in enumerate(addresses, start=1):
        if not services.add(address):
            raise Refused(f"apprise does not know the service of address {number}")
    return services


def _text(digests: Sequence[Digest]) -> str:
    return "\n\n".join(
        "\n".join([f"{digest.kind} ({digest.count})", *digest.lines]) for digest in digests
    )
