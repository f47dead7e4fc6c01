"""Lets coins move, once a second, and with them what their questions are worth."""

import random
from collections.abc import Sequence

import attrs
import trio

from arb.market.units import Clock, Ns
from arb.sim.catalogue import Kind
from arb.sim.flow.makers import Makers
from arb.sim.flow.topics import Topic, Topics
from arb.sim.questions.subject import NS_PER_S
from arb.sim.questions.up_down import QUARTER_NS
from arb.sim.spot.hub import SpotHub
from arb.sim.spot.prices import CoinWalk

ATTENTION = 1 / 8
"""A maker looks at a coin's price in one second of so many, and quotes its questions anew."""
SOONEST_S = 0.001
"""Trio's clock may be a hair early."""


@attrs.frozen
class SpotLife:
    """Moves coins, values their questions, and tells the streams. Never touches another question."""

    walks: Sequence[CoinWalk]
    hubs: tuple[SpotHub, SpotHub]
    """Polymarket's and Coinbase's."""
    topics: Topics
    makers: Makers
    rng: random.Random
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Go on from full second to full second by the venue's clock. Never returns."""
        self._value()
        task_status.started()
        while True:
            due_ns = self.walks[0].now.at_ns + NS_PER_S
            await trio.sleep(max((due_ns - self.now_ns()) / NS_PER_S, SOONEST_S))
            while due_ns <= self.now_ns():
                self._step(Ns(due_ns))
                due_ns += NS_PER_S

    def _step(self, at_ns: Ns) -> None:
        for walk in self.walks:
            walk.step(at_ns)
        self._value()
        for hub in self.hubs:
            hub.tell()

    def _value(self) -> None:
        """Say what each open question is worth now; its maker may notice later."""
        by_series = {f"KX{walk.coin.code}15M": walk for walk in self.walks}
        for topic in self.topics:
            if topic.question.recipe.kind is Kind.UP_DOWN:
                self._revalue(topic, by_series[topic.question.subject.series])

    def _revalue(self, topic: Topic, walk: CoinWalk) -> None:
        start_ns = Ns(topic.question.subject.ends_ns - QUARTER_NS)
        topic.fair[0] = walk.chance_of_up(start_ns)
        for quoted in topic.quoted:
            if not quoted.silent and self.rng.random() < ATTENTION:
                self.makers.learn(topic, quoted)
