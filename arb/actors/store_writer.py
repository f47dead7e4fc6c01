"""The only writer of the store: everything waiting becomes one transaction."""

from collections.abc import Callable

import attrs
import trio

from arb.ports import InThread
from arb.store.journal import Journal, StoreFailed
from arb.store.port import StoreRequest

BATCH = 500
"""Requests in one transaction: enough to catch up after a stall, little enough to stay short."""


@attrs.frozen
class StoreWriter:
    """Own the journal's write side.

    Receives `StoreRequest`; answers each that wants an answer, once its records are durable.
    Once a write failed every later one is refused too, and `failed` was told why: without a
    store there are no new orders. Returns when the inbox is closed and drained.
    """

    journal: Journal
    inbox: trio.MemoryReceiveChannel[StoreRequest]
    in_thread: InThread
    failed: Callable[[str], None]

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write until the inbox closes."""
        task_status.started()
        fault: str | None = None
        async for first in self.inbox:
            batch = self._waiting(first)
            if fault is None:
                fault = await self._write(batch)
                if fault is not None:
                    self.failed(fault)
            for request in batch:
                if request.done is not None:
                    request.done(fault)

    def _waiting(self, first: StoreRequest) -> list[StoreRequest]:
        batch = [first]
        while len(batch) < BATCH:
            try:
                batch.append(self.inbox.receive_nowait())
            except (trio.WouldBlock, trio.EndOfChannel):
                break
        return batch

    async def _write(self, batch: list[StoreRequest]) -> str | None:
        records = [record for request in batch for record in request.records]
        try:
            await self.in_thread(lambda: self.journal.write(records))
        except StoreFailed as error:
            return str(error)
        return None
