"""What Gamma says of a negRisk group on chain: its questions' numbers, its fee. Pure."""

from collections.abc import Mapping, Sequence

import attrs

from arb.market.errors import Unintelligible
from arb.market.instruments import Market, MarketId, NegRisk
from arb.venues.polymarket.fields import Raw, text
from arb.venues.polymarket.listing import condition_of, market_id

_BYTES32 = 66
"""Characters of 32 bytes in hexadecimal, with 0x."""
_MOST_BIPS = 10_000


@attrs.frozen
class Group:
    """A negRisk group and the number of every question that Gamma nests, listed or not."""

    id: str
    numbers: Mapping[MarketId, int]
    fee_bips: int | None
    augmented: bool
    prepared: int | None

    def of_markets(self, listed: Sequence[Market]) -> NegRisk:
        """What is known of converting the NOs of the listed markets."""
        indexes = [(one.id, self.numbers[one.id]) for one in listed if one.id in self.numbers]
        return NegRisk(self.id, tuple(indexes), self.prepared, self.fee_bips, self.augmented)


def read_group(raw: Raw, questions: Sequence[Raw], *, complete: bool) -> Group | None:
    """Read an event's group; None where it is none, or its questions cannot be numbered.

    `complete` says that the questions are all there are: only then is their number known.
    """
    if raw.get("negRisk") is not True:
        return None
    try:
        group = text(raw, "negRiskMarketID").lower()
        numbers = {
            market_id(condition_of(question)): question_number(question, group)
            for question in questions
        }
    except Unintelligible:
        return None  # the event's claims name the fault; what cannot be numbered is not converted
    if len(set(numbers.values())) != len(questions):
        return None
    return Group(
        id=group,
        numbers=numbers,
        fee_bips=_bips(raw.get("negRiskFeeBips")),
        augmented=raw.get("negRiskAugmented") is not False,
        prepared=len(questions) if complete else None,
    )


def question_number(question: Raw, group: str) -> int:
    """The question's number inside its group: the low byte of its id (docs: negative-risk).

    Raises Unintelligible where the id is not one of the group's.
    """
    question_id = text(question, "questionID").lower()
    if len(question_id) != _BYTES32 or question_id[:-2] != group.lower()[:-2]:
        raise Unintelligible(f"question {question_id} is not of group {group}")
    try:
        return int(question_id[-2:], 16)
    except ValueError as error:
        raise Unintelligible(f"not a question id: {question_id}") from error


def _bips(value: object) -> int | None:
    """Ten thousandths; None where the venue does not say, or says what makes no sense."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, int) and whole and 0 <= value <= _MOST_BIPS else None
