"""How an actor hands records to the store writer, and waits until they are durable."""

from collections.abc import Callable

import attrs
import trio

from arb.messages import Record
from arb.store.journal import StoreFailed


@attrs.frozen
class StoreRequest:
    """Records to write in one transaction; `done` is told None, or what went wrong."""

    records: tuple[Record, ...]
    done: Callable[[str | None], None] | None


@attrs.frozen
class StorePort:
    """The store as other actors see it."""

    outbox: trio.MemorySendChannel[StoreRequest]

    def record_soon(self, *records: Record) -> None:
        """Hand records over without waiting: a kill in this very moment cannot lose them.

        Raises trio.WouldBlock where the store has fallen hopelessly behind: a design error.
        """
        self.outbox.send_nowait(StoreRequest(records, None))

    async def record(self, *records: Record) -> None:
        """Return when the records are durable. Raises StoreFailed where they are not.

        The answer comes over a channel of its own, made for this one question.
        """
        answered, answer = trio.open_memory_channel[str | None](1)
        self.outbox.send_nowait(StoreRequest(records, answered.send_nowait))
        fault = await answer.receive()
        if fault is not None:
            raise StoreFailed(fault)
