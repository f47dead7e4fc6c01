"""Detection: from a frame's bytes to the gate's decision and the exact sweep, on one core.

30,000 markets (60,000 tokens) in some 4,600 events (see `universe`). How busy a market is follows
Zipf's law (the nth busiest has 1/n of the first one's messages: half of all fall on 173 markets).
Two rows show the extremes: how much of the time is waiting for memory.

Frames are copied just before the clock starts, as a socket would have brought them; nothing else
is warm but what the run itself keeps warm. Rates, rescans and the collector's stops are counted
in this process's own CPU time, single frames by the clock on the wall. The peer is the same work done with `json` and
`Decimal` (see `decimal_peer`) on the same frames, turn by turn with ours. Every figure stands
beside its goal; a busy machine shows in the load average and in a fixed loop that takes longer than
usual, and then ratios say more than figures.

Run: python benchmarks/detect.py [--profile]
"""

import argparse
import cProfile
import gc
import os
import pstats
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import sweep as sweeping
from decimal_peer import NO_ASK as NO_PEER_ASK
from decimal_peer import DecimalPath
from universe import Walk, baskets, evenly, one_percent, reference, universe, zipf

from arb.detect.basket import Template
from arb.detect.firewall import FirewallLimits
from arb.detect.gate import Gate
from arb.detect.opportunity import Criteria, Opportunity, find
from arb.detect.sweep import SweepLimits
from arb.market.book import NO_ASK
from arb.market.changes import BookChange
from arb.market.instruments import Market
from arb.market.shelf import Shelf
from arb.market.units import MICRO, Ns, Usd
from arb.venues.polymarket.book_stream import PolymarketBookStream
from arb.venues.polymarket.frames import fast_decode

FRAMES = 30_000
PEER_FRAMES = 3_000
ROUNDS = 5
RESCANS = 32
BURST = 64
"""Frames copied and played at a time: what one socket read brings when it is busy."""
SEED = 20_261_121
FEED = "feed"
NOW = Ns(1)
CRITERIA = Criteria(
    firewall=FirewallLimits(10**18, 10**18, 0, 200_000),
    sweep=SweepLimits(min_profit_usd=Usd(50_000)),
    bucket_ns=10**10,
)


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

    def rate(self, frames: Sequence[bytearray], at_once: int) -> float:
        """Frames a CPU second, `at_once` to a read: one look at the books serves them all."""
        receive, apply = self.stream.receive, self.shelf.apply
        update, take_hot = self.gate.update, self.gate.take_hot
        spent = 0
        for burst in bursts(frames, at_once):
            start = time.process_time_ns()
            changes: list[BookChange] = []
            for frame in burst:
                changes += receive(frame, NOW)
            for book in apply(changes, FEED, NOW):
                update(book)
            take_hot()
            spent += time.process_time_ns() - start
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
        """Milliseconds of one full rescan, of this process alone."""
        start = time.process_time_ns()
        self.gate.rescan()
        return (time.process_time_ns() - start) / 1e6


class GcWatch:
    """Remembers how long the garbage collector stopped everything, in CPU time."""

    def __init__(self) -> None:
        self.stops: list[float] = []
        self._began = 0
        gc.callbacks.append(self._hear)

    def _hear(self, phase: str, _info: object) -> None:
        if phase == "start":
            self._began = time.process_time_ns()
        else:
            self.stops.append((time.process_time_ns() - self._began) / 1e6)

    def report(self) -> str:
        """The longest stop, and how many there were."""
        longest = max(self.stops, default=0.0)
        return f"{longest:.3f} ms the longest of {len(self.stops)} (frozen after warm-up)"


def bursts(frames: Sequence[bytearray], size: int = BURST) -> Iterator[list[bytes]]:
    for start in range(0, len(frames), size):
        yield [bytes(frame) for frame in frames[start : start + size]]


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
    print(f"{name:<34} {figure:<56} {goal}")


def show_load(when: str) -> None:
    loads = " ".join(f"{load:.2f}" for load in os.getloadavg())
    row(f"load average {when}", f"{loads} ({os.cpu_count()} cores)", "<= 1 for a fair figure")


def show_speed() -> None:
    """The same work always, at its quickest: figures divided by it compare between machines."""
    took = []
    for _ in range(20):
        start = time.perf_counter_ns()
        sum([number * number % 7 for number in range(10_000)])
        took.append((time.perf_counter_ns() - start) / 1e3)
    words = f"{min(took):.0f} us at its quickest, {statistics.median(took):.0f} usually"
    row("a fixed loop", words, "the nearer to each other, the quieter")


def clock_ns() -> float:
    clock = time.perf_counter_ns
    return statistics.median(-(clock() - clock()) for _ in range(10_000))


# --- what is measured ---------------------------------------------------------------------------


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--profile", action="store_true", help="say where the time goes")
    profile = asked.parse_args().profile
    show_load("before")
    show_speed()
    dice = random.Random(SEED)
    events = universe(dice)
    markets = [one for event in events for one in event]
    made, walk = baskets(events), Walk(dice, events)
    path, peer = HotPath(markets), DecimalPath(events)
    row("universe", f"{len(markets):,} markets, {len(events):,} events, {len(made):,} baskets")
    load(path, walk)
    path.gate = Gate(made, path.shelf.books, least_edge=CRITERIA.sweep.least_edge)
    path.time_each(walk.frames(zipf, FRAMES))
    gc.collect()
    gc.freeze()
    measure(path, walk)
    compare(path, peer, walk)
    sweeping.main()
    show_speed()
    show_load("after")
    if profile:
        show_profile(path, walk.frames(zipf, FRAMES))


