"""The order flow: plausible books, arbitrages that pass, traps that bite, and things that happen."""

import itertools
import json
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
import trio

from arb.market.book import Ladder
from arb.market.instruments import Action, MarketId, Outcome, Venue
from arb.market.units import MICRO, Px, Qty
from arb.sim.catalogue import Mix, TrapKind
from arb.sim.engine import RejectCode, Rejection, Tif
from arb.sim.flow.episodes import Ending, EpisodeKind, Episodes
from arb.sim.flow.news import LEADS
from arb.sim.flow.pace import Pace
from arb.sim.flow.topics import Quoted, Topic
from arb.sim.flow.traders import INFORMED, MAKER, NOISE
from arb.sim.inprocess import InProcessNetwork
from arb.sim.polymarket.listing import PolymarketEvent
from arb.sim.world import World
from tests.fakes.sim_world import Log, live, watch

BUSY = Pace(look_s=0.05, noise_s=0.5, news_s=2.0, misread_s=2.0)
QUIET = Pace(look_s=1e6, noise_s=1e6, news_s=1e6, misread_s=1e6)
"""Nothing happens but what a test does."""
Books = Iterable[tuple[Ladder, Ladder]]


def quoted_of(world: World, market: MarketId) -> tuple[Topic, Quoted]:
    """A market as its maker sees it."""
    return next(
        (topic, one) for topic in world.flow.topics for one in topic.quoted if one.market == market
    )


# --- books --------------------------------------------------------------------------------------


def spreads(books: Books) -> list[int]:
    return [asks[0][0] - bids[0][0] for bids, asks in books if bids and asks]


def thickness(books: Books) -> list[float]:
    """What lies within five cents of the middle, in times what lies at the best price."""
    found = []
    for bids, asks in books:
        if bids and asks:
            middle = (bids[0][0] + asks[0][0]) // 2
            for side in (bids, asks):
                near = sum(qty for px, qty in side if abs(px - middle) <= 50_000)
                found.append(near / side[0][1])
    return found


def recorded_books(path: Path) -> dict[Venue, list[tuple[Ladder, Ladder]]]:
    """Both books of 37 recorded pairs: among the most traded questions of their day."""
    books: dict[Venue, list[tuple[Ladder, Ladder]]] = {venue: [] for venue in Venue}
    for line in path.read_text().splitlines():
        pair = json.loads(line)
        poly, kalshi = pair["pm_book"], pair["kalshi_orderbook"]["orderbook_fp"]
        rows = {
            side: [(one["price"], one["size"]) for one in poly[side]]
            for side in poly
            if side in {"bids", "asks"}
        }
        books[Venue.POLYMARKET].append((ladder(rows["bids"], -1), ladder(rows["asks"], 1)))
        no = [(str(1 - Decimal(px)), qty) for px, qty in kalshi["no_dollars"]]
        books[Venue.KALSHI].append((ladder(kalshi["yes_dollars"], -1), ladder(no, 1)))
    return books


def ladder(rows: Iterable[Any], sign: int) -> Ladder:
    levels = [(Px(int(Decimal(px) * MICRO)), Qty(int(Decimal(qty) * MICRO))) for px, qty in rows]
    return tuple(sorted(levels, key=lambda level: sign * level[0]))


@pytest.mark.parametrize("venue", list(Venue))
def test_books_look_like_recorded_ones(venue: Venue, recorded: Callable[[str], Path]) -> None:
    """The median spread is between half and three times a cent, as it is in recorded books of both
    venues together; near the middle there are a few times what the best price shows."""
    real = recorded_books(recorded("pairs/rules_verified_jul2026/pair_snapshots.jsonl"))
    ours: list[tuple[Ladder, Ladder]] = []

    async def body(world: World) -> None:
        await trio.sleep(30)
        for question in world.catalogue.questions:
            ours.extend(world.exchanges[venue].levels(one.market) for one in question.on(venue))

    live(1, 31, body, mix=Mix.of(600))
    tight, wide = 0.3 * statistics.median(spreads(real[venue])), 30_000
    assert tight <= statistics.median(spreads(ours)) <= wide
    assert statistics.quantiles(spreads(ours), n=10)[-1] <= 60_000
    assert statistics.quantiles(spreads(real[venue]), n=10)[-1] <= 60_000
    for books in (ours, real[venue]):
        assert 2 <= statistics.median(thickness(books)) <= 30


