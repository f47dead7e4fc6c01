"""The watcher over both venues' lists, on virtual time: what it bars, writes, tells and cancels."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import trio

from arb.actors.catalogue_watcher import CatalogueWatcher, Pace
from arb.market.errors import Unreachable
from arb.market.instruments import Catalogue, Claim, Event, MarketId, NegRisk, Venue, Wording
from arb.market.units import Ns
from arb.messages import (
    CatalogueState,
    ClaimBarred,
    DeskEvent,
    MarketBarred,
    Noted,
    PairBooks,
    PairDecided,
    PairsSeen,
    Record,
)
from arb.pairing.approval import VerifiedPair, verify
from arb.pairing.decision import Decision, Origin
from arb.pairing.questions import fingerprint, questions_of
from arb.ports import Lossy
from arb.store.port import StorePort, StoreRequest
from tests.fakes.bench import in_place, waiting
from tests.fakes.clock import virtual
from tests.fakes.markets import EPOCH_NS, make_market
from tests.fakes.venue import FakeVenue, now_ns

EVERY_S, TIMEOUT_S, MAX_AGE_S = 10.0, 5.0, 35.0
OBSERVE_S = 3
YES = Claim(holds=True, source="the venue")
POLY, KALSHI = make_market("m", Venue.POLYMARKET, event="e"), make_market("m", event="e")
PACE = Pace(EVERY_S, TIMEOUT_S, MAX_AGE_S, coverage_floor_ppm=500_000)


class Lister(FakeVenue):
    """A venue that lists one market, as a test wants it."""

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.market = POLY if venue is Venue.POLYMARKET else KALSHI
        self.rules = "by the AP"
        self.augmented = False
        self.listed = True
        self.takes_s = 0.5
        self.cancels = 0

    def catalogue(self) -> Catalogue:
        group = NegRisk("0x1", ((self.market.id, 0),), 1, 0, self.augmented)
        event = Event(self.market.event, self.venue, "E", (self.market.id,), YES, YES, group)
        markets = (self.market,) if self.listed else ()
        wordings = {self.market.id: Wording(self.rules, "Politics")}
        return Catalogue(self.venue, (event,), markets, {}, wordings)

    async def relist(self) -> Catalogue:
        await trio.sleep(self.takes_s)
        if "lists" in self.down:
            raise Unreachable("no answer")
        return self.catalogue()

    async def cancel_all(self) -> None:
        await trio.lowlevel.checkpoint()
        self.cancels += 1


@attrs.frozen
class Bench:
    """A running watcher, what it watches and what it says."""

    venues: dict[Venue, Lister]
    pair: VerifiedPair
    decisions: list[PairDecided]
    books: trio.MemorySendChannel[PairBooks]
    _bars: trio.MemoryReceiveChannel[MarketBarred | ClaimBarred]
    _store: trio.MemoryReceiveChannel[StoreRequest]
    _desk: trio.MemoryReceiveChannel[DeskEvent]
    _states: trio.MemoryReceiveChannel[CatalogueState]

    async def state(self) -> CatalogueState:
        """What the owner of the books is told with the next look."""
        await self.look()
        return waiting(self._states)[-1]

    def bars(self) -> list[MarketBarred | ClaimBarred]:
        return waiting(self._bars)

    def written(self) -> list[Record]:
        return [record for request in waiting(self._store) for record in request.records]

    def told(self) -> list[DeskEvent]:
        return waiting(self._desk)

    async def look(self, *dead: MarketId) -> None:
        """Let the books be told, and the watcher look."""
        self.books.send_nowait(PairBooks(frozenset(dead)))
        await trio.testing.wait_all_tasks_blocked()

    async def refresh(self) -> None:
        """Wait until both lists have been read once more."""
        await trio.sleep(EVERY_S + 1.0)


@asynccontextmanager
async def watching(*, observe_s: int = 0, sends: bool = True) -> AsyncIterator[Bench]:
    venues = {venue: Lister(venue) for venue in Venue}
    questions = {
        market: question
        for venue in venues.values()
        for market, question in questions_of(venue.catalogue()).items()
    }
    approved = PairDecided(
        kalshi=KALSHI.id,
        polymarket=POLY.id,
        decision=Decision.APPROVED,
        yes_is_yes=True,
        origin=Origin.DESK,
        who="anna",
        why="both by the AP",
        at_ns=Ns(EPOCH_NS),
        kalshi_text=fingerprint(questions[KALSHI.id]),
        polymarket_text=fingerprint(questions[POLY.id]),
    )
    (pair,) = verify({approved.key: approved}, questions, observe_s * 10**9).verified
    decisions = [approved]
    books = trio.open_memory_channel[PairBooks](1)
    bars = trio.open_memory_channel[MarketBarred | ClaimBarred](1_000)
    store = trio.open_memory_channel[StoreRequest](1_000)
    desk = trio.open_memory_channel[DeskEvent](1_000)
    catalogue = trio.open_memory_channel[CatalogueState](1)
    watcher = CatalogueWatcher(
        data=venues,
        orders=venues if sends else {},
        listed=[venue.catalogue() for venue in venues.values()],
        pairs=[pair],
        decisions=lambda: list(decisions),
        in_thread=in_place,
        books=books[1],
        bars=bars[0],
        store=StorePort(store[0]),
        desk=Lossy(desk[0], desk[1]),
        pace=PACE,
        now_ns=now_ns,
        catalogue=Lossy(*catalogue),
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(watcher.run)
        yield Bench(venues, pair, decisions, books[0], bars[1], store[1], desk[1], catalogue[1])
        nursery.cancel_scope.cancel()


@virtual
async def test_lists_that_stay_the_same_bar_nothing() -> None:
    """Reading again and again says nothing, and nothing is written."""
    async with watching() as bench:
        for _ in range(5):
            await bench.refresh()
            await bench.look()
        assert bench.bars() == []
        assert bench.written() == []
        assert bench.told() == [PairsSeen(1, 1, 0, 0)] * 5


@virtual
async def test_a_changed_text_unverifies_the_pair_and_bars_both_markets() -> None:
    """Within one refresh: the claim, both markets, the decision with the new fingerprint, a word
    to people; and never again for the same change, nor lifted when the old text comes back."""
    async with watching() as bench:
        bench.venues[Venue.KALSHI].rules = "by the electors"
        await bench.refresh()
        bars = bench.bars()
        claims = [bar.source for bar in bars if isinstance(bar, ClaimBarred)]
        markets = {bar.market for bar in bars if isinstance(bar, MarketBarred)}
        assert claims == [bench.pair.reliance]
        assert markets == {KALSHI.id, POLY.id}
        assert all(bar.reason and KALSHI.id in bar.reason for bar in bars)
        decided, note = bench.written()
        assert isinstance(decided, PairDecided)
        assert decided.decision is Decision.UNVERIFIED
        assert decided.kalshi_text != bench.pair.kalshi_text
        assert decided.polymarket_text == bench.pair.polymarket_text
        assert isinstance(note, Noted)
        assert "not verified any more" in note.text
        bench.decisions.append(decided)
        bench.venues[Venue.KALSHI].rules = "by the AP"
        await bench.refresh()
        await bench.refresh()
        assert bench.bars() == []
        assert bench.written() == []


@virtual
async def test_a_pair_that_is_none_any_more_is_no_witness_either() -> None:
    """The owner of the books hears of it with the next look, and of nothing while all is well."""
    async with watching() as bench:
        assert (await bench.state()).distrusted == frozenset()
        bench.venues[Venue.KALSHI].rules = "by the electors"
        await bench.refresh()
        assert (await bench.state()).distrusted == {bench.pair.key}


@virtual
async def test_the_desks_no_is_heeded_by_the_next_refresh() -> None:
    """A rejection written while the bot runs stops what relies on the pair, not its markets."""
    async with watching() as bench:
        rejected = attrs.evolve(
            bench.decisions[0], decision=Decision.REJECTED, who="ben", why="another deadline"
        )
        bench.decisions.append(rejected)
        await bench.refresh()
        reason = "rejected by ben: another deadline"
        assert bench.bars() == [ClaimBarred(bench.pair.reliance, reason)]
        await bench.look()
        assert bench.told()[-1] == PairsSeen(1, 1, 1, 0)


@virtual
async def test_a_new_pair_is_only_looked_at_until_its_time_has_come() -> None:
    """Barred at the first look, lifted at the first one after."""
    async with watching(observe_s=OBSERVE_S) as bench:
        await bench.look()
        (bar,) = bench.bars()
        assert isinstance(bar, ClaimBarred)
        assert bar.reason is not None
        assert "a new pair" in bar.reason
        await trio.sleep(OBSERVE_S - 1)
        await bench.look()
        assert bench.bars() == []
        await trio.sleep(1)
        await bench.look()
        assert bench.bars() == [ClaimBarred(bench.pair.reliance, None)]


@virtual
async def test_dead_books_bar_the_lane_until_they_live() -> None:
    """Below the floor every pair is barred; people see the coverage."""
    async with watching() as bench:
        await bench.look(POLY.id)
        assert [bar.reason for bar in bench.bars()] == ["only 0 of 1 pairs have both books live"]
        await bench.look()
        assert bench.bars() == [ClaimBarred(bench.pair.reliance, None)]
        assert bench.told() == [PairsSeen(1, 0, 1, 0), PairsSeen(1, 1, 0, 0)]


@virtual
async def test_a_market_that_is_gone_does_not_count_as_covered_or_not() -> None:
    """A resolved pair lowers no coverage; its market is barred, and free again once it is back."""
    async with watching() as bench:
        bench.venues[Venue.POLYMARKET].listed = False
        await bench.refresh()
        await bench.look(POLY.id)
        (gone,) = bench.bars()
        assert isinstance(gone, MarketBarred)
        assert gone.market == POLY.id
        assert bench.told()[-1] == PairsSeen(0, 0, 0, 0)
        assert (await bench.state()).gone == {POLY.id}
        bench.venues[Venue.POLYMARKET].listed = True
        await bench.refresh()
        assert bench.bars() == [MarketBarred(POLY.id, None)]


@virtual
async def test_lists_that_cannot_be_read_again_are_not_trusted_for_long() -> None:
    """A failure is told once; after the longest time that is borne, pairs are barred; the next
    good reading lifts it."""
    async with watching() as bench:
        bench.venues[Venue.KALSHI].down.add("lists")
        for _ in range(3):
            await bench.refresh()
            await bench.look()
        assert bench.bars() == []
        (note,) = bench.written()
        assert isinstance(note, Noted)
        assert "kalshi: its lists cannot be read again: Unreachable no answer" in note.text
        await bench.refresh()
        await bench.look()
        (bar,) = bench.bars()
        assert "the lists of kalshi could not be read again" in (bar.reason or "")
        bench.venues[Venue.KALSHI].down.clear()
        await bench.refresh()
        await bench.look()
        assert bench.bars() == [ClaimBarred(bench.pair.reliance, None)]


@virtual
async def test_a_reading_that_never_ends_is_given_up_and_tried_again() -> None:
    """A hanging venue is a failure like any other, and does not hold up the other one."""
    async with watching() as bench:
        bench.venues[Venue.KALSHI].takes_s = 3_600.0
        bench.venues[Venue.POLYMARKET].rules = "by the electors"
        await trio.sleep(EVERY_S + TIMEOUT_S + 1)
        notes = [one.text for one in bench.written() if isinstance(one, Noted)]
        assert sum("TooSlowError" in text for text in notes) == 1
        assert sum("not verified any more" in text for text in notes) == 1
        bench.venues[Venue.KALSHI].takes_s = 0.5
        bench.venues[Venue.KALSHI].listed = False
        await trio.sleep(EVERY_S + 1)
        assert MarketBarred in {type(bar) for bar in bench.bars()}


@virtual
async def test_an_event_that_promises_otherwise_is_barred_and_its_venue_cleared() -> None:
    """Every market of it, and what rests there is taken off, once; nothing at the other venue."""
    async with watching() as bench:
        bench.venues[Venue.POLYMARKET].augmented = True
        await bench.refresh()
        await bench.refresh()
        (bar,) = bench.bars()
        assert isinstance(bar, MarketBarred)
        assert bar.market == POLY.id
        assert "negRiskAugmented" in (bar.reason or "")
        assert {venue: one.cancels for venue, one in bench.venues.items()} == {
            Venue.POLYMARKET: 1,
            Venue.KALSHI: 0,
        }


@virtual
async def test_a_run_that_sends_nothing_cancels_nothing() -> None:
    """A dry run bars all the same."""
    async with watching(sends=False) as bench:
        bench.venues[Venue.POLYMARKET].augmented = True
        await bench.refresh()
        assert len(bench.bars()) == 1
        assert bench.venues[Venue.POLYMARKET].cancels == 0
