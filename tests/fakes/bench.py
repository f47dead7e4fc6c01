"""A store, a placer and the channels around them, with a real journal in a temporary folder."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import TypeVar

import attrs
import trio

from arb.actors.store_writer import StoreWriter
from arb.messages import DeskEvent, OrderEnded, OrderSent, Trouble
from arb.placing import Patience, Placer
from arb.ports import DeskPort, Lossy
from arb.risk.rate import OrderRate
from arb.store.journal import Journal
from arb.store.port import StorePort, StoreRequest
from tests.fakes.venue import FakeVenue, now_ns

T = TypeVar("T")
PATIENCE = Patience(answer_s=5.0, resolve_s=20.0, absent_s=6.0, poll_s=0.25, intent_s=1.0)


async def in_place(call: Callable[[], None], /) -> None:
    """Run a blocking call where we are: a thread would make virtual time jump."""
    call()
    await trio.lowlevel.checkpoint()


@attrs.define
class Bench:
    """What an actor under test needs around it."""

    journal: Journal
    store: StorePort
    placer: Placer
    reports: trio.MemoryReceiveChannel[OrderSent | OrderEnded]
    desk: DeskPort
    looks: trio.MemoryReceiveChannel[DeskEvent]
    store_faults: list[str]
    new_id: Callable[[], str]
    troubled: trio.MemorySendChannel[Trouble]
    troubles: trio.MemoryReceiveChannel[Trouble]

    def told(self) -> list[OrderSent | OrderEnded]:
        """Everything reported so far."""
        return waiting(self.reports)


def waiting(channel: trio.MemoryReceiveChannel[T]) -> list[T]:
    """Take everything that is in a channel."""
    return [channel.receive_nowait() for _ in range(channel.statistics().current_buffer_used)]


@asynccontextmanager
async def bench(
    folder: Path, venues: Sequence[FakeVenue], *, rate: int = 1_000
) -> AsyncIterator[Bench]:
    """Run a store writer for as long as the block lasts, and let it write everything."""
    journal = Journal(folder / "store.sqlite")
    requests, inbox = trio.open_memory_channel[StoreRequest](10_000)
    sending, reports = trio.open_memory_channel[OrderSent | OrderEnded](10_000)
    desk, looks = trio.open_memory_channel[DeskEvent](10_000)
    troubled, troubles = trio.open_memory_channel[Trouble](10_000)
    store, faults, numbers = StorePort(requests), list[str](), count(1)
    placer = Placer(
        orders={venue.venue: venue for venue in venues},
        store=store,
        reports=sending,
        troubles=troubled,
        rate=OrderRate(rate),
        patience=PATIENCE,
        now_ns=now_ns,
    )
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(StoreWriter(journal, inbox, in_place, faults.append).run)
            yield Bench(
                journal=journal,
                store=store,
                placer=placer,
                reports=reports,
                desk=Lossy(desk, looks),
                looks=looks,
                store_faults=faults,
                new_id=lambda: f"n{next(numbers)}",
                troubled=troubled,
                troubles=troubles,
            )
            requests.close()
    finally:
        journal.close()


class KillAt(trio.abc.Instrument):
    """Cancel a scope after so many steps of any task: at every await there is, one run each."""

    def __init__(self, step: int) -> None:
        self.scope = trio.CancelScope()
        self.fired = False
        self._left = step
        self._armed = False

    def arm(self) -> None:
        """Count from here on."""
        self._armed = True

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count one step."""
        del task
        if self._armed and not self.fired:
            self._left -= 1
            if self._left < 0:
                self.fired = True
                self.scope.cancel(reason="killed by the test")
