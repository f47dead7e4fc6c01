"""The kill files: what they order holds for as long as they are there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from arb.actors.kill_watcher import KillWatcher
from arb.market.instruments import Venue
from arb.messages import Hold, Level
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.venue import now_ns

EVERY_S = 0.1


@attrs.frozen
class Watched:
    file: Path
    told: trio.MemoryReceiveChannel[Hold]

    def words(self) -> list[tuple[Venue | None, Level, str]]:
        return [(hold.venue, hold.level, hold.why) for hold in waiting(self.told)]


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Watched]:
    outbox, told = trio.open_memory_channel[Hold](100)
    async with trio.open_nursery() as nursery:
        watcher = KillWatcher(folder / "KILL", outbox, EVERY_S, now_ns)
        await nursery.start(watcher.run)
        yield Watched(folder / "KILL", told)
        nursery.cancel_scope.cancel()


@virtual
async def test_the_first_look_tells_of_every_file(tmp_path: Path) -> None:
    """Also that it is not there: what a crash of the watcher missed is put right."""
    async with watched(tmp_path) as built:
        nothing = [(place, Level.RUNNING, "") for place in (None, *Venue)]
        assert built.words() == nothing
        await trio.sleep(10)
        assert built.words() == []


@virtual
async def test_an_empty_file_stops_within_one_look(tmp_path: Path) -> None:
    """`touch KILL` is enough; it is told once, and once more when it is gone."""
    async with watched(tmp_path) as built:
        built.words()
        built.file.touch()
        await trio.sleep(2 * EVERY_S)
        assert built.words() == [(None, Level.STOPPED, "KILL exists")]
        await trio.sleep(10)
        assert built.words() == []
        built.file.unlink()
        await trio.sleep(2 * EVERY_S)
        assert built.words() == [(None, Level.RUNNING, "")]


@virtual
async def test_its_first_word_may_be_a_verb_that_changes(tmp_path: Path) -> None:
    """The same verbs as the commands; what is written over it is told."""
    async with watched(tmp_path) as built:
        built.words()
        built.file.write_text("pause spread looks wrong")
        await trio.sleep(1)
        assert built.words() == [(None, Level.PAUSED, "KILL exists: pause spread looks wrong")]
        built.file.write_text("flatten")
        await trio.sleep(1)
        assert built.words() == [(None, Level.FLATTEN, "KILL exists: flatten")]


@virtual
async def test_the_files_words_are_the_reason(tmp_path: Path) -> None:
    """What somebody wrote into it is told, shortened, whatever its bytes."""
    async with watched(tmp_path) as built:
        built.words()
        built.file.write_bytes(b"spread \xff looks wrong " + b"x" * 1_000)
        await trio.sleep(1)
        ((_, level, reason),) = built.words()
        assert level is Level.STOPPED
        assert reason.startswith("KILL exists: spread")
        assert len(reason) < 300


@virtual
async def test_a_folder_of_that_name_stops_too(tmp_path: Path) -> None:
    """Anything with the name counts: what cannot be read is still there."""
    async with watched(tmp_path) as built:
        built.words()
        built.file.mkdir()
        await trio.sleep(1)
        assert built.words() == [(None, Level.STOPPED, "KILL exists")]


@virtual
async def test_a_venues_own_file_is_about_that_venue(tmp_path: Path) -> None:
    """KILL.kalshi is told when it comes and when it goes, once each."""
    async with watched(tmp_path) as built:
        built.words()
        own = tmp_path / "KILL.kalshi"
        own.write_text("maintenance")
        await trio.sleep(1)
        assert built.words() == [(Venue.KALSHI, Level.STOPPED, "KILL.kalshi exists: maintenance")]
        own.unlink()
        await trio.sleep(1)
        assert built.words() == [(Venue.KALSHI, Level.RUNNING, "")]
