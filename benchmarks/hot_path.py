"""The hot path: from a frame's bytes to the gate's decision, in one task on one core.

30,000 markets (60,000 tokens) in some 4,600 events, books of about 20 levels a side, and distinct
`price_change` frames of two changes each, one a token, as the venue mirrors them. They come from
a seeded walk over shadow books, so what they state is what the books hold. How busy a market is
follows Zipf's law (the nth busiest has 1/n of the first one's messages: half of all fall on 173
markets). Two rows show the extremes: how much of the time is waiting for memory.

Frames are copied just before the clock starts, as a socket would have brought them; nothing else
is warm but what the run itself keeps warm. Prints figures beside the goals; the last line says
how long nothing takes by the same clock. Run: python benchmarks/hot_path.py [--profile]
"""

import argparse
import cProfile
import gc
import math
import os
import pstats
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import attrs
import msgspec

from arb.detect.basket import Template
from arb.detect.blueprint import Basket
from arb.detect.firewall import FirewallLimits
from arb.detect.gate import Gate
from arb.detect.lanes import compile_baskets
from arb.detect.opportunity import Criteria, Opportunity, find
from arb.detect.sweep import SweepLimits
from arb.market.book import Book
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    Catalogue,
    Claim,
    Event,
    EventId,
    Market,
    MarketId,
    PolymarketRef,
    Venue,
)
from arb.market.shelf import Shelf
from arb.market.units import MICRO, Ns, Px, Qty, Usd, complement, plain_text
from arb.venues.polymarket.book_stream import PolymarketBookStream

MARKETS = 30_000
FRAMES = 30_000
ROUNDS = 5
RESCANS = 32
BURST = 64
"""Frames copied and played at a time: what one socket read brings when it is busy."""
SEED = 20_261_121
FEED = "feed"
NOW = Ns(1)
EVENT_SIZES = ((1, 50), (2, 14), (4, 8), (7, 8), (12, 8), (15, 5), (26, 4), (71, 3))
"""Markets in an event, and how frequent such events are: 6.5 markets on average."""
TICKS = (10_000, 10_000, 1_000)
MEDIAN_LEVELS = 20
CHEAP = 0.25
"""The part of the events whose outcomes together cost less than they pay."""
CRITERIA = Criteria(
    firewall=FirewallLimits(10**18, 10**18, 0, 200_000),
    sweep=SweepLimits(min_profit_usd=Usd(50_000)),
    bucket_ns=10**10,
)


# --- the universe -------------------------------------------------------------------------------


@attrs.frozen
class Lanes:
    """All that one venue allows."""

    binary: bool = True
    multi_outcome: bool = True
    cross_venue: bool = False


def universe(dice: random.Random) -> list[list[Market]]:
    """Events of markets."""
    sizes, weights = zip(*EVENT_SIZES, strict=True)
    events: list[list[Market]] = []
    left = MARKETS
    while left:
        size = min(left, dice.choices(sizes, weights)[0])
        tick = dice.choice(TICKS)
        events.append([market(dice, EventId(f"{len(events)}"), tick) for _ in range(size)])
        left -= size
    return events


def market(dice: random.Random, event: EventId, tick: int) -> Market:
    condition = f"0x{dice.getrandbits(256):064x}"
    return Market(
        id=MarketId(f"{Venue.POLYMARKET}:{condition}"),
        venue=Venue.POLYMARKET,
        event=event,
        title="",
        label="",
        ref=PolymarketRef(condition, token(dice), token(dice), neg_risk=False, protocol="v1"),
        grid=PriceGrid.of_tick(tick),
        lot=Qty(10_000),
        min_qty=Qty(5 * MICRO),
        min_take_usd=Usd(MICRO),
        fees=PolymarketFees(40_000),
        closes_ns=None,
    )


def token(dice: random.Random) -> str:
    return str(dice.getrandbits(255) | 1 << 254)


def baskets(events: Sequence[Sequence[Market]]) -> tuple[Basket, ...]:
    """What the lanes make of it: each market alone, and whole events of up to 15 outcomes."""
    known = Claim(holds=True, source="benchmark")
    catalogue = Catalogue(
        venue=Venue.POLYMARKET,
        events=tuple(
            Event(
                id=event[0].event,
                venue=Venue.POLYMARKET,
                title="",
                markets=tuple(one.id for one in event),
                at_most_one=known,
                at_least_one=known,
            )
            for event in events
        ),
        markets=tuple(one for event in events for one in event),
    )
    return compile_baskets([catalogue], (), Lanes()).baskets


