"""The one wiring file: opens every channel, builds every actor, nests the lifetimes.

    services   shielded: store writer, treasurer, order tracker, unwind monitor, desk
    market     feeds, book cache, private streams, balances, kill watcher; supervised
      trading  scanner and sequencer, in the scope that KILL, signals and faults cancel
    finally    cancel what rests, wait for unwinds and fills, under one deadline; then close

Whatever ends trading, the last part runs; whatever hangs in it, the deadline cuts it.
"""

import enum
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs
import trio

from arb.actors.balance_refresher import BalanceRefresher
from arb.actors.book_cache import BookCache
from arb.actors.desk import Desk
from arb.actors.feed import Feed
from arb.actors.kill_watcher import KillWatcher
from arb.actors.leg_sequencer import LegSequencer
from arb.actors.order_tracker import OrderTracker, TrackerMessage
from arb.actors.scanner import Scanner
from arb.actors.store_writer import InThread, StoreWriter
from arb.actors.treasurer import Report, Treasurer
from arb.actors.unwind_monitor import UnwindMonitor
from arb.actors.user_feed import UserFeed
from arb.board import Board
from arb.detect.basket import Template
from arb.detect.firewall import FirewallLimits
from arb.detect.opportunity import Criteria, Opportunity, resize
from arb.detect.sweep import SweepLimits
from arb.market.errors import ArbError
from arb.market.instruments import Market, Venue
from arb.market.units import Clock, Usd
from arb.messages import (
    Approved,
    BookBatch,
    Crossings,
    DeskEvent,
    FeedId,
    Noted,
    RunEnded,
    RunStarted,
    Unwind,
)
from arb.placing import Patience, Placer
from arb.ports import DeskPort, Lossy
from arb.recovery import Recovered
from arb.risk.limits import Caps
from arb.risk.rate import OrderRate
from arb.risk.treasury import Treasury
from arb.settings import Mode, Settings
from arb.store.journal import Journal, StoreFailed
from arb.store.port import StorePort, StoreRequest
from arb.supervise import Actor, CrashLoop, Restarts, supervise
from arb.venues.backoff import Backoff
from arb.venues.protocols import Account, MarketData, Orders

MS = 1000
NS_PER_MS = 1_000_000


class Exit(enum.IntEnum):
    """Exit codes of `arb run`."""

    OK = 0
    """Ran its time, or was asked to stop by a signal."""
    ERROR = 1
    USAGE = 2
    """Settings, files or options are wrong."""
    KILLED = 3
    """A KILL file exists."""
    CRASH_LOOP = 4
    STORE_FAILED = 5
    DISAGREES = 6
    """Our books and a venue's differ."""
    OCCUPIED = 7
    """Another process works in the data directory."""
    NOT_ALLOWED = 8
    """A venue, or a rule of ours, forbids to trade from here now."""


@attrs.frozen
class Outside:
    """The outside world, as the bot sees it: venues, clock, threads, chance."""

    data: Mapping[Venue, MarketData]
    orders: Mapping[Venue, Orders]
    accounts: Mapping[Venue, Account]
    now_ns: Clock
    in_thread: InThread
    rng: random.Random

    def new_id(self) -> str:
        """A new identity in the form of a UUID."""
        text = f"{self.rng.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@attrs.define
class Stop:
    """Why trading ended: the first reason counts."""

    starting: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    trading: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    reason: str = ""
    code: Exit = Exit.OK

    def request(self, reason: str, code: Exit) -> None:
        """End trading, or the start of it."""
        if not self.reason:
            self.reason, self.code = reason, code
        self.starting.cancel(reason=reason)
        self.trading.cancel(reason=reason)


@attrs.frozen
class Plant:
    """What one run works on."""

    settings: Settings
    outside: Outside
    journal: Journal
    markets: Sequence[Market]
    templates: Sequence[Template]
    recovered: Recovered
    run: str
    kill_file: Path
    sends: bool
    """Whether the venues are sent anything at all: not in a dry run."""
    trades: bool
    """Whether baskets are begun: not in safe mode either."""


