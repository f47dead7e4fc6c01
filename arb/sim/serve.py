"""Serves both simulated venues on loopback sockets."""

import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any, cast

import attrs
import trio
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import Framework
from hypercorn.utils import wrap_app
from starlette.types import ASGIApp

from arb.market.errors import Refused
from arb.market.instruments import Venue
from arb.sim.faults.proxy import ChaosProxy
from arb.sim.members import BOT, ReadyMember
from arb.sim.spot.door import COINBASE_PATH, POLYMARKET_PATH
from arb.sim.wire import BatchingServer
from arb.sim.world import World

PING_S = 10.0
"""Kalshi pings its sockets this often (docs: websocket keep-alive); Polymarket's clients ping."""
MANY_REQUESTS = 10**9
"""hypercorn would close a connection after 1,000 requests, in the middle of whatever goes on."""
LOOPBACK = "127.0.0.1"
WAITING_CONNECTIONS = 128
"""That came and were not yet accepted."""


@attrs.frozen
class Ports:
    """Where to listen on the loopback interface; 0: any port that is free."""

    polymarket: int = 0
    kalshi: int = 0
    control: int = 0

    def of(self, venue: Venue) -> int:
        """The port of one venue."""
        return self.polymarket if venue is Venue.POLYMARKET else self.kalshi


@attrs.frozen
class Served:
    """Where everything can be reached."""

    venues: Mapping[Venue, str]
    """Base URLs."""
    control: str = ""
    """Empty where there is no control endpoint."""


async def serve(
    world: World,
    ports: Ports | None = None,
    control: ASGIApp | None = None,
    *,
    wire_faults: bool = False,
    task_status: trio.TaskStatus[Served] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve each venue, and `control`, on a port of 127.0.0.1; reports where. Never returns.

    A proxy stands before each venue where a planned fault needs one, or with `wire_faults` so
    that one may be injected. Raises Refused where a port cannot be had.
    """
    ports = ports or Ports()
    world.faults.reaches_wire = wire_faults or world.faults.needs_wire
    wanted = [(app, ports.of(venue)) for venue, app in world.apps.items()]
    if world.faults.reaches_wire:
        wanted = [(app, 0) for app, _ in wanted]  # the proxies get the ports
    if control is not None:
        wanted.append((control, ports.control))
    async with trio.open_nursery() as nursery:
        urls: list[str] = await nursery.start(serve_apps, wanted)
        venues = dict(zip(world.apps, urls, strict=False))
        if world.faults.reaches_wire:
            venues = {
                venue: _stand_before(nursery, world.proxy(venue, _port_of(url)), ports.of(venue))
                for venue, url in venues.items()
            }
        task_status.started(Served(venues, urls[-1] if control else ""))


def _stand_before(nursery: trio.Nursery, proxy: ChaosProxy, port: int) -> str:
    """Start a proxy; returns the base URL that clients get. Raises Refused without the port."""
    listening = listen(port)
    nursery.start_soon(proxy.run, listening)
    return _url_of(listening)


def _url_of(listening: socket.socket) -> str:
    return f"http://{LOOPBACK}:{listening.getsockname()[1]}"


def _port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


async def serve_apps(
    apps: Sequence[tuple[ASGIApp, int]],
    *,
    task_status: trio.TaskStatus[list[str]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve each application on its port of 127.0.0.1; reports base URLs. Never returns.

    Raises Refused where a port cannot be had; then none is taken.
    """
    with ExitStack() as taken:
        sockets = [taken.enter_context(listen(port)) for _, port in apps]
        async with trio.open_nursery() as nursery:
            for (app, _), listening in zip(apps, sockets, strict=True):
                nursery.start_soon(_serve_one, app, listening)
            task_status.started([_url_of(one) for one in sockets])


def listen(port: int) -> socket.socket:
    """Take a port of 127.0.0.1. Raises Refused, naming it, where it cannot be had."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen(WAITING_CONNECTIONS)
    except OSError as error:
        listening.close()
        raise Refused(f"port {port} of {LOOPBACK}: {error.strerror}") from error
    return listening


async def _serve_one(app: ASGIApp, listening: socket.socket) -> None:
    config = Config()
    config.keep_alive_max_requests = MANY_REQUESTS
    config.websocket_ping_interval = PING_S
    config.accesslog = config.errorlog = None
    wrapped = wrap_app(cast(Framework, app), config.wsgi_max_body_size, "asgi")
    listener = trio.SocketListener(trio.socket.from_stdlib_socket(listening.dup()))
    await trio.serve_listeners(
        partial(BatchingServer, wrapped, config, WorkerContext(None)), [listener]
    )


def describe(world: World, served: Served, member: str = BOT) -> dict[str, Any]:
    """Everything a bot needs to connect: addresses, credentials, pairs. Plain JSON values.

    Credentials of `member` stand beside the addresses; everybody's are under `accounts`. Raises
    KeyError where nobody has that name.
    """
    poly, kalshi = served.venues[Venue.POLYMARKET], served.venues[Venue.KALSHI]
    accounts: dict[str, Any] = {one.name: _credentials(world, one) for one in world.members}
    return {
        "polymarket": {
            "clob": poly,
            "gamma": poly,
            "data": poly,
            "relayer": poly,
            "market_ws": f"{_ws(poly)}/ws/market",
            "user_ws": f"{_ws(poly)}/ws/user",
            "geoblock": f"{poly}/api/geoblock",
            **accounts[member]["polymarket"],
        },
        "kalshi": {
            "rest": f"{kalshi}/trade-api/v2",
            "ws": f"{_ws(kalshi)}/trade-api/ws/v2",
            **accounts[member]["kalshi"],
        },
        "accounts": accounts,
        "spot": {
            "polymarket": f"{_ws(poly)}{POLYMARKET_PATH}",
            "coinbase": f"{_ws(poly)}{COINBASE_PATH}",
        },
        "control": served.control,
        "pairs": [dict(pair) for pair in world.pairs],
    }


def _credentials(world: World, member: ReadyMember) -> dict[str, Any]:
    return {
        "polymarket": {"relayer_key": world.relayer_key(member), **member.polymarket_credentials},
        "kalshi": member.kalshi_credentials,
    }


def _ws(url: str) -> str:
    return "ws" + url.removeprefix("http")