# --- what the venue sends -----------------------------------------------------------------------


class Walk:
    """Shadow books, and frames that change them."""

    def __init__(self, dice: random.Random, events: Sequence[Sequence[Market]]) -> None:
        self.dice = dice
        self.books = [book for event in events for book in self._event(event)]
        dice.shuffle(self.books)
        self.stamp = 1_795_000_000_000

    def snapshots(self) -> Iterator[bytes]:
        """The whole book of both tokens of every market, as it comes after subscribing."""
        for book in self.books:
            bids, asks = list(book.bids.items()), list(book.asks.items())
            no_bids, no_asks = ([(complement(px), n) for px, n in side] for side in (asks, bids))
            yield self._snapshot(book.market, reference(book.market).yes_token, bids, asks)
            yield self._snapshot(book.market, reference(book.market).no_token, no_bids, no_asks)

    def frames(self, pick: Callable[[random.Random], float]) -> list[bytearray]:
        """Frames of their own kind of object: each must be copied to be played."""
        return [
            bytearray(self._frame(self.books[int(len(self.books) * pick(self.dice))]))
            for _ in range(FRAMES)
        ]

    def _event(self, event: Sequence[Market]) -> Iterator[Book]:
        parts = [self.dice.expovariate(1.0) for _ in event]
        share = self.dice.uniform(0.9, 0.97) if self.dice.random() < CHEAP else 1.01
        whole = sum(parts) if len(event) > 1 else parts[0] + self.dice.expovariate(1.0)
        for one, part in zip(event, parts, strict=True):
            yield self._book(one, int(share * part / whole * MICRO))

    def _book(self, one: Market, fair: int) -> Book:
        tick = one.grid.finest_step
        ask = min(max(fair // tick * tick, tick) + tick, MICRO - tick)
        book = Book(one)
        depth = max(1, int(self.dice.lognormvariate(0, 0.6) * MEDIAN_LEVELS))
        book.replace(
            ((px, self._size()) for px in self._prices(ask - tick, -tick, depth)),
            ((px, self._size()) for px in self._prices(ask, tick, depth)),
        )
        return book

    def _prices(self, first: int, step: int, depth: int) -> Iterator[Px]:
        px = first
        for _ in range(depth):
            if not 0 < px < MICRO:
                return
            yield Px(px)
            px += step * self.dice.choice((1, 1, 1, 2, 3))

    def _size(self) -> Qty:
        return Qty(int(self.dice.lognormvariate(5, 2) * 100 + 500) * 10_000)

    def _snapshot(
        self,
        one: Market,
        asset: str,
        bids: Sequence[tuple[Px, Qty]],
        asks: Sequence[tuple[Px, Qty]],
    ) -> bytes:
        frame = {
            "market": reference(one).condition_id,
            "asset_id": asset,
            "timestamp": self._now(),
            "hash": f"{self.dice.getrandbits(160):040x}",
            "bids": [level(px, qty) for px, qty in sorted(bids)],
            "asks": [level(px, qty) for px, qty in sorted(asks, reverse=True)],
            "tick_size": plain_text(one.grid.finest_step),
            "event_type": "book",
            "last_trade_price": "0.5",
        }
        return msgspec.json.encode(frame)

    def _frame(self, book: Book) -> bytes:
        """Change a book; the frame that tells it."""
        px, qty, is_bid = self._change(book)
        (book.set_bid if is_bid else book.set_ask)(px, qty)
        bid, ask = book.best_bid, book.best_ask
        ref, sides = reference(book.market), ("BUY", "SELL") if is_bid else ("SELL", "BUY")
        mirrored = complement(px), qty, sides[1], complement(ask), complement(bid)
        frame = {
            "market": ref.condition_id,
            "price_changes": [
                self._entry(ref.yes_token, px, qty, sides[0], bid, ask),
                self._entry(ref.no_token, *mirrored),
            ],
            "timestamp": self._now(),
            "event_type": "price_change",
        }
        return msgspec.json.encode(frame)

    def _change(self, book: Book) -> tuple[Px, Qty, bool]:
        """Near the best price: a new total, a level gone, sometimes a better price."""
        is_bid = self.dice.random() < 0.5
        levels = book.bids if is_bid else book.asks
        tick = book.market.grid.finest_step
        if len(levels) > 2 and self.dice.random() < 0.3:
            near = sorted(levels, reverse=is_bid)[: 1 + int(self.dice.expovariate(0.5))]
            return near[-1], Qty(0), is_bid
        away = int(self.dice.expovariate(0.4)) - (self.dice.random() < 0.1)
        if is_bid:
            px = min(book.best_bid - away * tick, book.best_ask - tick)
        else:
            px = max(book.best_ask + away * tick, book.best_bid + tick)
        return Px(min(max(px, tick), MICRO - tick)), self._size(), is_bid

    def _entry(  # noqa: PLR0913, PLR0917 - the fields of the wire
        self, asset: str, px: Px, qty: Qty, side: str, bid: Px, ask: Px
    ) -> dict[str, str]:
        return {
            "asset_id": asset,
            "price": plain_text(px),
            "size": plain_text(qty),
            "side": side,
            "hash": f"{self.dice.getrandbits(160):040x}",
            "best_bid": plain_text(bid),
            "best_ask": plain_text(ask),
        }

    def _now(self) -> str:
        self.stamp += 1
        return str(self.stamp)


def zipf(dice: random.Random) -> float:
    """Where the next frame falls, from 0 to 1, the busiest market first."""
    return (math.pow(MARKETS + 1, dice.random()) - 1) / MARKETS


def evenly(dice: random.Random) -> float:
    return dice.random()


def one_percent(dice: random.Random) -> float:
    return dice.random() / 100


def reference(one: Market) -> PolymarketRef:
    assert isinstance(one.ref, PolymarketRef)
    return one.ref


def level(px: Px, qty: Qty) -> dict[str, str]:
    return {"price": plain_text(px), "size": plain_text(qty)}


# --- what is measured ---------------------------------------------------------------------------


class HotPath:
    """Stream, shelf and gate, as the feed and the book cache have them."""

    def __init__(self, markets: Sequence[Market]) -> None:
        self.stream = PolymarketBookStream(markets)
        self.shelf = Shelf(markets)
        self.gate = Gate((), {})
        self.scans = self.found = 0

    def load(self, snapshots: Iterator[bytes]) -> float:
        """Take the opening snapshots; seconds from their bytes to books."""
        spent = 0
        for frame in snapshots:
            start = time.perf_counter_ns()
            self.shelf.apply(self.stream.receive(frame, NOW), FEED, NOW)
            spent += time.perf_counter_ns() - start
        return spent / 1e9

    def time_each(self, frames: Sequence[bytearray]) -> list[int]:
        """Nanoseconds from each frame's bytes to the gate's decision."""
        receive, apply = self.stream.receive, self.shelf.apply
        update, take_hot = self.gate.update, self.gate.take_hot
        clock = time.perf_counter_ns
        took = []
        for burst in bursts(frames):
            for frame in burst:
                start = clock()
                for book in apply(receive(frame, NOW), FEED, NOW):
                    update(book)
                take_hot()
                took.append(clock() - start)
        return took

    def rate(self, frames: Sequence[bytearray]) -> float:
        """Frames a second, decided one by one."""
        receive, apply = self.stream.receive, self.shelf.apply
        update, take_hot = self.gate.update, self.gate.take_hot
        spent = 0
        for burst in bursts(frames):
            start = time.perf_counter_ns()
            for frame in burst:
                for book in apply(receive(frame, NOW), FEED, NOW):
                    update(book)
                take_hot()
            spent += time.perf_counter_ns() - start
        return len(frames) / spent * 1e9

    def time_each_with_sweeps(self, frames: Sequence[bytearray]) -> list[int]:
        """The same, to the opportunity or the reason why there is none."""
        took = []
        clock = time.perf_counter_ns
        for burst in bursts(frames):
            for frame in burst:
                start = clock()
                for book in self.shelf.apply(self.stream.receive(frame, NOW), FEED, NOW):
                    self.gate.update(book)
                for template in self.gate.take_hot():
                    self.scan(template)
                took.append(clock() - start)
        return took

    def scan(self, template: Template) -> None:
        """Firewall and exact sweep, as the scanner does it."""
        views = [self.shelf.view(leg.market) for leg in template.legs]
        self.scans += 1
        self.found += isinstance(find(template, views, NOW, CRITERIA), Opportunity)

    def rescan(self) -> float:
        """Milliseconds of one full rescan."""
        start = time.perf_counter_ns()
        self.gate.rescan()
        return (time.perf_counter_ns() - start) / 1e6


class GcWatch:
    """Remembers how long the garbage collector stopped everything."""

    def __init__(self) -> None:
        self.stops: list[float] = []
        self._began = 0
        gc.callbacks.append(self._hear)

    def _hear(self, phase: str, _info: object) -> None:
        if phase == "start":
            self._began = time.perf_counter_ns()
        else:
            self.stops.append((time.perf_counter_ns() - self._began) / 1e6)

    def report(self) -> str:
        """The longest stop, and how many there were."""
        longest = max(self.stops, default=0.0)
        return f"{longest:.3f} ms the longest of {len(self.stops)} (frozen after warm-up)"


def bursts(frames: Sequence[bytearray]) -> Iterator[list[bytes]]:
    for start in range(0, len(frames), BURST):
        yield [bytes(frame) for frame in frames[start : start + BURST]]


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def percentiles(rounds: Sequence[Sequence[int]]) -> tuple[float, float]:
    """p50 and p99 in microseconds: the median of the rounds'."""
    sorts = [sorted(took) for took in rounds]
    p50 = statistics.median(took[len(took) // 2] for took in sorts)
    p99 = statistics.median(took[len(took) * 99 // 100] for took in sorts)
    return p50 / 1e3, p99 / 1e3


def row(name: str, figure: str, goal: str = "") -> None:
    print(f"{name:<34} {figure:<44} {goal}")


def clock_ns() -> float:
    clock = time.perf_counter_ns
    return statistics.median(-(clock() - clock()) for _ in range(10_000))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--profile", action="store_true", help="say where the time goes")
    profile = asked.parse_args().profile
    dice = random.Random(SEED)
    events = universe(dice)
    markets = [one for event in events for one in event]
    templates, walk = baskets(events), Walk(dice, events)
    path = HotPath(markets)
    row("universe", f"{len(markets):,} markets, {len(events):,} events, {len(templates):,} baskets")
    gc.collect()
    before = resident_mib()
    seconds = path.load(walk.snapshots())
    gc.collect()
    row("60,000 opening snapshots", f"{seconds:.2f} s")
    row("memory of all books", f"{resident_mib() - before:.0f} MiB", "<= 200 MiB")
    path.gate = Gate(templates, path.shelf.books)
    path.time_each(walk.frames(zipf))
    gc.collect()
    gc.freeze()
    measure(path, walk)
    if profile:
        show_profile(path, walk.frames(zipf))


def measure(path: HotPath, walk: Walk) -> None:
    watch = GcWatch()
    p50, p99 = percentiles([path.time_each(walk.frames(zipf)) for _ in range(ROUNDS)])
    row("frame to decision", f"p50 {p50:.2f} us, p99 {p99:.2f} us", "p50 <= 3 us")
    rates = [path.rate(walk.frames(zipf)) for _ in range(ROUNDS)]
    row("messages a second, one core", f"{statistics.median(rates):,.0f}", ">= 250,000")
    p50, p99 = percentiles([path.time_each_with_sweeps(walk.frames(zipf)) for _ in range(ROUNDS)])
    share = path.scans / (ROUNDS * FRAMES)
    words = f"p50 {p50:.2f} us, p99 {p99:.2f} us ({share:.1%} sweep, {path.found} found)"
    row("frame to opportunity", words)
    for name, pick in (
        ("all markets equally busy", evenly),
        ("only 300 of them busy", one_percent),
    ):
        p50, p99 = percentiles([path.time_each(walk.frames(pick)) for _ in range(2)])
        row(name, f"p50 {p50:.2f} us, p99 {p99:.2f} us")
    rescans = [path.rescan() for _ in range(RESCANS)]
    row(
        "full rescan", f"{statistics.median(rescans):.2f} ms, at most {max(rescans):.2f}", "<= 5 ms"
    )
    row("garbage collector's stops", watch.report())
    shelf = path.shelf
    row("stated best prices", f"{shelf.agreed:,} agree, {shelf.disagreed} do not")
    row("sums that a rescan corrected", f"{path.gate.corrected}")
    row("the clock itself", f"{clock_ns() / 1e3:.2f} us of each figure above")


def show_profile(path: HotPath, frames: Sequence[bytearray]) -> None:
    profiler = cProfile.Profile()
    profiler.enable()
    path.rate(frames)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(12)


if __name__ == "__main__":
    main()
