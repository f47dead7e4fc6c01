"""The in-process network, against ASGI applications as frameworks write them."""

import httpx
import pytest
import trio
import trio.testing
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from arb.market.errors import Refused, Unreachable
from arb.sim.inprocess import InProcessNetwork
from arb.venues.protocols import Sockets
from arb.venues.wire import ask, http_client

HOST = "https://venue.test"


class Venue:
    """An application that keeps what happened to it."""

    def __init__(self) -> None:
        self.landed: list[str] = []
        self.left: list[int] = []
        self.app = Starlette(
            routes=[
                Route("/echo/{name}", self.echo, methods=["POST"]),
                Route("/slow", self.slow, methods=["POST"]),
                WebSocketRoute("/ws/echo", self.echo_frames),
                WebSocketRoute("/ws/push", self.push),
                WebSocketRoute("/ws/closes", self.closes),
                WebSocketRoute("/ws/locked", self.locked),
                WebSocketRoute("/ws/declined", self.declined),
            ]
        )

    async def echo(self, request: Request) -> Response:
        return JSONResponse(
            {
                "name": request.path_params["name"],
                "query": request.query_params.multi_items(),
                "key": request.headers.get("x-key"),
                "body": (await request.body()).decode(),
                "host": request.headers["host"],
            },
            status_code=201,
        )

    async def slow(self, request: Request) -> Response:
        body = await request.body()
        await trio.sleep(5)
        self.landed.append(body.decode())
        return PlainTextResponse("late")

    async def echo_frames(self, socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(f"{socket.url.path}?{socket.url.query} {socket.headers.get('key')}")
        try:
            while True:
                text = await socket.receive_text()
                await socket.send_bytes(text.encode())
        except WebSocketDisconnect as error:
            self.left.append(error.code)

    async def push(self, socket: WebSocket) -> None:
        await socket.accept()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._push_for_ever, socket)
            with pytest.raises(WebSocketDisconnect):
                await socket.receive_text()
            self.left.append(0)
            nursery.cancel_scope.cancel()

    async def _push_for_ever(self, socket: WebSocket) -> None:
        for number in range(10**9):
            await socket.send_text(str(number))

    async def closes(self, socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("last words")
        await socket.close(4001, "enough")

    async def locked(self, socket: WebSocket) -> None:
        await socket.send_denial_response(JSONResponse({"error": "who?"}, status_code=401))

    async def declined(self, socket: WebSocket) -> None:
        await socket.close()


async def silent(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """End without an answer."""


async def test_a_request_arrives_as_it_was_sent() -> None:
    """Method, path, query, headers and body reach the application; its answer comes back."""
    async with trio.open_nursery() as nursery:
        network = InProcessNetwork({HOST: Venue().app}, nursery)
        async with http_client(HOST, network.transport(HOST)) as client:
            answer = await ask(
                client,
                "POST",
                "/echo/a%20b",
                params=[("t", "1"), ("t", "2")],
                headers={"x-key": "k"},
                body=b"bytes",
            )
        assert answer.status == 201
        assert answer.json() == {
            "name": "a b",
            "query": [["t", "1"], ["t", "2"]],
            "key": "k",
            "body": "bytes",
            "host": "venue.test",
        }


async def test_what_was_asked_lands_though_nobody_waits_for_the_answer(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Giving up on an answer does not take the request back, and giving up is at once."""
    venue = Venue()
    async with trio.open_nursery() as nursery:
        network = InProcessNetwork({HOST: venue.app}, nursery)
        async with http_client(HOST, network.transport(HOST)) as client:
            with trio.move_on_after(2) as deadline:
                await ask(client, "POST", "/slow", body=b"order")
            assert deadline.cancelled_caught
            assert trio.current_time() == pytest.approx(2)
            assert venue.landed == []
            await trio.sleep(4)
            assert venue.landed == ["order"]
    assert autojump_clock.autojump_threshold == 0


async def test_frames_go_both_ways() -> None:
    """Path, query and headers arrive with the handshake; frames keep their kind and their order."""
    venue = Venue()
    async with trio.open_nursery() as nursery:
        sockets: Sockets = InProcessNetwork({HOST: venue.app}, nursery).sockets
        async with sockets.open("wss://venue.test/ws/echo?a=1", [("KEY", "k")]) as socket:
            assert await socket.receive() == "/ws/echo?a=1 k"
            for text in ("one", "two"):
                await socket.send(text)
            assert [await socket.receive(), await socket.receive()] == [b"one", b"two"]
    assert venue.left == [1006]


async def test_a_sender_that_listens_learns_that_its_client_left() -> None:
    """The application hears of the end though it was sending more than the client took."""
    venue = Venue()
    async with trio.open_nursery() as nursery:
        sockets = InProcessNetwork({HOST: venue.app}, nursery).sockets
        async with sockets.open("wss://venue.test/ws/push") as socket:
            assert await socket.receive() == "0"
    assert venue.left == [0]


async def test_a_connection_that_the_venue_closes_ends_after_its_last_frame() -> None:
    """What was sent before is read first; then both directions say why they are closed."""
    async with trio.open_nursery() as nursery:
        sockets = InProcessNetwork({HOST: Venue().app}, nursery).sockets
        async with sockets.open("wss://venue.test/ws/closes") as socket:
            assert await socket.receive() == "last words"
            with pytest.raises(Unreachable, match="4001 enough"):
                await socket.receive()
            with pytest.raises(Unreachable, match="4001 enough"):
                await socket.send("hello?")


@pytest.mark.parametrize(
    ("path", "words"), [("locked", '401: {"error":"who\\?"}'), ("declined", "403")]
)
async def test_a_declined_handshake_is_a_refusal_with_its_status(path: str, words: str) -> None:
    """Denied with an HTTP answer, or closed before it was accepted, which servers call 403."""
    async with trio.open_nursery() as nursery:
        sockets = InProcessNetwork({HOST: Venue().app}, nursery).sockets
        with pytest.raises(Refused, match=words):
            async with sockets.open(f"wss://venue.test/ws/{path}"):
                pytest.fail("the handshake was declined")


async def test_silence_and_unknown_hosts_are_unreachable() -> None:
    """An application that ends without an answer, and a host that is not there."""
    async with trio.open_nursery() as nursery:
        network = InProcessNetwork({HOST: silent}, nursery)
        async with http_client(HOST, network.transport(HOST)) as client:
            with pytest.raises(Unreachable):
                await ask(client, "GET", "/")
        for url in ("wss://venue.test/ws", "wss://elsewhere.test/ws"):
            with pytest.raises(Unreachable):
                async with network.sockets.open(url):
                    pytest.fail("nobody answered")
        with pytest.raises(Unreachable):
            network.transport("https://elsewhere.test")


async def test_an_application_that_crashes_is_heard() -> None:
    """Its exception leaves the nursery; the caller is not left waiting."""

    async def crash(  # noqa: ASYNC124 - an application is async
        _scope: Scope, _receive: Receive, _send: Send
    ) -> None:
        raise LookupError("a bug in the venue")

    async def call(client: httpx.AsyncClient) -> None:
        with pytest.raises(Unreachable):
            await ask(client, "GET", "/")

    with pytest.RaisesGroup(pytest.RaisesExc(LookupError), flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            network = InProcessNetwork({HOST: crash}, nursery)
            async with http_client(HOST, network.transport(HOST)) as client:
                with trio.CancelScope(shield=True):
                    await call(client)
