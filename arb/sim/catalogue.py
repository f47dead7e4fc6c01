"""What the simulated world lists, what is the same question on both venues, and where the traps are."""

import enum
from collections.abc import Iterable, Iterator

import attrs

from arb.market.instruments import MarketId, Venue
from arb.sim.kalshi.listing import KalshiCatalogue, KalshiEvent, KalshiMarket, KalshiSeries
from arb.sim.polymarket.listing import PolymarketEvent
from arb.sim.questions.subject import Subject


class Kind(enum.StrEnum):
    """What a question looks like."""

    YES_NO = "yes_no"
    COMPLETE = "complete"
    """Several answers of which one must come true."""
    OPEN_ENDED = "open_ended"
    """Several answers that exclude each other and are not all: augmented on Polymarket."""
    THRESHOLDS = "thresholds"
    DEADLINES = "deadlines"
    GAME = "game"
    UP_DOWN = "up_down"
    """Whether a coin rises within a quarter of an hour: worth what its spot price says."""
    TWO_THRESHOLDS = "two_thresholds"
    """From here on: what looks like one question on both venues and is not."""
    TWO_DEADLINES = "two_deadlines"
    TWO_EDITIONS = "two_editions"
    OPPOSITES = "opposites"

    @property
    def is_false_twin(self) -> bool:
        """Say whether a matcher may wrongly take it for a pair."""
        return self in FALSE_TWINS


FALSE_TWINS = (Kind.TWO_THRESHOLDS, Kind.TWO_DEADLINES, Kind.TWO_EDITIONS, Kind.OPPOSITES)


class TrapKind(enum.StrEnum):
    """What is not what it looks like."""

    STALE_SIDE = "stale_side"
    """One side of one market stops following now and then, until an order arrives."""
    PHANTOM = "phantom"
    """A large edge that is gone when an order arrives."""
    THIN_TOP = "thin_top"
    """One contract at the best prices."""
    LOOKS_OPEN = "looks_open"
    """The metadata say open, the venue takes no order."""


@attrs.frozen
class Trap:
    """One trap in one market."""

    kind: TrapKind
    market: MarketId


@attrs.frozen
class Recipe:
    """How a question was drawn, and how the one that follows it will be."""

    kind: Kind
    venues: frozenset[Venue]


@attrs.frozen
class Listed:
    """One market of a question."""

    market: MarketId
    venue: Venue
    answer: int
    """Which of the question's answers it asks about."""
    inverted: bool = False
    """It asks whether that does not happen."""


@attrs.frozen
class Question:
    """One question with the markets that ask it."""

    subject: Subject
    recipe: Recipe
    listed: tuple[Listed, ...]

    @property
    def answers(self) -> int:
        """How many labels."""
        return len(self.subject.labels)

    def on(self, venue: Venue) -> tuple[Listed, ...]:
        """The markets of one venue."""
        return tuple(one for one in self.listed if one.venue is venue)

    @property
    def polymarket(self) -> tuple[MarketId, ...]:
        """The markets on Polymarket."""
        return tuple(one.market for one in self.on(Venue.POLYMARKET))

    @property
    def kalshi(self) -> tuple[MarketId, ...]:
        """The markets on Kalshi."""
        return tuple(one.market for one in self.on(Venue.KALSHI))


@attrs.frozen
class Twins:
    """Two markets that a matcher may take for the same question."""

    kalshi: MarketId
    polymarket: MarketId
    same: bool
    reason: str
    inverted: bool = False
    """YES of one is NO of the other."""


@attrs.frozen
class Draw:
    """One new question with everything that must be listed for it."""

    questions: tuple[Question, ...]
    twins: tuple[Twins, ...] = ()
    polymarket: tuple[PolymarketEvent, ...] = ()
    series: tuple[KalshiSeries, ...] = ()
    events: tuple[KalshiEvent, ...] = ()
    markets: tuple[KalshiMarket, ...] = ()


