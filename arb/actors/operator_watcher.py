"""Looks into the standing file for what operators order, from whichever process."""

import attrs
import trio

from arb.messages import Ordered
from arb.store.standing import StandingFile


@attrs.frozen
class OperatorWatcher:
    """Own the looking. Sends every order that nobody took yet, once, in order. Never returns.

    Raises StoreFailed where the file cannot be read: without it an order to stop would be missed.
    """

    file: StandingFile
    outbox: trio.MemorySendChannel[Ordered]
    every_s: float

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look, for ever. A look at an unchanged file costs some 5 us."""
        last = self._look(0)
        task_status.started()
        while True:
            await trio.sleep(self.every_s)
            last = self._look(last)

    def _look(self, last: int) -> int:
        """Send what is newer than the order `last`; returns the newest."""
        for ordered in self.file.new_orders():
            if ordered.number > last:
                last = ordered.number
                self.outbox.send_nowait(ordered)
        return last
