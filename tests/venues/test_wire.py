"""The wire on real sockets: errors by what the caller must do, and nothing left open."""

import gc
import warnings
from collections.abc import Awaitable, Callable

import pytest
import trio
import trio_websocket

from arb.market.errors import Refused, Unreachable
from arb.venues.wire import TrioSockets, ask, http_client

Handler = Callable[[trio_websocket.WebSocketRequest], Awaitable[None]]


async def serve(handler: Handler, nursery: trio.Nursery) -> str:
    server = await nursery.start(trio_websocket.serve_websocket, handler, "127.0.0.1", 0, None)
    return f"ws://127.0.0.1:{server.port}/path"


async def test_a_refused_handshake_is_refused(nursery: trio.Nursery) -> None:
    """401 at the door is the venue's no, with its words."""

    async def turn_away(request: trio_websocket.WebSocketRequest) -> None:
        await request.reject(401, body=b'{"error":"who are you"}')

    url = await serve(turn_away, nursery)
    with pytest.raises(Refused, match="who are you"):
        async with TrioSockets().open(url):
            pytest.fail("the door was open")


async def test_nobody_listening_is_unreachable() -> None:
    """A closed port is no answer, not a no."""
    with pytest.raises(Unreachable):
        async with TrioSockets().open("ws://127.0.0.1:1/"):
            pytest.fail("somebody answered")


async def test_a_server_that_hangs_up_leaves_no_socket_behind(nursery: trio.Nursery) -> None:
    """Frames arrive, the hang-up is Unreachable, and the TCP socket is closed."""

    async def speak_and_leave(request: trio_websocket.WebSocketRequest) -> None:
        connection = await request.accept()
        await connection.send_message("hello")
        await connection.aclose()

    url = await serve(speak_and_leave, nursery)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with TrioSockets().open(url) as socket:
            assert await socket.receive() == "hello"
            with pytest.raises(Unreachable):
                await socket.receive()
        del socket
        gc.collect()
    assert [str(w.message) for w in caught if w.category is ResourceWarning] == []


async def test_http_without_an_answer_is_unreachable() -> None:
    """A refused connection says nothing about what happened."""
    async with http_client("http://127.0.0.1:1") as client:
        with pytest.raises(Unreachable):
            await ask(client, "GET", "/time")
