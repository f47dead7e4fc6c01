"""The one wiring file: joins the parts of a run by channels, and nests their lifetimes.

Parts with more than one actor have a wiring of their own: `arb/scanning.py`, `dealing.py`,
`guarding.py`, `betting.py`, `telling.py`, `dashboard.py`.

    services   shielded: store writer, treasurer, order tracker, unwind monitor, desk
    market     feeds, book cache, private streams, balances, kill watcher; supervised
      trading  scanner and sequencer, in the scope that KILL, signals and faults cancel
    finally    cancel what rests, wait for unwinds and fills, under one deadline; then close

Whatever ends trading, the last part runs; whatever hangs in it, the deadline cuts it.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs
import trio

from arb.actors.balance_refresher import BalanceRefresher
from arb.actors.desk import Desk
from arb.actors.order_tracker import TrackerMessage
from arb.actors.store_writer import StoreWriter
from arb.actors.treasurer import Report, Treasurer
from arb.actors.user_feed import UserFeed
from arb.actors.watchdog import Watchdog
from arb.betting import Betting, Shared
from arb.board import Board
from arb.dashboard import Dashboard
from arb.dealing import Dealing, DealingPorts
from arb.detect.opportunity import Opportunity
from arb.ending import Exit, Stop
from arb.guarding import GuardPorts, Guards
from arb.knobs import MS, backoff, restarts
from arb.market.errors import ArbError
from arb.market.instruments import Venue
from arb.messages import Approved, DeskEvent, Noted, RunEnded, RunStarted, Unwind
from arb.money import make_treasury
from arb.plant import Plant
from arb.ports import BookQuestion, DeskPort, Forked, Lossy, Vital
from arb.scanning import Scanning, ScanningPorts
from arb.store.journal import StoreFailed
from arb.store.port import StorePort, StoreRequest
from arb.store.standing import StandingFile
from arb.supervise import Actor, CrashLoop, supervise
from arb.telling import Telling

log = logging.getLogger(__name__)


class Wires:
    """Every channel from one part of a run to another, by what goes over it."""

    def __init__(self) -> None:
        """Open them."""
        # An opportunity that nobody is ready to take is stale already.
        self.opportunities = trio.open_memory_channel[Opportunity](0)
        self.approved = trio.open_memory_channel[Approved](0)
        # Money moved: never waits, so there is room for every leg of every basket many times.
        self.unwinds = trio.open_memory_channel[Unwind](1_000)
        self.reports = trio.open_memory_channel[Report](100_000)
        self.tracker = trio.open_memory_channel[TrackerMessage](100_000)
        self.store = trio.open_memory_channel[StoreRequest](100_000)
        # States for the gates of trading: the oldest may go.
        self.vitals = trio.open_memory_channel[Vital](1_000)
        # One nudge is as good as many.
        self.nudges = trio.open_memory_channel[None](1)
        # People may be slow: the oldest is dropped.
        self.desk = trio.open_memory_channel[DeskEvent](10_000)

    @property
    def desk_port(self) -> DeskPort:
        """Where copies go."""
        return Forked(*self.desk, Lossy(*self.vitals))

    @property
    def store_port(self) -> StorePort:
        """Where records go."""
        return StorePort(self.store[0])

    def scanning_ports(self, questions: trio.MemoryReceiveChannel[BookQuestion]) -> ScanningPorts:
        """What scanning needs of them; `questions` are those about books."""
        return ScanningPorts(
            opportunities=self.opportunities[0],
            questions=questions,
            treasurer=self.reports[0],
            store=self.store_port,
            desk=self.desk_port,
        )

    @property
    def dealing_ports(self) -> DealingPorts:
        """What buying and selling needs of them."""
        return DealingPorts(
            approved=self.approved[1],
            unwinds=self.unwinds,
            tracker=self.tracker,
            treasurer=self.reports[0],
            nudges=Lossy(*self.nudges),
            store=self.store_port,
            desk=self.desk_port,
        )


class App:
    """One run: every part, wired."""

    def __init__(
        self,
        plant: Plant,
        show: Callable[[Board], None],
        show_every_s: float,
        stop: Stop,
        standing_file: StandingFile,
    ) -> None:
        """Wire everything; nothing runs yet."""
        self._plant = plant
        self._settings = plant.settings
        self._stop = stop
        self._wires = Wires()
        self._guards = Guards(plant, standing_file, self._wires.vitals)
        self._outside = self._guards.outside
        self._treasury = make_treasury(plant)
        wires = self._wires
        self._dealing = Dealing(plant, self._guards, wires.dealing_ports)
        self._scanning = Scanning(
            plant, self._outside, wires.scanning_ports(self._dealing.questions)
        )
        self._betting = Betting(
            plant, Shared(self._treasury, self._dealing.placer, wires.store_port, wires.desk_port)
        )
        self._telling = Telling(
            plant.settings.notify, plant.outside.addresses, plant.outside.in_thread
        )
        now = plant.outside.now_ns
        self.board = Board(now, now())
        self._dashboard = Dashboard(plant, self.board, standing_file)
        self._show = show
        self._show_every_s = show_every_s

    async def run(self) -> None:
        """Run until somebody requests a stop, and then clean up. Never raises for a crash."""
        self._record_start()
        async with trio.open_nursery() as life:
            services = await life.start(self._services)
            try:
                await self._market()
            finally:
                limit_s = self._settings.execution.stop_timeout_ms / MS
                with trio.CancelScope(shield=True, relative_deadline=limit_s):
                    await self._close()
                    await self._telling.flush()
                services.bound.deadline = trio.current_time() + limit_s
                services.books.cancel(reason="the run is over")

    # --- lifetimes ---

    async def _services(self, *, task_status: trio.TaskStatus["_Services"]) -> None:
        """What must outlive trading: it ends when told to, or at the deadline set at the end."""
        with trio.CancelScope(shield=True) as bound:
            async with trio.open_nursery() as writing:
                writing.start_soon(self._store_writer().run)
                async with self._kept(self._treasurer()), trio.open_nursery() as books:
                    for actor in (self._dealing.tracker(), self._dealing.unwinder()):
                        await books.start(actor.run)
                    beside: list[Actor] = [
                        self._desk(),
                        *self._telling.actors(),
                        *self._dashboard.servers(),
                        *self._dealing.settlers(lambda: not self._stop.reason),
                    ]
                    for one in beside:
                        books.start_soon(self._dispensable, one)
                    self._take_over()
                    task_status.started(_Services(bound, books.cancel_scope))
                self._wires.store[0].close()

    @asynccontextmanager
    async def _kept(self, treasurer: Treasurer) -> AsyncIterator[None]:
        """Have the books kept, to a little longer than anybody has something to report."""
        async with trio.open_nursery() as keeping:
            await keeping.start(treasurer.run)
            yield
            keeping.cancel_scope.cancel(reason="nobody has anything to report any more")

    def _take_over(self) -> None:
        """Go on with what a former run left half done, unless a person has to look first."""
        for unwind in self._plant.recovered.unwinds:
            if self._plant.trades:
                self._treasury.take_up(unwind.approved)
                self._wires.unwinds[0].send_nowait(unwind)
            else:
                self._note("half done", f"{unwind.approved.basket}: left alone in safe mode")

    async def _market(self) -> None:
        try:
            async with trio.open_nursery() as market:
                for actor in self._market_actors():
                    market.start_soon(self._supervised, actor)
                for actor in (*self._betting.market_actors(), *self._watchdogs()):
                    market.start_soon(self._dispensable, actor)
                await self._trading()
                market.cancel_scope.cancel(reason=self._stop.reason)
        except* CrashLoop as loops:
            self._stop.request(str(loops.exceptions[0]), Exit.CRASH_LOOP)
        except* Exception as crashes:
            log.exception("crashed, stopping")
            self._stop.request(f"crashed: {crashes.exceptions[0]!r}", Exit.ERROR)

    async def _trading(self) -> None:
        with self._stop.trading:
            async with trio.open_nursery() as trading:
                for finder in self._scanning.trading_actors():
                    trading.start_soon(self._supervised, finder)
                if self._plant.trades:
                    trading.start_soon(self._dealing.sequencer().run)
                    for actor in self._betting.trading_actors():
                        trading.start_soon(actor.run)
                await trio.sleep_forever()

    async def _close(self) -> None:
        """Leave nothing resting and nothing half done."""
        if self._plant.sends:
            await self._cancel_all()
            await self._settle()

    async def _cancel_all(self) -> None:
        for venue in self._outside.orders.values():
            try:
                await venue.cancel_all()
            except ArbError as error:
                self._note("stop", f"{venue.venue}: orders may still rest: {error}")

    async def _settle(self) -> None:
        """Wait until every basket ended and every fill of an ended order was told."""
        tracking = self._plant.recovered.tracking
        while self._treasury.in_flight or tracking.wanting:  # noqa: ASYNC110 - pure state, no Event
            await trio.sleep(self._settings.execution.order_poll_ms / MS)

    async def _supervised(self, actor: Actor) -> None:
        await supervise(
            actor, restarts(self._settings), crashed=lambda text: self._note("crash", text)
        )

    async def _dispensable(self, actor: Actor) -> None:
        """Supervise what baskets do without: where it crashes in a loop, they go on."""
        try:
            await self._supervised(actor)
        except CrashLoop as loop:
            name = type(actor).__name__
            log.exception("given up until the next start actor=%s", name)
            self._note("given up", f"{name}, until the next start: {loop}")

    def _record_start(self) -> None:
        run = self._settings.run
        self._wires.store_port.record_soon(
            RunStarted(self._plant.run, run.mode, run.venues, run.seed, self._outside.now_ns())
        )

    def record_end(self) -> None:
        """Write why the run ended, after `run` returned. A store that fails now is the reason."""
        stop, now = self._stop, self._outside.now_ns()
        try:
            self._plant.journal.write([RunEnded(self._plant.run, stop.reason, stop.code, now)])
        except StoreFailed as failure:
            stop.request(str(failure), Exit.STORE_FAILED)

    def _note(self, kind: str, text: str) -> None:
        note = Noted(kind, text, self._outside.now_ns())
        self._wires.store_port.record_soon(note)
        self._wires.desk_port.send(note)

    # --- actors ---

    def _market_actors(self) -> list[Actor]:
        return [
            *self._scanning.market_actors(),
            *(self._user_feed(venue) for venue in self._outside.accounts if self._plant.sends),
            self._balances(),
            *([self._dealing.reopener()] if self._plant.trades else []),
            *self._guards.actors(self._guard_ports()),
        ]

    def _watchdogs(self) -> list[Actor]:
        supervisor = self._outside.supervisor
        return [] if supervisor is None else [Watchdog(supervisor, self.board)]

    def _treasurer(self) -> Treasurer:
        return Treasurer(
            treasury=self._treasury,
            opportunities=self._wires.opportunities[1],
            reports=self._wires.reports[1],
            outbox=self._wires.approved[0],
            halts=self._guards.halts,
            store=self._wires.store_port,
            desk=self._wires.desk_port,
            closes={market.id: market.closes_ns for market in self._plant.markets},
        )

    def _user_feed(self, venue: Venue) -> UserFeed:
        return UserFeed(
            venue=venue,
            account=self._outside.accounts[venue],
            outbox=self._wires.tracker[0],
            desk=self._wires.desk_port,
            backoff=backoff(self._settings, self._outside.rng),
            now_ns=self._outside.now_ns,
        )

    def _balances(self) -> BalanceRefresher:
        return BalanceRefresher(
            accounts=self._outside.accounts,
            nudges=self._wires.nudges[1],
            outbox=self._wires.reports[0],
            desk=self._wires.desk_port,
            opened_ns=self._plant.recovered.opened_ns,
            every_s=self._settings.accounts.refresh_ms / MS,
            now_ns=self._outside.now_ns,
        )

    def _guard_ports(self) -> GuardPorts:
        return GuardPorts(
            treasurer=self._wires.reports[0],
            desk=self._wires.desk_port,
            store=self._wires.store_port,
            stop=lambda reason: self._stop.request(reason, Exit.KILLED),
        )

    def _store_writer(self) -> StoreWriter:
        return StoreWriter(
            journal=self._plant.journal,
            inbox=self._wires.store[1],
            in_thread=self._outside.in_thread,
            failed=lambda fault: self._stop.request(fault, Exit.STORE_FAILED),
        )

    def _desk(self) -> Desk:
        return Desk(
            board=self.board,
            inbox=self._wires.desk[1],
            show=self._show,
            every_s=self._show_every_s,
            notices=self._telling.port,
        )


@attrs.frozen
class _Services:
    """How the services are ended."""

    bound: trio.CancelScope
    books: trio.CancelScope
