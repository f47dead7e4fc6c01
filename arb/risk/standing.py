"""How far trading is stopped: who holds it back, why, and what lifts that.

Several may hold at once; the strictest decides. An operator's verbs mean the same wherever they
come from: the KILL file, a command, a signal.
"""

import enum
from collections.abc import Iterable

import attrs

from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.messages import Hold, Level, StandingChanged

OPERATOR = "operator"
KILL_FILE = "KILL file"
RESUME = "python -m arb resume"
"""What lifts what an operator said, and what the program keeps for an operator to look at."""
MOST_WORDS = 200
"""Letters of a reason that are kept."""


class Verb(enum.StrEnum):
    """What an operator may say."""

    PAUSE = "pause"
    """Begin no new baskets; those begun go on."""
    RESUME = "resume"
    """Lift every hold that waits for a person."""
    REDUCE = "reduce"
    """... and send no more legs: only what lowers exposure."""
    FLATTEN = "flatten"
    """... and cancel what rests, sell what is unhedged."""
    KILL = "kill"
    """... and end the program; it does not start before `resume`."""


LEVELS = {
    Verb.RESUME: Level.RUNNING,
    Verb.PAUSE: Level.PAUSED,
    Verb.REDUCE: Level.REDUCE_ONLY,
    Verb.FLATTEN: Level.FLATTEN,
    Verb.KILL: Level.STOPPED,
}
_ORDERS: dict[str, Level] = {
    verb: level for verb, level in LEVELS.items() if verb is not Verb.RESUME
}


def read_file_words(text: str) -> tuple[Level, str]:
    """What a kill file orders, and its reason.

    A first word that is a verb names the level; anything else, nothing and "resume" included,
    stops everything: a file that is there for no reason we know is no reason to trade.
    """
    words = " ".join(text.split())[:MOST_WORDS]
    first, _, rest = words.partition(" ")
    verb = first.rstrip(":,").lower()
    if verb in _ORDERS:
        return _ORDERS[verb], rest
    return Level.STOPPED, words


@attrs.define
class Standing:
    """Every hold in force, by venue and source."""

    _holds: dict[tuple[Venue | None, str], Hold] = attrs.field(factory=dict)

    @classmethod
    def of(cls, holds: Iterable[Hold]) -> "Standing":
        """Go on from these."""
        return cls({(hold.venue, hold.source): hold for hold in holds})

    def take(self, hold: Hold) -> bool:
        """Let a source's word replace its last one; say whether that changes anything."""
        key = (hold.venue, hold.source)
        before = self._holds.get(key)
        if hold.level is Level.RUNNING:
            return self._holds.pop(key, None) is not None
        self._holds[key] = hold
        return before is None or (before.level, before.why) != (hold.level, hold.why)

    def resume(self, venue: Venue | None = None) -> tuple[Hold, ...]:
        """Lift what waits for a person, there or, without a venue, everywhere; returns that."""
        lifted = [
            hold
            for hold in self._holds.values()
            if hold.lasting and (venue is None or hold.venue is venue)
        ]
        for hold in lifted:
            del self._holds[hold.venue, hold.source]
        return tuple(lifted)

    def level(self, venue: Venue | None = None) -> Level:
        """How far everything is stopped, or what is said of one venue alone."""
        strictest = self.strictest(venue)
        return Level.RUNNING if strictest is None else strictest.level

    def level_at(self, venues: Iterable[Venue]) -> Level:
        """How far what needs all of these venues is stopped: by the whole, or by one of them."""
        return max(self.level(), *map(self.level, venues), Level.RUNNING)

    def strictest(self, venue: Venue | None = None) -> Hold | None:
        """The hold that decides; the oldest of several that are as strict."""
        there = [hold for hold in self._holds.values() if hold.venue is venue]
        return min(there, key=lambda hold: (-hold.level, hold.at_ns), default=None)

    def holds(self) -> tuple[Hold, ...]:
        """Every hold in force, strictest first."""
        return tuple(sorted(self._holds.values(), key=lambda hold: (-hold.level, hold.at_ns)))

    def change(self, now_ns: Ns) -> StandingChanged:
        """What everybody is told of the whole."""
        hold = self.strictest()
        if hold is None:
            return StandingChanged(Level.RUNNING, "", "nothing holds trading back", "", now_ns)
        return StandingChanged(hold.level, hold.who, hold.why, hold.clears, hold.at_ns)

    def bar(self, venue: Venue) -> str | None:
        """Why nothing is begun on a venue; None where nothing is said of it alone."""
        hold = self.strictest(venue)
        return None if hold is None else hold.why
