"""The owner of every book: applies batches, keeps the running sums, shows what crosses."""

from collections.abc import Iterable, Mapping, Sequence

import attrs
import trio

from arb.detect.basket import Template, TemplateId
from arb.detect.blueprint import Basket
from arb.detect.clusters import Cluster, ClusterWatch
from arb.detect.gate import Gate
from arb.detect.hindrance import trusted
from arb.detect.witness import Twin
from arb.market.book import Book
from arb.market.instruments import Market, MarketId
from arb.market.shelf import Shelf
from arb.market.units import Clock
from arb.messages import (
    BookBatch,
    BooksSeen,
    CatalogueState,
    ClusterSeen,
    Crossing,
    Crossings,
    FeedId,
    PairBooks,
)
from arb.ports import BookQuestion, DeskPort, Lossy

TELL_EVERY_S = 1.0
"""How often people are told the cache's counters; counting 30,000 books takes milliseconds."""


@attrs.frozen
class BookCache:
    """Own all books and the gate over them.

    Receives `BookBatch`; sends `Crossings`, where the newest state wins and what a slow scanner
    did not take is shown again with the next; asks feeds for books that contradict themselves,
    and for all of them when it starts. Never returns.
    """

    markets: Sequence[Market]
    baskets: Sequence[Basket]
    inbox: trio.MemoryReceiveChannel[BookBatch]
    outbox: Lossy[Crossings]
    resyncs: Mapping[FeedId, tuple[Sequence[Market], trio.MemorySendChannel[Market]]]
    desk: DeskPort
    rescan_s: float
    least_edge: int = 0
    """Micro-dollars a set that whoever looks at a basket wants at the least."""
    clusters: "Clusters | None" = None
    questions: trio.MemoryReceiveChannel[BookQuestion] | None = None
    """From those who are about to buy: what the books of some markets are in this moment."""
    audits: trio.MemoryReceiveChannel[BookQuestion] | None = None
    """From those who hold books against the venues' answers."""
    pairs: "Pairs | None" = None
    twins: Mapping[MarketId, tuple[MarketId, bool]] = attrs.field(factory=dict)
    """By the markets of verified pairs: the other venue's market, and whether it is the opposite."""
    catalogue: trio.MemoryReceiveChannel[CatalogueState] | None = None
    """What the lists say, as it is told."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Apply what comes, and once in `rescan_s` look at everything again."""
        work = _Work(self)
        for feed, (markets, _) in self.resyncs.items():
            work.ask_again(feed, markets)
        async with trio.open_nursery() as nursery:
            for questions in (self.questions, self.audits):
                if questions is not None:
                    nursery.start_soon(work.answer, questions)
            if self.catalogue is not None:
                nursery.start_soon(work.heed, self.catalogue)
            task_status.started()
            await self._keep(work)

    async def _keep(self, work: "_Work") -> None:
        next_rescan = trio.current_time() + self.rescan_s
        while True:
            with trio.move_on_at(next_rescan):
                work.apply(await self.inbox.receive())
                work.apply_waiting()
            if trio.current_time() >= next_rescan:
                work.rescan()
                next_rescan = trio.current_time() + self.rescan_s
            work.show()


@attrs.frozen
class Pairs:
    """The markets of pairs, and who is told which of their books are not live; the newest wins."""

    markets: frozenset[MarketId]
    outbox: Lossy[PairBooks]


@attrs.frozen
class Clusters:
    """Which clusters are shown when they move, to whom, and how often at the most."""

    watched: Sequence[Cluster]
    outbox: Lossy[ClusterSeen]
    every_s: float
    now_ns: Clock


