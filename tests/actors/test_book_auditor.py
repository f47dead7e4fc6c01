"""The auditor over a real owner of the books, on virtual time: what differs is asked for anew."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
import trio

from arb.actors.book_auditor import AuditPace, BookAuditor
from arb.actors.book_cache import BookCache
from arb.market.audit import compare
from arb.market.book import Book, BookView
from arb.market.errors import Unreachable
from arb.market.instruments import Market, MarketId, Venue
from arb.market.units import MICRO, Ns, Px, Qty
from arb.messages import (
    BookBatch,
    BookBroken,
    BookChange,
    BookReplaced,
    Crossings,
    DeskEvent,
    FeedId,
    Noted,
)
from arb.ports import BookPort, BookQuestion, Lossy
from arb.store.port import StorePort, StoreRequest
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.markets import make_market
from tests.fakes.venue import FakeVenue, now_ns

EVERY_S = 30.0
MARKETS = [make_market(f"m{number}") for number in range(25)]
FEED = FeedId("f")


def told(market: Market, bid: int = 400_000, ask: int = 420_000) -> BookReplaced:
    return BookReplaced(market.id, ((Px(bid), Qty(10 * MICRO)),), ((Px(ask), Qty(10 * MICRO)),))


class Reader(FakeVenue):
    """A venue that answers with books of its own, and counts who is asked about."""

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.truth = {market.id: told(market) for market in MARKETS}
        self.heard: list[MarketId] = []
        self.mute = False

    async def book(self, market: Market) -> BookView:
        await trio.sleep(0.05)
        self.heard.append(market.id)
        if self.mute:
            raise Unreachable("no route")
        made, whole = Book(market), self.truth[market.id]
        made.replace(whole.bids, whole.asks)
        return made.view(now_ns())


@attrs.frozen
class Audited:
    venue: Reader
    batches: trio.MemorySendChannel[BookBatch]
    asked: list[MarketId]
    looks: trio.MemoryReceiveChannel[DeskEvent]

    async def say(self, *changes: BookChange) -> None:
        self.batches.send_nowait(BookBatch(FEED, now_ns(), list(changes)))
        await trio.sleep(0.001)

    def notes(self) -> list[str]:
        return [event.text for event in waiting(self.looks) if isinstance(event, Noted)]


@asynccontextmanager
async def audited(*, relied: frozenset[MarketId] = frozenset()) -> AsyncIterator[Audited]:
    batches, inbox = trio.open_memory_channel[BookBatch](1_000)
    shown, crossings = trio.open_memory_channel[Crossings](1)
    asking, questions = trio.open_memory_channel[BookQuestion](1)
    desk, looks = trio.open_memory_channel[DeskEvent](1_000)
    requests, _kept = trio.open_memory_channel[StoreRequest](1_000)
    venue, asked = Reader(Venue.KALSHI), list[MarketId]()
    cache = BookCache(
        markets=MARKETS,
        baskets=(),
        inbox=inbox,
        outbox=Lossy(shown, crossings),
        resyncs={},
        desk=Lossy(desk, looks.clone()),
        rescan_s=1_000.0,
        audits=questions,
    )
    auditor = BookAuditor(
        markets=MARKETS,
        relied=relied,
        data={Venue.KALSHI: venue},
        books=BookPort(asking, answer_s=1.0),
        ask=asked.append,
        store=StorePort(requests),
        desk=Lossy(desk, looks.clone()),
        pace=AuditPace(EVERY_S, books=10, again_s=2.0, timeout_s=5.0),
        now_ns=now_ns,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(cache.run)
        await nursery.start(auditor.run)
        built = Audited(venue, batches, asked, looks)
        await built.say(*(told(market) for market in MARKETS))
        yield built
        nursery.cancel_scope.cancel()


@virtual
async def test_books_that_are_as_told_are_left_alone() -> None:
    """At most ten of them are read each round, all of them in turn, and none is asked for anew."""
    async with audited() as built:
        for _ in range(8):
            await trio.sleep(EVERY_S)
            await built.say(*(told(one) for one in MARKETS if one.id in built.venue.heard))
        assert len(built.venue.heard) <= 8 * 10
        assert set(built.venue.heard) == {market.id for market in MARKETS}
        assert (built.asked, built.notes()) == ([], [])


@virtual
async def test_a_book_that_fell_silent_is_asked_for_anew_within_two_rounds() -> None:
    """The venue's ask moved and the stream said nothing, while it spoke of all the others."""
    lost = MARKETS[17]
    async with audited() as built:
        built.venue.truth[lost.id] = told(lost, ask=450_000)
        for _ in range(2):
            await trio.sleep(EVERY_S - 1)
            await built.say(*(told(one) for one in MARKETS if one is not lost))
            await trio.sleep(5)
        assert set(built.asked) == {lost.id}
        assert built.notes()[0] == f"{lost.id}: ask 1: kept 10 at 0.42, told 10 at 0.45"


@virtual
async def test_one_answer_that_lags_behind_is_no_difference() -> None:
    """A book that the venue's answer agrees with two seconds later was never wrong."""
    async with audited() as built:
        built.venue.truth[MARKETS[0].id] = told(MARKETS[0], ask=450_000)
        await trio.sleep(EVERY_S + 1)
        built.venue.truth[MARKETS[0].id] = told(MARKETS[0])
        await trio.sleep(EVERY_S)
        assert built.asked == []


@virtual
async def test_dead_books_are_asked_for_anew_the_relied_on_first() -> None:
    """A gap, and no snapshot came: ten a round, and nobody asks a venue about them by request."""
    last = frozenset(market.id for market in MARKETS[-3:])
    async with audited(relied=last) as built:
        await built.say(*(BookBroken(market.id, "gap") for market in MARKETS))
        await trio.sleep(EVERY_S + 1)
        assert built.asked == [
            *(market.id for market in MARKETS[-3:]),
            *[m.id for m in MARKETS[:7]],
        ]
        assert built.venue.heard == []
        await trio.sleep(2 * EVERY_S)
        assert set(built.asked) == {market.id for market in MARKETS}


@virtual
async def test_a_venue_that_does_not_answer_says_nothing_of_its_books() -> None:
    """No answer is no difference, and the next round goes on."""
    async with audited() as built:
        built.venue.mute = True
        await trio.sleep(2 * EVERY_S + 5)
        assert len(built.venue.heard) > 10
        assert (built.asked, built.notes()) == ([], [])


def view(bid: int, seen_ns: int, *, live: bool = True) -> BookView:
    book = Book(MARKETS[0])
    book.replace(((Px(bid), Qty(MICRO)),), ())
    book.live, book.seen_ns = live, Ns(seen_ns)
    return book.view(Ns(seen_ns))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (view(400_000, 1), view(400_000, 1), ""),
        (view(390_000, 1), view(400_000, 2), ""),
        (view(400_000, 1), view(410_000, 2), ""),
        (view(380_000, 1), view(390_000, 2), None),
        (view(390_000, 1), view(390_000, 1), "bid 1: kept 1 at 0.39, told 1 at 0.4"),
        (view(400_000, 1, live=False), view(400_000, 1), None),
        (view(400_000, 1), view(400_000, 1, live=False), None),
    ],
)
def test_a_book_that_moves_while_it_is_asked_about_says_nothing(
    before: BookView, after: BookView, found: str | None
) -> None:
    """As told before or after: alike. Otherwise, and unmoved: it differs. Else nobody knows."""
    assert compare(before, view(400_000, 3), after) == found
