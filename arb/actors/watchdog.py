"""Tells the service manager that the program is alive, as long as its parts are."""

from contextlib import suppress

import attrs
import trio

from arb.board import Board
from arb.systemd import ALIVE, READY, STOPPING, Supervisor

PULSES = ("BooksSeen", "MoneySeen", "VitalsSeen")
"""What book cache, treasurer and gatekeeper tell once a second or so, whatever the venues do."""
PARTS = 4
"""So often within its limit the service manager hears of us, and looks are taken."""
NS_PER_S = 1_000_000_000


@attrs.frozen
class Watchdog:
    """Own the line to the service manager.

    Says READY at its start, ALIVE while every part that should tell something regularly has done
    so within half of the manager's limit, STOPPING when it is ended. A program that hangs, or of
    which a part hangs, falls silent and is started again. Raises OSError where the manager is gone.
    """

    supervisor: Supervisor
    board: Board

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Tell until ended."""
        self.supervisor.tell(READY)
        task_status.started()
        try:
            if self.supervisor.watchdog_s is not None:
                await self._vouch(self.supervisor.watchdog_s)
            await trio.sleep_forever()
        finally:
            self.supervisor.tell(STOPPING)

    async def _vouch(self, limit_s: float) -> None:
        while True:
            if not self._silent(round(limit_s / 2 * NS_PER_S)):
                with suppress(BlockingIOError):  # its queue is full: it has yet to read the last
                    self.supervisor.tell(ALIVE)
            await trio.sleep(limit_s / PARTS)

    def _silent(self, most_ns: int) -> list[str]:
        """The parts that have told nothing for too long; at first they get that much time."""
        now, started = self.board.now_ns(), self.board.started_ns
        heard = self.board.heard
        return [name for name in PULSES if now - heard.get(name, started) > most_ns]