class _Work:
    """What the cache knows while it runs."""

    def __init__(self, cache: BookCache) -> None:
        self._cache = cache
        self._shelf = Shelf(cache.markets)
        self._gate = Gate(cache.baskets, self._shelf.books, least_edge=cache.least_edge)
        self._conflated = 0
        self._told_at = 0.0
        self._clusters = cache.clusters
        self._watch = ClusterWatch(
            cache.clusters.watched if cache.clusters else (),
            round(cache.clusters.every_s * 1e9) if cache.clusters else 0,
        )
        self._barred: frozenset[frozenset[MarketId]] = frozenset()
        """Pairs that are none any more."""
        self._gone: Sequence[Book] = ()
        """Books of markets that are listed no more."""
        self._due: dict[TemplateId, Template] = {}
        """Templates to show with the next message."""

    async def answer(self, questions: trio.MemoryReceiveChannel[BookQuestion]) -> None:
        """Answer with the books of this moment; what nobody lists is missing."""
        async for question in questions:
            kept = [market for market in question.markets if market in self._shelf.books]
            question.answer({market: self._shelf.view(market) for market in kept})

    async def heed(self, states: trio.MemoryReceiveChannel[CatalogueState]) -> None:
        """Take note of pairs that are barred: their books say nothing of each other."""
        async for state in states:
            self._barred = frozenset(map(frozenset, state.distrusted))
            self._gone = [self._shelf.books[one] for one in state.gone & self._shelf.books.keys()]

    def apply(self, batch: BookBatch) -> None:
        """Apply one batch and update the sums of what moved."""
        for book in self._shelf.apply(batch.changes, batch.feed, batch.seen_ns):
            self._gate.update(book)
            self._watch.touch(book.market.id)
        suspects = self._shelf.take_suspects()
        if suspects:
            self.ask_again(batch.feed, [self._shelf.books[market].market for market in suspects])

    def apply_waiting(self) -> None:
        """Apply everything that is already there: one look at the books serves it all."""
        for _ in range(self._cache.inbox.statistics().current_buffer_used):
            self.apply(self._cache.inbox.receive_nowait())

    def rescan(self) -> None:
        """Recompute every sum from the books; all that would pay is shown again."""
        self._due.update({template.id: template for template in self._gate.rescan()})

    def show(self) -> None:
        """Send the newest views of every template whose sum would pay."""
        self._due.update({template.id: template for template in self._gate.take_hot()})
        if self._due:
            shown, self._due = self._due, {}
            found = {template.id: self._crossing(template) for template in shown.values()}
            replaced = self._cache.outbox.send(Crossings(found))
            if replaced is not None:
                self._conflate(replaced, shown)
        if self._clusters is not None:
            self._show_cluster(self._clusters)
        self._tell()

    def _show_cluster(self, clusters: Clusters) -> None:
        """Show the cluster whose turn it is, all its books of this moment."""
        cluster = self._watch.due(clusters.now_ns())
        if cluster is None:
            return
        views = tuple(self._shelf.view(market) for market in cluster.markets)
        replaced = clusters.outbox.send(ClusterSeen(cluster, views))
        if replaced is not None:
            self._watch.touch(replaced.cluster.markets[0])  # its turn comes again

    def _crossing(self, template: Template) -> Crossing:
        if self._barred:
            template = trusted(template, self._barred, self._shelf.books)
        views = tuple(self._shelf.view(leg.market) for leg in template.legs)
        return Crossing(template, views, self._twins(template))

    def _twins(self, template: Template) -> dict[MarketId, Twin]:
        """The other venue's books of the legs that have a twin which is still trusted."""
        found: dict[MarketId, Twin] = {}
        for leg in template.legs:
            twin = self._cache.twins.get(leg.market)
            if twin is not None and frozenset((leg.market, twin[0])) not in self._barred:
                found[leg.market] = Twin(self._shelf.view(twin[0]), twin[1])
        return found

    def _conflate(self, replaced: Crossings, shown: Mapping[TemplateId, Template]) -> None:
        """What was replaced unseen is due again, unless the newer message carries it."""
        self._conflated += 1
        self._due = {
            known_as: crossing.template
            for known_as, crossing in replaced.found.items()
            if known_as not in shown
        }

    def ask_again(self, feed: FeedId, markets: Iterable[Market]) -> None:
        """Ask a feed for new snapshots."""
        for market in markets:
            try:
                self._cache.resyncs[feed][1].send_nowait(market)
            except trio.WouldBlock:
                return  # it has all of its markets to ask for already

    def _tell(self) -> None:
        if trio.current_time() - self._told_at < TELL_EVERY_S:
            return
        self._told_at = trio.current_time()
        shelf = self._shelf
        if self._cache.pairs is not None:
            pairs = self._cache.pairs
            dead = (market for market in pairs.markets if not shelf.books[market].live)
            pairs.outbox.send(PairBooks(frozenset(dead)))
        self._cache.desk.send(
            BooksSeen(
                markets=len(shelf.books) - len(self._gone),
                live=shelf.live - sum(book.live for book in self._gone),
                crossed=shelf.crossed,
                changes=shelf.changes,
                conflated=self._conflated,
                broken=shelf.broken,
            )
        )