class Wires:
    """Every channel of a run, by what goes over it."""

    def __init__(self, settings: Settings) -> None:
        """Open them."""
        # One batch a socket read; a full queue makes the socket wait, which is back-pressure.
        self.batches = trio.open_memory_channel[BookBatch](settings.feeds.queue_batches)
        # States, not deltas: one, and the newest wins.
        self.crossings = trio.open_memory_channel[Crossings](1)
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
                await self._close(services)

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
                        await books.start(_started, actor)
                    for unwind in self._plant.recovered.unwinds:
                        self._wires.unwinds[0].send_nowait(unwind)
                    task_status.started(_Services(bound, books.cancel_scope))
                self._wires.store[0].close()

    async def _market(self) -> None:
        try:
            async with trio.open_nursery() as market:
                for actor in self._market_actors():
                    market.start_soon(self._supervised, actor)
                await self._trading()
                market.cancel_scope.cancel(reason=self._stop.reason)
        except* CrashLoop as loops:
            self._stop.request(str(loops.exceptions[0]), Exit.CRASH_LOOP)

    async def _trading(self) -> None:
        with self._stop.trading:
            async with trio.open_nursery() as trading:
                trading.start_soon(self._supervised, self._scanner())
                if self._plant.trades:
                    trading.start_soon(self._sequencer().run)
                await trio.sleep_forever()

    async def _close(self, services: "_Services") -> None:
        """Leave nothing resting, nothing half done, nothing unwritten: under one deadline."""
        limit_s = self._settings.execution.stop_timeout_ms / MS
        with trio.CancelScope(shield=True, relative_deadline=limit_s):
            if self._plant.sends:
                await self._cancel_all()
                await self._settle()
        services.bound.deadline = trio.current_time() + limit_s
        services.books.cancel(reason="the run is over")

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
        knobs = self._settings.supervise
        restarts = Restarts(
            knobs.crashes,
            knobs.window_ms / MS,
            knobs.backoff_first_ms / MS,
            knobs.backoff_most_ms / MS,
        )
        await supervise(actor, restarts, crashed=lambda text: self._note("crash", text))

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
            backoff=self._backoff(),
            now_ns=self._outside.now_ns,
        )

    def _book_cache(self) -> BookCache:
        return BookCache(
            markets=self._plant.markets,
            templates=self._plant.templates,
            inbox=self._wires.batches[1],
            outbox=Lossy(self._wires.crossings[0], self._wires.crossings[1]),
            resyncs={feed: (shard, ask) for feed, (_, shard, (ask, _)) in self._resyncs.items()},
            desk=self._wires.desk_port,
            rescan_s=self._settings.detect.rescan_ms / MS,
        )

    def _scanner(self) -> Scanner:
        return Scanner(
            templates={template.id: template for template in self._plant.templates},
            criteria=criteria(self._settings),
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
            backoff=self._backoff(),
            now_ns=self._outside.now_ns,
        )

    def _balances(self) -> BalanceRefresher:
        return BalanceRefresher(
            accounts=self._outside.accounts,
            nudges=self._wires.nudges[1],
            outbox=self._wires.reports[0],
            desk=self._wires.desk_port,
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

    def _backoff(self) -> Backoff:
        knobs = self._settings.feeds
        jitter = random.Random(self._outside.rng.getrandbits(64))  # noqa: S311 - spreads reconnects
        return Backoff(knobs.backoff_first_ms / MS, knobs.backoff_most_ms / MS, jitter)


@attrs.frozen
class _Services:
    """How the services are ended."""

    bound: trio.CancelScope
    books: trio.CancelScope


async def _started(actor: Actor, *, task_status: trio.TaskStatus[None]) -> None:
    await actor.run(task_status=task_status)


def caps(settings: Settings) -> Caps:
    """The hard limits in force: in live mode the canary's are, whatever the rest says."""
    limits = settings.limits
    most = Usd(limits.canary_total_usd) if settings.run.mode is Mode.LIVE else limits.max_total_usd
    return Caps(
        basket_usd=Usd(min(limits.max_basket_usd, most)),
        market_usd=Usd(min(limits.max_market_usd, most)),
        event_usd=Usd(min(limits.max_event_usd, most)),
        venue_usd=Usd(min(limits.max_venue_usd, most)),
        total_usd=Usd(min(limits.max_total_usd, most)),
        market_contracts=limits.max_market_contracts,
        open_baskets=limits.max_open_baskets,
        cash_reserve_usd=limits.cash_reserve_usd,
    )


def patience(settings: Settings) -> Patience:
    """How long orders are waited for."""
    knobs = settings.execution
    return Patience(
        answer_s=knobs.leg_timeout_ms / MS,
        resolve_s=knobs.resolve_timeout_ms / MS,
        absent_s=knobs.absent_ms / MS,
        poll_s=knobs.order_poll_ms / MS,
    )


def criteria(settings: Settings) -> Criteria:
    """What an opportunity must meet."""
    knobs = settings.detect
    return Criteria(
        firewall=FirewallLimits(
            max_feed_silence_ns=knobs.max_feed_silence_ms * NS_PER_MS,
            max_age_spread_ns=knobs.max_age_spread_ms * NS_PER_MS,
            close_margin_ns=knobs.close_margin_ms * NS_PER_MS,
            max_edge_ppm=knobs.max_edge_ppm,
        ),
        sweep=SweepLimits(
            min_profit_usd=knobs.min_profit_usd,
            min_edge_ppm=knobs.min_edge_ppm,
            max_fee_share_ppm=knobs.max_fee_share_ppm,
        ),
        bucket_ns=knobs.bucket_ms * NS_PER_MS,
    )
