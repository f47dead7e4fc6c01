"""The only writer: answers come after the disk, in order, and the first fault is the last write."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from arb.actors.store_writer import StoreWriter
from arb.market.units import Ns
from arb.messages import Noted
from arb.store.journal import Journal, StoreFailed
from arb.store.port import StorePort, StoreRequest
from tests.fakes.bench import in_place
from tests.fakes.clock import virtual


def note(number: int) -> Noted:
    return Noted("n", str(number), Ns(number))


@asynccontextmanager
async def writer(
    folder: Path, faults: list[str], in_thread: Callable[[Callable[[], None]], object] = in_place
) -> AsyncIterator[tuple[StorePort, Journal, trio.Nursery]]:
    journal = Journal(folder / "store.sqlite")
    requests, inbox = trio.open_memory_channel[StoreRequest](10_000)
    async with trio.open_nursery() as nursery:
        made = StoreWriter(journal, inbox, in_thread, faults.append)  # type: ignore[arg-type]
        nursery.start_soon(made.run)
        yield StorePort(requests), journal, nursery
        requests.close()
    journal.close()


def texts(journal: Journal) -> list[str]:
    return [found.text for found in journal.notes()]


@virtual
async def test_an_answer_means_durable(tmp_path: Path) -> None:
    """When `record` returns, another reader of the file sees what was written, and all before."""
    async with writer(tmp_path, []) as (port, _, _):
        port.record_soon(note(1))
        await port.record(note(2), note(3))
        other = Journal(tmp_path / "store.sqlite")
        assert texts(other) == ["1", "2", "3"]
        other.close()


@virtual
async def test_order_is_kept_and_nothing_is_lost(tmp_path: Path) -> None:
    """More requests than one transaction takes are all there, in the order they came."""
    async with writer(tmp_path, []) as (port, journal, _):
        for number in range(1_700):
            port.record_soon(note(number))
        await port.record()
        assert texts(journal) == [str(number) for number in range(1_700)]


@virtual
async def test_a_closed_inbox_is_drained_first(tmp_path: Path) -> None:
    """What was handed over before the end is written at the end."""
    async with writer(tmp_path, []) as (port, _, _):
        for number in range(10):
            port.record_soon(note(number))
    journal = Journal(tmp_path / "store.sqlite")
    assert len(texts(journal)) == 10
    journal.close()


@virtual
async def test_after_a_fault_nothing_is_written_and_everybody_is_told(tmp_path: Path) -> None:
    """A disk that refuses fails the write; later ones are refused though they might succeed."""
    faults = list[str]()
    async with writer(tmp_path, faults) as (port, _, _):
        await port.record(note(1))
        other = sqlite3.connect(tmp_path / "store.sqlite")
        other.execute(
            "create trigger full before insert on notes begin select raise(abort, 'disk full'); end"
        )
        other.commit()
        with pytest.raises(StoreFailed, match="disk full"):
            await port.record(note(2))
        other.execute("drop trigger full")
        other.commit()
        with pytest.raises(StoreFailed):
            await port.record(note(3))
        assert other.execute("select text from notes").fetchall() == [("1",)]
        other.close()
    assert len(faults) == 1


@virtual
async def test_a_cancelled_asker_leaves_its_record_behind(tmp_path: Path) -> None:
    """A kill while waiting for the answer does not unsay what was handed over."""
    async with writer(tmp_path, []) as (port, journal, _):
        with trio.CancelScope() as scope:
            scope.cancel()
            await port.record(note(1))
        assert scope.cancelled_caught
        await port.record(note(2))
        assert texts(journal) == ["1", "2"]


@virtual
async def test_a_slow_disk_makes_one_transaction_of_what_waits(tmp_path: Path) -> None:
    """While one write takes its time others gather, and are written together next."""
    calls = list[float]()

    async def slow(call: Callable[[], None], /) -> None:
        calls.append(trio.current_time())
        await trio.sleep(1)
        call()

    async with writer(tmp_path, [], slow) as (port, journal, nursery):
        for number in range(50):
            nursery.start_soon(port.record, note(number))
        await trio.sleep(5)
        assert sorted(map(int, texts(journal))) == list(range(50))
    assert len(calls) <= 2
