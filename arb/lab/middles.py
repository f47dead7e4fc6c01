"""Middles of books over time, sampled from a recording: what co-movement is looked for in."""

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from arb.lab.frames_file import EXPECTED, RecordedFrame, read_frames, stated_ns, whose
from arb.market.book import Book
from arb.market.errors import Refused
from arb.market.instruments import Market, MarketId, Venue
from arb.market.shelf import Shelf
from arb.market.units import Ns
from arb.venues.kalshi.book_stream import KalshiBookStream
from arb.venues.polymarket.book_stream import PolymarketBookStream
from arb.venues.protocols import BookStream

STEP_S = 1
NS_PER_S = 1_000_000_000
MOST_SAMPLES = 7_200
"""Two hours: of a longer recording the last two count."""
WIDEST = 100_000
"""Micro-dollars between bid and ask beyond which the middle means nothing."""
LONGEST_PAUSE_S = 60
"""A recording that is silent for longer goes on as if no time had passed."""


class _Sampler:
    """Keeps the books of listed markets and notes their middles once a second."""

    def __init__(self, markets: Sequence[Market]) -> None:
        self._shelf = Shelf(markets)
        self._streams: Mapping[Venue, BookStream] = {
            Venue.POLYMARKET: PolymarketBookStream(_of(Venue.POLYMARKET, markets)),
            Venue.KALSHI: KalshiBookStream(_of(Venue.KALSHI, markets)),
        }
        self._samples: deque[list[int | None]] = deque(maxlen=MOST_SAMPLES)
        self._books = list(self._shelf.books.values())
        self._due_ns: int | None = None
        self.changes = 0

    def read(self, line: RecordedFrame) -> None:
        """Sample what was before this frame, then apply it."""
        at_ns = line.received_ns if line.received_ns is not None else stated_ns(line.message)
        venue = whose(line)
        if venue is None or at_ns is None:
            return
        self._sample(at_ns)
        changes = self._streams[venue].receive(line.frame, at_ns)
        self.changes += len(changes)
        self._shelf.apply(changes, venue, at_ns)
        self._shelf.take_suspects()

    def _sample(self, at_ns: Ns) -> None:
        """Once for every second that has passed since the last frame, within reason."""
        if self._due_ns is None or at_ns - self._due_ns > LONGEST_PAUSE_S * NS_PER_S:
            self._due_ns = at_ns
        while self._due_ns <= at_ns:
            self._samples.append([_middle(book) for book in self._books])
            self._due_ns += STEP_S * NS_PER_S

    def paths(self) -> dict[MarketId, list[int | None]]:
        """The middles of every market that ever had one."""
        columns = zip(*self._samples, strict=True)
        named = zip((book.market.id for book in self._books), columns, strict=False)
        return {market: list(path) for market, path in named if any(path)}


def read_middles(path: Path, markets: Sequence[Market]) -> dict[MarketId, list[int | None]]:
    """Sample the books of `markets` every `STEP_S` seconds of a file of recorded frames.

    Raises Refused where the file cannot be read, or speaks of none of them.
    """
    sampler = _Sampler(markets)
    for line in read_frames(path):
        if isinstance(line, RecordedFrame):
            sampler.read(line)
    if not sampler.changes:
        raise Refused(f"{path}: no frame of a market that is listed; expected {EXPECTED}")
    return sampler.paths()


def _middle(book: Book) -> int | None:
    bid, ask = book.best_bid, book.best_ask
    if not book.live or not book.bids or not book.asks or not 0 < ask - bid <= WIDEST:
        return None
    return (bid + ask) // 2


def _of(venue: Venue, markets: Sequence[Market]) -> list[Market]:
    return [market for market in markets if market.venue is venue]
