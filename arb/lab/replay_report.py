"""What a replay found, for people and for programs."""

from collections.abc import Mapping

import attrs

from arb.detect.episodes import Episode
from arb.lab.frames_file import BadLine
from arb.market.instruments import Venue
from arb.market.units import Ns, plain_text

_NS_PER_S = 1_000_000_000


@attrs.frozen
class Agreement:
    """How often something held."""

    agree: int
    of: int

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.agree} of {self.of}" if self.of else "0 (none to compare)"

    def as_json(self) -> dict[str, int]:
        """Both numbers."""
        return {"agree": self.agree, "of": self.of}


@attrs.frozen
class Troubles:
    """Lines or frames that were passed over: how many, and the first few."""

    count: int = 0
    first: tuple[BadLine, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The number and the first few."""
        return {
            "count": self.count,
            "first": [{"line": bad.line, "why": bad.why} for bad in self.first],
        }


@attrs.frozen
class BookFigures:
    """How the books did."""

    rebuilt: int
    """Books that a snapshot began."""
    restored: int
    """Snapshots for a book that had been given up."""
    broken: int
    """Books given up: a gap, an illegible frame, a new grid, a resolution, a contradiction."""
    snapshots: int
    later: Agreement
    """Snapshots of a token or market that had one before, held against the maintained book."""
    second_token: Agreement
    """First snapshots of a market's second token, held against the book of the first."""
    stated: Agreement
    """Best prices that the venue stated with a change, held against the maintained book's."""
    mirrored: Agreement
    """Level changes of markets with two tokens that came with their mirror image."""
    negative: int
    """Changes that would have left less than nothing at a price."""
    crossed_sightings: int
    """Frames after which a book was crossed."""
    crossed_books: int

    def as_json(self) -> dict[str, object]:
        """Several keys of the report."""
        return {
            "books": {
                "rebuilt": self.rebuilt,
                "restored": self.restored,
                "broken": self.broken,
                "snapshots": self.snapshots,
                "later_snapshots": self.later.as_json(),
                "second_token": self.second_token.as_json(),
            },
            "stated_best_prices": self.stated.as_json(),
            "mirrored_changes": self.mirrored.as_json(),
            "negative_levels": self.negative,
            "crossed": {"sightings": self.crossed_sightings, "books": self.crossed_books},
        }

    def lines(self) -> list[str]:
        """The same for people."""
        rebuilt = f"{self.rebuilt} rebuilt, {self.broken} broken off, {self.restored} restored"
        return [
            f"  books                {rebuilt}, {_count(self.snapshots, 'snapshot')}",
            f"  later snapshots      {self.later} equal the maintained book",
            f"  second tokens        {self.second_token} mirror the first token's book",
            f"  stated best prices   {self.stated} agree with the maintained book",
            f"  level changes        {self.mirrored} came with their mirror image",
            f"  negative levels      {self.negative}",
            f"  crossed books        {self.crossed_books} ({self.crossed_sightings} sightings)",
        ]


@attrs.frozen
class BasketFigures:
    """What the scanner made of it."""

    found: tuple[Episode, ...]
    """One for each time that a basket showed itself, however often it was seen."""
    refused: Mapping[str, int]
    """Baskets that the best prices promised, by why they were none."""
    fee_note: str

    @property
    def sightings(self) -> int:
        """How often a basket was found."""
        return sum(episode.sightings for episode in self.found)

    def as_json(self) -> dict[str, object]:
        """One key of the report."""
        return {
            "found": len(self.found),
            "sightings": self.sightings,
            "refused": dict(self.refused),
            "episodes": [_episode_json(episode) for episode in self.found],
            "fees": self.fee_note,
        }

    def lines(self) -> list[str]:
        """The same for people."""
        return [
            f"  baskets found        {len(self.found)} ({self.sightings} sightings), {self.fee_note}",
            *(f"    {_episode_line(episode)}, {self.fee_note}" for episode in self.found),
            f"  baskets refused      {sum(self.refused.values())}",
            *_reason_lines(self.refused),
        ]


@attrs.frozen
class ReplayReport:
    """Everything that a replay found."""

    file: str
    venues: tuple[Venue, ...]
    lines_read: int
    """Lines that are not empty."""
    bad_lines: Troubles
    frames: int
    by_type: Mapping[str, int]
    """Messages by type: one frame may hold several."""
    passed_over: Troubles
    """Frames that the venue's reader did not take whole."""
    markets: int
    first_ns: Ns
    last_ns: Ns
    applied: int
    """Changes: levels and snapshots."""
    ignored: Mapping[str, int]
    """By reason: what the readers skipped, and changes that came before any snapshot."""
    gaps: int
    """Breaks in a sequence of numbered frames."""
    books: BookFigures
    baskets: BasketFigures
    assumptions: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """How long the recording lasts."""
        return (self.last_ns - self.first_ns) / _NS_PER_S

    def as_json(self) -> dict[str, object]:
        """One object with always the same keys.

        `file`, `venues`, `lines`, `bad_lines` {count, first: [{line, why}]}, `frames` {total,
        by_type, passed_over: as bad_lines}, `recording` {first_ns, last_ns, seconds}, `markets`,
        `changes` {applied, ignored, ignored_by_reason}, `books` {rebuilt, restored,
        broken, snapshots, later_snapshots: {agree, of}, second_token: {agree, of}},
        `stated_best_prices` {agree, of}, `mirrored_changes` {agree, of}, `sequence_gaps`,
        `negative_levels`, `crossed` {sightings, books}, `baskets` {found, sightings, refused,
        episodes: [{template, title, first_ns, last_ns, sightings, best_size, best_profit}],
        fees}, `assumptions`. Sizes and dollars are decimal texts.
        """
        return {
            "file": self.file,
            "venues": [venue.value for venue in self.venues],
            "lines": self.lines_read,
            "bad_lines": self.bad_lines.as_json(),
            "frames": {
                "total": self.frames,
                "by_type": dict(self.by_type),
                "passed_over": self.passed_over.as_json(),
            },
            "recording": {
                "first_ns": self.first_ns,
                "last_ns": self.last_ns,
                "seconds": self.seconds,
            },
            "markets": self.markets,
            "changes": {
                "applied": self.applied,
                "ignored": sum(self.ignored.values()),
                "ignored_by_reason": dict(self.ignored),
            },
            "sequence_gaps": self.gaps,
            **self.books.as_json(),
            "baskets": self.baskets.as_json(),
            "assumptions": list(self.assumptions),
        }

    def lines(self) -> list[str]:
        """The same for people."""
        whose = " and ".join(self.venues)
        head = f"{whose}, {self.frames} frames in {self.seconds:.1f} s"
        return [
            f"{self.file}: {head}, {_count(self.markets, 'market')}",
            f"  frames by type       {_counts(self.by_type)}",
            *_trouble_lines("lines without a frame", self.bad_lines),
            *_trouble_lines("frames passed over", self.passed_over),
            f"  changes              {self.applied} applied, {sum(self.ignored.values())} ignored",
            *_reason_lines(self.ignored),
            f"  sequence gaps        {self.gaps}",
            *self.books.lines(),
            *self.baskets.lines(),
            *(f"  assumed: {text}" for text in self.assumptions),
        ]


def _episode_json(episode: Episode) -> dict[str, object]:
    return {
        "template": episode.template,
        "title": episode.title,
        "first_ns": episode.first_ns,
        "last_ns": episode.last_ns,
        "sightings": episode.sightings,
        "best_size": plain_text(episode.best_size),
        "best_profit": plain_text(episode.best_profit),
    }


def _episode_line(episode: Episode) -> str:
    size, profit = plain_text(episode.best_size), plain_text(episode.best_profit)
    return f"{episode.title}: {size} sets, profit {profit}"


def _trouble_lines(title: str, troubles: Troubles) -> list[str]:
    if not troubles.count:
        return []
    return [
        f"  {title}: {troubles.count}",
        *(f"    line {bad.line}: {bad.why}" for bad in troubles.first),
    ]


def _reason_lines(reasons: Mapping[str, int]) -> list[str]:
    return [f"    {reason}: {number}" for reason, number in reasons.items()]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in counts.items()) or "none"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
