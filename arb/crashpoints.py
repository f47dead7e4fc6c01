"""Moments at which a run can be made to die, so that its recovery can be proved.

Two variables of the environment, for `scripts/crash_matrix` and nothing else:

    ARB_CRASH_AT=after:http:POST /order:2   kills this process, as `kill -9` does, when the second
                                            answer to that request begins to arrive
    ARB_CRASH_LOG=FILE                      appends the name of each moment to a file as it passes

A moment is `before` or `after`, what happens (`journal:` and a kind of record, `http:` and a
request, `socket:` and an address), and a number that counts those of the same name. Without these
variables nothing here is in anybody's way; on real venues they are refused.
"""

import os
import re
import signal
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import httpx

from arb.market.errors import ArbError
from arb.messages import Record
from arb.store.journal import Journal
from arb.venues.protocols import Socket, Sockets

CRASH_AT = "ARB_CRASH_AT"
CRASH_LOG = "ARB_CRASH_LOG"
_NAMES_ONE_THING = re.compile(r"/(?!v\d+(?=/|$))[^/]*\d[^/]*")
"""A part of a path that is an id or a ticker, and no version."""

Transport = Callable[[str], httpx.AsyncBaseTransport]
"""How a base URL is reached."""


class CrashRefused(ArbError):
    """A run was to be made to die where real money is."""


@attrs.define
class Moments:
    """Counts what passes, and dies where it was told to."""

    fatal: str
    log: Path | None
    _counts: Counter[str] = attrs.field(factory=Counter, init=False)
    _alone: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    """The store's thread passes its own moments."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Moments | None":
        """What the environment asks for; None where it asks for nothing."""
        fatal, log = environment.get(CRASH_AT, ""), environment.get(CRASH_LOG, "")
        return cls(fatal, Path(log) if log else None) if fatal or log else None

    def passes(self, name: str) -> None:
        """Take note of a moment; does not return from the fatal one."""
        with self._alone:
            self._counts[name] += 1
            moment = f"{name}:{self._counts[name]}"
            if self.log is not None:
                with self.log.open("a", encoding="utf-8") as file:
                    file.write(moment + "\n")
            if moment == self.fatal:
                os.kill(os.getpid(), signal.SIGKILL)


def refuse_where_real(venues: str) -> None:
    """Raise CrashRefused where a crash is asked for on real venues."""
    if venues == "real" and Moments.of(os.environ) is not None:
        raise CrashRefused(f"environment: {CRASH_AT}, {CRASH_LOG}: for simulated venues alone")


def open_journal(path: Path) -> Journal:
    """Open the store: one that passes its moments where the environment asks for them."""
    moments = Moments.of(os.environ)
    return Journal(path) if moments is None else _MortalJournal(path, moments)


def mortal(sockets: Sockets, transport: Transport) -> tuple[Sockets, Transport]:
    """The ways to the venues: with their moments where the environment asks for them."""
    moments = Moments.of(os.environ)
    if moments is None:
        return sockets, transport
    return _MortalSockets(sockets, moments), lambda url: _MortalTransport(transport(url), moments)


class _MortalJournal(Journal):
    """A store whose every record has a moment before and after it is written."""

    def __init__(self, path: Path, moments: Moments) -> None:
        super().__init__(path)
        self._moments = moments

    def write(self, records: Sequence[Record]) -> None:
        kinds = [type(record).__name__ for record in records]
        for kind in kinds:
            self._moments.passes(f"before:journal:{kind}")
        super().write(records)
        for kind in kinds:
            self._moments.passes(f"after:journal:{kind}")


class _MortalTransport(httpx.AsyncBaseTransport):
    """Requests with a moment before they leave and one when their answer begins to arrive."""

    def __init__(self, inner: httpx.AsyncBaseTransport, moments: Moments) -> None:
        self._inner = inner
        self._moments = moments

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = f"http:{request.method} {_NAMES_ONE_THING.sub('/*', request.url.path)}"
        self._moments.passes(f"before:{name}")
        response = await self._inner.handle_async_request(request)
        self._moments.passes(f"after:{name}")
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


@attrs.frozen
class _MortalSockets:
    """Connections with a moment before they are opened and one after."""

    inner: Sockets
    moments: Moments

    @asynccontextmanager
    async def open(
        self, url: str, headers: Sequence[tuple[str, str]] = ()
    ) -> AsyncIterator[Socket]:
        name = f"socket:{httpx.URL(url).path}"
        self.moments.passes(f"before:{name}")
        async with self.inner.open(url, headers) as socket:
            self.moments.passes(f"after:{name}")
            yield socket
