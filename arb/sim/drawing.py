"""Draws questions from a seeded generator: at the start of a world, and one by one while it lives."""

import random
from collections.abc import Callable, Iterator, Sequence

import attrs

from arb.market.instruments import Venue
from arb.market.units import Clock, Ns
from arb.sim.catalogue import (
    Catalogue,
    Draw,
    Kind,
    Listed,
    Mix,
    Question,
    Recipe,
    Trap,
    TrapKind,
    Twins,
)
from arb.sim.kalshi_drawing import KalshiDrawing
from arb.sim.polymarket_drawing import PolymarketDrawing
from arb.sim.questions.dealer import Dealer
from arb.sim.questions.subject import NS_PER_S, Shape, Subject

LEAST_ANSWERS = 3
TAIL = 1.6
"""Exponent of the Pareto distribution of how many answers a question has: half of all have 3 or 4,
one in fifty more than 30."""
LADDER = (3, 6)
"""Levels or deadlines of a nested question."""
GAME_S = (2_400, 9_000)
"""How long games take."""
FIRST_END_S = 60
SOON_S = 240
"""The first game of each venue ends after a minute, others of one venue alone every few minutes."""
NEXT_S = (600, 5_400)
"""When games of one venue end that are listed later: under way already."""
LATER_S = (3_600, 259_200)
"""When games end that both venues list."""
SAME = "the same question, day and outcome on both venues"


def draw(rng: random.Random, now_ns: Clock, mix: Mix) -> tuple[Catalogue, "Drawing"]:
    """Draw a world's questions, and what goes on drawing them."""
    catalogue, drawing = Catalogue(), Drawing(rng, now_ns, mix.most_answers)
    for recipe in mix.recipes():
        catalogue.add(drawing.first(recipe))
    catalogue.traps += _traps(rng, catalogue, mix.traps)
    return catalogue, drawing


