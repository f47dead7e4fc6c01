"""Serving on real loopback sockets: ports, whole answers, frames in order, slow clients."""

import socket

import httpx
import pytest
import trio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from arb.market.errors import Refused
from arb.sim.serve import LOOPBACK, listen, serve_apps
from arb.sim.wire import MOST_WAITING
from arb.venues.wire import TrioSockets

FRAMES = 5_000
LARGE = 3_000_000


class Venue:
    """An application with long answers, many frames, and no patience."""

    def __init__(self) -> None:
        self.pushed = 0
        self.left = trio.Event()
        self.app = Starlette(
            routes=[
                Route("/large", self.large),
                WebSocketRoute("/count", self.count),
                WebSocketRoute("/flood", self.flood),
            ]
        )

    async def large(self, _: Request) -> Response:
        return PlainTextResponse("x" * LARGE)

    async def count(self, websocket: WebSocket) -> None:
        await websocket.accept()
        for number in range(FRAMES):
            await websocket.send_text(f"frame {number}")
        await websocket.close(4001, "that was all")

    async def flood(self, websocket: WebSocket) -> None:
        await websocket.accept()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._push, websocket)
            with pytest.raises(WebSocketDisconnect):
                await websocket.receive_text()
            nursery.cancel_scope.cancel()
        self.left.set()

    async def _push(self, websocket: WebSocket) -> None:
        while True:
            await websocket.send_text("y" * 1_000)
            self.pushed += 1
            await trio.lowlevel.checkpoint()  # a server takes frames for a lost client at once


async def test_an_answer_is_whole_though_the_connection_closes_after_it() -> None:
    """What waits to be written leaves before the close, however long it is."""
    async with trio.open_nursery() as nursery:
        (url,) = await nursery.start(serve_apps, [(Venue().app, 0)])
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(3):
                answer = await client.get(f"{url}/large", headers={"connection": "close"})
                assert len(answer.content) == LARGE
        nursery.cancel_scope.cancel()


async def test_frames_arrive_one_by_one_and_in_order() -> None:
    """Frames that leave in one write are frames of their own; the close comes after them."""
    async with trio.open_nursery() as nursery:
        (url,) = await nursery.start(serve_apps, [(Venue().app, 0)])
        async with TrioSockets().open(f"ws{url.removeprefix('http')}/count") as client:
            assert [await client.receive() for _ in range(FRAMES)] == [
                f"frame {number}" for number in range(FRAMES)
            ]
        nursery.cancel_scope.cancel()


async def test_a_client_that_does_not_read_holds_the_sender_up() -> None:
    """Memory is bounded: the application waits; and it hears when such a client is gone."""
    venue = Venue()
    async with trio.open_nursery() as nursery:
        (url,) = await nursery.start(serve_apps, [(venue.app, 0)])
        port = int(url.rpartition(":")[2])
        with socket.create_connection((LOOPBACK, port)) as client:
            client.sendall(
                b"GET /flood HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            before = -1
            while before != venue.pushed:
                before = venue.pushed
                await trio.sleep(0.2)
            held_by_the_system = 32 * 1024 * 1024
            assert before * 1_000 < held_by_the_system + MOST_WAITING
        await venue.left.wait()
        nursery.cancel_scope.cancel()


async def test_ports_are_as_asked_for() -> None:
    """A fixed port is served; one that is taken is refused by its number, and frees the others."""
    first, second = listen(0), listen(0)
    free, taken = first.getsockname()[1], second.getsockname()[1]
    first.close()
    with pytest.raises(Refused, match=f"port {taken} of 127.0.0.1: Address already in use"):
        await serve_apps([(Venue().app, free), (Venue().app, taken)])
    async with trio.open_nursery() as nursery:
        urls = await nursery.start(serve_apps, [(Venue().app, free)])
        assert urls == [f"http://127.0.0.1:{free}"]
        nursery.cancel_scope.cancel()
    second.close()
