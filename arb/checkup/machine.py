"""This machine and what the bot keeps on it: directory, disk, lock, kill files, stops, store."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import attrs

from arb.actors.kill_watcher import kill_file_of, order_of, read_kill_file
from arb.checkup.finding import Finding, green, red, unknown, yellow
from arb.ending import Exit
from arb.market.instruments import Venue
from arb.market.units import MICRO
from arb.messages import Level
from arb.settings import Mode, Settings
from arb.store.condition import Condition, examine
from arb.store.journal import StoreFailed
from arb.store.lock import owner_of
from arb.store.standing import NAME, StandingFile

LEAST_FREE_BYTES = 1 << 30
"""Less free disk than this is red: a store that cannot grow ends the run."""


@attrs.frozen
class Machine:
    """What is looked at; every check is a method that yields findings."""

    settings: Settings
    store_file: Path

    def findings(self) -> Iterator[Finding]:
        """Look at everything here; nothing is changed, but for a standing file that is missing."""
        yield self._mode()
        yield from self._directory()
        yield self._lock()
        yield from self._kill_files()
        yield from self._standing()
        yield from self._store()

    def _mode(self) -> Finding:
        run, limits = self.settings.run, self.settings.limits
        most = limits.canary_total_usd if run.mode is Mode.LIVE else limits.max_total_usd
        words = f"valid; mode {run.mode}, venues {run.venues}, at most ${most / MICRO:,.2f} in all"
        return green("settings", words)

    def _directory(self) -> Iterator[Finding]:
        directory = Path(self.settings.run.data_dir)
        there = directory if directory.exists() else directory.resolve().parent
        if not os.access(there, os.W_OK | os.X_OK):
            yield red("data directory", f"{directory} cannot be written")
            return
        free = shutil.disk_usage(there).free
        look = red if free < LEAST_FREE_BYTES else green
        yield look("data directory", f"{directory}, {free / (1 << 30):.1f} GiB free")

    def _lock(self) -> Finding:
        pid = owner_of(Path(self.settings.run.data_dir))
        if pid is None:
            return green("lock", "no bot runs here")
        return yellow("lock", f"process {pid} runs here: a second one is refused")

    def _kill_files(self) -> Iterator[Finding]:
        found = False
        for venue in (None, *Venue):
            file = kill_file_of(Path(self.settings.run.kill_file), venue)
            words = read_kill_file(file)
            if words is not None:
                found = True
                level, why = order_of(file, words)
                yield red("kill files", f"{level.name}: {why}")
        if not found:
            yield green("kill files", "none")

    def _standing(self) -> Iterator[Finding]:
        try:
            file = StandingFile(Path(self.settings.run.data_dir) / NAME)
        except StoreFailed as failure:
            yield red("standing", str(failure))
            return
        try:
            holds = [hold for hold in file.holds(lasting=True) if hold.level > Level.RUNNING]
            for hold in holds:
                where = f" on {hold.venue}" if hold.venue else ""
                words = f"{hold.level.name}{where} by {hold.who}: {hold.why} ({hold.clears})"
                yield red("standing", words)
            if not holds:
                yield green("standing", "nothing holds trading back")
            yield from self._problems(file)
        finally:
            file.close()

    def _problems(self, file: StandingFile) -> Iterator[Finding]:
        rows = [row for row in file.problems() if row["store"] == self.store_file.name]
        left = [row for row in rows if row["acknowledged_ns"] is None]
        for row in left:
            yield red("safe mode", f"{row['problem']}: {row['words']} (`python -m arb ack`)")
        if not left:
            yield green("safe mode", f"nothing to look at, {len(rows)} acknowledged")

    def _store(self) -> Iterator[Finding]:
        if not self.store_file.exists():
            yield green("store", f"{self.store_file}: none yet, the first start makes it")
            yield green("last run", "none")
            return
        try:
            condition = examine(self.store_file)
        except StoreFailed as failure:
            yield red("store", str(failure))
            yield unknown("last run", "the store cannot be read")
            return
        look = red if condition.damage else green
        yield look("store", condition.damage or f"{self.store_file}: whole, {condition.size}")
        yield _last_run(condition)
        yield _unfinished(condition)


def _last_run(condition: Condition) -> Finding:
    if condition.last_code is None:
        words = "has not said how it ended: it runs, or was killed; the next start recovers"
        return yellow("last run", words) if condition.runs else green("last run", "none")
    words = f"exit code {condition.last_code}: {condition.last_reason}"
    if condition.last_code in {Exit.OK, Exit.KILLED}:
        return green("last run", words)
    return yellow("last run", words)


def _unfinished(condition: Condition) -> Finding:
    words = (
        f"{condition.open_baskets} baskets and {condition.open_orders} orders without an end,"
        f" {condition.stuck} stuck positions"
    )
    busy = condition.open_baskets or condition.open_orders or condition.stuck
    return (yellow if busy else green)("unfinished", words)
