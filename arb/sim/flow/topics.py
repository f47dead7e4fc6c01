"""The questions that are open now, what their answers are worth, and how much goes on in each."""

import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate

import attrs

from arb.market.instruments import MarketId, Venue
from arb.market.units import MICRO, Px, Qty
from arb.sim.catalogue import Listed, Question, Recipe
from arb.sim.engine import Exchange
from arb.sim.questions.subject import Shape

SIGMA = 2.0
"""Activity of questions is log-normal. The logarithm of a day's volume has a standard deviation of 1.8
on Polymarket and 2.4 on Kalshi (37 recorded pairs)."""
MOST_ACTIVE = 150.0
"""A question is at most so many times as active as the median."""
EVENLY = 0.3
"""Of all looks, this part goes to questions at random: quiet ones are quoted too."""


@attrs.frozen
class Profile:
    """How a market is quoted. Prices are in millionths of a dollar."""

    half: int
    """From the middle to the best price."""
    gap: int
    """Between the best prices and the next; later gaps grow."""
    levels: int
    """On each side."""
    size: int
    """Contracts at the best price, about."""
    thin: bool = False
    """One contract at the best prices."""


@attrs.define(eq=False)
class Quoted:
    """One market as its maker sees it."""

    exchange: Exchange
    listed: Listed
    profile: Profile
    belief: int
    """What the maker thinks it is worth, in millionths of a dollar."""
    offset: int = 0
    """How wrong the maker is about it."""
    frozen: bool | None = None
    """The side that does not follow: True the bids, False the asks."""
    silent: bool = False
    """Nobody quotes any more."""
    orders: dict[tuple[bool, Px], str] = attrs.field(factory=dict)
    """Resting quotes by side (True: bid) and price."""

    @property
    def market(self) -> MarketId:
        """Our name of the market."""
        return self.listed.market

    @property
    def takes_orders(self) -> bool:
        """Say whether the venue takes orders now: it is neither halted nor over."""
        market = self.listed.market
        return self.exchange.is_open(market) and not self.exchange.is_halted(market)


@attrs.define(eq=False)
class Topic:
    """One question with its true values, and what each venue believes."""

    question: Question
    fair: list[int]
    quoted: tuple[Quoted, ...]
    ended: bool = False

    def truth(self, listed: Listed) -> int:
        """What YES of one market is worth."""
        value = self.fair[listed.answer]
        return MICRO - value if listed.inverted else value

    def on(self, venue: Venue) -> list[Quoted]:
        """The markets of one venue."""
        return [one for one in self.quoted if one.listed.venue is venue]

    @property
    def is_set(self) -> bool:
        """Say whether its answers exclude each other."""
        return self.question.subject.shape is Shape.ONE_OF


@attrs.define(eq=False)
class Lot:
    """What was drawn together: one question, or two that look like one. Its place stays."""

    recipe: Recipe
    activity: float
    """How many times as active as the median question."""
    topics: list[Topic] = attrs.field(factory=list)

    @property
    def open(self) -> list[Topic]:
        """The questions that have not ended."""
        return [topic for topic in self.topics if not topic.ended]


class Topics:
    """Every lot. Picks where something happens next."""

    def __init__(self, lots: Sequence[Lot]) -> None:
        """Take all places; later questions move into them."""
        self.lots = tuple(lots)
        self._ends = list(accumulate(lot.activity for lot in lots))
        self._both = [lot for lot in lots if len(lot.recipe.venues) > 1]

    def __iter__(self) -> Iterator[Topic]:
        """Go through the open questions."""
        for lot in self.lots:
            yield from lot.open

    def pick(self, rng: random.Random) -> tuple[Topic, Quoted] | None:
        """A market by its activity; None where its question has just ended."""
        if rng.random() < EVENLY:
            lot = rng.choice(self.lots)
        else:
            lot = self.lots[bisect(self._ends, rng.random() * self._ends[-1])]
        topics = lot.open
        if not topics:
            return None
        topic = rng.choice(topics)
        return topic, rng.choice(topic.quoted)

    def pick_pair(self, rng: random.Random) -> Topic | None:
        """A question of both venues, all alike likely."""
        topics = rng.choice(self._both).open if self._both else []
        return topics[0] if topics else None

    def pick_set(self, rng: random.Random) -> tuple[Topic, Quoted] | None:
        """One market of a question with several answers, all such questions alike likely."""
        for _ in range(_TRIES):
            topics = rng.choice(self.lots).open
            if topics and topics[0].is_set:
                return topics[0], rng.choice(topics[0].quoted)
        return None


_TRIES = 20


def activity(rng: random.Random) -> float:
    """Draw how active a question is."""
    return min(rng.lognormvariate(0.0, SIGMA), MOST_ACTIVE)


def profile(rng: random.Random, active: float, *, thin: bool = False) -> Profile:
    """Draw how a market is quoted: the busier, the tighter, deeper and larger."""
    busy = min(active, MOST_ACTIVE) ** 0.5
    return Profile(
        half=min(int(1_500 * rng.lognormvariate(0.0, 0.5) / busy**0.4), 25_000),
        gap=rng.randrange(3_000, 7_000),
        levels=min(3 + int(busy), 9),
        size=max(int(30 * rng.lognormvariate(0.0, 0.8) * busy), 6),
        thin=thin,
    )


def contracts(count: int) -> Qty:
    """So many whole contracts."""
    return Qty(count * MICRO)
