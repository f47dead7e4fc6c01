"""The order flow of the simulated venues, and the arbitrages that it leaves behind.

Every question has values that wander. A maker quotes each market around what its venue believes; news
move one venue first and the other seconds later; now and then a maker misreads one market of a set.
So arbitrages appear, and vanish by themselves, or because somebody was there first. Questions end and
others follow. Everything is drawn from seeded generators in the order of the flow's own clock, and acts
through the matching engines and the venues' operators only.
"""

import random
from collections import Counter
from collections.abc import Callable

import trio

from arb.market.instruments import MarketId, Venue
from arb.market.units import MICRO, Clock, Ns
from arb.sim.catalogue import Catalogue, Question, Recipe, TrapKind
from arb.sim.drawing import Drawing
from arb.sim.engine import RejectCode
from arb.sim.flow.agenda import Act, Agenda
from arb.sim.flow.endings import Endings, Openings
from arb.sim.flow.episodes import Episodes
from arb.sim.flow.floor import Floor
from arb.sim.flow.incidents import Incidents
from arb.sim.flow.makers import Makers
from arb.sim.flow.news import News
from arb.sim.flow.pace import Pace, exponential_s
from arb.sim.flow.takers import Takers
from arb.sim.flow.topics import Lot, Quoted, Topics, activity
from arb.sim.flow.traders import Traders
from arb.sim.flow.traps import Traps
from arb.sim.flow.venues import Venues

NS_PER_S = 1_000_000_000


class Flow:
    """Makes both venues live. `speed_ppm` divides every pause (1,000,000: as it is)."""

    def __init__(  # noqa: PLR0913 - what it acts on and how
        self,
        venues: Venues,
        catalogue: Catalogue,
        drawing: Drawing,
        rng: random.Random,
        *,
        now_ns: Clock,
        pace: Pace | None = None,
        speed_ppm: int = MICRO,
    ) -> None:
        """Fund the flow's accounts and put up the first quotes."""
        self.traders = Traders()
        self.episodes = Episodes()
        self._now_ns = now_ns
        self._speed = speed_ppm / MICRO
        self._agenda = Agenda()
        self._floor = Floor(
            rng=rng,
            agenda=self._agenda,
            pace=pace or Pace.of(catalogue.count()),
            traders=self.traders,
            makers=Makers(rng, self.traders),
            topics=Topics(_lots(rng, catalogue)),
            episodes=self.episodes,
        )
        thin = frozenset(catalogue.trapped(TrapKind.THIN_TOP))
        openings = Openings(rng, venues.exchanges, thin)
        self.endings = Endings(self._floor, venues, openings, drawing, catalogue, self._moment)
        self.traps = Traps(self._floor, random.Random(rng.getrandbits(64)))
        self._start_ns = now_ns()
        self._open(venues, openings, catalogue)
        self._start_ns = now_ns()
        self._begin(venues)

    @property
    def refused(self) -> Counter[RejectCode]:
        """Orders of the flow that a venue did not take, by reason."""
        return self.traders.refused

    @property
    def topics(self) -> Topics:
        """The questions that are open now."""
        return self._floor.topics

    @property
    def makers(self) -> Makers:
        """Those who quote them."""
        return self._floor.makers

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Act when it is time, until cancelled."""
        start = trio.current_time() - (self._now_ns() - self._start_ns) / NS_PER_S
        task_status.started()
        while True:
            await trio.sleep_until(start + self._agenda.next_s / self._speed)
            self._agenda.run_next()

    # --- beginning ------------------------------------------------------------------------------

    def _open(self, venues: Venues, openings: Openings, catalogue: Catalogue) -> None:
        """Make a topic of every question, in its lot's place."""
        for exchange in venues.exchanges.values():
            self.traders.fund(exchange)
        quoted: dict[MarketId, Quoted] = {}
        for lot, questions in zip(
            self._floor.topics.lots, _together(catalogue.questions), strict=True
        ):
            lot.topics = [openings.topic(one, lot.activity) for one in questions]
            for topic in lot.topics:
                quoted.update({one.market: one for one in topic.quoted})
                self.endings.open(topic)
        self.traps.place(catalogue.traps, quoted)

    def _begin(self, venues: Venues) -> None:
        floor, pace = self._floor, self._floor.pace
        for lot in floor.topics.lots:
            for topic in lot.topics:
                self.endings.book(lot, topic)
        takers = Takers(floor)
        news, incidents = News(floor, takers), Incidents(floor, venues)
        self._every(pace.look_s, news.look)
        self._every(pace.noise_s, takers.trade_noise)
        self._every(pace.news_s, news.break_out)
        self._every(pace.misread_s, news.misread)
        self._every(pace.halt_s, incidents.halt)
        self._every(pace.grid_s, incidents.refine)

    def _every(self, mean_s: float, act: Act) -> None:
        pause: Callable[[], float] = lambda: exponential_s(self._floor.rng, mean_s)  # noqa: E731
        self._agenda.repeat(pause, act)

    def _moment(self, at: Ns) -> float:
        """When it is `at`, in seconds of the flow's clock."""
        return (at - self._start_ns) / NS_PER_S * self._speed


def _together(questions: list[Question]) -> list[list[Question]]:
    """Questions that were drawn together: two that only look alike are one lot."""
    lots: list[list[Question]] = []
    for question in questions:
        kind = question.recipe.kind
        alone = not kind.is_false_twin or len(question.recipe.venues) > 1
        if alone or question.recipe.venues == frozenset({Venue.POLYMARKET}):
            lots.append([question])
        else:
            lots[-1].append(question)
    return lots


def _lots(rng: random.Random, catalogue: Catalogue) -> list[Lot]:
    lots = []
    for questions in _together(catalogue.questions):
        kind = questions[0].recipe.kind
        venues = frozenset(one.venue for question in questions for one in question.listed)
        lots.append(Lot(Recipe(kind, venues), activity(rng)))
    return lots
