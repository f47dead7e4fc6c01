"""One state for all who watch: only what changed, and only the newest."""

import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import attrs
import trio

from arb.web.broadcast import STILL, Broadcast
from tests.fakes.clock import virtual

HOUR_S = 3_600


@attrs.define
class State:
    """What is broadcast."""

    counted: int = 0
    reads: int = 0

    def read(self) -> Mapping[str, Any]:
        self.reads += 1
        return {"counted": self.counted, "calm": ["the same"]}


def said(event: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(event.removeprefix(b"data: "))
    return found


@virtual
async def test_what_did_not_change_is_not_sent_again() -> None:
    """Everything at first; then only the section that changed."""
    state = State()
    broadcast = Broadcast(state.read, 10)
    async with aclosing(broadcast.follow()) as events:
        assert said(await anext(events)) == {"counted": 0, "calm": ["the same"]}
        state.counted = 1
        broadcast.refresh()
        assert said(await anext(events)) == {"counted": 1}
        assert broadcast.watchers == 1
    assert broadcast.watchers == 0


@virtual
async def test_a_slow_page_misses_versions_and_keeps_none_waiting() -> None:
    """Whoever comes back late is told the newest, however much happened."""
    state = State()
    broadcast = Broadcast(state.read, 10)
    async with aclosing(broadcast.follow()) as events:
        await anext(events)
        for number in range(1_000):
            state.counted = number
            broadcast.refresh()
        assert said(await anext(events)) == {"counted": 999}
        with trio.move_on_after(10) as patience:
            await anext(events)
        assert patience.cancelled_caught


@virtual
async def test_silence_is_broken_so_that_nobody_hangs_up() -> None:
    """A stream on which nothing happens says that it is still there."""
    async with aclosing(Broadcast(State().read, 10).follow()) as events:
        await anext(events)
        assert await anext(events) == STILL


@virtual
async def test_nothing_is_read_while_nobody_looks() -> None:
    """The board costs nothing without a page, and one reading serves every page."""
    state = State()
    broadcast = Broadcast(state.read, 10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(broadcast.run, 0.2)
        await trio.sleep(60)
        assert state.reads == 0
        for _ in range(5):
            nursery.start_soon(_follow, broadcast)
        await trio.sleep(20.1)
        assert state.reads <= 5 + 101
        nursery.cancel_scope.cancel()


async def _follow(broadcast: Broadcast) -> None:
    async with aclosing(broadcast.follow()) as events:
        async for _ in events:
            pass


@virtual
async def test_an_hour_of_watching_leaves_nothing_behind() -> None:
    """As many sections at the end as at the beginning, and no watcher that has gone."""
    state = State()
    broadcast = Broadcast(state.read, 10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(broadcast.run, 0.2)
        for _ in range(HOUR_S // 10):
            with trio.move_on_after(10):
                state.counted += 1
                await _follow(broadcast)
        nursery.cancel_scope.cancel()
    assert broadcast.watchers == 0
    assert set(json.loads(broadcast.state())) == {"counted", "calm"}
