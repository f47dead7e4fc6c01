"""How connections open on real sockets: refusals, no handshakes, certificates."""

import ssl

import pytest
import trio

from arb.market.errors import Refused, Unreachable
from arb.venues.sockets.direct import DirectSockets
from tests.venues.conftest import Line, Trust
from tests.venues.peer import Peer, Script, house, text


def answering(data: bytes) -> Script:
    """Answer the request with these bytes, and hang up."""

    async def script(peer: Peer) -> None:
        await peer.stream.receive_some()
        await peer.say(data)

    return script


WORDS = b'{"error":"who are you"}'
BODIES = {
    "counted": b"content-length: 23\r\n\r\n" + WORDS,
    "chunked": b"transfer-encoding: chunked\r\n\r\n17\r\n" + WORDS + b"\r\n0\r\n\r\n",
    "until the end": b"\r\n" + WORDS,
    "cut short": b"content-length: 99\r\n\r\n" + WORDS,
    "endless": b"\r\n" + WORDS + b"?" * 1_000_000,
}


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "429 Too Many"])
@pytest.mark.parametrize("body", ["counted", "chunked"])
async def test_a_refusal_is_told_with_its_words(line: Line, status: str, body: str) -> None:
    """4xx is the venue's no, with its words."""
    answer = f"HTTP/1.1 {status}\r\n".encode() + BODIES[body]
    async with house(answering(answer), line.tls, shakes_hands=False) as url:
        with pytest.raises(Refused, match=rf"{status[:3]}.*who are you"):
            async with line.sockets.open(url):
                pytest.fail("the door was open")


@pytest.mark.parametrize("body", ["until the end", "cut short", "endless"])
async def test_a_refusal_that_breaks_off_is_still_one(body: str) -> None:
    """What came of the words is told. (trio-websocket cannot tell it from no answer.)"""
    answer = b"HTTP/1.1 403 Forbidden\r\n" + BODIES[body]
    async with house(answering(answer), shakes_hands=False) as url:
        with pytest.raises(Refused, match=r"403.*who are you"):
            async with DirectSockets().open(url):
                pytest.fail("the door was open")


NO_HANDSHAKES = {
    "nothing": b"",
    "server's fault": b"HTTP/1.1 503 Unavailable\r\ncontent-length: 4\r\n\r\nwait",
    "redirect": b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
    "page": b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>",
    "no HTTP": b"\x15\x03\x01\x00\x02\x02\x50",
    "half a header": b"HTTP/1.1 101 Switching",
    "endless header": b"HTTP/1.1 101 Switching Protocols\r\nx: " + b"y" * 100_000,
    "no key": b"HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    "wrong key": b"HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
    "unasked extension": b"HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-extensions: permessage-deflate\r\n\r\n",
}


@pytest.mark.parametrize("answer", NO_HANDSHAKES)
async def test_any_other_answer_is_unreachable(line: Line, answer: str) -> None:
    """Whatever is no handshake and no refusal, the caller may try again."""
    async with house(answering(NO_HANDSHAKES[answer]), line.tls, shakes_hands=False) as url:
        with pytest.raises(Unreachable):
            async with line.sockets.open(url):
                pytest.fail("the door was open")


async def test_nobody_listening_is_unreachable(line: Line) -> None:
    """A closed port is no answer, not a no."""
    for url in ("ws://127.0.0.1:1/", "wss://127.0.0.1:1/"):
        with pytest.raises(Unreachable):
            async with line.sockets.open(url):
                pytest.fail("somebody answered")


async def test_a_certificate_of_strangers_is_unreachable(line: Line, trust: Trust) -> None:
    """By default only the system's authorities are believed, and the name must fit."""
    async with house(Peer.listen, trust.server) as url:
        with pytest.raises(Unreachable, match="certificate"):
            async with type(line.sockets)().open(url):
                pytest.fail("a stranger was believed")
        with pytest.raises(Unreachable):
            async with line.sockets.open(url.replace("127.0.0.1", "127.0.0.2")):
                pytest.fail("another host was believed")


async def test_tls_may_speak_before_the_answer(trust: Trust, line: Line) -> None:
    """Session tickets come as a read of their own and bring no bytes: the handshake waits on."""

    async def script(peer: Peer) -> None:
        tcp = peer.stream
        assert isinstance(tcp, trio.SocketStream)
        arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trust.server.wrap_bio(arrived, leaving, server_side=True)
        while not _advanced(tls):
            if leaving.pending:
                await tcp.send_all(leaving.read())
            arrived.write(bytes(await tcp.receive_some()))
        await tcp.send_all(leaving.read())
        await trio.testing.wait_all_tasks_blocked(0.01)
        tls.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 5\r\n\r\nsorry")
        await tcp.send_all(leaving.read())

    async with house(script, shakes_hands=False) as url:
        with pytest.raises(Refused, match="sorry"):
            async with line.sockets.open(url.replace("ws:", "wss:")):
                pytest.fail("the door was open")


def _advanced(tls: ssl.SSLObject) -> bool:
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


async def test_no_tls_where_tls_is_due_is_unreachable(line: Line) -> None:
    """A server in the clear cannot pass for an encrypted one."""
    async with house(answering(b"HTTP/1.1 400 Bad\r\n\r\n"), shakes_hands=False) as url:
        with pytest.raises(Unreachable):
            async with line.sockets.open(url.replace("ws:", "wss:")):
                pytest.fail("in the clear")


async def test_garbage_in_the_tls_stream_is_unreachable(trust: Trust, line: Line) -> None:
    """Frames decrypted before it arrive; a broken record ends the connection."""

    async def script(peer: Peer) -> None:
        await peer.say(text("sound"))
        stream = peer.stream
        assert isinstance(stream, trio.SSLStream)
        await stream.transport_stream.send_all(b"\x17\x03\x03\x00\x20" + b"\0" * 32)
        await trio.sleep_forever()

    async with (
        house(script, trust.server) as url,
        line.sockets.open(url) as socket,
    ):
        assert await socket.receive() == "sound"
        with pytest.raises(Unreachable):
            await socket.receive()
