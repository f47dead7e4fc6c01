"""The one wiring file: opens every channel, builds every actor, nests the lifetimes.

    services   shielded: store writer, treasurer, order tracker, unwind monitor, desk
    market     feeds, book cache, private streams, balances, kill watcher; supervised
      trading  scanner and sequencer, in the scope that KILL, signals and faults cancel
    finally    cancel what rests, wait for unwinds and fills, under one deadline; then close

Whatever ends trading, the last part runs; whatever hangs in it, the deadline cuts it.
"""

import logging
from collections.abc import Callable
from contextlib import suppress

import attrs
import trio

from arb.actors.balance_refresher import BalanceRefresher
from arb.actors.book_cache import BookCache, Clusters, Pairs
from arb.actors.catalogue_watcher import CatalogueWatcher, Pace
from arb.actors.cluster_solver import ClusterSolver
from arb.actors.desk import Desk
from arb.actors.feed import Feed
from arb.actors.order_tracker import TrackerMessage
from arb.actors.scanner import Scanner, Snapshots
from arb.actors.settler import Settler
from arb.actors.store_writer import StoreWriter
from arb.actors.treasurer import Report, Treasurer
from arb.actors.user_feed import UserFeed
from arb.actors.watchdog import Watchdog
from arb.betting import Betting, Shared
from arb.board import Board
from arb.dashboard import Dashboard
from arb.dealing import Dealing, DealingPorts
from arb.detect.history import Calibration
from arb.detect.opportunity import Opportunity
from arb.ending import Exit, Stop
from arb.guarding import GuardPorts, Guards
from arb.knobs import (
    MS,
    backoff,
    criteria,
    doubt_limits,
    lane_limits,
    patience,
    restarts,
    turn_limits,
)
from arb.learning import attempts
from arb.market.errors import ArbError
from arb.market.instruments import Market, MarketId, Venue
from arb.messages import (
    Approved,
    BookBatch,
    ClusterSeen,
    Crossings,
    DeskEvent,
    FeedId,
    Level,
    Noted,
    PairBooks,
    RunEnded,
    RunStarted,
    Unwind,
)
from arb.money import make_treasury
from arb.pairing.watch import PairWatch, twins_of
from arb.plant import Plant
from arb.ports import DeskPort, Forked, HoldingsPort, Lossy, Vital
from arb.settings import Settings
from arb.store.journal import StoreFailed
from arb.store.port import StorePort, StoreRequest
from arb.store.standing import StandingFile
from arb.supervise import Actor, CrashLoop, supervise
from arb.telling import Telling
from arb.turning import TurnFollower

log = logging.getLogger(__name__)


