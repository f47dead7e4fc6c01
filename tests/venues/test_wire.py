"""The wire on real sockets: errors by what the caller must do, and nothing left open."""

import gc
import ssl
import warnings
from collections.abc import Awaitable, Callable

import pytest
import trio
import trio_websocket

from arb.market.errors import Unreachable
from arb.venues.wire import ask, http_client
from tests.venues.conftest import Line

Handler = Callable[[trio_websocket.WebSocketRequest], Awaitable[None]]


async def serve(handler: Handler, tls: ssl.SSLContext | None, nursery: trio.Nursery) -> str:
    server = await nursery.start(trio_websocket.serve_websocket, handler, "127.0.0.1", 0, tls)
    return f"{'wss' if tls else 'ws'}://127.0.0.1:{server.port}/path"


async def test_a_server_that_hangs_up_leaves_no_socket_behind(
    nursery: trio.Nursery, line: Line
) -> None:
    """Frames of another library arrive, its hang-up is Unreachable, the TCP socket is closed."""

    async def speak_and_leave(request: trio_websocket.WebSocketRequest) -> None:
        connection = await request.accept()
        await connection.send_message("hello")
        await connection.aclose()

    url = await serve(speak_and_leave, line.tls, nursery)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with line.sockets.open(url) as socket:
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
