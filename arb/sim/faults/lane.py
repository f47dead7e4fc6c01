"""One direction of a connection: messages travel in order, each no sooner than it is due."""

import math
from collections.abc import Awaitable, Callable

import trio
from starlette.types import Message

BACKLOG = 16_384
"""Messages on their way; beyond that the sender waits, as it would for a full socket."""


class Lane:
    """Carries messages to `deliver`. Without delays it adds nothing; `run` carries the others."""

    def __init__(self, deliver: Callable[[Message], Awaitable[None]]) -> None:
        """Start empty."""
        self._deliver = deliver
        self._put, self._take = trio.open_memory_channel[tuple[float, Message]](BACKLOG)
        self._under_way = 0
        self._empty = trio.Event()
        self._last_due = -math.inf

    async def put(self, message: Message, delay_s: float = 0.0, transfer_s: float = 0.0) -> None:
        """Send a message on its way: `delay_s` later, and `transfer_s` after the one before it."""
        if not self._under_way and delay_s <= 0 and transfer_s <= 0:
            await self._deliver(message)
            return
        now = trio.current_time()
        self._last_due = max(now + delay_s, self._last_due) + transfer_s
        self._under_way += 1
        await self._put.send((self._last_due, message))

    async def run(self) -> None:
        """Deliver what is due, until cancelled."""
        async for due, message in self._take:
            await trio.sleep_until(due)
            await self._deliver(message)
            self._under_way -= 1
            if not self._under_way:
                self._empty.set()
                self._empty = trio.Event()

    async def drain(self) -> None:
        """Wait until everything has arrived."""
        if self._under_way:
            await self._empty.wait()
