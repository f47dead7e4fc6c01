"""What moves prices: looks of makers, news that reach one venue first, and makers who misread."""

import attrs

from arb.market.instruments import Venue
from arb.sim.flow.episodes import Ending, EpisodeKind
from arb.sim.flow.fairs import shift, wander
from arb.sim.flow.floor import Floor
from arb.sim.flow.pace import skewed_s
from arb.sim.flow.takers import Takers
from arb.sim.flow.topics import Quoted, Topic

LEADS = 0.8
"""How often Polymarket knows first (Ng et al.: Polymarket leads Kalshi)."""
LEAST_JUMP = 30_000
MEAN_JUMP = 35_000
"""Beyond the least, in millionths of a dollar."""
MOST_JUMP = 300_000
LAG_S, LAG_SIGMA = 3.0, 1.0
"""How long the slower venue believes the old price: the median, and the spread of its logarithm.
Recorded disagreements last 3.6 s (one market, NBA) to 16 s (sets) at the median."""
RACE = 0.5
"""How often informed takers trade through the stale quotes before their maker knows."""
MISREAD_S, MISREAD_SIGMA = 8.0, 1.1
LEAST_MISREAD, MEAN_MISREAD = 45_000, 30_000


@attrs.frozen
class News:
    """Moves what is true, and lets the venues find out."""

    floor: Floor
    takers: Takers

    def look(self) -> None:
        """A maker looks at one market and what depends on it; what is asked wanders meanwhile."""
        found = self.floor.topics.pick(self.floor.rng)
        if found is None:
            return
        topic, quoted = found
        wander(self.floor.rng, topic.question.subject, topic.fair, quoted.listed.answer)
        self.floor.makers.learn(topic, quoted)
        self._learn(topic, quoted.listed.venue)

    def break_out(self) -> None:
        """One venue learns something; the other a little later."""
        topic = self.floor.topics.pick_pair(self.floor.rng)
        if topic is None or len(topic.question.recipe.venues) == 1:
            return
        rng = self.floor.rng
        place = rng.randrange(len(topic.fair))
        jump = min(LEAST_JUMP + int(rng.expovariate(1 / MEAN_JUMP)), MOST_JUMP)
        shift(rng, topic.question.subject, topic.fair, place, rng.choice((-1, 1)) * jump)
        first, second = Venue.POLYMARKET, Venue.KALSHI
        if rng.random() > LEADS:
            first, second = second, first
        self._learn(topic, first)
        self.floor.episodes.begin(topic, EpisodeKind.NEWS, self.floor.agenda.now_s)
        lag_s = skewed_s(rng, LAG_S, LAG_SIGMA)
        if rng.random() < RACE:
            self.floor.agenda.after(lag_s * rng.random(), lambda: self._race(topic, second))
        self.floor.agenda.after(lag_s, lambda: self._hear(topic, second))

    def misread(self) -> None:
        """A maker misreads one market of a set, and notices after a while."""
        rng = self.floor.rng
        found = self.floor.topics.pick_set(rng)
        if found is None or found[1].offset or found[1].frozen is not None:
            return
        quoted = found[1]
        by = LEAST_MISREAD + int(rng.expovariate(1 / MEAN_MISREAD))
        quoted.offset = rng.choice((-1, 1)) * by
        self.floor.makers.quote(quoted)
        self.floor.episodes.begin(quoted, EpisodeKind.MISREAD, self.floor.agenda.now_s)
        self.floor.agenda.after(
            skewed_s(rng, MISREAD_S, MISREAD_SIGMA), lambda: self._notice(quoted)
        )

    def _hear(self, topic: Topic, venue: Venue) -> None:
        self.floor.episodes.end(topic, Ending.NOTICED, self.floor.agenda.now_s)
        self._learn(topic, venue)

    def _race(self, topic: Topic, venue: Venue) -> None:
        for quoted in topic.on(venue):
            self.takers.trade_through(quoted, topic.truth(quoted.listed))
        self.floor.episodes.end(topic, Ending.TAKEN, self.floor.agenda.now_s)

    def _learn(self, topic: Topic, venue: Venue) -> None:
        for quoted in topic.on(venue):
            if quoted.belief != topic.truth(quoted.listed):
                self.floor.makers.learn(topic, quoted)

    def _notice(self, quoted: Quoted) -> None:
        self.floor.episodes.end(quoted, Ending.NOTICED, self.floor.agenda.now_s)
        quoted.offset = 0
        self.floor.makers.quote(quoted)
