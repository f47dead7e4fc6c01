"""Questions end and others take their places, so that a world lives for as long as it may."""

import random
from collections.abc import Callable, Iterator

import attrs

from arb.market.instruments import MarketId, Venue
from arb.market.units import MICRO, Ns, Px
from arb.sim.catalogue import Catalogue, Kind, Question
from arb.sim.drawing import Drawing
from arb.sim.engine import Exchange
from arb.sim.flow.fairs import come_out, first_fair
from arb.sim.flow.floor import Floor
from arb.sim.flow.topics import Lot, Quoted, Topic, profile
from arb.sim.flow.venues import Venues

LEAVE_S = (20.0, 40.0)
"""How long before the end makers take their quotes away."""
ANSWER_S = (2.0, 20.0)
"""From the end to the moment when both venues say how it came out."""
NEXT_S = (5.0, 60.0)
"""From there to the listing of the next question in its place."""
VOID = 0.02
"""How many yes/no questions of one venue alone pay half a dollar to both sides."""
HALF = Px(MICRO // 2)
WHOLE = Px(MICRO)
NOTHING = Px(0)


class Openings:
    """Turns questions into topics that are quoted."""

    def __init__(
        self, rng: random.Random, exchanges: dict[Venue, Exchange], thin: frozenset[MarketId]
    ) -> None:
        """`thin` are the markets with one contract at the best prices."""
        self._rng = rng
        self._exchanges = exchanges
        self._thin = thin

    def topic(self, question: Question, active: float) -> Topic:
        """A question with its first values."""
        topic = Topic(question, first_fair(self._rng, question.subject), ())
        topic.quoted = tuple(self._quoted(topic, active))
        return topic

    def _quoted(self, topic: Topic, active: float) -> Iterator[Quoted]:
        for listed in topic.question.listed:
            yield Quoted(
                exchange=self._exchanges[listed.venue],
                listed=listed,
                profile=profile(self._rng, active, thin=listed.market in self._thin),
                belief=topic.truth(listed),
            )


@attrs.define(eq=False)
class Endings:
    """Books the end of every question, and what comes after it."""

    floor: Floor
    venues: Venues
    openings: Openings
    drawing: Drawing
    catalogue: Catalogue
    when: Callable[[Ns], float]
    """The moment of the flow's clock for a time."""
    ended: int = 0
    """Questions that came out."""
    listed: int = 0
    """Questions listed since the start."""

    def book(self, lot: Lot, topic: Topic) -> None:
        """Book everything from the leaving of the makers to the listing of the next question."""
        rng, agenda = self.floor.rng, self.floor.agenda
        ends_s = self.when(topic.question.subject.ends_ns)
        agenda.at(ends_s - rng.uniform(*LEAVE_S), lambda: self.floor.makers.leave(topic))
        agenda.at(ends_s + rng.uniform(*ANSWER_S), lambda: self._come_out(lot, topic))

    def _come_out(self, lot: Lot, topic: Topic) -> None:
        """Both venues say the same about the same question."""
        topic.ended = True
        self.ended += 1
        self.floor.makers.leave(topic)
        results = come_out(self.floor.rng, topic.question.subject, topic.fair)
        void = self._is_void(topic)
        for quoted in topic.quoted:
            one = quoted.listed
            yes = results[one.answer] is not one.inverted
            self.venues.end(one.venue, one.market, HALF if void else WHOLE if yes else NOTHING)
        if not lot.open:
            self.floor.agenda.after(self.floor.rng.uniform(*NEXT_S), lambda: self._go_on(lot))

    def _is_void(self, topic: Topic) -> bool:
        recipe = topic.question.recipe
        alone = recipe.kind is Kind.YES_NO and len(recipe.venues) == 1
        return alone and self.floor.rng.random() < VOID

    def _go_on(self, lot: Lot) -> None:
        """List another question of the kind in the place of one that ended."""
        draw = self.drawing.next(lot.recipe)
        self.venues.list_draw(draw)
        self.catalogue.add(draw)
        lot.topics = [self.openings.topic(one, lot.activity) for one in draw.questions]
        for topic in lot.topics:
            self.listed += 1
            self.open(topic)
            self.book(lot, topic)

    def open(self, topic: Topic) -> None:
        """Put up the first quotes of a question."""
        for quoted in topic.quoted:
            self.floor.traders.stock(quoted.exchange, quoted.market)
            self.floor.makers.quote(quoted)
