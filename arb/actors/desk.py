"""Keeps the board that people look at, from copies of messages."""

from collections.abc import Callable

import attrs
import trio

from arb.board import Board
from arb.messages import DeskEvent


@attrs.frozen
class Desk:
    """Own the board. Receives copies of messages; calls `show` every `every_s`. Never returns."""

    board: Board
    inbox: trio.MemoryReceiveChannel[DeskEvent]
    show: Callable[[Board], None]
    every_s: float

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take what comes; show now and then."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._show)
            task_status.started()
            async for event in self.inbox:
                self.board.take(event)

    async def _show(self) -> None:
        while True:
            await trio.sleep(self.every_s)
            self.show(self.board)