class Wires:
    """Every channel of a run, by what goes over it."""

    def __init__(self, settings: Settings) -> None:
        """Open them."""
        # One batch a socket read; a full queue makes the socket wait, which is back-pressure.
        self.batches = trio.open_memory_channel[BookBatch](settings.feeds.queue_batches)
        # States, not deltas: one, and the newest wins.
        self.crossings = trio.open_memory_channel[Crossings](1)
        self.clusters = trio.open_memory_channel[ClusterSeen](1)
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
        # A state: the newest wins.
        self.pair_books = trio.open_memory_channel[PairBooks](1)
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
    """One run: every actor, wired."""

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
        self._wires = Wires(plant.settings)
        self._guards = Guards(plant, standing_file, self._wires.vitals)
        self._outside = self._guards.outside
        self._treasury = make_treasury(plant, Calibration(attempts(plant.journal)))
        for new in PairWatch(plant.pairs).observe(plant.outside.now_ns()):
            self._treasury.bar_claim(new.key, new.reason)
        wires = self._wires
        self._dealing = Dealing(plant, self._guards, wires.dealing_ports)
        self._betting = Betting(
            plant, Shared(self._treasury, self._dealing.placer, wires.store_port, wires.desk_port)
        )
        self._telling = Telling(
            plant.settings.notify, plant.outside.addresses, plant.outside.in_thread
        )
        self._resyncs = {
            FeedId(f"{venue}:{number}"): (
                venue,
                shard,
                trio.open_memory_channel[Market](len(shard)),
            )
            for venue, data in plant.outside.data.items()
            for number, shard in enumerate(
                data.shards([m for m in plant.markets if m.venue is venue])
            )
        }
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
                async with trio.open_nursery() as books:
                    for actor in (
                        self._treasurer(),
                        self._dealing.tracker(),
                        self._dealing.unwinder(),
                    ):
                        await books.start(actor.run)
                    beside: list[Actor] = [
                        self._desk(),
                        *self._telling.actors(),
                        *self._dashboard.servers(),
                        *self._settlers(),
                    ]
                    for one in beside:
                        books.start_soon(self._dispensable, one)
                    self._take_over()
                    task_status.started(_Services(bound, books.cancel_scope))
                self._wires.store[0].close()

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
                trading.start_soon(self._supervised, self._scanner())
                if self._plant.clusters:
                    trading.start_soon(self._supervised, self._cluster_solver())
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

    # --- what actors think with ---

    # --- actors ---

    def _settlers(self) -> list[Actor]:
        """Whoever turns contracts into cash, where we may."""
        turning = self._outside.turning
        if turning is None or not self._plant.trades:
            return []
        settler = Settler(
            follower=TurnFollower(turning, patience(self._settings), self._outside.now_ns),
            holdings=HoldingsPort(self._wires.reports[0]),
            journal=self._plant.journal,
            markets={market.id: market for market in self._plant.markets},
            events=[event for one in self._plant.catalogues for event in one.events],
            outbox=self._wires.reports[0],
            store=self._wires.store_port,
            desk=self._wires.desk_port,
            limits=turn_limits(self._settings),
            may=lambda: not self._stop.reason and self._guards.level() is Level.RUNNING,
            new_id=self._outside.new_id,
            now_ns=self._outside.now_ns,
        )
        return [settler]

    def _market_actors(self) -> list[Actor]:
        return [
            self._book_cache(),
            *(self._feed(feed) for feed in self._resyncs),
            *(self._user_feed(venue) for venue in self._outside.accounts if self._plant.sends),
            self._balances(),
            *([self._dealing.reopener()] if self._plant.trades else []),
            self._catalogue_watcher(),
            *self._guards.actors(self._guard_ports()),
        ]

    def _feed(self, feed: FeedId) -> Feed:
        venue, shard, (_, asked) = self._resyncs[feed]
        return Feed(
            id=feed,
            data=self._outside.data[venue],
            markets=shard,
            outbox=self._wires.batches[0],
            resyncs=asked,
            desk=self._wires.desk_port,
            silence_s=self._settings.feeds.watchdog_ms / MS,
            backoff=backoff(self._settings, self._outside.rng),
            now_ns=self._outside.now_ns,
        )

    def _book_cache(self) -> BookCache:
        return BookCache(
            markets=self._plant.markets,
            baskets=self._plant.baskets,
            inbox=self._wires.batches[1],
            outbox=Lossy(self._wires.crossings[0], self._wires.crossings[1]),
            resyncs={feed: (shard, ask) for feed, (_, shard, (ask, _)) in self._resyncs.items()},
            desk=self._wires.desk_port,
            rescan_s=self._settings.detect.rescan_ms / MS,
            least_edge=criteria(self._settings).sweep.least_edge,
            questions=self._dealing.questions,
            clusters=Clusters(
                watched=self._plant.clusters,
                outbox=Lossy(self._wires.clusters[0], self._wires.clusters[1]),
                every_s=self._settings.detect.cluster_every_ms / MS,
                now_ns=self._outside.now_ns,
            ),
            pairs=Pairs(
                markets=PairWatch(self._plant.pairs).markets,
                outbox=Lossy(self._wires.pair_books[0], self._wires.pair_books[1]),
            ),
            twins=twins_of(self._plant.pairs),
        )

    def _watchdogs(self) -> list[Actor]:
        supervisor = self._outside.supervisor
        return [] if supervisor is None else [Watchdog(supervisor, self.board)]

    def _catalogue_watcher(self) -> CatalogueWatcher:
        knobs = self._settings.metadata
        return CatalogueWatcher(
            data=self._outside.data,
            orders=self._outside.orders if self._plant.sends else {},
            listed=self._plant.catalogues,
            pairs=self._plant.pairs,
            decisions=self._plant.journal.pair_decisions,
            in_thread=self._outside.in_thread,
            books=self._wires.pair_books[1],
            bars=self._wires.reports[0],
            store=self._wires.store_port,
            desk=self._wires.desk_port,
            pace=Pace(
                every_s=knobs.refresh_ms / MS,
                timeout_s=knobs.timeout_ms / MS,
                max_age_s=knobs.max_age_ms / MS,
                coverage_floor_ppm=self._settings.pairs.coverage_floor_ppm,
            ),
            now_ns=self._outside.now_ns,
        )

    def _cluster_solver(self) -> ClusterSolver:
        return ClusterSolver(
            inbox=self._wires.clusters[1],
            outbox=Lossy(self._wires.crossings[0], self._wires.crossings[1]),
            desk=self._wires.desk_port,
            in_thread=self._outside.in_thread,
            budget_s=self._settings.detect.cluster_budget_ms / MS,
            now_ns=self._outside.now_ns,
        )

    def _scanner(self) -> Scanner:
        return Scanner(
            criteria=criteria(self._settings, Calibration(attempts(self._plant.journal))),
            lanes=lane_limits(self._settings),
            inbox=self._wires.crossings[1],
            outbox=self._wires.opportunities[0] if self._plant.trades else None,
            desk=self._wires.desk_port,
            now_ns=self._outside.now_ns,
            doubts=Snapshots(doubt_limits(self._settings), self._asker()),
        )

    def _asker(self) -> Callable[[MarketId], None]:
        """How a market's book is asked for anew, without waiting."""
        asked = {
            market.id: (market, outbox)
            for _, shard, (outbox, _) in self._resyncs.values()
            for market in shard
        }

        def ask(market: MarketId) -> None:
            listed, outbox = asked[market]
            with suppress(trio.WouldBlock):  # all of that connection are asked for already
                outbox.send_nowait(listed)

        return ask

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
