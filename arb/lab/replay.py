"""Recorded frames through the live program's reader, books, gate and scanner.

The file is read twice, line by line: once to learn which markets it speaks of, once to replay it.
Where the recording says when frames were received, that is the time; else the venue's own stamp.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from arb.detect.firewall import FirewallLimits
from arb.detect.opportunity import Criteria
from arb.detect.sweep import SweepLimits
from arb.lab.book_tally import BookTally
from arb.lab.census import Census
from arb.lab.frames_file import EXPECTED, BadLine, RecordedFrame, read_frames, stated_ns, whose
from arb.lab.replay_report import ReplayReport, Troubles
from arb.lab.scan import Scan
from arb.market.errors import Refused, Unintelligible
from arb.market.instruments import Market, Venue
from arb.market.units import Ns, Usd
from arb.venues.kalshi.book_stream import KalshiBookStream
from arb.venues.polymarket.book_stream import PolymarketBookStream
from arb.venues.protocols import BookStream

SHIPPED = Criteria(
    firewall=FirewallLimits(
        max_feed_silence_ns=30_000_000_000,
        max_age_spread_ns=10_000_000_000,
        close_margin_ns=60_000_000_000,
        max_edge_ppm=200_000,
    ),
    sweep=SweepLimits(min_profit_usd=Usd(1)),
    bucket_ns=10_000_000_000,
)
"""The firewall as shipped; any profit counts."""
PROGRESS_EVERY = 50_000
"""Lines."""
_FIRST_SHOWN = 5

Progress = Callable[[int], None]
"""Told how many lines are done."""


def replay(
    path: Path,
    venue: str | None = None,
    *,
    fee_rate_ppm: int | None = None,
    criteria: Criteria = SHIPPED,
    progress: Progress | None = None,
) -> ReplayReport:
    """Replay a file of recorded frames.

    `venue` says whose they are ("polymarket" or "kalshi"), or which are wanted of a recording
    that says so itself; without it each frame is recognised.
    `fee_rate_ppm` is the taker's fee rate of every market, in millionths of p(1 - p) a contract;
    without it baskets are shown before fees. `progress` is told how many lines are done, every
    `PROGRESS_EVERY` lines.

    Raises Refused where the file cannot be read or nobody knows the venue, Unintelligible where no
    line holds a frame.
    """
    if path.exists() and not path.is_file():
        raise Refused(f"{path}: no regular file; expected {EXPECTED}")
    given = None if venue is None else _venue(venue)
    census = Census(fee_rate_ppm)
    if not _learn(path, given, census):
        raise Unintelligible(_nothing_there(path, given))
    run = _Replay(census.markets(), given, criteria)
    for done, line in enumerate(read_frames(path), start=1):
        run.read(line)
        if progress is not None and done % PROGRESS_EVERY == 0:
            progress(done)
    return run.report(str(path), census, fee_rate_ppm)


def _venue(name: str) -> Venue:
    try:
        return Venue(name)
    except ValueError as error:
        raise Refused(f"no such venue: {name}; known are {', '.join(Venue)}") from error


def _learn(path: Path, given: Venue | None, census: Census) -> int:
    """Read the file for its markets; returns how many frames were recognised."""
    recognised = 0
    for line in read_frames(path):
        if isinstance(line, RecordedFrame):
            venue = whose(line)
            if venue is not None and given in {None, venue}:
                recognised += 1
                census.learn(venue, line.message)
    return recognised


def _nothing_there(path: Path, given: Venue | None) -> str:
    whose = "either venue" if given is None else given.value
    bad = next((line for line in read_frames(path) if isinstance(line, BadLine)), None)
    words = f" (line {bad.line}: {bad.why})" if bad else ""
    return f"{path}: no frame of {whose} in it{words}; expected {EXPECTED}"


class _Replay:
    """What a replay knows while it runs."""

    def __init__(self, markets: Sequence[Market], given: Venue | None, criteria: Criteria) -> None:
        self._given = given
        self._streams: dict[Venue, BookStream] = {
            Venue.POLYMARKET: PolymarketBookStream(_of(Venue.POLYMARKET, markets)),
            Venue.KALSHI: KalshiBookStream(_of(Venue.KALSHI, markets)),
        }
        self._markets = markets
        self._books = BookTally(markets)
        self._scan = Scan(markets, self._books.shelf, criteria)
        self._lines = 0
        self._bad: list[BadLine] = []
        self._passed_over: list[BadLine] = []
        self._counts: Counter[str] = Counter()
        self._frames: Counter[Venue] = Counter()
        self._first_ns: Ns | None = None
        self._now_ns = Ns(0)

    def read(self, line: RecordedFrame | BadLine) -> None:
        """Take one line of the file."""
        self._lines += 1
        if isinstance(line, BadLine):
            self._note(self._bad, "bad", line)
            return
        if self._given and line.venue not in {None, self._given}:
            return  # the recording says that it is the other venue's
        venue = self._given or whose(line)
        if venue is None:
            self._note(self._bad, "bad", BadLine(line.line, "a frame of neither venue"))
            return
        self._frames[venue] += 1
        self._tell_time(line)
        self._play(line, venue)

    def _play(self, line: RecordedFrame, venue: Venue) -> None:
        stream = self._streams[venue]
        before = _skipped(stream)
        changes = stream.receive(line.frame, self._now_ns)
        skipped = _skipped(stream) - before
        if skipped:
            self._note(self._passed_over, "passed over", BadLine(line.line, ", ".join(skipped)))
        books = self._books.apply(changes, line.message, venue, self._now_ns)
        self._scan.look(books, self._now_ns)

    def _tell_time(self, line: RecordedFrame) -> None:
        at = line.received_ns if line.received_ns is not None else stated_ns(line.message)
        if at is None:
            return
        self._now_ns = max(at, self._now_ns)
        self._first_ns = at if self._first_ns is None else self._first_ns

    def _note(self, where: list[BadLine], kind: str, line: BadLine) -> None:
        self._counts[kind] += 1
        if len(where) < _FIRST_SHOWN:
            where.append(line)

    def report(self, file: str, census: Census, fee_rate_ppm: int | None) -> ReplayReport:
        """Sum up."""
        shelf = self._books.shelf
        ignored = sum((_skipped(stream) for stream in self._streams.values()), Counter[str]())
        ignored.update(census.odd)
        if shelf.ignored:
            ignored["before the first snapshot"] += shelf.ignored
        return ReplayReport(
            file=file,
            venues=tuple(self._frames),
            lines_read=self._lines,
            bad_lines=Troubles(self._counts["bad"], tuple(self._bad)),
            frames=self._frames.total(),
            by_type=self._by_type(),
            passed_over=Troubles(self._counts["passed over"], tuple(self._passed_over)),
            markets=len(self._markets),
            first_ns=self._first_ns or self._now_ns,
            last_ns=self._now_ns,
            applied=shelf.changes - shelf.ignored - shelf.trades,
            ignored=dict(ignored),
            gaps=sum(stream.counts["gaps"] for stream in self._streams.values()),
            books=self._books.figures,
            baskets=self._scan.figures(fee_rate_ppm),
            assumptions=tuple(_assumptions(self._frames, fee_rate_ppm)),
        )

    def _by_type(self) -> dict[str, int]:
        counts = sum((stream.counts for stream in self._streams.values()), Counter[str]())
        return {
            kind.removeprefix("frames:"): number
            for kind, number in counts.items()
            if kind.startswith("frames:")
        }


def _of(venue: Venue, markets: Sequence[Market]) -> list[Market]:
    return [market for market in markets if market.venue is venue]


def _skipped(stream: BookStream) -> Counter[str]:
    """What a reader passed over so far, by reason."""
    return Counter(
        {
            kind.removeprefix("skipped:"): number
            for kind, number in stream.counts.items()
            if kind.startswith("skipped:")
        }
    )


def _assumptions(frames: Mapping[Venue, int], fee_rate_ppm: int | None) -> Iterator[str]:
    if Venue.POLYMARKET in frames:
        yield "Polymarket's frames do not say which token is YES: the smaller number is taken"
    if Venue.KALSHI in frames:
        yield "Kalshi's frames state no price grid: the coarsest that holds every price is taken"
    yield "frames do not say which markets exclude each other: only YES with NO of one is looked for"
    if fee_rate_ppm is None:
        yield "frames state no fees: baskets are shown before fees"
