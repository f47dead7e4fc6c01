"""Who is told what happens, as settings and secrets want it: the notifier's wiring."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from arb.actors.notifier import Notifier
from arb.notify.addresses import Addresses
from arb.notify.apprise_services import Apprise
from arb.notify.digest import Outbox
from arb.notify.discord import Discord
from arb.notify.notice import Kind, Notice
from arb.notify.senders import Sender
from arb.ports import InThread, Lossy
from arb.settings import Notify, SettingsFault
from arb.venues.wire import http_client

MS, NS_PER_MS = 1000, 1_000_000
WAITING = 1_000
"""Notices between the desk and the notifier; the oldest is dropped."""
FLUSH_S = 3.0
"""At the end of a run."""


class Telling:
    """The notifier and the way to it; None of both where nobody is to be told."""

    def __init__(self, knobs: Notify, addresses: Addresses, in_thread: InThread) -> None:
        """Wire it; nothing runs yet."""
        self._knobs = knobs
        self._addresses = addresses
        self._in_thread = in_thread
        self._ends = trio.open_memory_channel[Notice](WAITING)
        self._outbox = Outbox(wanted_kinds(knobs), knobs.repeat_ms * NS_PER_MS)

    @property
    def port(self) -> Lossy[Notice] | None:
        """Where the desk sends notices."""
        return Lossy(*self._ends) if self._addresses.any else None

    def actors(self) -> list[Notifier]:
        """What runs beside trading, and may fail alone."""
        if not self._addresses.any:
            return []
        knobs = self._knobs
        return [
            Notifier(
                inbox=self._ends[1],
                outbox=self._outbox,
                open_senders=senders(self._addresses, self._in_thread),
                gather_s=knobs.gather_ms / MS,
                answer_s=knobs.answer_ms / MS,
                pause_s=knobs.pause_ms / MS,
            )
        ]

    async def flush(self) -> None:
        """Give what is still to be told a moment: the last notice says why the program stops."""
        with trio.move_on_after(FLUSH_S):  # noqa: ASYNC912 - nothing may wait
            while self._addresses.any and self._waits:  # noqa: ASYNC110 - pure state, no Event
                await trio.sleep(FLUSH_S / 20)

    @property
    def _waits(self) -> bool:
        waiting = self._ends[1].statistics().current_buffer_used
        return bool(waiting) or not self._outbox.empty or self._outbox.in_hand


def wanted_kinds(knobs: Notify) -> frozenset[Kind]:
    """Read what is to be told. Raises SettingsFault where a kind is unknown."""
    unknown = set(knobs.kinds) - set(Kind)
    if unknown:
        raise SettingsFault(
            f"notify.kinds: {', '.join(sorted(unknown))}: unknown; there are {', '.join(Kind)}"
        )
    return frozenset(Kind(kind) for kind in knobs.kinds)


def senders(
    addresses: Addresses, in_thread: InThread
) -> Callable[[], AbstractAsyncContextManager[Sequence[Sender]]]:
    """How to open every service; opening raises Refused where one cannot be used at all."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Sequence[Sender]]:
        found: list[Sender] = []
        if addresses.apprise:
            found.append(Apprise.of(addresses.apprise, in_thread))
        async with http_client("") as client:
            if addresses.discord is not None:
                found.append(Discord(client, addresses.discord))
            yield found

    return opened
