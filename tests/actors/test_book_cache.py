"""The owner of the books: shows what crosses, newest first, and asks for what contradicts itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import trio

from arb.actors.book_cache import BookCache
from arb.market.book import BookView
from arb.market.instruments import Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty
from arb.messages import (
    BookBatch,
    BookBroken,
    BookChange,
    BookReplaced,
    BooksSeen,
    CatalogueState,
    Crossings,
    DeskEvent,
    FeedId,
    LevelAdded,
    LevelSet,
)
from arb.ports import BookPort, BookQuestion, Lossy
from tests.fakes.bench import waiting
from tests.fakes.clock import virtual
from tests.fakes.markets import approve, make_market
from tests.fakes.venue import now_ns

TEN = 10 * MICRO
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
OTHER = make_market("o")
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 480_000)], TEN).plan.template
DOUBLE = approve([(POLY, Outcome.YES, 450_000), (OTHER, Outcome.NO, 480_000)], TEN).plan.template
FEEDS = {FeedId("p"): [POLY], FeedId("k"): [KALSHI, OTHER]}


def book(market: Market, bid: int, ask: int) -> BookReplaced:
    return BookReplaced(market.id, ((Px(bid), Qty(TEN)),), ((Px(ask), Qty(TEN)),))


CHEAP = [book(POLY, 440_000, 450_000), book(KALSHI, 520_000, 530_000)]
"""YES at 0.45 and NO at 0.48: below a dollar, fees included."""


@attrs.frozen
class Cached:
    batches: trio.MemorySendChannel[BookBatch]
    crossings: trio.MemoryReceiveChannel[Crossings]
    asked: dict[FeedId, trio.MemoryReceiveChannel[Market]]
    looks: trio.MemoryReceiveChannel[DeskEvent]
    books: BookPort
    catalogue: trio.MemorySendChannel[CatalogueState]

    async def say(self, *changes: BookChange, feed: str = "p") -> None:
        self.batches.send_nowait(BookBatch(FeedId(feed), now_ns(), list(changes)))
        await trio.sleep(0.001)

    def shown(self) -> list[Crossings]:
        return waiting(self.crossings)


@asynccontextmanager
async def cached(*, rescan_s: float = 1_000.0) -> AsyncIterator[Cached]:
    batches, inbox = trio.open_memory_channel[BookBatch](100)
    outbox, crossings = trio.open_memory_channel[Crossings](1)
    desk, looks = trio.open_memory_channel[DeskEvent](1_000)
    wishes = {feed: trio.open_memory_channel[Market](len(own)) for feed, own in FEEDS.items()}
    asked, questions = trio.open_memory_channel[BookQuestion](10)
    catalogue, distrusted = trio.open_memory_channel[CatalogueState](1)
    cache = BookCache(
        markets=[POLY, KALSHI, OTHER],
        baskets=[CROSS, DOUBLE],
        inbox=inbox,
        outbox=Lossy(outbox, crossings.clone()),
        resyncs={feed: (own, wishes[feed][0]) for feed, own in FEEDS.items()},
        desk=Lossy(desk, looks.clone()),
        rescan_s=rescan_s,
        questions=questions,
        twins={POLY.id: (KALSHI.id, False), KALSHI.id: (POLY.id, False)},
        catalogue=distrusted,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(cache.run)
        yield Cached(
            batches,
            crossings,
            {feed: wish for feed, (_, wish) in wishes.items()},
            looks,
            BookPort(asked, answer_s=0.1),
            catalogue,
        )
        nursery.cancel_scope.cancel()


def tops(views: tuple[BookView, ...]) -> list[tuple[int, int]]:
    return [(view.bids[0][0], view.asks[0][0]) for view in views]


@virtual
async def test_what_crosses_is_shown_with_its_books() -> None:
    """Once both legs' best prices pay, the template is shown with the views of all its legs."""
    async with cached() as built:
        await built.say(CHEAP[0])
        assert built.shown() == []
        await built.say(CHEAP[1], feed="k")
        (crossings,) = built.shown()
        assert list(crossings.found) == [CROSS.id]
        assert tops(crossings.found[CROSS.id].views) == [(440_000, 450_000), (520_000, 530_000)]


@virtual
async def test_a_barred_pairs_books_are_no_witnesses() -> None:
    """The twins come along until the pair is barred, and again once that is lifted."""
    async with cached(rescan_s=1.0) as built:
        await built.say(CHEAP[0])
        await built.say(CHEAP[1], feed="k")
        seen = []
        for barred in (frozenset[tuple[MarketId, MarketId]](), {(KALSHI.id, POLY.id)}, ()):
            built.catalogue.send_nowait(CatalogueState(frozenset(barred), frozenset()))
            await trio.sleep(1.5)
            seen.append(set(built.shown()[-1].found[CROSS.id].twins))
        assert seen == [{POLY.id, KALSHI.id}, set(), {POLY.id, KALSHI.id}]