@attrs.frozen
class Mix:
    """How many questions of each kind are listed, and how many markets have a trap."""

    both_yes_no: int = 8
    polymarket_yes_no: int = 4
    kalshi_yes_no: int = 4
    both_complete: int = 3
    polymarket_complete: int = 3
    kalshi_complete: int = 1
    both_open_ended: int = 1
    polymarket_open_ended: int = 1
    kalshi_open_ended: int = 2
    both_thresholds: int = 1
    kalshi_thresholds: int = 1
    polymarket_deadlines: int = 1
    both_games: int = 2
    polymarket_games: int = 3
    kalshi_games: int = 2
    polymarket_up_down: int = 0
    """Only where somebody asks for them: they are for the statistical lanes."""
    false_twins: int = 4
    """Of every kind in turn."""
    traps: int = 8
    """Of every kind in turn."""
    most_answers: int = 12
    """No question has more answers than this."""

    @classmethod
    def of(cls, markets: int) -> "Mix":
        """The usual mix, scaled to about so many markets of both venues together.

        Raises ValueError below 40: a world needs some of most kinds.
        """
        if markets < LEAST_MARKETS:
            raise ValueError(f"a world has at least {LEAST_MARKETS} markets: {markets}")
        counts = {
            name: -(-count * markets // USUAL_MARKETS)
            for name, count in attrs.asdict(cls()).items()
        }
        largest = min(max(markets // 20, cls().most_answers), MOST_ANSWERS)
        return cls(**counts | {"most_answers": largest})

    def recipes(self) -> Iterator[Recipe]:
        """Every question to be drawn, pairs that are not the same question last."""
        for name, count in attrs.asdict(self).items():
            where, _, kind = name.partition("_")
            if where in _WHERE:
                recipe = Recipe(_KINDS[kind], _WHERE[where])
                yield from (recipe for _ in range(count))
        for number in range(self.false_twins):
            yield Recipe(FALSE_TWINS[number % len(FALSE_TWINS)], _WHERE["both"])


_WHERE = {
    "both": frozenset(Venue),
    "polymarket": frozenset({Venue.POLYMARKET}),
    "kalshi": frozenset({Venue.KALSHI}),
}
_KINDS = {
    "yes_no": Kind.YES_NO,
    "complete": Kind.COMPLETE,
    "open_ended": Kind.OPEN_ENDED,
    "thresholds": Kind.THRESHOLDS,
    "deadlines": Kind.DEADLINES,
    "games": Kind.GAME,
    "up_down": Kind.UP_DOWN,
}
USUAL_MARKETS = 165
"""How many markets the usual counts make with the largest questions, on average over many seeds."""
MOST_ANSWERS = 60
"""Of one question, in a world large enough for it."""
LEAST_MARKETS = 40


@attrs.define
class Catalogue:
    """Everything listed on both venues now, and the series of everything that ever was."""

    questions: list[Question] = attrs.field(factory=list)
    twins: list[Twins] = attrs.field(factory=list)
    traps: list[Trap] = attrs.field(factory=list)
    polymarket: list[PolymarketEvent] = attrs.field(factory=list)
    series: dict[str, KalshiSeries] = attrs.field(factory=dict)
    events: list[KalshiEvent] = attrs.field(factory=list)
    markets: list[KalshiMarket] = attrs.field(factory=list)

    @property
    def kalshi(self) -> KalshiCatalogue:
        """Kalshi's lists."""
        return KalshiCatalogue(tuple(self.series.values()), tuple(self.events), tuple(self.markets))

    def add(self, draw: Draw) -> None:
        """List what was drawn."""
        self.questions += draw.questions
        self.twins += draw.twins
        self.polymarket += draw.polymarket
        self.series.update({one.ticker: one for one in draw.series})
        self.events += draw.events
        self.markets += draw.markets

    def trapped(self, kind: TrapKind) -> list[MarketId]:
        """The markets with one kind of trap."""
        return [trap.market for trap in self.traps if trap.kind is kind]

    def count(self) -> int:
        """How many markets are listed on both venues together."""
        return len(self.markets) + sum(len(event.markets) for event in self.polymarket)


def pairs(twins: Iterable[Twins]) -> list[dict[str, object]]:
    """Candidate pairs as plain values, in the words of a file of pairs."""
    return [
        {
            "kalshi": str(one.kalshi),
            "polymarket": str(one.polymarket),
            "polymarket_yes_is_kalshi_yes": not one.inverted,
            "verified": one.same,
            "reason": one.reason,
            "source": "the simulated venues",
        }
        for one in twins
    ]
