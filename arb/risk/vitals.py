"""The gates that stay up while trading goes on: connections, books, latency. One red, no trading.

Fed with what feeds, books and watched calls say of themselves; answers with the reasons why nothing
new may be begun. What was never heard of is red: no news is no permission.
"""

from collections import deque
from collections.abc import Iterable, Mapping

import attrs

from arb.market.instruments import Venue
from arb.market.units import MICRO, Ns
from arb.messages import Approved, BooksSeen, Called, FeedId, FeedSeen, LatencySeen

MOST_SAMPLES = 1_024
"""Kept of each latency: enough for a p99."""
USER = "user"
"""What the private stream of a venue is called."""


@attrs.frozen
class Objective:
    """A latency that is to be kept: so many nanoseconds at the 95th and the 99th percentile."""

    p95_ns: int
    p99_ns: int


@attrs.frozen
class VitalLimits:
    """When a gate is red. Times in nanoseconds."""

    coverage_ppm: int
    """Part of all books that must be live."""
    books_ns: int
    """How old the last word of the books may be."""
    window_ns: int
    """Latencies of this long are looked at."""
    least_samples: int
    """Fewer are no measurement."""
    objectives: Mapping[str, Objective]
    """By what is measured: "quote age", "decision", "ack"."""


@attrs.define
class Samples:
    """The latencies of one kind in a sliding window, nanoseconds."""

    window_ns: int
    _values: deque[tuple[Ns, int]] = attrs.field(factory=lambda: deque(maxlen=MOST_SAMPLES))

    def add(self, value_ns: int, now_ns: Ns) -> None:
        """Take one."""
        self._values.append((now_ns, value_ns))

    def forget(self, now_ns: Ns) -> None:
        """Drop what is older than the window."""
        while self._values and self._values[0][0] <= now_ns - self.window_ns:
            self._values.popleft()

    def percentiles(self) -> tuple[int, int, int]:
        """The 50th, 95th and 99th; zeros where there is none."""
        ordered = sorted(value for _, value in self._values)
        if not ordered:
            return (0, 0, 0)
        p50, p95, p99 = (ordered[(len(ordered) - 1) * part // 100] for part in (50, 95, 99))
        return (p50, p95, p99)

    def __len__(self) -> int:
        return len(self._values)


@attrs.define
class Vitals:
    """What is known of the state that trading needs. `venues` must all be connected."""

    limits: VitalLimits
    venues: frozenset[Venue]
    _feeds: dict[FeedId, FeedSeen] = attrs.field(factory=dict)
    _books: tuple[Ns, BooksSeen] | None = None
    _samples: dict[str, Samples] = attrs.field(factory=dict)

    def take(self, event: FeedSeen | BooksSeen | Called | Approved, now_ns: Ns) -> None:
        """Take one message into account."""
        match event:
            case FeedSeen():
                self._feeds[event.feed] = event
            case BooksSeen():
                self._books = (now_ns, event)
            case Called(call="send", failure=""):
                self.measure("ack", event.took_ns, now_ns)
            case Called():
                pass
            case Approved():
                self.measure("decision", event.decided_ns - event.seen_ns, now_ns)

    def measure(self, what: str, took_ns: int, now_ns: Ns) -> None:
        """Take one latency."""
        fresh = Samples(self.limits.window_ns)
        self._samples.setdefault(what, fresh).add(took_ns, now_ns)

    def reds(self, now_ns: Ns) -> tuple[str, ...]:
        """Why nothing new may be begun; empty where every gate is green."""
        return (*self._streams(), *self._coverage(now_ns), *self._slow(now_ns))

    def _streams(self) -> Iterable[str]:
        for venue in sorted(self.venues):
            streams = [seen for feed, seen in self._feeds.items() if _tells_books(feed, venue)]
            if not any(seen.connected for seen in streams):
                why = next((seen.note for seen in streams if seen.note), "not connected yet")
                yield f"no stream of {venue} is up: {why}"

    def _coverage(self, now_ns: Ns) -> Iterable[str]:
        if self._books is None:
            yield "no book was heard of yet"
            return
        at_ns, books = self._books
        if now_ns - at_ns > self.limits.books_ns:
            yield f"the books say nothing for {(now_ns - at_ns) // 10**9} s"
        if books.live * MICRO < self.limits.coverage_ppm * books.markets:
            floor = self.limits.coverage_ppm // 10_000
            yield f"{books.live} of {books.markets} books are live, below the floor of {floor} %"

    def _slow(self, now_ns: Ns) -> Iterable[str]:
        for what, objective in self.limits.objectives.items():
            samples = self._samples.get(what)
            if samples is None:
                continue
            samples.forget(now_ns)
            _, p95, p99 = samples.percentiles()
            if len(samples) >= self.limits.least_samples and (
                p95 > objective.p95_ns or p99 > objective.p99_ns
            ):
                yield (
                    f"{what} is too slow: p95 {p95 // 10**6} ms, p99 {p99 // 10**6} ms"
                    f" of the last {len(samples)}"
                )

    def latencies(self, now_ns: Ns) -> tuple[LatencySeen, ...]:
        """Every stage that was measured lately."""
        for samples in self._samples.values():
            samples.forget(now_ns)
        return tuple(
            LatencySeen(stage, len(samples), *samples.percentiles())
            for stage, samples in self._samples.items()
        )

    def figures(self) -> dict[str, str]:
        """Latencies for people: p50, p95 and p99 in milliseconds."""
        return {
            f"{what} p50/p95/p99 ms": "/".join(
                f"{value / 1e6:.1f}" for value in samples.percentiles()
            )
            for what, samples in self._samples.items()
        }


def _tells_books(feed: FeedId, venue: Venue) -> bool:
    """Say whether baskets see the books of a venue by it: not so by private streams, or of bets."""
    place, _, name = feed.partition(":")
    return place == venue and name != USER
