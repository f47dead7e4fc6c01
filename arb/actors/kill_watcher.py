"""Looks for the kill files: what they order holds for as long as they are there."""

from pathlib import Path

import attrs
import trio

from arb.market.instruments import Venue
from arb.market.units import Clock
from arb.messages import Hold, Level
from arb.risk.standing import KILL_FILE, read_file_words


@attrs.frozen
class KillWatcher:
    """Own the looking. Sends a `Hold` whenever a file comes, changes or goes away. Never returns.

    `file` is about everything, `file` with a venue's name behind it (`KILL.kalshi`) about that
    venue. The first look tells all of them: what a crash of ours missed is put right.
    """

    file: Path
    outbox: trio.MemorySendChannel[Hold]
    every_s: float
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look, for ever."""
        told: dict[Venue | None, str | None] = {}
        self._look(told)
        task_status.started()
        while True:
            await trio.sleep(self.every_s)
            self._look(told)

    def _look(self, told: dict[Venue | None, str | None]) -> None:
        for venue in (None, *Venue):
            self._look_at(venue, told)

    def _look_at(self, venue: Venue | None, told: dict[Venue | None, str | None]) -> None:
        file = kill_file_of(self.file, venue)
        words = read_kill_file(file)
        if venue not in told or told[venue] != words:
            told[venue] = words
            self.outbox.send_nowait(self._hold(file, venue, words))

    def _hold(self, file: Path, venue: Venue | None, words: str | None) -> Hold:
        level, why = (Level.RUNNING, "") if words is None else order_of(file, words)
        return Hold(
            source=KILL_FILE,
            level=level,
            who=KILL_FILE,
            why=why,
            clears=f"remove {file}",
            at_ns=self.now_ns(),
            venue=venue,
        )


def kill_file_of(file: Path, venue: Venue | None) -> Path:
    """The file that is about a venue; or about everything, without one."""
    return file if venue is None else file.with_name(f"{file.name}.{venue}")


def order_of(file: Path, words: str) -> tuple[Level, str]:
    """What a file that says this orders, and the reason it is told with."""
    level, _ = read_file_words(words)
    text = " ".join(words.split())[:200]
    return level, f"{file.name} exists" + (f": {text}" if text else "")


def read_kill_file(file: Path) -> str | None:
    """What the file says; "" where it cannot be read; None where it does not exist.

    A plain look costs 2 us: a thread for it would cost more and disturb virtual time.
    """
    if not file.exists():
        return None
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
