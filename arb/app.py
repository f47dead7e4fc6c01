"""The one wiring file: opens every channel, builds every actor, nests the lifetimes.

    services   shielded: store writer, treasurer, order tracker, unwind monitor, desk
    market     feeds, book cache, private streams, balances, kill watcher; supervised
      trading  scanner and sequencer, in the scope that KILL, signals and faults cancel
    finally    cancel what rests, wait for unwinds and fills, under one deadline; then close

Whatever ends trading, the last part runs; whatever hangs in it, the deadline cuts it.
"""

import logging
from collections.abc import Callable

import attrs
import trio

from arb.actors.balance_refresher import BalanceRefresher
from arb.actors.book_cache import BookCache, Clusters
from arb.actors.cluster_solver import ClusterSolver
from arb.actors.desk import Desk
from arb.actors.feed import Feed
from arb.actors.kill_watcher import KillWatcher
from arb.actors.leg_sequencer import LegSequencer
from arb.actors.order_tracker import OrderTracker, TrackerMessage
from arb.actors.scanner import Scanner
from arb.actors.store_writer import StoreWriter
from arb.actors.treasurer import Report, Treasurer
from arb.actors.unwind_monitor import UnwindMonitor
from arb.actors.user_feed import UserFeed
from arb.betting import Betting, Shared
from arb.board import Board
from arb.detect.history import Attempt, Calibration
from arb.detect.opportunity import Opportunity, resize
from arb.ending import Exit, Stop
from arb.knobs import (
    MS,
    NS_PER_MS,
    backoff,
    bans,
    caps,
    criteria,
    lane_limits,
    patience,
    restarts,
)
from arb.market.errors import ArbError
from arb.market.instruments import Market, Venue
from arb.messages import (
    Approved,
    BasketEnd,
    BookBatch,
    ClusterSeen,
    Crossings,
    DeskEvent,
    FeedId,
    Noted,
    RunEnded,
    RunStarted,
    Unwind,
)
from arb.placing import Placer
from arb.plant import Plant
from arb.ports import DeskPort, Lossy
from arb.risk.rate import OrderRate
from arb.risk.treasury import Treasury
from arb.settings import Settings
from arb.store.journal import Journal, StoreFailed
from arb.store.port import StorePort, StoreRequest
from arb.supervise import Actor, CrashLoop, supervise

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
        # One nudge is as good as many.
        self.nudges = trio.open_memory_channel[None](1)
        # People may be slow: the oldest is dropped.
        self.desk = trio.open_memory_channel[DeskEvent](10_000)

    @property
    def desk_port(self) -> DeskPort:
        """Where copies go."""
        return Lossy(self.desk[0], self.desk[1])

    @property
    def store_port(self) -> StorePort:
        """Where records go."""
        return StorePort(self.store[0])


