"""What everybody on the floor shares."""

import random

import attrs

from arb.sim.flow.agenda import Agenda
from arb.sim.flow.episodes import Episodes
from arb.sim.flow.makers import Makers
from arb.sim.flow.pace import Pace
from arb.sim.flow.topics import Topics
from arb.sim.flow.traders import Traders


@attrs.frozen
class Floor:
    """Chance, time, the makers, the open questions, and what was planted in them."""

    rng: random.Random
    agenda: Agenda
    pace: Pace
    traders: Traders
    makers: Makers
    topics: Topics
    episodes: Episodes
