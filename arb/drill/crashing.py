"""A bot one of whose parts crashes again and again: it must stop safely, with true books."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import cast

import attrs
import trio

from arb.board import Board
from arb.drill.exercises import Drilled
from arb.ending import Exit
from arb.market.instruments import Venue
from arb.outside import Surroundings, Venues, open_venues
from arb.session import Options, run
from arb.settings import Settings
from arb.venues.protocols import MarketData, Socket

STOP_S = 60.0


@attrs.frozen
class _Breaking:
    """Market data whose connections stumble over a fault that nobody foresaw."""

    inner: MarketData

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def connect_books(self) -> AbstractAsyncContextManager[Socket]:
        """Stumble."""
        raise LookupError("a drill")


class _Silent:
    """A display that shows nothing."""

    every_s = 60.0

    def say(self, text: str) -> None:
        """Nothing."""

    def show(self, board: Board) -> None:
        """Nothing."""


async def crash_loop(settings: Settings, around: Surroundings, home: Path) -> Drilled:
    """Run on embedded venues with real sockets until the supervisor gives up."""
    own = attrs.evolve(settings.run, venues="sim", data_dir=str(home / "crash_loop"))
    settings = attrs.evolve(settings, run=own)

    @asynccontextmanager
    async def venues() -> AsyncIterator[Venues]:
        async with open_venues(settings, around) as opened:
            data = dict(opened.outside.data)
            data[Venue.KALSHI] = cast("MarketData", _Breaking(data[Venue.KALSHI]))
            yield attrs.evolve(opened, outside=attrs.evolve(opened.outside, data=data))

    options = Options(venues=venues(), kill_file=home / "crash_loop.KILL", for_s=STOP_S)
    started = time.monotonic()
    log = logging.getLogger("arb.supervise")
    log.disabled = True  # that it crashes is the point: no traces between the lines of the drill
    try:
        with trio.fail_after(2 * STOP_S):
            summary = await run(settings, options, _Silent())
    finally:
        log.disabled = False
    took = round(1000 * (time.monotonic() - started))
    ok = summary.exit_code == Exit.CRASH_LOOP and summary.compared and not summary.differences
    words = f"exit code {summary.exit_code} with start-up: {summary.stopped_by}"
    return Drilled("crash loop", "a part that crashes", took, 0, ok, words)
