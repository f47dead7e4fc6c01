"""The kill files: one ends trading, a venue's own bars that venue while it is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from arb.actors.kill_watcher import KillWatcher
from arb.market.instruments import Venue
from arb.messages import VenueBarred
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual

EVERY_S = 0.1


@attrs.frozen
class Watched:
    file: Path
    killed: list[str]
    barred: trio.MemoryReceiveChannel[VenueBarred]


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Watched]:
    outbox, barred = trio.open_memory_channel[VenueBarred](100)
    killed = list[str]()
    async with trio.open_nursery() as nursery:
        watcher = KillWatcher(folder / "KILL", killed.append, outbox, EVERY_S)
        await nursery.start(watcher.run)
        yield Watched(folder / "KILL", killed, barred)
        nursery.cancel_scope.cancel()


@virtual
async def test_an_empty_file_kills_within_one_look(tmp_path: Path) -> None:
    """`touch KILL` is enough, and it is told once."""
    async with watched(tmp_path) as built:
        await trio.sleep(10)
        assert built.killed == []
        built.file.touch()
        await trio.sleep(2 * EVERY_S)
        assert built.killed == ["KILL exists"]
        await trio.sleep(10)
        assert len(built.killed) == 1


@virtual
async def test_the_files_words_are_the_reason(tmp_path: Path) -> None:
    """What somebody wrote into it is told, shortened, whatever its bytes."""
    async with watched(tmp_path) as built:
        built.file.write_bytes(b"spread \xff looks wrong " + b"x" * 1_000)
        await trio.sleep(1)
        (reason,) = built.killed
        assert reason.startswith("KILL exists: spread")
        assert len(reason) < 300


@virtual
async def test_a_folder_of_that_name_kills_too(tmp_path: Path) -> None:
    """Anything with the name counts: what cannot be read is still there."""
    async with watched(tmp_path) as built:
        built.file.mkdir()
        await trio.sleep(1)
        assert built.killed == ["KILL exists"]


@virtual
async def test_a_venues_own_file_bars_it_while_it_is_there(tmp_path: Path) -> None:
    """KILL.kalshi is told when it comes and when it goes, once each, and trading goes on."""
    async with watched(tmp_path) as built:
        await trio.sleep(1)
        waiting(built.barred)
        own = tmp_path / "KILL.kalshi"
        own.write_text("maintenance")
        await trio.sleep(1)
        (told,) = waiting(built.barred)
        assert (told.venue, told.reason) == (Venue.KALSHI, "KILL.kalshi exists: maintenance")
        own.unlink()
        await trio.sleep(1)
        assert waiting(built.barred) == [VenueBarred(Venue.KALSHI, None)]
        assert built.killed == []