@virtual
async def test_books_of_markets_that_are_gone_are_not_counted() -> None:
    """A market that its venue lists no more is nobody's gap, until it is back."""
    async with cached(rescan_s=1.0) as built:
        await built.say(*CHEAP)
        seen = []
        for gone in ([], [OTHER.id], [OTHER.id, POLY.id], []):
            built.catalogue.send_nowait(CatalogueState(frozenset(), frozenset(gone)))
            waiting(built.looks)
            await trio.sleep(2.5)
            last = [look for look in waiting(built.looks) if isinstance(look, BooksSeen)][-1]
            seen.append((last.live, last.markets))
        assert seen == [(2, 3), (2, 2), (1, 1), (2, 3)]


@virtual
async def test_what_does_not_pay_is_not_shown() -> None:
    """Books whose best prices sum to a dollar or more are nobody's business."""
    async with cached() as built:
        await built.say(CHEAP[0])
        await built.say(book(KALSHI, 460_000, 470_000), feed="k")
        assert built.shown() == []


@virtual
async def test_a_broken_book_takes_its_baskets_away() -> None:
    """A leg whose book broke is not shown, until its snapshot."""
    async with cached() as built:
        await built.say(*CHEAP)
        built.shown()
        await built.say(BookBroken(KALSHI.id, "cut"), feed="k")
        await built.say(LevelSet(POLY.id, False, Px(440_000), Qty(TEN)))
        assert built.shown() == []
        await built.say(CHEAP[1], feed="k")
        assert len(built.shown()) == 1


@virtual
async def test_a_slow_scanner_finds_the_newest_state_of_everything() -> None:
    """What was replaced unseen is in the newer message, with the newest books, nothing missing."""
    async with cached() as built:
        await built.say(*CHEAP)
        await built.say(book(OTHER, 520_000, 530_000), feed="k")
        await built.say(LevelSet(KALSHI.id, True, Px(525_000), Qty(TEN)), feed="k")
        await built.say(LevelSet(OTHER.id, True, Px(526_000), Qty(TEN)), feed="k")
        await built.say(LevelSet(POLY.id, False, Px(445_000), Qty(TEN)))
        (newest,) = built.shown()
        assert tops(newest.found[CROSS.id].views) == [(440_000, 445_000), (525_000, 530_000)]
        assert tops(newest.found[DOUBLE.id].views)[1] == (526_000, 530_000)


@virtual
async def test_one_look_serves_all_batches_that_wait() -> None:
    """Batches that came together are applied together and shown once."""
    async with cached() as built:
        changes: list[BookChange] = [*CHEAP, LevelSet(POLY.id, False, Px(440_000), Qty(TEN))]
        for change in changes:
            built.batches.send_nowait(BookBatch(FeedId("p"), Ns(1), [change]))
        await trio.sleep(0.001)
        (crossings,) = built.shown()
        assert tops(crossings.found[CROSS.id].views)[0] == (440_000, 440_000)
        await trio.sleep(2)
        await built.say()
        seen = [look for look in waiting(built.looks) if isinstance(look, BooksSeen)][-1]
        assert (seen.markets, seen.live, seen.changes, seen.conflated) == (3, 2, 3, 0)


@virtual
async def test_it_asks_for_every_book_when_it_starts() -> None:
    """A cache that starts anew knows nothing: each feed is asked for all of its markets."""
    async with cached() as built:
        asked = {feed: waiting(channel) for feed, channel in built.asked.items()}
        assert asked == FEEDS


@virtual
async def test_a_book_that_contradicts_itself_is_asked_for_again() -> None:
    """A level below zero: its own feed is asked for that market, once."""
    async with cached() as built:
        for channel in built.asked.values():
            waiting(channel)
        await built.say(*CHEAP)
        await built.say(LevelAdded(KALSHI.id, True, Px(520_000), -2 * TEN), feed="k")
        assert waiting(built.asked[FeedId("k")]) == [KALSHI]
        assert waiting(built.asked[FeedId("p")]) == []


@virtual
async def test_a_rescan_shows_everything_that_pays_again() -> None:
    """With no change at all, what pays is shown once a rescan."""
    async with cached(rescan_s=1.0) as built:
        await built.say(*CHEAP)
        built.shown()
        await trio.sleep(1.1)
        assert [list(seen.found) for seen in built.shown()] == [[CROSS.id]]
        await trio.sleep(1.1)
        assert len(built.shown()) == 1


@virtual
async def test_whoever_is_about_to_buy_sees_the_books_of_this_moment() -> None:
    """A change that just came is in the answer; a market that nobody keeps is missing."""
    async with cached() as built:
        await built.say(CHEAP[0])
        await built.say(book(POLY, 460_000, 470_000))
        stranger = make_market("elsewhere")
        shown = await built.books.ask([POLY, KALSHI, stranger])
        assert set(shown) == {POLY.id, KALSHI.id}
        assert (shown[POLY.id].live, shown[KALSHI.id].live) == (True, False)
        assert tops((shown[POLY.id],)) == [(460_000, 470_000)]
