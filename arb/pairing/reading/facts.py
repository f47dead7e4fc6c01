"""Everything that is read from one question, and where it was read."""

import attrs

from arb.pairing.reading.amounts import Amount
from arb.pairing.reading.clauses import Clause, Part
from arb.pairing.reading.clock import Clock
from arb.pairing.reading.dates import Moment
from arb.pairing.reading.naming import Naming
from arb.pairing.reading.stances import Stance


@attrs.frozen
class Mention:
    """A term in a sentence."""

    name: str
    group: str
    """"" for a word that no list knows."""
    part: Part
    sentence: str
    negated: bool = False
    """The sentence says that it does not count."""

    @property
    def key(self) -> tuple[str, str]:
        """By what mentions of two questions meet."""
        return self.group, self.name


@attrs.frozen
class Subject:
    """Whom or what YES is about."""

    keys: frozenset[tuple[str, str]]
    """Names as terms; empty where nobody is named."""
    told: str
    """The words."""
    chosen: bool = False
    """The outcome names it: YES is about this one of several."""


@attrs.frozen
class Facts:
    """What one question says."""

    headline: str
    """Title, event title and outcome."""
    clauses: tuple[Clause, ...]
    mentions: tuple[Mention, ...]
    moments: tuple[tuple[Part, Moment], ...]
    amounts: tuple[tuple[Part, Amount], ...]
    subject: Subject
    sides: tuple[Subject, ...]
    """The two of a contest, in the order told; else empty."""
    marks: frozenset[str]
    """Numbers of editions and districts: "LIX", "98th", "NY-12", "round 2"."""
    score: tuple[tuple[frozenset[tuple[str, str]], int], ...]
    """An exact score: names and points of each side; empty where none is asked."""
    league: str
    clocks: tuple[Clock, ...]
    """Hours at which something is measured."""
    clocks_beside: tuple[Clock, ...]
    """Hours in sentences beside the condition."""
    stances: tuple[Stance, ...]
    """What sentences beside the condition say counts or does not."""
    faults: tuple[str, ...]
    """Why the texts cannot be relied on: no rules, another language, dates that contradict."""

    names: Naming
    has_condition: bool
    """The rules say what YES means."""
    outcome: str

    def is_outcome(self, sentence: str) -> bool:
        """Whether a sentence is the outcome's label."""
        return sentence == self.outcome

    def of(self, *parts: Part) -> tuple[Mention, ...]:
        """The terms of some parts."""
        return tuple(mention for mention in self.mentions if mention.part in parts)

    def when(self, *parts: Part) -> tuple[Moment, ...]:
        """The dates of some parts."""
        return tuple(moment for part, moment in self.moments if part in parts)

    def numbers(self, *parts: Part) -> tuple[Amount, ...]:
        """The amounts of some parts."""
        return tuple(amount for part, amount in self.amounts if part in parts)

    def sentences(self, *parts: Part) -> tuple[str, ...]:
        """The sentences of some parts."""
        return tuple(clause.text for clause in self.clauses if clause.part in parts)
