"""The proxy in front of a real server: resets, half-open and slow connections, on real sockets."""

import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import attrs
import httpx
import pytest
import trio
from hypercorn.config import Config
from hypercorn.trio import serve as serve_app
from hypercorn.typing import Framework

from arb.market.errors import Unreachable
from arb.market.instruments import Venue
from arb.sim.faults.board import Entry, FaultBoard
from arb.sim.faults.connections import Connections
from arb.sim.faults.delays import RoundTrip
from arb.sim.faults.middleware import FaultMiddleware
from arb.sim.faults.proxy import ChaosProxy
from arb.sim.faults.script import read_fault
from arb.venues.wire import TrioSockets, ask, http_client
from tests.sim_faults.tiny_venue import NoArrivals, TinyVenue, frames, now_ns


@attrs.frozen
class Front:
    """A tiny venue on sockets, behind middleware and proxy."""

    venue: TinyVenue
    board: FaultBoard
    connections: Connections
    url: str

    def inject(self, line: str) -> Entry:
        self.board.inject(read_fault(line))
        return self.board.entries()[-1]

    def strike(self, entry: Entry) -> None:
        """Let a fault hit every connection that it can hit, now."""
        for connection in self.connections.of(entry.fault.kind):
            connection.suffer(entry)


def listen(port: int) -> socket.socket:
    listening = socket.create_server(("127.0.0.1", port))
    listening.setblocking(False)
    return listening


def address(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


async def _serve(app: object, *, task_status: trio.TaskStatus[list[str]]) -> None:  # noqa: ASYNC128 - hypercorn reports
    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.accesslog = config.errorlog = None
    await serve_app(cast(Framework, app), config, task_status=task_status)


@asynccontextmanager
async def front() -> AsyncIterator[Front]:
    venue, board, connections = TinyVenue(), FaultBoard(now_ns, random.Random(1)), Connections()
    app = FaultMiddleware.around(
        venue.app,
        Venue.POLYMARKET,
        board,
        connections=connections,
        arrivals=NoArrivals(),
        round_trip=RoundTrip(0.0, random.Random(2)),
        now_ns=now_ns,
    )
    with listen(0) as listening:
        async with trio.open_nursery() as nursery:
            bound = await nursery.start(_serve, app)
            port = int(bound[0].rpartition(":")[2])
            proxy = ChaosProxy(Venue.POLYMARKET, port, board, connections)
            nursery.start_soon(proxy.run, listening)
            yield Front(venue, board, connections, address(listening))
            nursery.cancel_scope.cancel()


async def test_it_passes_everything_on() -> None:
    """Requests, answers and frames, whole, over connections that stay open."""
    async with front() as at, http_client(at.url) as client:
        for number in range(1, 4):
            answer = await ask(client, "POST", "/order", body=b"x" * 300_000)
            assert answer.json() == {"number": number}
        assert [len(body) for body in at.venue.asked] == [300_000] * 3
        async with TrioSockets().open(f"ws{at.url[4:]}/ws/market") as stream:
            await stream.send("PING")
            heard = {await stream.receive(), await stream.receive()}
            assert "PONG" in heard


@pytest.mark.parametrize(("kind", "acted"), [("request_lost", []), ("answer_lost", ["one"])])
async def test_requests_and_answers_are_lost_with_their_connection(
    kind: str, acted: list[str]
) -> None:
    """RST before the venue saw the request, or after it acted; other endpoints work."""
    async with front() as at, http_client(at.url) as client:
        entry = at.inject(f"{kind} how=reset endpoint='POST /order'")
        with pytest.raises(Unreachable):
            await ask(client, "POST", "/order", body=b"one")
        assert at.venue.asked == acted
        assert (await ask(client, "GET", "/book")).status == 200
        assert entry.acted == 1


async def test_a_reset_is_heard_at_once() -> None:
    """An open socket ends without a goodbye; new ones open."""
    async with front() as at:
        entry = at.inject("reset start_s=1000")
        url = f"ws{at.url[4:]}/ws/market"
        async with TrioSockets().open(url) as stream:
            await stream.receive()
            at.strike(entry)
            assert (await frames(stream, 5))[-1].startswith("END")
        async with TrioSockets().open(url) as stream:
            assert await stream.receive()


async def test_a_half_open_connection_stays_and_says_nothing() -> None:
    """No frame, no pong, no end; a request on a dead connection is never answered."""
    async with front() as at, http_client(at.url) as client:
        assert (await ask(client, "GET", "/book")).status == 200
        entry = at.inject("half_open start_s=1000")
        at.strike(entry)
        with trio.move_on_after(0.3) as patience:
            await ask(client, "GET", "/book")
        assert patience.cancelled_caught
        assert len(at.venue.asked) == 1


async def test_a_slow_connection_trickles() -> None:
    """Bytes come in pieces: a reader sees the answer before it is whole."""
    async with front() as at, httpx.AsyncClient(base_url=at.url, timeout=None) as client:  # noqa: S113 - pytest has a deadline
        entry = at.inject("slow bytes_per_s=2000")
        async with client.stream("GET", "/book") as answer:
            parts = [part async for part in answer.aiter_raw(1)]
        assert b"".join(parts) == b'{"number":1}'
        assert entry.acted >= 1


async def test_no_venue_behind_it_is_a_reset() -> None:
    """Where the server is gone the client hears so."""
    board, connections = FaultBoard(now_ns, random.Random(1)), Connections()
    proxy = ChaosProxy(Venue.KALSHI, 1, board, connections)
    with listen(0) as listening:
        async with trio.open_nursery() as nursery, http_client(address(listening)) as client:
            nursery.start_soon(proxy.run, listening)
            with pytest.raises(Unreachable):
                await ask(client, "GET", "/book")
            nursery.cancel_scope.cancel()
