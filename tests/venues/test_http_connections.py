"""Kept HTTP connections on real sockets: what is sent once, what is kept, what is given up."""

import gc
import ssl
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import attrs
import httpx
import pytest
import trio
import trio.testing

from arb.market.errors import Unreachable
from arb.venues.sockets import http_connections
from arb.venues.sockets.http_connections import HttpConnections
from arb.venues.wire import Answer, ask, http_client
from tests.venues.conftest import Trust

HELLO = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


@attrs.define
class Host:
    """Answers the requests of each connection with the texts of its script, then hangs up."""

    scripts: list[Sequence[bytes]]
    url: str = ""
    heard: list[bytes] = attrs.field(factory=list)
    """One read each: what arrived in one piece."""
    connections: int = 0
    ended: trio.Event = attrs.field(factory=trio.Event)

    async def serve(self, stream: Stream) -> None:
        """Live through one connection."""
        script = self.scripts[self.connections]
        self.connections += 1
        with suppress(trio.BrokenResourceError):  # under TLS nobody says goodbye
            for answer in script:
                if data := bytes(await stream.receive_some()):
                    self.heard.append(data)
                    await stream.send_all(answer)
        await trio.aclose_forcefully(stream)
        self.ended.set()


@attrs.frozen
class Taker:
    """Answers once so many bytes have come."""

    size: int

    async def serve(self, stream: Stream) -> None:
        """Take them all."""
        left = self.size
        while left > 0:
            left -= len(await stream.receive_some())
        await stream.send_all(HELLO)


class Silent:
    """Takes connections, and never says a word."""

    async def serve(self, _stream: Stream) -> None:
        """Wait for ever."""
        await trio.sleep_forever()


@pytest.fixture(params=["http", "https"])
def tls(request: pytest.FixtureRequest, trust: Trust) -> Trust | None:
    """In the clear, and encrypted."""
    return trust if request.param == "https" else None


