"""A venue's market-data server for benchmarks: its own process, TLS on loopback, frames made before.

Each frame is a TLS record of its own, as a server writes that sends each change when it happens.
When a frame was due and when its bytes were handed to the kernel is noted, and told at the end.
"""

import array
import multiprocessing
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeVar

import attrs
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Request, TextMessage

T = TypeVar("T")
READ = 65_536
SPIN_NS = 500_000
"""Nearer to its time than this, a burst is waited for without sleeping."""


@attrs.frozen
class Script:
    """What to send to whom: `frames` in order, each to the connection named at its place."""

    snapshots: Sequence[Sequence[bytes]]
    """By connection: sent once it has subscribed."""
    frames: Sequence[bytes]
    routes: Sequence[int]


@attrs.frozen
class Pace:
    """Send so many frames: `burst` of them at a time, `per_s` a second; 0 is as fast as may be."""

    frames: int
    burst: int
    per_s: int


@attrs.frozen
class Sent:
    """Clock readings (`time.perf_counter_ns`, one clock for all processes), frame by frame."""

    routes: Sequence[int]
    due_ns: Sequence[int]
    written_ns: Sequence[int]


class Line:
    """One client's connection, blocking."""

    def __init__(self, tcp: socket.socket, tls: ssl.SSLContext) -> None:
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._tcp = tcp
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = tls.wrap_bio(self._arrived, self._leaving, server_side=True)
        self._blocking(self._tls.do_handshake)
        self._server = WSConnection(ConnectionType.SERVER)
        request = self._next(Request)
        self.target = request.target
        self.put(self._server.send(AcceptConnection()))
        self.flush()
        while not self._next(TextMessage).message_finished:
            pass  # the subscription; what comes later is never read

    def put(self, data: bytes) -> None:
        """Encrypt as one record, to go with the next `flush`."""
        self._tls.write(data)

    def flush(self) -> None:
        """Hand everything to the kernel."""
        self._tcp.sendall(self._leaving.read())

    def _next(self, kind: type[T]) -> T:
        while True:
            for event in self._server.events():
                if isinstance(event, kind):
                    return event
            self._server.receive_data(self._blocking(lambda: self._tls.read(READ)))

    def _blocking(self, step: Callable[[], T]) -> T:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self.flush()
                self._arrived.write(self._tcp.recv(READ))
            else:
                self.flush()
                return done


class LoopbackVenue:
    """The server in a process of its own, for as long as the block lasts."""

    def __init__(self, script: Script, tls: ssl.SSLContext) -> None:
        """Fork: the frames are shared, not copied."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=len(script.snapshots))
        self.port: int = listener.getsockname()[1]
        context = multiprocessing.get_context("fork")
        self._orders, far = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_serve, args=(listener, tls, script, far), daemon=True
        )
        self._process.start()
        listener.close()

    def start(self, pace: Pace) -> None:
        """Begin to send the next frames of the script."""
        self._orders.send(pace)

    def sent(self) -> Sent:
        """What was sent since `start`; waits for the end of it."""
        sent = self._orders.recv()
        assert isinstance(sent, Sent)
        return sent

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join()


def _serve(
    listener: socket.socket, tls: ssl.SSLContext, script: Script, orders: Connection
) -> None:
    lines: dict[int, Line] = {}
    while len(lines) < len(script.snapshots):
        line = Line(listener.accept()[0], tls)
        number = int(line.target.rpartition("/")[2])
        for frame in script.snapshots[number]:
            line.put(as_text(frame))
            line.flush()
        lines[number] = line
    wires = [as_text(frame) for frame in script.frames]
    position = 0
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            pace: Pace = orders.recv()
            end = position + pace.frames
            routes = script.routes[position:end]
            orders.send(_play(lines, wires[position:end], routes, pace))
            position = end


def _play(
    lines: dict[int, Line], wires: Sequence[bytes], routes: Sequence[int], pace: Pace
) -> Sent:
    due, written = array.array("q"), array.array("q")
    clock = time.perf_counter_ns
    begin = clock() + 20_000_000
    for start in range(0, len(wires), pace.burst):
        at = begin + start * 1_000_000_000 // pace.per_s if pace.per_s else clock()
        _wait_until(at)
        burst = range(start, min(start + pace.burst, len(wires)))
        for number in burst:
            lines[routes[number]].put(wires[number])
        now = clock()
        for route in {routes[number] for number in burst}:
            lines[route].flush()
        due.extend([at] * len(burst))
        written.extend([now] * len(burst))
    return Sent(routes, due, written)


def _wait_until(at: int) -> None:
    clock = time.perf_counter_ns
    while (left := at - clock()) > 0:
        if left > SPIN_NS:
            time.sleep((left - SPIN_NS) / 1e9)


def as_text(payload: bytes) -> bytes:
    """One whole text frame, without a mask, as servers send it."""
    length = len(payload)
    if length <= 125:
        return bytes([0x81, length]) + payload
    if length <= 0xFFFF:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload
