"""Looks for the kill files and ends trading, or one venue's part of it."""

from collections.abc import Callable
from pathlib import Path

import attrs
import trio

from arb.market.instruments import Venue
from arb.messages import VenueBarred


@attrs.frozen
class KillWatcher:
    """Own the looking. Calls `kill` with the reason once the file exists, and returns.

    Sends `VenueBarred` as a venue's own file (`KILL.kalshi`) comes and goes.
    """

    file: Path
    kill: Callable[[str], None]
    barred: trio.MemorySendChannel[VenueBarred]
    every_s: float

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look until the file is there."""
        task_status.started()
        stopped: set[Venue] = set()
        while (reason := self._reason(self.file)) is None:
            for venue in Venue:
                self._look_at(venue, stopped)
            await trio.sleep(self.every_s)
        self.kill(reason)

    def _look_at(self, venue: Venue, stopped: set[Venue]) -> None:
        reason = self._reason(self.file.with_name(f"{self.file.name}.{venue}"))
        if (reason is not None) != (venue in stopped):
            stopped.symmetric_difference_update({venue})
            self.barred.send_nowait(VenueBarred(venue, reason))

    @staticmethod
    def _reason(file: Path) -> str | None:
        """What the file says, or that it exists; None where it does not.

        A plain look costs 2 us: a thread for it would cost more and disturb virtual time.
        """
        if not file.exists():
            return None
        try:
            text = file.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            text = ""
        return f"{file.name} exists" + (f": {text[:200]}" if text else "")
