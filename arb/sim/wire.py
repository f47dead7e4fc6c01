"""hypercorn's connection, except that what is sent in a row leaves in one write.

A venue pushes thousands of small frames a second at one client. A system call for each of them
would cost more than making them.
"""

import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ConnectionState

MOST_WAITING = 65_536
"""Bytes: whoever sends while more wait to be written waits too, so nothing grows without bound."""
LAST_WRITE_S = 1.0
"""How long a connection that is closed may take to get the rest out."""
_GONE = (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError)
"""The last of them: it is being closed by another task."""


class BatchingServer(TCPServer):
    """Serves one connection. Awaited by `trio.serve_listeners`, as hypercorn's own is."""

    def __init__(
        self, app: AppWrapper, config: Config, context: WorkerContext, stream: trio.SocketStream
    ) -> None:
        """Serve `app` on an accepted connection."""
        super().__init__(app, config, context, ConnectionState({}), stream)  # type: ignore[arg-type]  # it takes plain streams too
        self._waiting = bytearray()
        self._unsent = 0  # bytes that wait, and those that are being written
        self._written = trio.Event()
        self._wake = trio.Event()
        self._broken = False

    async def run(self) -> None:
        """Serve until either side is gone."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write_on)
            await super().run()
            nursery.cancel_scope.cancel(reason="the connection is over")

    async def protocol_send(self, event: Event) -> None:
        """Take bytes to be sent; anything else goes its usual way."""
        if not isinstance(event, RawData):
            await super().protocol_send(event)
            return
        if self._broken:
            await self.protocol.handle(Closed())
            return
        self._waiting += event.data
        self._unsent += len(event.data)
        self._wake.set()
        await self._wait_for_room(MOST_WAITING)

    async def _wait_for_room(self, most: int) -> None:
        while self._unsent > most and not self._broken:
            await self._written.wait()

    async def _write_on(self) -> None:
        try:
            await self._write()
        finally:
            self._broken = True  # nobody needs to wait for what will not be written
            self._written.set()

    async def _write(self) -> None:
        """Write whatever waits, again and again; a broken connection is told to the protocol."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            data, self._waiting = self._waiting, bytearray()
            try:
                await self.stream.send_all(data)
            except _GONE:
                self._broken = True
            self._unsent -= len(data)
            self._written.set()
            self._written = trio.Event()
            if self._broken:
                await self.protocol.handle(Closed())
                return

    async def _close(self) -> None:
        """Get the rest out, within reason, and close."""
        with trio.move_on_after(LAST_WRITE_S, shield=True):
            await self._wait_for_room(0)
        self._broken = True
        await super()._close()
