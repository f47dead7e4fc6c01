"""The wiring of what finds baskets: feeds, books, the scanner, and what is listed meanwhile."""

from collections.abc import Callable
from contextlib import suppress

import attrs
import trio

from arb.actors.book_auditor import AuditPace, BookAuditor
from arb.actors.book_cache import BookCache, Clusters, Pairs
from arb.actors.catalogue_watcher import CatalogueWatcher, Pace
from arb.actors.cluster_solver import ClusterSolver
from arb.actors.feed import Feed
from arb.actors.scanner import Scanner, Snapshots
from arb.detect.history import Calibration
from arb.detect.opportunity import Opportunity
from arb.knobs import MS, backoff, criteria, doubt_limits, lane_limits
from arb.learning import attempts
from arb.market.instruments import Market, MarketId
from arb.messages import (
    BookBatch,
    CatalogueState,
    ClaimBarred,
    ClusterSeen,
    Crossings,
    FeedId,
    MarketBarred,
    PairBooks,
)
from arb.pairing.watch import PairWatch, twins_of
from arb.plant import Outside, Plant
from arb.ports import BookPort, BookQuestion, DeskPort, Lossy
from arb.store.port import StorePort
from arb.supervise import Actor

AUDIT_ANSWER_S = 1.0
"""For the books' owner to show some of them: nobody is about to buy."""
AUDIT_AGAIN_S = 2.0
"""Between two requests about a book that differs: answers may come from a cache, books move on."""


@attrs.frozen
class ScanningPorts:
    """Whom scanning tells, and who asks it."""

    opportunities: trio.MemorySendChannel[Opportunity]
    questions: trio.MemoryReceiveChannel[BookQuestion]
    """About books."""
    treasurer: trio.MemorySendChannel[MarketBarred | ClaimBarred]
    store: StorePort
    desk: DeskPort


class Scanning:
    """The actors between the venues' public streams and an opportunity."""

    def __init__(self, plant: Plant, outside: Outside, ports: ScanningPorts) -> None:
        """Open the channels that only scanning needs."""
        self._plant, self._outside, self._ports = plant, outside, ports
        self._settings = plant.settings
        # One batch a socket read; a full queue makes the socket wait, which is back-pressure.
        self._batches = trio.open_memory_channel[BookBatch](plant.settings.feeds.queue_batches)
        # States, not deltas: one, and the newest wins.
        self._crossings = trio.open_memory_channel[Crossings](1)
        self._clusters = trio.open_memory_channel[ClusterSeen](1)
        self._pair_books = trio.open_memory_channel[PairBooks](1)
        self._catalogue_state = trio.open_memory_channel[CatalogueState](1)
        # One question at a time: the auditor waits for each answer.
        self._audits = trio.open_memory_channel[BookQuestion](1)
        # Every market of a connection may be asked for again at once.
        self._resyncs = {
            FeedId(f"{venue}:{number}"): (
                venue,
                shard,
                trio.open_memory_channel[Market](len(shard)),
            )
            for venue, data in outside.data.items()
            for number, shard in enumerate(
                data.shards([m for m in plant.markets if m.venue is venue])
            )
        }

    def market_actors(self) -> list[Actor]:
        """What keeps the books, and goes on while trading is stopped."""
        return [
            self._book_cache(),
            *(self._feed(feed) for feed in self._resyncs),
            self._catalogue_watcher(),
            *([self._auditor()] if self._settings.feeds.audit_books else []),
        ]

    def trading_actors(self) -> list[Actor]:
        """What looks for baskets in them."""
        return [self._scanner(), *([self._cluster_solver()] if self._plant.clusters else [])]

    def _feed(self, feed: FeedId) -> Feed:
        venue, shard, (_, asked) = self._resyncs[feed]
        return Feed(
            id=feed,
            data=self._outside.data[venue],
            markets=shard,
            outbox=self._batches[0],
            resyncs=asked,
            desk=self._ports.desk,
            silence_s=self._settings.feeds.watchdog_ms / MS,
            backoff=backoff(self._settings, self._outside.rng),
            now_ns=self._outside.now_ns,
        )

    def _book_cache(self) -> BookCache:
        return BookCache(
            markets=self._plant.markets,
            baskets=self._plant.baskets,
            inbox=self._batches[1],
            outbox=Lossy(*self._crossings),
            resyncs={feed: (shard, ask) for feed, (_, shard, (ask, _)) in self._resyncs.items()},
            desk=self._ports.desk,
            rescan_s=self._settings.detect.rescan_ms / MS,
            least_edge=criteria(self._settings).sweep.least_edge,
            questions=self._ports.questions,
            audits=self._audits[1],
            clusters=Clusters(
                watched=self._plant.clusters,
                outbox=Lossy(*self._clusters),
                every_s=self._settings.detect.cluster_every_ms / MS,
                now_ns=self._outside.now_ns,
            ),
            pairs=Pairs(
                markets=PairWatch(self._plant.pairs).markets,
                outbox=Lossy(*self._pair_books),
            ),
            twins=twins_of(self._plant.pairs),
            catalogue=self._catalogue_state[1],
        )

    def _catalogue_watcher(self) -> CatalogueWatcher:
        knobs = self._settings.metadata
        return CatalogueWatcher(
            data=self._outside.data,
            orders=self._outside.orders if self._plant.sends else {},
            listed=self._plant.catalogues,
            pairs=self._plant.pairs,
            decisions=self._plant.journal.pair_decisions,
            in_thread=self._outside.in_thread,
            books=self._pair_books[1],
            bars=self._ports.treasurer,
            store=self._ports.store,
            desk=self._ports.desk,
            pace=Pace(
                every_s=knobs.refresh_ms / MS,
                timeout_s=knobs.timeout_ms / MS,
                max_age_s=knobs.max_age_ms / MS,
                coverage_floor_ppm=self._settings.pairs.coverage_floor_ppm,
            ),
            now_ns=self._outside.now_ns,
            catalogue=Lossy(*self._catalogue_state),
        )

    def _auditor(self) -> BookAuditor:
        knobs = self._settings.feeds
        clusters = [market for one in self._plant.clusters for market in one.markets]
        return BookAuditor(
            markets=self._plant.markets,
            relied=PairWatch(self._plant.pairs).markets.union(clusters),
            data=self._outside.data,
            books=BookPort(self._audits[0], AUDIT_ANSWER_S),
            ask=self._asker(),
            store=self._ports.store,
            desk=self._ports.desk,
            pace=AuditPace(
                every_s=knobs.audit_ms / MS,
                books=knobs.audit_books,
                again_s=AUDIT_AGAIN_S,
                timeout_s=self._settings.execution.book_timeout_ms / MS,
            ),
            now_ns=self._outside.now_ns,
        )

    def _cluster_solver(self) -> ClusterSolver:
        return ClusterSolver(
            inbox=self._clusters[1],
            outbox=Lossy(*self._crossings),
            desk=self._ports.desk,
            in_thread=self._outside.in_thread,
            budget_s=self._settings.detect.cluster_budget_ms / MS,
            now_ns=self._outside.now_ns,
        )

    def _scanner(self) -> Scanner:
        return Scanner(
            criteria=criteria(self._settings, Calibration(attempts(self._plant.journal))),
            lanes=lane_limits(self._settings),
            inbox=self._crossings[1],
            outbox=self._ports.opportunities if self._plant.trades else None,
            desk=self._ports.desk,
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