def load(path: HotPath, walk: Walk) -> None:
    gc.collect()
    before = resident_mib()
    seconds = path.load(walk.snapshots())
    gc.collect()
    row("60,000 opening snapshots", f"{seconds:.2f} s")
    row("memory of all books", f"{resident_mib() - before:.0f} MiB", "<= 200 MB")


def measure(path: HotPath, walk: Walk) -> None:
    watch = GcWatch()
    measure_frames(path, walk)
    measure_sweeps(path, walk)
    for name, pick in (
        ("all markets equally busy", evenly),
        ("only 300 of them busy", one_percent),
    ):
        p50, p99 = percentiles([path.time_each(walk.frames(pick, FRAMES)) for _ in range(2)])
        row(name, f"p50 {p50:.2f} us, p99 {p99:.2f} us")
    rescans = [path.rescan() for _ in range(RESCANS)]
    words = f"{statistics.median(rescans):.2f} ms, at most {max(rescans):.2f}"
    row("full rescan", words, "<= 5 ms")
    row("garbage collector's stops", watch.report(), "<= 5 ms")
    shelf = path.shelf
    row("stated best prices", f"{shelf.agreed:,} agree, {shelf.disagreed} do not")
    row("sums that a rescan corrected", f"{path.gate.corrected}")
    row("the clock itself", f"{clock_ns() / 1e3:.2f} us of each figure above")


def measure_frames(path: HotPath, walk: Walk) -> None:
    p50, p99 = percentiles([path.time_each(walk.frames(zipf, FRAMES)) for _ in range(ROUNDS)])
    row("frame to decision", f"p50 {p50:.2f} us, p99 {p99:.2f} us", "p50 <= 3 us")
    frames = walk.frames(zipf, FRAMES)
    p50, _ = percentiles([time_decoding(frames)])
    path.time_each(frames)  # what the walk has told must reach the books
    row("of it msgspec's decoding, the floor", f"p50 {p50:.2f} us")
    for name, at_once in (
        ("messages a CPU second, one by one", 1),
        (f"... {BURST} to a read", BURST),
    ):
        rates = [path.rate(walk.frames(zipf, FRAMES), at_once) for _ in range(ROUNDS)]
        words = f"{statistics.median(rates):,.0f}, the best round {max(rates):,.0f}"
        row(name, words, ">= 300,000")


def time_decoding(frames: Sequence[bytearray]) -> list[int]:
    clock = time.perf_counter_ns
    took = []
    for burst in bursts(frames):
        for frame in burst:
            start = clock()
            fast_decode(frame)
            took.append(clock() - start)
    return took


def measure_sweeps(path: HotPath, walk: Walk) -> None:
    took = [path.time_each_with_sweeps(walk.frames(zipf, FRAMES)) for _ in range(ROUNDS)]
    p50, p99 = percentiles(took)
    share = path.scans / (ROUNDS * FRAMES)
    words = f"p50 {p50:.2f} us, p99 {p99:.2f} us ({share:.1%} sweep, {path.found} found)"
    row("frame to opportunity", words, "p99 <= 60 us")


def compare(path: HotPath, peer: DecimalPath, walk: Walk) -> None:
    """The same frames to both, turn by turn; afterwards their books must be the same."""
    for frame in walk.snapshots():
        peer.receive(frame)
    gc.collect()
    gc.freeze()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        frames = walk.frames(zipf, PEER_FRAMES)
        ours.append(path.time_each(frames))
        theirs.append(time_peer(peer, frames))
    check_books(path, peer)
    (our_p50, our_p99), (p50, p99) = percentiles(ours), percentiles(theirs)
    row("frame to decision, json + Decimal", f"p50 {p50:.2f} us, p99 {p99:.2f} us")
    row("ratio to it", f"p50 {p50 / our_p50:.1f}, p99 {p99 / our_p99:.1f}")


def time_peer(peer: DecimalPath, frames: Sequence[bytearray]) -> list[int]:
    clock = time.perf_counter_ns
    took = []
    for burst in bursts(frames):
        for frame in burst:
            start = clock()
            peer.receive(frame)
            took.append(clock() - start)
    return took


def check_books(path: HotPath, peer: DecimalPath) -> None:
    """Both have done the same work, or their figures say nothing."""
    for book in path.shelf.books.values():
        best = peer.books[reference(book.market).yes_token].best_ask
        assert (best == NO_PEER_ASK) is (book.best_ask == NO_ASK)
        assert best in {NO_PEER_ASK, best.__class__(book.best_ask) / MICRO}


def show_profile(path: HotPath, frames: Sequence[bytearray]) -> None:
    profiler = cProfile.Profile()
    profiler.enable()
    path.rate(frames, BURST)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(12)


if __name__ == "__main__":
    main()
