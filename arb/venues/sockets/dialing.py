"""From an address to a pipe: TCP, and TLS where the address asks for it."""

import functools
import socket
import ssl
from urllib.parse import SplitResult

import trio

from arb.market.errors import Unreachable
from arb.venues.sockets.pipe import Pipe, TcpPipe, TlsPipe


@functools.cache
def system_trust() -> ssl.SSLContext:
    """The system's authorities and the host's name, as ssl has them by default.

    Read once: it takes 20 ms, and there may be a hundred connections.
    """
    return ssl.create_default_context()


async def dial(address: SplitResult, context: ssl.SSLContext | None) -> Pipe:
    """Connect to the host of a ws: address, or of a wss: address under `context`'s rules.

    Raises Unreachable.
    """
    host, default_port = address.hostname or "", 443 if context else 80
    try:
        stream = await trio.open_tcp_stream(host, address.port or default_port)
        wire = TcpPipe(socket.socket(fileno=stream.socket.detach()))
        return wire if context is None else await _encrypt(wire, context, host)
    except (OSError, EOFError, ValueError) as error:  # SSL errors are OSErrors
        raise Unreachable(f"{address.geturl()}: {type(error).__name__} {error}") from error


async def _encrypt(wire: TcpPipe, context: ssl.SSLContext, host: str) -> TlsPipe:
    try:
        pipe = TlsPipe(wire, context, host)
        await pipe.shake_hands()
    except BaseException:
        wire.close()
        raise
    return pipe
