"""What a service is to the notifier."""

from collections.abc import Sequence
from typing import Protocol

from arb.market.errors import Unreachable
from arb.notify.digest import Digest


class Busy(Unreachable):
    """The service took nothing and says when to try again."""

    def __init__(self, text: str, wait_s: float) -> None:
        """Carry the pause that the service asks for, in seconds."""
        super().__init__(text)
        self.wait_s = wait_s


class Sender(Protocol):
    """One service. A deadline is the caller's."""

    @property
    def name(self) -> str:
        """Of the service; never its address, which is a secret."""
        ...

    async def send(self, digests: Sequence[Digest]) -> float:
        """Tell everything in one message.

        Returns the seconds that the service wants us to wait before the next message. Raises
        `Busy` or `Unreachable` where it may be tried again, `Refused` where that would be of no
        use.
        """
        ...
