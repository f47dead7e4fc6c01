"""The simulated Kalshi, put together: one app in front of one matching engine."""

import random
import uuid
from collections.abc import Iterable

import attrs
import trio
from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.routing import Route as HttpRoute

from arb.sim.engine import Clock, Exchange
from arb.sim.kalshi import socket
from arb.sim.kalshi.auth import ApiKey, Doorman
from arb.sim.kalshi.board import Board
from arb.sim.kalshi.books import Books
from arb.sim.kalshi.broadcast import Broadcast
from arb.sim.kalshi.calls import Route
from arb.sim.kalshi.gate import Gate, nothing_here
from arb.sim.kalshi.history import History
from arb.sim.kalshi.holdings import Holdings
from arb.sim.kalshi.lifecycle import Agenda, Lifecycle
from arb.sim.kalshi.limits import BASIC, Governor, Tier
from arb.sim.kalshi.listing import KalshiCatalogue
from arb.sim.kalshi.metadata import Metadata
from arb.sim.kalshi.numbers import NS_PER_S
from arb.sim.kalshi.observer import Observer
from arb.sim.kalshi.orders import OrderDesk
from arb.sim.kalshi.pauses import Switches
from arb.sim.kalshi.records import Blotter
from arb.sim.kalshi.stakes import Stakes
from arb.sim.kalshi.tape import Tape
from arb.sim.kalshi.trading import PostOnly, Trading
from arb.sim.kalshi.usage import Usage

PREFIX = "/trade-api/v2"
_SHORTEST_NAP_S = 0.001


@attrs.frozen
class KalshiSettings:
    """How this Kalshi behaves where the real one is known to vary."""

    tier: Tier = BASIC
    post_only: PostOnly = PostOnly.REJECT
    connections_per_user: int = 200


class KalshiFace:
    """Kalshi's protocols over an exchange that nets positions.

    Every market of `catalogue` must be listed on `exchange` already (`catalogue.listings()`), and
    every key's member must have an account there. `app` is an ASGI application; `run` does what
    time does to markets, and must run beside it.
    """

    def __init__(  # noqa: PLR0913 - wiring
        self,
        exchange: Exchange,
        catalogue: KalshiCatalogue,
        keys: Iterable[ApiKey],
        *,
        now_ns: Clock,
        rng: random.Random,
        settings: KalshiSettings | None = None,
    ) -> None:
        """Wire everything, and start listening to the exchange."""
        self._now_ns = now_ns
        self._exchange = exchange
        self._settings = settings or KalshiSettings()
        self.board = Board(catalogue)
        self.switches = Switches(self.board.shards)
        self.governor = Governor(self._settings.tier, tuple(self.switches.by_shard))
        self.agenda = Agenda()
        self.broadcast = Broadcast(exchange, self.board, now_ns)
        self.blotter, self.stakes, self.tape = Blotter(), Stakes(), Tape()
        self.lifecycle = self._follow_exchange()
        self.trading = self._open_trading(rng)
        self.app = self._build_app(Doorman(keys))

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Do what is due, when it is due. Never returns."""
        changed = trio.Event()

        def look_again() -> None:
            changed.set()

        self.agenda.changed = look_again
        task_status.started()
        while True:
            self._catch_up()
            changed = trio.Event()
            with trio.move_on_after(self._nap_s()):
                await changed.wait()

    def _nap_s(self) -> float:
        """How long nothing is due, by our clock."""
        next_ns = self.agenda.next_ns()
        if next_ns is None:
            return float("inf")
        return max((next_ns - self._now_ns()) / NS_PER_S, _SHORTEST_NAP_S)

    def _follow_exchange(self) -> Lifecycle:
        observer = Observer(
            exchange=self._exchange,
            board=self.board,
            tape=self.tape,
            blotter=self.blotter,
            stakes=self.stakes,
            broadcast=self.broadcast,
            now_ns=self._now_ns,
        )
        self._exchange.listeners.append(observer)
        lifecycle = Lifecycle(
            exchange=self._exchange,
            board=self.board,
            blotter=self.blotter,
            observer=observer,
            broadcast=self.broadcast,
            switches=self.switches,
            agenda=self.agenda,
            now_ns=self._now_ns,
        )
        lifecycle.start()
        return lifecycle

    def _open_trading(self, rng: random.Random) -> Trading:
        return Trading(
            exchange=self._exchange,
            board=self.board,
            blotter=self.blotter,
            stakes=self.stakes,
            switches=self.switches,
            order_ids=lambda: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            announce=self.broadcast.order,
            watch=self.lifecycle.watch,
            post_only=self._settings.post_only,
        )

    def _build_app(self, doorman: Doorman) -> Starlette:
        gate = Gate(doorman, self.governor, self._now_ns, self._catch_up)
        most = self._settings.connections_per_user
        door = socket.SocketDoor(doorman, self.broadcast, self._now_ns, most)
        routes: list[BaseRoute] = [
            HttpRoute(PREFIX + route.path, gate.endpoint(route), methods=[route.method])
            for route in self._routes()
        ]
        routes.append(WebSocketRoute(socket.PATH, door.serve))
        app = Starlette(routes=routes, exception_handlers={404: nothing_here, 405: nothing_here})
        app.router.redirect_slashes = False
        return app

    def _catch_up(self) -> None:
        self.agenda.run_due(self._now_ns())

    def _routes(self) -> list[Route]:
        """Every route, fixed paths before those with a variable in the same place."""
        routes = [
            *Metadata(self._exchange, self.board, self.switches).routes(),
            *Books(self._exchange, self.board, self.tape).routes(),
            *Usage(self.governor).routes(),
            *OrderDesk(self.trading, self.governor).routes(),
            *History(self.board, self.blotter).routes(),
            *Holdings(self._exchange, self.board, self.stakes).routes(),
        ]
        return sorted(routes, key=lambda route: "{" in route.path)
