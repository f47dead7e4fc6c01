"""A venue as small as can be, behind the fault layer, on virtual time."""

import inspect
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Concatenate, ParamSpec

import attrs
import httpx
import trio
import trio.testing
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from arb.market.errors import ArbError
from arb.market.instruments import Venue
from arb.market.units import Clock, Ns
from arb.sim.faults.board import Entry, FaultBoard, Subject
from arb.sim.faults.connections import Connections
from arb.sim.faults.delays import RoundTrip
from arb.sim.faults.middleware import FaultMiddleware
from arb.sim.faults.script import read_fault
from arb.sim.inprocess import InProcessNetwork
from arb.venues.protocols import Socket

Params = ParamSpec("Params")
START_NS = 1_790_000_000 * 10**9
HOSTS = {Venue.POLYMARKET: "http://poly.test", Venue.KALSHI: "http://kalshi.test"}


def now_ns() -> Ns:
    return Ns(START_NS + round(trio.current_time() * 1e9))


class TinyVenue:
    """Counts requests, numbers frames, answers PING with PONG, and remembers who left."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.heard: list[str] = []
        self.left = 0
        orders = ("/order", "/trade-api/v2/portfolio/events/orders")
        self.app = Starlette(
            routes=[
                *(Route(path, self.answer, methods=["POST"]) for path in orders),
                Route("/book", self.answer, methods=["GET"]),
                Route("/data/orders", self.answer, methods=["GET"]),
                WebSocketRoute("/ws/market", self.talk),
                WebSocketRoute("/ws/user", self.talk),
                WebSocketRoute("/trade-api/ws/v2", self.talk),
            ]
        )

    async def answer(self, request: Request) -> Response:
        body = (await request.body()).decode()
        self.asked.append(body or str(request.url.query))
        return JSONResponse({"number": len(self.asked)})

    async def talk(self, socket: WebSocket) -> None:
        """Send ten numbered frames a second, until the client leaves."""
        await socket.accept()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._tell, socket)
                await self._hear(socket)
                nursery.cancel_scope.cancel()
        finally:
            self.left += 1

    async def _tell(self, socket: WebSocket) -> None:
        for number in range(10_000):
            kind = "orderbook_delta" if number % 2 else "fill"
            await socket.send_text(
                f'{{"type":"{kind}","number":{number},"market":"M-{number % 3}"}}'
            )
            await trio.sleep(0.1)

    async def _hear(self, socket: WebSocket) -> None:
        try:
            while True:
                text = await socket.receive_text()
                self.heard.append(text)
                if text == "PING":
                    await socket.send_text("PONG")
        except WebSocketDisconnect:
            return


class NoArrivals:
    """Notes which orders were about to arrive."""

    def __init__(self) -> None:
        self.met: list[str] = []

    def meet(self, subject: Subject, body: bytes) -> None:
        self.met.append(f"{subject.endpoint} {body.decode()}")


@attrs.define
class Reply:
    """What a client heard, and after how long."""

    status: int
    text: str
    seconds: float
    headers: Mapping[str, str]


class Bench:
    """Two tiny venues behind one board."""

    def __init__(self, nursery: trio.Nursery, clock: Clock = now_ns) -> None:
        self.nursery = nursery
        self.board = FaultBoard(clock, random.Random(1))
        self.connections = Connections()
        self.arrivals = NoArrivals()
        self.venues = {venue: TinyVenue() for venue in Venue}
        self.apps = {venue: self.front(venue) for venue in Venue}
        hosts = {HOSTS[venue]: app for venue, app in self.apps.items()}
        self.network = InProcessNetwork(hosts, nursery)

    def front(self, venue: Venue) -> ASGIApp:
        return FaultMiddleware.around(
            self.venues[venue].app,
            venue,
            self.board,
            connections=self.connections,
            arrivals=self.arrivals,
            round_trip=RoundTrip(0.0, random.Random(2)),
            now_ns=now_ns,
        )

    def inject(self, line: str) -> Entry:
        id_ = self.board.inject(read_fault(line))
        return next(entry for entry in self.board.entries() if entry.id == id_)

    async def ask(
        self,
        method: str = "GET",
        path: str = "/book",
        body: str = "",
        venue: Venue = Venue.POLYMARKET,
        patience_s: float = 1e9,
    ) -> Reply:
        """Send one request. Raises what httpx raises, and trio.TooSlowError."""
        base = HOSTS[venue]
        start = trio.current_time()
        async with httpx.AsyncClient(
            base_url=base,
            transport=self.network.transport(base),
            timeout=None,  # noqa: S113 - patience_s
        ) as client:
            with trio.fail_after(patience_s):
                answer = await client.request(method, path, content=body.encode())
        seconds = trio.current_time() - start
        return Reply(answer.status_code, answer.text, seconds, answer.headers)

    @asynccontextmanager
    async def socket(
        self, path: str = "/ws/market", venue: Venue = Venue.POLYMARKET
    ) -> AsyncIterator[Socket]:
        url = "ws" + HOSTS[venue].removeprefix("http") + path
        async with self.network.sockets.open(url) as socket:
            yield socket


async def frames(socket: Socket, seconds: float) -> list[str]:
    """Everything that comes within so many seconds, or until the socket ends."""
    heard: list[str] = []
    with trio.move_on_after(seconds):  # noqa: ASYNC912 - receiving awaits
        try:
            while True:
                heard.append(str(await socket.receive()))
        except ArbError as error:
            heard.append(f"END {error}")
    return heard


def virtually(
    test: Callable[Concatenate[Bench, Params], Awaitable[None]],
) -> Callable[Params, None]:
    """Run a test on virtual time, with a bench of its own as the first argument."""

    def run(*args: Params.args, **kwargs: Params.kwargs) -> None:
        async def main() -> None:
            async with trio.open_nursery() as nursery:
                await test(Bench(nursery), *args, **kwargs)
                nursery.cancel_scope.cancel()

        trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))

    signature = inspect.signature(test)
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]  # for pytest's eyes
        parameters=list(signature.parameters.values())[1:]
    )
    run.__doc__ = test.__doc__
    return run
