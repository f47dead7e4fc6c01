"""What stands between the bot and the venues: clock, threads, chance, and sockets or none."""

import random
from collections.abc import Callable

import attrs
import httpx

from arb.market.units import Clock
from arb.notify.addresses import Addresses
from arb.ports import InThread
from arb.settings import Settings, SocketLibrary
from arb.sim.members import BOT
from arb.systemd import Supervisor
from arb.venues.protocols import Sockets
from arb.venues.sockets.direct import DirectSockets
from arb.venues.sockets.http_connections import HttpConnections
from arb.venues.wire import TrioSockets


@attrs.frozen
class Surroundings:
    """The clock, the threads, the chance, and whether the venues are reached without sockets."""

    now_ns: Clock
    in_thread: InThread
    rng: random.Random
    in_process: bool
    addresses: Addresses = attrs.field(factory=Addresses)
    web_token: str | None = attrs.field(default=None, repr=False)
    supervisor: Supervisor | None = None
    member: str = BOT
    """Who we are at venues that are simulated here."""


@attrs.frozen
class Wire:
    """How the venues are reached."""

    sockets: Sockets
    transport: Callable[[str], httpx.AsyncBaseTransport]
    """By base URL."""


def choose_sockets(settings: Settings) -> Sockets:
    """The library of WebSocket connections that the settings name."""
    match settings.feeds.socket_library:
        case SocketLibrary.TRIO_WEBSOCKET:
            return TrioSockets()
        case SocketLibrary.DIRECT:
            return DirectSockets()


def http_transport(_url: str) -> httpx.AsyncBaseTransport:
    """Kept connections to one venue, over the real network."""
    return HttpConnections()
