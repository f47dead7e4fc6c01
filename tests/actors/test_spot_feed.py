"""One connection to a source of spot prices: what passes, what a cut does, how it comes back."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import trio

from arb.actors.spot_feed import SpotFeed
from arb.market.spot import SpotSource, Symbol
from arb.messages import DeskEvent, FeedSeen, SpotBatch
from arb.ports import Lossy
from arb.venues.backoff import Backoff
from arb.venues.protocols import Socket
from arb.venues.spot.polymarket import PolymarketSpotStream, SpotKey
from arb.venues.spot.protocols import SpotStream
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.line_venue import LineSocket
from tests.fakes.venue import now_ns

BTC = Symbol("btcusd")
AUTHED = '{"op":"authed","rid":"auth"}'


def price(seq: int, value: str) -> str:
    payload = {"symbol": "btcusd", "timestamp": 1, "full_accuracy_value": value}
    return json.dumps({"v": 1, "channel": "price.crypto", "seq": seq, "payload": payload})


@attrs.define
class Line:
    """Polymarket's stream over connections in memory."""

    source = SpotSource.POLYMARKET
    sockets: list[LineSocket] = attrs.field(factory=list)

    def stream(self) -> SpotStream:
        return PolymarketSpotStream([BTC], lambda: SpotKey("k", "s", "p"))

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Socket]:
        await trio.lowlevel.checkpoint()
        self.sockets.append(LineSocket())
        yield self.sockets[-1]


@attrs.frozen
class Stage:
    line: Line
    batches: trio.MemoryReceiveChannel[SpotBatch]
    looks: trio.MemoryReceiveChannel[DeskEvent]

    def prices(self) -> list[int]:
        return [tick.px for batch in waiting(self.batches) for tick in batch.ticks]

    def states(self) -> list[tuple[bool, str]]:
        return [(s.connected, s.note) for s in waiting(self.looks) if isinstance(s, FeedSeen)]


@asynccontextmanager
async def feeding() -> AsyncIterator[Stage]:
    line = Line()
    outbox, batches = trio.open_memory_channel[SpotBatch](100)
    desk, looks = trio.open_memory_channel[DeskEvent](100)
    feed = SpotFeed(
        line=line,
        outbox=outbox,
        desk=Lossy(desk, looks),
        silence_s=30.0,
        backoff=Backoff(1.0, 8.0, random.Random(1)),
        now_ns=now_ns,
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        await trio.testing.wait_all_tasks_blocked()
        yield Stage(line, batches, looks)
        nursery.cancel_scope.cancel()


@virtual
async def test_prices_pass_once_the_log_in_is_answered() -> None:
    """The key goes out, the subscription follows the answer, and every price is passed on."""
    async with feeding() as stage:
        socket = stage.line.sockets[-1]
        assert ["auth" in heard for heard in socket.heard] == [True]
        socket.say(AUTHED)
        await trio.testing.wait_all_tasks_blocked()
        assert ["subscribe" in heard for heard in socket.heard] == [False, True]
        socket.say(price(1, "64000.5"))
        socket.say(price(2, "64001"))
        await trio.testing.wait_all_tasks_blocked()
        assert stage.prices() == [64_000_500_000, 64_001_000_000]
        assert stage.states() == [(True, "")]


@virtual
async def test_a_cut_and_a_refusal_are_told_and_answered_by_a_new_connection() -> None:
    """Whatever ends a connection, people hear why and another one is opened after a pause."""
    async with feeding() as stage:
        stage.line.sockets[-1].cut()
        await trio.sleep(10)
        stage.line.sockets[-1].say('{"op":"error","code":"auth_failed","rid":"auth"}')
        await trio.sleep(20)
        assert len(stage.line.sockets) == 3
        notes = [note for connected, note in stage.states() if not connected]
        assert notes[0] == "socket closed"
        assert "auth_failed" in notes[1]


@virtual
async def test_acknowledgements_are_no_life() -> None:
    """A connection that brings no prices for too long is given up, whatever else it says."""
    async with feeding() as stage:
        socket = stage.line.sockets[-1]
        for _ in range(10):
            socket.say(AUTHED)
            await trio.sleep(4)
        assert len(stage.line.sockets) == 2
        assert stage.prices() == []
