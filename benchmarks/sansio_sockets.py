"""The protocol of `websockets` without I/O, on our own pipe: what its parsing alone costs.

Nothing imports that package before a connection is opened; it is no dependency.
"""

import importlib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import attrs

from arb.market.errors import Unreachable
from arb.venues.protocols import Socket
from arb.venues.sockets.dialing import dial
from arb.venues.sockets.pipe import Pipe


@attrs.frozen
class SansIoSockets:
    """`websockets`' protocol without I/O on our own pipe: what its parsing alone costs."""

    tls: Callable[[], ssl.SSLContext]

    @asynccontextmanager
    async def open(
        self, url: str, headers: Sequence[tuple[str, str]] = ()
    ) -> AsyncIterator[Socket]:
        """Connect; headers are for venues that ask who comes."""
        del headers
        client: Any = importlib.import_module("websockets.client")
        uri: Any = importlib.import_module("websockets.uri")
        protocol = client.ClientProtocol(uri.parse_uri(url), max_size=None)
        pipe = await dial(urlsplit(url), self.tls())
        protocol.send_request(protocol.connect())
        try:
            connection = SansIoSocket(pipe, protocol)
            while not await connection.read():
                pass
            yield connection
        finally:
            pipe.close()


class SansIoSocket:
    """One connection."""

    def __init__(self, pipe: Pipe, protocol: Any) -> None:  # noqa: ANN401 - may not be installed
        self._pipe = pipe
        self._protocol = protocol
        self._flush()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self._pipe.push(data)

    async def read(self) -> list[Any]:
        """Everything that one read brings."""
        await self._pipe.wait_readable()
        self._protocol.receive_data(self._pipe.pull())
        self._flush()
        return list(self._protocol.events_received())

    async def send(self, text: str) -> None:
        """Send one text frame."""
        self._protocol.send_text(text.encode())
        self._flush()
        await self._pipe.drain()

    async def receive(self) -> str | bytes:
        """Nobody asks."""
        raise Unreachable("batches only")

    async def receive_batch(self) -> list[str | bytes]:
        """The texts of one read, at least one."""
        frames: list[str | bytes] = []
        while not frames:
            frames = [event.data.decode() for event in await self.read() if hasattr(event, "data")]
        return frames