@asynccontextmanager
async def hosted(
    host: Host | Taker | Silent, tls: Trust | None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a host that answers on loopback."""
    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]

        async def serve(stream: trio.SocketStream) -> None:
            if tls is None:
                await host.serve(stream)
                return
            encrypted = trio.SSLStream(stream, tls.server, server_side=True)
            await encrypted.do_handshake()
            await host.serve(encrypted)

        await nursery.start(trio.serve_listeners, serve, [listener])
        port = listener.socket.getsockname()[1]
        scheme = "http" if tls is None else "https"
        trusted = (lambda: tls.client) if tls is not None else ssl.create_default_context
        url = f"{scheme}://127.0.0.1:{port}"
        async with http_client(url, HttpConnections(trusted)) as client:
            yield client
        nursery.cancel_scope.cancel()


async def post(client: httpx.AsyncClient, body: bytes = b"an order") -> Answer:
    return await ask(client, "POST", "/order", body=body, params=[("a", "b c")])


async def test_a_request_arrives_in_one_piece_and_the_next_uses_the_same_connection(
    tls: Trust | None,
) -> None:
    """Head and body are one write; a second request pays for no handshake."""
    host = Host([[HELLO, HELLO]])
    async with hosted(host, tls) as client:
        assert (await post(client)).body == b"hello"
        assert (await post(client)).status == 200
    assert host.connections == 1
    for text in host.heard:
        assert text.startswith(b"POST /order?a=b+c HTTP/1.1\r\n")
        assert text.endswith(b"\r\n\r\nan order")


async def test_what_ended_while_idle_is_replaced_before_anything_is_sent(
    tls: Trust | None,
) -> None:
    """A host may hang up between two requests: the second goes over a new connection, once."""
    host = Host([[HELLO], [HELLO]])
    async with hosted(host, tls) as client:
        await post(client)
        await host.ended.wait()
        await trio.sleep(0.05)  # for the kernel to hear of it
        assert (await post(client)).body == b"hello"
    assert host.connections == 2
    assert len(host.heard) == 2


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe"])
async def test_a_request_without_a_whole_answer_is_unknown_and_never_sent_again(
    tls: Trust | None, answer: bytes
) -> None:
    """Nobody knows whether it was acted on: Unreachable says so, and that is all that is done."""
    host = Host([[answer]])
    async with hosted(host, tls) as client:
        with pytest.raises(Unreachable, match="POST /order"):
            await post(client)
    assert len(host.heard) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + HELLO,
    ],
)
async def test_answers_are_read_however_their_length_is_said(
    tls: Trust | None, answer: bytes
) -> None:
    """In chunks, to the end of the connection, or after a word in advance."""
    async with hosted(Host([[answer]]), tls) as client:
        assert (await post(client)).body == b"hello"


async def test_what_is_no_http_is_unreachable() -> None:
    """An answer that cannot be read says nothing about the order."""
    async with hosted(Host([[b"SSH-2.0-whatever\r\n\r\n"]]), None) as client:
        with pytest.raises(Unreachable, match="RemoteProtocolError"):
            await post(client)


async def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory has a bound whatever a host sends."""
    monkeypatch.setattr(http_connections, "MOST_BYTES", 1_000)
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n" + b"x" * 2_000
    async with hosted(Host([[answer]]), None) as client:
        with pytest.raises(Unreachable, match="more than 1000 bytes"):
            await post(client)


async def test_a_connection_kept_too_long_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts forget idle connections: an order does not try its luck on one."""
    monkeypatch.setattr(http_connections, "KEPT_S", -1.0)
    host = Host([[HELLO, HELLO], [HELLO, HELLO]])
    async with hosted(host, None) as client:
        await post(client)
        await post(client)
    assert host.connections == 2


async def test_requests_to_one_host_hold_up_none_to_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A host that answers nothing takes all of its own connections, and nobody else's."""
    monkeypatch.setattr(http_connections, "MOST_CONNECTIONS", 1)
    connections = HttpConnections()
    async with hosted(Silent(), None) as first, hosted(Host([[HELLO]]), None) as second:
        slow, quick = (http_client(str(one.base_url), connections) for one in (first, second))
        async with slow, quick, trio.open_nursery() as nursery:
            nursery.start_soon(post, slow)
            await trio.testing.wait_all_tasks_blocked(0.05)
            assert (await post(quick)).body == b"hello"
            nursery.cancel_scope.cancel()


async def test_a_large_request_leaves_whole(tls: Trust | None) -> None:
    """More than the kernel takes at once is waited for."""
    size = 8_000_000
    async with hosted(Taker(size), tls) as client:
        assert (await post(client, b"x" * size)).body == b"hello"


async def test_giving_up_closes_the_connection(tls: Trust | None) -> None:
    """A cancelled request leaves nothing that a later answer could be taken from, and no socket."""
    host = Host([[b"HTTP/1.1 200 OK\r\n", b"never asked for"], [HELLO]])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with hosted(host, tls) as client:
            with trio.move_on_after(0.2) as scope:
                await post(client)
            assert scope.cancelled_caught
            assert (await post(client)).body == b"hello"
        gc.collect()
    assert host.connections == 2
    assert [str(w.message) for w in caught if w.category is ResourceWarning] == []


async def test_a_host_that_is_not_there_or_not_who_it_says_is_unreachable(trust: Trust) -> None:
    """Refused connections and certificates that nobody signed: nothing was sent."""
    async with http_client("http://127.0.0.1:1", HttpConnections()) as client:
        with pytest.raises(Unreachable):
            await ask(client, "GET", "/time")
    listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]

    async def serve(stream: trio.SocketStream) -> None:
        encrypted = trio.SSLStream(stream, trust.server, server_side=True)
        with pytest.raises(trio.BrokenResourceError):
            await encrypted.do_handshake()

    async with trio.open_nursery() as nursery:
        await nursery.start(trio.serve_listeners, serve, [listener])
        url = f"https://127.0.0.1:{listener.socket.getsockname()[1]}"
        async with http_client(url, HttpConnections()) as client:
            with pytest.raises(Unreachable, match=r"CERTIFICATE_VERIFY_FAILED|SSLCert"):
                await ask(client, "GET", "/time")
        nursery.cancel_scope.cancel()