def test_depth_thins_with_distance() -> None:
    """Counted a cent, there is less three to five cents from the best price than within two."""
    near = far = 0

    async def body(world: World) -> None:
        nonlocal near, far
        for question in world.catalogue.questions:
            for one in question.listed:
                for side in world.exchanges[one.venue].levels(one.market):
                    distances = [(abs(px - side[0][0]), qty) for px, qty in side]
                    near += sum(qty for distance, qty in distances if distance <= 20_000)
                    far += sum(qty for distance, qty in distances if 30_000 < distance <= 50_000)
        await trio.lowlevel.checkpoint()

    live(2, 1, body)
    assert 0 < far < near / 2


def test_activity_is_heavy_tailed() -> None:
    """A tenth of the markets has most of the changes; hardly any has none in half an hour."""
    log = Log()

    async def body(world: World) -> None:
        for exchange in world.exchanges.values():
            exchange.listeners.append(log)
        await trio.lowlevel.checkpoint()

    live(3, 1_800, body, mix=Mix.of(300), pace=Pace(0.1, 10.0, 60.0, 60.0))
    changes = Counter(line[1] for line in log.lines if line[0] == "book")
    top = sum(count for _, count in changes.most_common(len(changes) // 10))
    assert top > 0.4 * changes.total()
    assert len(changes) > 250


# --- what moves prices --------------------------------------------------------------------------


def test_arbitrages_appear_and_vanish() -> None:
    """YES of a complete event costs less than a dollar now and then, and not always."""
    cheap: list[bool] = []

    def look(world: World) -> None:
        exchange = world.exchanges[Venue.POLYMARKET]
        complete = [
            q
            for q in world.catalogue.questions
            if q.subject.complete and len(q.polymarket) == q.answers
        ]
        asks = [[exchange.levels(m)[1] for m in q.polymarket] for q in complete]
        sums = [sum(side[0][0] for side in sides) for sides in asks if all(sides)]
        cheap.append(any(total < 960_000 for total in sums))

    watch(7, 600, look, mix=attrs.evolve(Mix(), polymarket_complete=12))
    assert 0 < sum(cheap) < len(cheap) / 2
    assert sum(now and not before for before, now in itertools.pairwise(cheap)) >= 3


def test_lifetimes_are_short_with_a_heavy_tail() -> None:
    """Disagreements last seconds at the median (3.6 s to 16 s in recorded data), minutes at times."""
    found: list[Episodes] = []

    def look(world: World) -> None:
        found[:] = [world.flow.episodes]

    watch(8, 1_200, look, 60.0, pace=BUSY)
    episodes = found[0]
    for kind, low, high in ((EpisodeKind.NEWS, 1.0, 6.0), (EpisodeKind.MISREAD, 4.0, 16.0)):
        lifetimes = sorted(episodes.lifetimes_s[kind])
        assert len(lifetimes) > 100
        assert low < statistics.median(lifetimes) < high
        assert lifetimes[-1] > 5 * statistics.median(lifetimes)
        died = sum(count for (one, _), count in episodes.died.items() if one is kind)
        assert died == len(lifetimes)
        assert 0 <= episodes.born[kind] - died <= 60


def test_informed_takers_are_there_first_about_half_the_time() -> None:
    """News are traded on before the slower venue knows, and INFORMED holds what it took."""
    held: list[int] = []
    died: Counter[tuple[EpisodeKind, Ending]] = Counter()

    def look(world: World) -> None:
        held.append(sum(len(e.positions(INFORMED)) for e in world.exchanges.values()))
        died.update(world.flow.episodes.died - died)

    watch(9, 600, look, 60.0, pace=BUSY)
    taken, noticed = (died[EpisodeKind.NEWS, how] for how in (Ending.TAKEN, Ending.NOTICED))
    assert 0.3 < taken / (taken + noticed) < 0.7
    assert held[-1] > 3


def test_polymarket_leads() -> None:
    """After news the belief that moved first is Polymarket's in about four cases of five."""
    first: Counter[Venue] = Counter()

    async def body(world: World) -> None:
        before: dict[MarketId, int] = {}
        while True:
            await trio.sleep(0.05)
            for topic in world.flow.topics:
                if len(topic.question.recipe.venues) > 1:
                    moved = {
                        one.listed.venue
                        for one in topic.quoted
                        if abs(before.get(one.market, one.belief) - one.belief) >= 25_000
                    }
                    if len(moved) == 1:
                        wrong = any(one.belief != topic.truth(one.listed) for one in topic.quoted)
                        first.update(moved if wrong else ())
                    before.update({one.market: one.belief for one in topic.quoted})

    live(10, 1_500, body, pace=attrs.evolve(QUIET, news_s=4.0))
    assert first.total() > 100
    assert LEADS - 0.15 < first[Venue.POLYMARKET] / first.total() < LEADS + 0.15


def test_makers_lean_against_what_they_hold() -> None:
    """A maker that was sold a lot asks and bids less than before."""

    async def body(world: World) -> None:
        quoted = next(
            one
            for topic in world.flow.topics
            for one in topic.quoted
            if 300_000 < one.belief < 700_000 and one.exchange.nets
        )
        makers, exchange = world.flow.endings.floor.makers, quoted.exchange
        best_bid = exchange.levels(quoted.market)[0][0][0]
        for sale in itertools.count():
            yes, no = exchange.position(MAKER, quoted.market)
            if yes - no > 1_300 * MICRO:
                break
            exchange.place(
                id=f"sale-{sale}",
                account=NOISE,
                market=quoted.market,
                outcome=Outcome.NO,
                action=Action.BUY,
                limit=Px(MICRO - exchange.levels(quoted.market)[0][-1][0]),
                qty=Qty(500 * MICRO),
                tif=Tif.IOC,
            )
            makers.quote(quoted)
        bids, asks = exchange.levels(quoted.market)
        assert bids[0][0] <= best_bid
        assert (bids[0][0] + asks[0][0]) // 2 < quoted.belief
        await trio.lowlevel.checkpoint()

    live(11, 1, body, pace=QUIET)


# --- traps --------------------------------------------------------------------------------------


def trapped(world: World, kind: TrapKind) -> list[MarketId]:
    return world.catalogue.trapped(kind)


def armed(world: World, kind: TrapKind) -> Callable[[], Quoted | None]:
    """Finds a market of a trap kind that is set now."""

    def find() -> Quoted | None:
        for market in trapped(world, kind):
            quoted = quoted_of(world, market)[1]
            is_set = quoted.offset if kind is TrapKind.PHANTOM else quoted.frozen is not None
            if is_set:
                return quoted
        return None

    return find


async def until(find: Callable[[], Quoted | None]) -> Quoted:
    while True:
        quoted = find()
        if quoted is not None:
            return quoted
        await trio.sleep(0.1)


@pytest.mark.parametrize("kind", [TrapKind.PHANTOM, TrapKind.STALE_SIDE])
def test_a_trap_is_gone_when_an_order_arrives(kind: TrapKind) -> None:
    """Any order that is posted to the venue makes the quotes vanish before it is matched; a read
    does not, nor does an order to the other venue."""

    async def body(world: World) -> None:
        async with trio.open_nursery() as nursery:
            urls = {venue: f"http://{venue}.sim" for venue in Venue}
            network = InProcessNetwork({urls[v]: app for v, app in world.apps.items()}, nursery)
            quoted = await until(armed(world, kind))
            paths = {
                Venue.POLYMARKET: "/order",
                Venue.KALSHI: "/trade-api/v2/portfolio/events/orders",
            }
            here = quoted.listed.venue
            other = next(venue for venue in Venue if venue is not here)
            for venue, method, is_gone in (
                (here, "GET", False),
                (other, "POST", False),
                (here, "POST", True),
            ):
                transport = network.transport(urls[venue])
                async with httpx.AsyncClient(transport=transport, base_url=urls[venue]) as client:
                    await client.request(method, paths[venue], content=b"{}")
                assert (quoted.offset == 0 and quoted.frozen is None) is is_gone
            nursery.cancel_scope.cancel()

    kinds = attrs.evolve(Mix(), traps=8)
    live(12, 400, body, pace=QUIET, mix=kinds)


def test_a_phantom_is_a_large_edge() -> None:
    """While it is set, the market is eight to eighteen cents away from its value."""

    async def body(world: World) -> None:
        quoted = await until(armed(world, TrapKind.PHANTOM))
        bids, asks = quoted.exchange.levels(quoted.market)
        shown = bids[0][0] if quoted.offset > 0 and bids else asks[0][0]
        assert abs(quoted.offset) >= 80_000
        assert abs(shown - quoted.belief) > 50_000 or not 100_000 < quoted.belief < 900_000
        assert world.flow.episodes.born[EpisodeKind.PHANTOM] >= 1

    live(13, 300, body, pace=QUIET)


def test_a_stale_side_does_not_follow() -> None:
    """While it is set, that side's orders stay where they are although the value moved."""

    async def body(world: World) -> None:
        quoted = await until(armed(world, TrapKind.STALE_SIDE))
        is_bid = bool(quoted.frozen)
        before = quoted.exchange.levels(quoted.market)[0 if is_bid else 1]
        quoted.belief = MICRO - quoted.belief
        world.flow.endings.floor.makers.quote(quoted)
        bids, asks = quoted.exchange.levels(quoted.market)
        assert (bids if is_bid else asks) == before
        assert not bids or not asks or bids[0][0] < asks[0][0]

    live(14, 400, body, pace=QUIET)


def test_thin_tops_are_thin() -> None:
    """Both best prices of such a market show one contract, with more behind."""

    async def body(world: World) -> None:
        markets = trapped(world, TrapKind.THIN_TOP)
        assert markets
        for market in markets:
            venue = Venue(market.partition(":")[0])
            for side in world.exchanges[venue].levels(market):
                if len(side) > 1:
                    assert side[0][1] == MICRO < side[1][1]
        await trio.lowlevel.checkpoint()

    live(15, 1, body)


def test_what_looks_open_takes_no_orders() -> None:
    """The metadata say that it trades and the book has levels, the engine refuses."""

    async def body(world: World) -> None:
        markets = trapped(world, TrapKind.LOOKS_OPEN)
        assert markets
        for market in markets:
            venue = Venue(market.partition(":")[0])
            bids, asks = world.exchanges[venue].levels(market)
            assert bids or asks
            if venue is Venue.KALSHI:
                state = world.kalshi.board.markets[market.removeprefix("kalshi:")]
                assert not state.halted
            else:
                assert world.polymarket.shelf.markets[market].accepting
            with pytest.raises(Rejection) as refused:
                world.exchanges[venue].place(
                    id="one",
                    account="bot",
                    market=market,
                    outcome=Outcome.YES,
                    action=Action.BUY,
                    limit=Px(500_000),
                    qty=Qty(5 * MICRO),
                    tif=Tif.GTC,
                )
            assert refused.value.code is RejectCode.HALTED
        await trio.lowlevel.checkpoint()

    live(16, 1, body)


# --- incidents ----------------------------------------------------------------------------------


def test_markets_are_halted_and_refined_now_and_then() -> None:
    """Kalshi's markets stop for a while and go on; grids get finer near the edges; all are quoted."""
    log = Log()
    fine: set[MarketId] = set()

    def look(world: World) -> None:
        for exchange in world.exchanges.values():
            if log not in exchange.listeners:
                exchange.listeners.append(log)
        for event in world.catalogue.polymarket:
            fine.update(market.id for market in event.markets if is_finer(world, event, market.id))

    pace = Pace(look_s=0.5, noise_s=5.0, news_s=20.0, misread_s=20.0, halt_s=20.0, grid_s=10.0)
    watch(17, 1_200, look, 60.0, pace=pace)
    halted = Counter(
        line[2] for line in log.lines if line[0] == "halted" and line[1].startswith("kalshi")
    )
    assert halted[True] > 10
    assert halted[True] - 3 <= halted[False] <= halted[True] + 40
    assert fine


def is_finer(world: World, event: PolymarketEvent, market: MarketId) -> bool:
    listed = next(one for one in event.markets if one.id == market)
    return world.polymarket.shelf.markets[market].tick < listed.tick
