"""Serves the dashboard beside trading: on loopback, and never in its way."""

import json
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import attrs
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import Framework
from hypercorn.utils import wrap_app
from starlette.types import ASGIApp

from arb.market.errors import Refused
from arb.web.access import Doorkeeper
from arb.web.routes import Desk

log = logging.getLogger(__name__)

ADDRESS_FILE = "web.json"
"""In the data directory: where a running bot's dashboard is, for commands that ask it."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
PORTS = 20
"""So many ports are tried, the wanted one first, where others are taken."""
WAITING = 64
SEND_S = 5.0
"""A browser that takes nothing for so long is hung up on."""
MANY_REQUESTS = 10**9
"""hypercorn would close a connection after 1,000 requests, in the middle of a stream."""


@attrs.frozen
class Place:
    """Where the dashboard listens."""

    host: str
    port: int
    """0: any that is free. Where it is taken, one of the next is used."""
    token: str | None = attrs.field(repr=False)
    """What every request needs; there must be one where `host` is not loopback."""
    directory: Path
    """Where its address is written down."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOOPBACK


@attrs.frozen
class WebServer:
    """Own the dashboard. Asked by browsers and commands; answers from the board. Never returns."""

    place: Place
    desk: Desk
    every_s: float
    """The state is sent at most this often."""
    opened: Callable[[str], None] = lambda _: None
    """Told the address, once we listen."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen, and answer. Raises Refused where no port can be had."""
        with ExitStack() as stack:
            listening = stack.enter_context(_listen(self.place))
            host, port = listening.getsockname()[:2]
            stack.enter_context(self._written_down(host, port))
            log.info("dashboard", extra={"fields": {"url": f"http://{host}:{port}/"}})
            self.opened(f"http://{host}:{port}/")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.desk.broadcast.run, self.every_s)
                nursery.start_soon(_serve, self._app(host), listening)
                task_status.started()

    def _app(self, host: str) -> ASGIApp:
        names = LOOPBACK if self.place.is_local else {self.place.host, socket.gethostname().lower()}
        hosts = frozenset({*names, host})
        return Doorkeeper(self.desk.app(), hosts, self.place.token, self.desk.verb_key)

    @contextmanager
    def _written_down(self, host: str, port: int) -> Iterator[None]:
        """Tell commands where we are, for as long as we are there; readable by us alone."""
        path = self.place.directory / ADDRESS_FILE
        said = {
            "url": f"http://{host}:{port}",
            "pid": os.getpid(),
            "token": self.place.token,
            "key": self.desk.verb_key,
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(said, file)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _listen(place: Place) -> socket.socket:
    """Take the wanted port, or one of the next. Raises Refused."""
    ports = range(place.port, place.port + PORTS) if place.port else (0,)
    reason = ""
    for port in ports:
        listening = socket.socket(socket.AF_INET6 if ":" in place.host else socket.AF_INET)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((place.host.strip("[]"), port))
            listening.listen(WAITING)
        except OSError as error:
            listening.close()
            reason = str(error.strerror)
        else:
            return listening
    raise Refused(f"no port for the dashboard at {place.host}, {place.port} and on: {reason}")


class _Connection(TCPServer):
    """hypercorn's connection, except that a browser that reads nothing is hung up on.

    hypercorn writes in a shield without an end: one such browser would keep the program alive.
    """

    async def protocol_send(self, event: Event) -> None:
        """Write, or hang up."""
        if not isinstance(event, RawData):
            await super().protocol_send(event)
            return
        async with self.send_lock:
            with trio.CancelScope(  # noqa: ASYNC912 - sending awaits
                shield=True, relative_deadline=SEND_S
            ) as patience:
                try:
                    await self.stream.send_all(event.data)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    patience.cancel(reason="the browser is gone")
        if patience.cancelled_caught or patience.cancel_called:
            await self.protocol.handle(Closed())


async def _serve(app: ASGIApp, listening: socket.socket) -> None:
    config = Config()
    config.keep_alive_max_requests = MANY_REQUESTS
    config.accesslog = config.errorlog = None
    config.include_server_header = False
    wrapped = wrap_app(cast(Framework, app), config.wsgi_max_body_size, "asgi")
    listener = trio.SocketListener(trio.socket.from_stdlib_socket(listening.dup()))
    handler = partial(_Connection, wrapped, config, WorkerContext(None), {})
    await trio.serve_listeners(handler, [listener])
