"""Bytes over TCP, in the clear or encrypted, read without waiting once they are there.

Trio's own TLS stream returns one record a call, each with checkpoints; here one read takes every
complete record that has arrived. The bytes of one message are queued whole before any of them is
sent, so a cancelled sender leaves nothing torn.
"""

import socket
import ssl
from typing import Final, Protocol

import trio

READ_BYTES: Final = 65_536
"""One read: some hundred usual frames, which take less than a millisecond to act on."""
UNSENT_BYTES: Final = 16 * 1024 * 1024
"""More than this waiting to be sent, and the peer is not reading: `drain` comes before more."""


class Pipe(Protocol):
    """A connection as bytes. Everything but the two waits returns at once.

    Raises OSError where the connection is broken, EOFError where the peer has ended it; both for
    good.
    """

    @property
    def has_ended(self) -> bool:
        """Nothing more will arrive: the next `pull` says why."""
        ...

    async def wait_readable(self) -> None:
        """Wait until bytes, or the end, have arrived. One task at a time."""
        ...

    async def drain(self) -> None:
        """Wait until everything pushed is with the kernel."""
        ...

    def pull(self) -> bytes:
        """Take what has arrived; b"" where that is nothing, or nothing whole."""
        ...

    def push(self, data: bytes) -> bool:
        """Queue bytes and send what the kernel takes; says whether nothing is left."""
        ...

    def flush(self) -> bool:
        """Send what the kernel takes; says whether nothing is left."""
        ...

    def close(self) -> None:
        """Close, whatever is left. Whoever waits gets trio.ClosedResourceError."""
        ...


class TcpPipe:
    """Bytes in the clear (`Pipe`)."""

    has_ended = False  # the end is read by itself

    def __init__(self, connection: socket.socket) -> None:
        """Own a connected socket."""
        connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._socket = connection
        self._unsent = bytearray()
        self._draining = trio.Lock()

    async def wait_readable(self) -> None:
        """Wait until bytes, or the end, have arrived."""
        await trio.lowlevel.wait_readable(self._socket)

    async def drain(self) -> None:
        """Wait until everything pushed is with the kernel."""
        async with self._draining:
            while not self.flush():
                await trio.lowlevel.wait_writable(self._socket)

    def pull(self) -> bytes:
        """Take what has arrived."""
        try:
            data = self._socket.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return b""
        if not data:
            raise EOFError("hung up")
        return data

    def push(self, data: bytes) -> bool:
        """Queue bytes and send what the kernel takes."""
        if len(self._unsent) > UNSENT_BYTES:
            raise ConnectionAbortedError("the peer does not read")
        self._unsent += data
        return self.flush()

    def flush(self) -> bool:
        """Send what the kernel takes."""
        while self._unsent:
            try:
                sent = self._socket.send(self._unsent)
            except (BlockingIOError, InterruptedError):
                return False
            del self._unsent[:sent]
        return True

    def close(self) -> None:
        """Close."""
        if self._socket.fileno() >= 0:
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()


class TlsPipe:
    """Bytes under TLS (`Pipe`), over a pipe in the clear."""

    def __init__(self, wire: TcpPipe, context: ssl.SSLContext, host: str) -> None:
        """Prepare; `shake_hands` must come before all else."""
        self._wire = wire
        self._arrived = ssl.MemoryBIO()
        self._leaving = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._arrived, self._leaving, server_hostname=host)
        self._end: OSError | EOFError | None = None

    @property
    def has_ended(self) -> bool:
        """The end came in one read with the last bytes: nothing wakes a reader for it."""
        return self._end is not None

    async def shake_hands(self) -> None:
        """Agree on keys and check the certificate; raises OSError (SSL errors are) or EOFError."""
        while not self._advance():
            await self._wire.drain()
            await self._wire.wait_readable()
            self._arrived.write(self._wire.pull())
        await self._wire.drain()

    def _advance(self) -> bool:
        """Go on with the handshake; says whether it is complete."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            self._wire.push(self._leaving.read())  # an alert, if it failed
        return True

    async def wait_readable(self) -> None:
        """Wait until bytes, or the end, have arrived."""
        await self._wire.wait_readable()

    async def drain(self) -> None:
        """Wait until everything pushed is with the kernel."""
        await self._wire.drain()

    def pull(self) -> bytes:
        """Decrypt every record that has arrived whole. What came before a fault is not lost."""
        if self._end is not None:
            raise self._end
        self._arrived.write(self._wire.pull())
        records, self._end = self._records()
        if self._leaving.pending:  # TLS answers some messages by itself
            self._wire.push(self._leaving.read())
        if self._end is not None and not records:
            raise self._end
        return records[0] if len(records) == 1 else b"".join(records)

    def _records(self) -> tuple[list[bytes], OSError | EOFError | None]:
        """Everything decrypted, and the end where it has come."""
        records: list[bytes] = []
        try:
            while self._arrived.pending:  # then no error needs to say that all is read
                record = self._tls.read(READ_BYTES)
                if not record:
                    return records, EOFError("hung up")
                records.append(record)
        except ssl.SSLWantReadError:
            pass  # the rest of a record is still on its way
        except ssl.SSLError as error:
            return records, error
        return records, None

    def push(self, data: bytes) -> bool:
        """Encrypt, queue, and send what the kernel takes."""
        if data:
            self._tls.write(data)
        return self._wire.push(self._leaving.read())

    def flush(self) -> bool:
        """Send what the kernel takes."""
        return self._wire.flush()

    def close(self) -> None:
        """Close without a farewell of TLS's own, as HTTPS clients may."""
        self._wire.close()