class Drawing:
    """Makes new questions by recipe, for as long as a world lives."""

    def __init__(self, rng: random.Random, now_ns: Clock, most_answers: int) -> None:
        """Shuffle the words."""
        self._rng = rng
        self._most_answers = most_answers
        self._now_ns = now_ns
        self._dealer = Dealer(rng, now_ns)
        self._polymarket = PolymarketDrawing(rng, now_ns)
        self._kalshi = KalshiDrawing(rng, now_ns)
        self._soon_s = dict.fromkeys(Venue, float(FIRST_END_S))

    def first(self, recipe: Recipe) -> Draw:
        """A question for the start of a world: some of its games are nearly over."""
        if recipe.kind is Kind.GAME and len(recipe.venues) == 1:
            (venue,) = recipe.venues
            ends_s = self._soon_s[venue]
            self._soon_s[venue] += self._rng.uniform(SOON_S / 4, 3 * SOON_S)
            return self._list(recipe, self._game(round(ends_s)))
        return self.next(recipe)

    def next(self, recipe: Recipe) -> Draw:
        """A question of the same kind on the same venues as another that has ended."""
        if recipe.kind.is_false_twin:
            return self._list_two(recipe)
        if recipe.kind is Kind.GAME:
            soon = len(recipe.venues) == 1
            return self._list(recipe, self._game(self._rng.randint(*(NEXT_S if soon else LATER_S))))
        return self._list(recipe, self._deal[recipe.kind]())

    # --- what is asked ------------------------------------------------------------------------------

    @property
    def _deal(self) -> dict[Kind, Callable[[], Subject]]:
        ladder = self._rng.randint(*LADDER)
        return {
            Kind.YES_NO: self._dealer.yes_or_no,
            Kind.COMPLETE: lambda: self._dealer.all_answers(self._size()),
            Kind.OPEN_ENDED: lambda: self._dealer.one_of_many(self._size()),
            Kind.THRESHOLDS: lambda: self._dealer.thresholds(ladder),
            Kind.DEADLINES: lambda: self._dealer.deadlines(ladder),
            Kind.UP_DOWN: self._dealer.up_down,
        }

    def _size(self) -> int:
        return min(int(LEAST_ANSWERS * self._rng.paretovariate(TAIL)), self._most_answers)

    def _game(self, ends_s: int) -> Subject:
        ends_ns = Ns(self._now_ns() + ends_s * NS_PER_S)
        return self._dealer.game(ends_ns, self._rng.randint(*GAME_S))

    # --- who lists it -------------------------------------------------------------------------------

    def _list(self, recipe: Recipe, subject: Subject) -> Draw:
        made = Draw(())
        listed: list[Listed] = []
        if Venue.POLYMARKET in recipe.venues:
            event = self._polymarket.event(subject)
            made = attrs.evolve(made, polymarket=(event,))
            named = event.markets[: 1 if subject.starts_ns else len(subject.labels)]
            listed += [
                Listed(market.id, Venue.POLYMARKET, answer) for answer, market in enumerate(named)
            ]
        if Venue.KALSHI in recipe.venues:
            series, about, markets = self._kalshi.event(subject)
            made = attrs.evolve(made, series=series, events=(about,), markets=markets)
            listed += [
                Listed(self._kalshi.id(market), Venue.KALSHI, answer)
                for answer, market in enumerate(markets)
            ]
        question = Question(subject, recipe, tuple(listed))
        return attrs.evolve(made, questions=(question,), twins=tuple(_twins(question)))

    def _list_two(self, recipe: Recipe) -> Draw:
        """One market on each venue that only look alike."""
        if recipe.kind is Kind.OPPOSITES:
            return self._list_opposites(recipe)
        deal = {
            Kind.TWO_THRESHOLDS: self._dealer.two_thresholds,
            Kind.TWO_DEADLINES: self._dealer.two_deadlines,
            Kind.TWO_EDITIONS: self._dealer.two_editions,
        }[recipe.kind]
        low, high = deal()
        poly = self._list(Recipe(recipe.kind, frozenset({Venue.POLYMARKET})), low)
        kalshi = self._list(Recipe(recipe.kind, frozenset({Venue.KALSHI})), high)
        reason = f"not the same question: {low.text(low.question, 0, '')} {high.text(high.question, 1, '')}"
        twins = Twins(kalshi.questions[0].kalshi[0], poly.questions[0].polymarket[0], False, reason)  # noqa: FBT003
        return attrs.evolve(
            poly,
            questions=(*poly.questions, *kalshi.questions),
            twins=(twins,),
            series=kalshi.series,
            events=kalshi.events,
            markets=kalshi.markets,
        )

    def _list_opposites(self, recipe: Recipe) -> Draw:
        made = self._list(recipe, self._dealer.opposites())
        poly, kalshi = made.questions[0].listed
        question = attrs.evolve(
            made.questions[0], listed=(poly, attrs.evolve(kalshi, inverted=True))
        )
        reason = "each other's opposite: one asks whether it happens, the other whether it does not"
        twins = Twins(kalshi.market, poly.market, same=False, reason=reason)
        return attrs.evolve(made, questions=(question,), twins=(twins,))


def _twins(question: Question) -> Iterator[Twins]:
    """Each market of one venue with that of the other for the same answer."""
    by_answer = {one.answer: one.market for one in question.on(Venue.POLYMARKET)}
    if not by_answer:
        return
    for one in question.on(Venue.KALSHI):
        if one.answer in by_answer:
            yield Twins(one.market, by_answer[one.answer], same=True, reason=SAME)
        elif question.subject.starts_ns is not None:
            reason = "the same game; Kalshi asks about the other side"
            yield Twins(one.market, by_answer[0], same=True, reason=reason, inverted=True)


def _traps(rng: random.Random, catalogue: Catalogue, count: int) -> list[Trap]:
    """Put traps of every kind in turn, each into a question of its own.

    What only looks open is a question of one venue; the others are where baskets are made of them.
    """
    lone, joined = _decks(catalogue)
    rng.shuffle(lone)
    rng.shuffle(joined)
    kinds: Sequence[TrapKind] = tuple(TrapKind)
    traps = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        deck = lone if kind is TrapKind.LOOKS_OPEN else joined
        if deck:
            traps.append(Trap(kind, rng.choice(deck.pop().listed).market))
    return traps


def _decks(catalogue: Catalogue) -> tuple[list[Question], list[Question]]:
    """Questions that stand alone, and those that baskets are made of."""
    lone, joined = [], []
    for question in catalogue.questions:
        kind, pair = question.recipe.kind, len(question.recipe.venues) > 1
        if kind is Kind.YES_NO and not pair:
            lone.append(question)
        if kind is Kind.GAME or kind.is_false_twin:
            continue
        if pair or question.subject.shape is Shape.ONE_OF:
            joined.append(question)
    return lone, joined
