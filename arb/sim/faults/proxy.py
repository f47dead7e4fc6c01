"""A TCP proxy in front of a venue's server: for what no application can do to its connections.

It knows just enough HTTP to tell which request a connection is about: the first line of what a
client sends. It breaks connections with RST, lets them go dead while they stay open, and lets
bytes trickle.
"""

import re
import socket
import struct

import trio

from arb.market.instruments import Venue
from arb.sim.faults.board import Entry, FaultBoard, Subject
from arb.sim.faults.connections import Connections
from arb.sim.faults.fault import Fault
from arb.sim.faults.kinds import Kind, Layer

CHUNK = 65_536
SLICES_PER_S = 20
"""A slow connection gets its bytes in so many pieces a second."""
_LINGER_0 = struct.pack("ii", 1, 0)
"""SO_LINGER, on, 0 s: closing sends RST and forgets what was not sent."""
_REQUEST = re.compile(rb"(?:\A|\n)(GET|POST|PUT|PATCH|DELETE|HEAD) (\S+) HTTP/1\.[01]\r\n")
_CHANNEL = re.compile(r"/ws/(\w+)")


class ChaosProxy:
    """One venue's proxy."""

    def __init__(
        self, venue: Venue, port: int, board: FaultBoard, connections: Connections
    ) -> None:
        """Pass connections on to `port` of 127.0.0.1, as well as the board lets it."""
        self.venue = venue
        self.board = board
        self.connections = connections
        self._port = port

    async def run(self, listening: socket.socket) -> None:
        """Serve whoever connects to a socket that listens. Never returns."""
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(listening))
        await trio.serve_listeners(self._serve, [listener])

    async def _serve(self, client: trio.SocketStream) -> None:
        try:
            server = await trio.open_tcp_stream("127.0.0.1", self._port)
        except OSError:
            reset(client)  # the venue is not there
            return
        line = ProxiedConnection(self, client, server)
        self.connections.add(line)
        try:
            async with client, server:
                await line.run()
        finally:
            self.connections.drop(line)


class ProxiedConnection:
    """One client and the venue's end of its connection."""

    able = frozenset({Kind.RESET, Kind.HALF_OPEN})

    def __init__(
        self, proxy: ChaosProxy, client: trio.SocketStream, server: trio.SocketStream
    ) -> None:
        """Start with everything working."""
        self._proxy = proxy
        self._client = client
        self._server = server
        self._endpoint = ""
        self._is_socket = False
        self._stalled = False
        self._doomed: Entry | None = None
        self._life = trio.CancelScope()

    async def run(self) -> None:
        """Pass bytes on until either end leaves, or a fault ends it."""
        with self._life:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._down)
                await self._up()
                nursery.cancel_scope.cancel(reason="the client left")

    def subject(self) -> Subject:
        """What the client asked for last."""
        channel = _CHANNEL.findall(self._endpoint)
        return Subject(self._proxy.venue, self._endpoint, tuple(channel))

    def suffer(self, entry: Entry) -> None:
        """Break with RST, or go dead."""
        if entry.fault.kind is Kind.HALF_OPEN:
            self._stalled = True
        else:
            self._break()

    def _break(self) -> None:
        reset(self._client)
        self._life.cancel(reason="reset")

    # --- to the venue ---------------------------------------------------------------------------

    async def _up(self) -> None:
        while data := await _read(self._client):
            if self._stalled:
                continue  # read, so that we hear when the client gives up
            if self._loses(data):
                return
            await _write(self._server, data)

    def _loses(self, data: bytes) -> bool:
        """Note a request that begins here; say whether it is lost with its connection."""
        found = _REQUEST.search(data)
        if found is None or self._is_socket:
            return False
        path = found[2].decode("latin-1").partition("?")[0].removeprefix("/trade-api/v2")
        self._endpoint = f"{found[1].decode()} {path}"
        self._is_socket = b"upgrade: websocket" in data.lower()
        for entry in self._proxy.board.strikes(Layer.REST, self.subject(), _resets):
            if entry.fault.kind is Kind.REQUEST_LOST:
                entry.acted += 1
                self._break()
                return True
            self._doomed = entry
        return False

    # --- to the client --------------------------------------------------------------------------

    async def _down(self) -> None:
        while data := await _read(self._server):
            if self._stalled:
                continue
            if self._doomed is not None:
                self._doomed.acted += 1
                self._break()
                return
            await self._pass(data)
        if not self._stalled:
            self._life.cancel(reason="the venue left")

    async def _pass(self, data: bytes) -> None:
        rate = self._rate()
        if rate is None:
            await _write(self._client, data)
            return
        piece = max(rate // SLICES_PER_S, 1)
        for start in range(0, len(data), piece):
            await trio.sleep(min(piece, len(data) - start) / rate)
            await _write(self._client, data[start : start + piece])

    def _rate(self) -> int | None:
        """Bytes per second where this connection is slow; counts it."""
        layer = Layer.STREAM if self._is_socket else Layer.REST
        rates = []
        for entry in self._proxy.board.strikes(layer, self.subject(), _slows):
            entry.acted += 1
            rates.append(entry.fault.numbers["bytes_per_s"])
        return min(rates, default=None)


def reset(stream: trio.SocketStream) -> None:
    """Close a connection with RST."""
    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
    stream.socket.close()


async def _read(stream: trio.SocketStream) -> bytes:
    """The next bytes; none where the connection is over, however it ended."""
    try:
        return bytes(await stream.receive_some(CHUNK))
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return b""


async def _write(stream: trio.SocketStream, data: bytes) -> None:
    """Send bytes; where the connection is over, the next read says so."""
    try:
        await stream.send_all(data)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        await trio.lowlevel.checkpoint()


def _resets(fault: Fault) -> bool:
    return fault.words.get("how") == "reset"


def _slows(fault: Fault) -> bool:
    return fault.kind is Kind.SLOW
