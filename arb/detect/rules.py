"""Rules between markets: what the answer to one question says of another's.

A rule has a source and a confidence, and only what was accepted, by a venue's structured listing
or by a person, ever reaches a basket. The rest is there to be read.
"""

import enum
from collections.abc import Iterable, Mapping

import attrs

from arb.market.errors import Refused
from arb.market.instruments import Claim, MarketId
from arb.market.units import MICRO


class RuleKind(enum.StrEnum):
    """What a rule says of its markets."""

    IMPLIES = "implies"
    """Where the first resolves YES, so does the second."""
    AT_MOST_ONE = "at_most_one"
    AT_LEAST_ONE = "at_least_one"


@attrs.frozen
class Rule:
    """One statement about two markets or more, of one venue or both.

    Raises Refused for fewer than two markets, a market twice, an implication of more than two, a
    confidence outside 0 to 1,000,000, and a rule without a source.
    """

    kind: RuleKind
    markets: tuple[MarketId, ...]
    """In order: an implication runs from the first to the second."""
    source: str
    """Who says so."""
    confidence_ppm: int
    """How sure the source is, in millionths."""
    accepted: bool
    """Whether baskets may rely on it."""
    evidence: str = ""
    """What a person who is to accept it should look at."""

    def __attrs_post_init__(self) -> None:
        """Refuse what says nothing."""
        if len(self.markets) < 2 or len(set(self.markets)) != len(self.markets):  # noqa: PLR2004 - a relation
            raise Refused("a rule is about two different markets or more")
        if self.kind is RuleKind.IMPLIES and len(self.markets) != 2:  # noqa: PLR2004 - from, to
            raise Refused("an implication is about two markets")
        if not 0 <= self.confidence_ppm <= MICRO:
            raise Refused(f"a confidence lies between 0 and {MICRO}: {self.confidence_ppm}")
        if not self.source:
            raise Refused("a rule needs a source")

    @property
    def claim(self) -> Claim:
        """What a basket relies on where it relies on this rule."""
        words = f"{self.kind} ({', '.join(self.markets)}), {self.confidence_ppm} ppm"
        return Claim(holds=self.accepted, source=f"rule {words}: {self.source}")

    def allows(self, world: Mapping[MarketId, bool]) -> bool:
        """Say whether a world, complete for its markets, keeps the rule."""
        answers = [world[market] for market in self.markets]
        match self.kind:
            case RuleKind.IMPLIES:
                return answers[1] or not answers[0]
            case RuleKind.AT_MOST_ONE:
                return sum(answers) <= 1
            case RuleKind.AT_LEAST_ONE:
                return any(answers)


def accepted(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Keep the rules that baskets may rely on: the one way by which rules reach a basket."""
    return tuple(rule for rule in rules if rule.accepted)
