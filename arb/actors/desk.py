"""Keeps the board that people look at, from copies of messages; tells the log and the notifier."""

import logging
from collections.abc import Callable

import attrs
import trio

from arb.board import Board
from arb.logs.chronicle import entry_of
from arb.messages import DeskEvent
from arb.notify.notice import Notice, Reporter
from arb.ports import Lossy

log = logging.getLogger(__name__)


@attrs.frozen
class Desk:
    """Own the board.

    Receives copies of messages; sends what is worth it to the notifier, and calls `show` every
    `every_s`. Never returns.
    """

    board: Board
    inbox: trio.MemoryReceiveChannel[DeskEvent]
    show: Callable[[Board], None]
    every_s: float
    notices: Lossy[Notice] | None = None
    reporter: Reporter = attrs.field(factory=Reporter)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take what comes; show now and then."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._show)
            task_status.started()
            async for event in self.inbox:
                self.board.take(event)
                self._write_down(event)
                self._tell(event)

    def _write_down(self, event: DeskEvent) -> None:
        entry = entry_of(event)
        if entry is not None:
            name, fields = entry
            log.info(name, extra={"fields": fields})

    def _tell(self, event: DeskEvent) -> None:
        if self.notices is not None:
            for notice in self.reporter.notices(event, self.board.now_ns()):
                self.notices.send(notice)

    async def _show(self) -> None:
        while True:
            due = trio.current_time() + self.every_s
            await trio.sleep_until(due)
            self.board.lag_ns = round((trio.current_time() - due) * 1e9)
            self.show(self.board)