class App:
    """One run: every actor, wired."""

    def __init__(
        self, plant: Plant, show: Callable[[Board], None], show_every_s: float, stop: Stop
    ) -> None:
        """Wire everything; nothing runs yet."""
        self._plant = plant
        self._settings = plant.settings
        self._outside = plant.outside
        self._stop = stop
        self._wires = Wires(plant.settings)
        self._treasury = self._make_treasury()
        self._placer = self._make_placer()
        wires = self._wires
        self._betting = Betting(
            plant, Shared(self._treasury, self._placer, wires.store_port, wires.desk_port)
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
                        self._tracker(),
                        self._unwinder(),
                        self._desk(),
                    ):
                        await books.start(actor.run)
                    self._take_over()
                    task_status.started(_Services(bound, books.cancel_scope))
                self._wires.store[0].close()

    def _take_over(self) -> None:
        """Go on with what a former run left half done, unless a person has to look first."""
        for unwind in self._plant.recovered.unwinds:
            if self._plant.trades:
                self._wires.unwinds[0].send_nowait(unwind)
            else:
                self._note("half done", f"{unwind.approved.basket}: left alone in safe mode")

    async def _market(self) -> None:
        try:
            async with trio.open_nursery() as market:
                for actor in self._market_actors():
                    market.start_soon(self._supervised, actor)
                for actor in self._betting.market_actors():
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
                    trading.start_soon(self._sequencer().run)
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
        """Supervise what reads for bets: where it crashes in a loop, baskets go on without it."""
        try:
            await self._supervised(actor)
        except CrashLoop as loop:
            self._note("bets", f"given up until the next start: {loop}")

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

    def _make_treasury(self) -> Treasury:
        settings = self._settings
        return Treasury(
            ledger=self._plant.recovered.ledger,
            caps=caps(settings),
            resize=lambda opportunity, most: resize(opportunity, most, criteria(settings)),
            new_id=self._outside.new_id,
            now_ns=self._outside.now_ns,
            ttl_ns=settings.execution.opportunity_ttl_ms * NS_PER_MS,
            drift_usd=settings.accounts.drift_usd,
            bans=bans(settings),
            fills_told=lambda: not self._plant.recovered.tracking.wanting,
        )

    def _make_placer(self) -> Placer:
        knobs = self._settings.execution
        return Placer(
            orders=self._outside.orders,
            store=self._wires.store_port,
            reports=self._wires.tracker[0],
            rate=OrderRate(knobs.max_orders_per_minute),
            patience=patience(self._settings),
            now_ns=self._outside.now_ns,
        )

    # --- actors ---

    def _market_actors(self) -> list[Actor]:
        return [
            self._book_cache(),
            *(self._feed(feed) for feed in self._resyncs),
            *(self._user_feed(venue) for venue in self._outside.accounts if self._plant.sends),
            self._balances(),
            self._kill_watcher(),
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
            clusters=Clusters(
                watched=self._plant.clusters,
                outbox=Lossy(self._wires.clusters[0], self._wires.clusters[1]),
                every_s=self._settings.detect.cluster_every_ms / MS,
                now_ns=self._outside.now_ns,
            ),
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
            criteria=criteria(self._settings, _calibration(self._plant.journal)),
            lanes=lane_limits(self._settings),
            inbox=self._wires.crossings[1],
            outbox=self._wires.opportunities[0] if self._plant.trades else None,
            desk=self._wires.desk_port,
            now_ns=self._outside.now_ns,
        )

    def _treasurer(self) -> Treasurer:
        return Treasurer(
            treasury=self._treasury,
            opportunities=self._wires.opportunities[1],
            reports=self._wires.reports[1],
            outbox=self._wires.approved[0],
            store=self._wires.store_port,
            desk=self._wires.desk_port,
        )

    def _sequencer(self) -> LegSequencer:
        return LegSequencer(
            placer=self._placer,
            inbox=self._wires.approved[1],
            ended=self._wires.reports[0],
            unwinds=self._wires.unwinds[0],
            store=self._wires.store_port,
            new_id=self._outside.new_id,
            now_ns=self._outside.now_ns,
        )

    def _unwinder(self) -> UnwindMonitor:
        knobs = self._settings.execution
        return UnwindMonitor(
            placer=self._placer,
            data=self._outside.data,
            inbox=self._wires.unwinds[1],
            ended=self._wires.reports[0],
            store=self._wires.store_port,
            desk=self._wires.desk_port,
            new_id=self._outside.new_id,
            now_ns=self._outside.now_ns,
            timeout_s=knobs.unwind_timeout_ms / MS,
            pause_s=knobs.order_poll_ms / MS,
            give_ticks=knobs.unwind_give_ticks,
        )

    def _tracker(self) -> OrderTracker:
        knobs = self._settings.execution
        return OrderTracker(
            tracking=self._plant.recovered.tracking,
            accounts=self._outside.accounts if self._plant.sends else {},
            inbox=self._wires.tracker[1],
            outbox=self._wires.reports[0],
            nudges=Lossy(*self._wires.nudges),
            store=self._wires.store_port,
            desk=self._wires.desk_port,
            poll_s=knobs.fills_poll_ms / MS,
            hurry_s=knobs.order_poll_ms / MS,
            now_ns=self._outside.now_ns,
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

    def _kill_watcher(self) -> KillWatcher:
        return KillWatcher(
            file=self._plant.kill_file,
            kill=lambda reason: self._stop.request(reason, Exit.KILLED),
            barred=self._wires.reports[0],
            every_s=self._settings.run.kill_poll_ms / MS,
        )

    def _store_writer(self) -> StoreWriter:
        return StoreWriter(
            journal=self._plant.journal,
            inbox=self._wires.store[1],
            in_thread=self._outside.in_thread,
            failed=lambda fault: self._stop.request(fault, Exit.STORE_FAILED),
        )

    def _desk(self) -> Desk:
        return Desk(self.board, self._wires.desk[1], self._show, self._show_every_s)


def _calibration(journal: Journal) -> Calibration:
    """What former baskets say about the chance of being filled."""
    return Calibration(
        Attempt(
            lane=basket.lane,
            venues=basket.venues,
            edge_ppm=basket.edge_ppm,
            age_ns=None,
            filled=basket.outcome in {BasketEnd.COMPLETED, BasketEnd.REDUCED},
        )
        for basket in journal.baskets()
        if basket.outcome is not None
    )


@attrs.frozen
class _Services:
    """How the services are ended."""

    bound: trio.CancelScope
    books: trio.CancelScope
