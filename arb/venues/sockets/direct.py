"""WebSocket connections of our own, straight on the TCP socket: one await a read, not a frame."""

import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import attrs
import trio

from arb.market.errors import Unreachable
from arb.venues.protocols import Socket
from arb.venues.sockets.dialing import dial, system_trust
from arb.venues.sockets.frames import (
    CLOSE,
    LOST,
    NORMAL,
    PONG,
    TEXT,
    Ending,
    Frame,
    Splitter,
    closing,
    encode,
)
from arb.venues.sockets.handshake import Handshake
from arb.venues.sockets.pipe import Pipe
from arb.venues.sockets.single_error import single_error

MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
"""Snapshots of hundreds of books come as one frame."""
HELD_FRAMES: Final = 4096
"""Frames read ahead for a reader who is busy elsewhere; beyond that the kernel holds them."""
TEND_S: Final = 1.0
"""How often a connection that nobody reads is looked after, so that its pings are answered."""
HANG_UP_S: Final = 2.0
"""How long leaving a connection waits for a dead peer."""


@attrs.frozen
class DirectSockets:
    """Opens real connections (`Sockets`)."""

    tls: Callable[[], ssl.SSLContext] = system_trust
    """Whom a wss: address trusts."""

    @asynccontextmanager
    async def open(
        self, url: str, headers: Sequence[tuple[str, str]] = ()
    ) -> AsyncIterator[Socket]:
        """Connect, hand out the socket, and hang up within `HANG_UP_S`."""
        address = urlsplit(url)
        handshake = Handshake(address, headers)
        pipe = await dial(address, self.tls() if address.scheme == "wss" else None)
        try:
            socket = DirectSocket(pipe, await _shake_hands(pipe, handshake))
            with single_error():
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(socket.tend)
                    yield socket
                    await socket.hang_up()
                    nursery.cancel_scope.cancel(reason="hung up")
        finally:
            pipe.close()


async def _shake_hands(pipe: Pipe, handshake: Handshake) -> bytes:
    """Ask for the upgrade; returns the first bytes that came behind the answer."""
    try:
        pipe.push(handshake.request)
        await pipe.drain()
        while True:
            await pipe.wait_readable()
            data = pipe.pull()  # TLS speaks of its own affairs first: that is nothing, yet
            answered = handshake.read(data) if data else None
            if answered is not None:
                return answered
    except EOFError:
        handshake.read(b"")
        raise Unreachable(f"{handshake.url}: hung up during the handshake") from None
    except OSError as error:
        raise Unreachable(f"{handshake.url}: {type(error).__name__} {error}") from error


class DirectSocket:
    """One open connection (`Socket`).

    Reading happens in the task that asks for frames. While nobody asks, `tend` reads ahead, in
    bounds, so that pings are answered all the same.
    """

    def __init__(self, pipe: Pipe, arrived: bytes) -> None:
        """Take over after the handshake; `arrived` came behind its answer."""
        self._pipe = pipe
        self._splitter = Splitter(MAX_FRAME_BYTES)
        self._frames: list[Frame] = []
        self._ending: Ending | None = None
        self._has_said_goodbye = False
        self._is_awaited = False
        self._hear(arrived)

    async def send(self, text: str) -> None:
        """Send one text frame. Cancelled halfway, it still goes out whole."""
        await self._drain()
        self._push(TEXT, text.encode())
        await self._drain()

    async def receive(self) -> Frame:
        """Wait for the next frame."""
        await self._wait_for_frames()
        return self._frames.pop(0)

    async def receive_batch(self) -> list[Frame]:
        """Wait for frames; takes all that have arrived, at least one."""
        await self._wait_for_frames()
        batch, self._frames = self._frames, []
        return batch

    async def tend(self) -> None:
        """Read ahead while nobody reads, and send what the kernel would not take before."""
        while True:
            await trio.sleep(TEND_S)
            self._flush()
            while not self._is_awaited and len(self._frames) < HELD_FRAMES and self._read():
                pass

    async def hang_up(self) -> None:
        """Say goodbye; a peer that does not answer is left after `HANG_UP_S`."""
        self._say_goodbye(Ending(NORMAL, "", by_peer=False))
        with trio.move_on_after(HANG_UP_S):
            await trio.lowlevel.checkpoint()
            while self._ending is None:
                await self._wait_readable()
                self._read()
                self._frames.clear()

    # --- reading ----------------------------------------------------------------------------------

    async def _wait_for_frames(self) -> None:
        if self._frames:
            await trio.lowlevel.checkpoint()
        while not self._frames:
            self._check_open()
            await self._wait_readable()
            self._read()

    async def _wait_readable(self) -> None:
        self._is_awaited = True
        try:
            await self._pipe.wait_readable()
        except trio.ClosedResourceError as error:
            self._lose(error)
        finally:
            self._is_awaited = False

    def _read(self) -> bool:
        """Take what has arrived; says whether there was anything."""
        if self._ending is not None:
            return False
        try:
            data = self._pipe.pull()
        except (OSError, EOFError) as error:
            self._lose(error)
            return False
        self._hear(data)
        if self._pipe.has_ended:
            self._read()
        return bool(data)

    def _hear(self, data: bytes) -> None:
        splitter = self._splitter
        self._frames += splitter.split(data)
        if splitter.ping is not None:
            self._push(PONG, splitter.ping)
            splitter.ping = None
        if splitter.ending is not None:
            self._say_goodbye(splitter.ending)
            self._ending = splitter.ending

    # --- writing ----------------------------------------------------------------------------------

    def _say_goodbye(self, ending: Ending) -> None:
        if not self._has_said_goodbye:
            self._has_said_goodbye = True
            self._push(CLOSE, closing(ending))

    def _push(self, opcode: int, payload: bytes) -> None:
        if self._ending is not None:
            return
        try:
            self._pipe.push(encode(opcode, payload))
        except OSError as error:
            self._lose(error)

    async def _drain(self) -> None:
        """Wait until all is with the kernel. Raises Unreachable."""
        self._check_open()
        try:
            await self._pipe.drain()
        except (OSError, trio.ClosedResourceError) as error:
            self._lose(error)
        self._check_open()

    def _flush(self) -> None:
        if self._ending is not None:
            return
        try:
            self._pipe.flush()
        except OSError as error:
            self._lose(error)

    # --- ending -----------------------------------------------------------------------------------

    def _lose(self, error: Exception) -> None:
        self._ending = self._ending or Ending(LOST, f"{type(error).__name__} {error}", by_peer=True)

    def _check_open(self) -> None:
        if self._ending is not None:
            raise Unreachable(f"socket closed: {self._ending.code} {self._ending.reason}".rstrip())
