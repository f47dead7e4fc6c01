"""From Gamma's event objects to our events, and what may be claimed of their markets. Pure.

Only `negRisk` promises anything about several markets at once. It is a promise about questions
of one on-chain group: the question's number is the low byte of its id, the rest is the group's
id (docs: negative-risk). Everything else (ladders "by date", games with many lines) promises
nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

from arb.market.errors import Unintelligible
from arb.market.instruments import (
    Claim,
    Event,
    EventId,
    Market,
    MarketId,
    Venue,
    Wording,
)
from arb.market.units import plain_text
from arb.venues.polymarket.fields import Raw, micros, rows, text, texts
from arb.venues.polymarket.groups import Group, question_number, read_group
from arb.venues.polymarket.listing import (
    LeftOut,
    event_id,
    parse_market,
    untradable,
)
from arb.venues.polymarket.wordings import wordings_of

_LOST = ["0", "1"]
"""`outcomePrices` of a question that resolved NO."""
LEAST_SUM = 500_000
"""Micro-dollars: a complete set costs about a dollar. Where Gamma's own prices of all questions
add up to less than half of one, some are missing from its answer."""


@attrs.frozen
class Family:
    """One event as Gamma gave it: markets that may be listed, and what is known of the set."""

    id: EventId
    title: str
    markets: tuple[Market, ...]
    """Tradable by Gamma's word; a second witness may still refuse them."""
    unsettled: int
    """Questions that have not resolved NO: one of them must resolve YES, if any must."""
    not_exclusive: str
    """Why nothing says that at most one question resolves YES; "" where Gamma says so."""
    not_exhaustive: str
    """Why nothing says that at least one question resolves YES; "" where Gamma says so."""
    group: Group | None = None
    """The questions' group on chain, where they can be numbered."""
    wordings: Mapping[MarketId, Wording] = attrs.field(factory=dict)
    """Of its markets."""


def read_family(raw: Raw, left_out: Counter[str]) -> Family:
    """Read an event with its nested markets, counting those left out by reason.

    Raises Unintelligible where the event has no id, no title or no list of markets.
    """
    event, title = event_id(raw), text(raw, "title")
    questions = rows(raw.get("markets"))
    found = [_candidate(question, event) for question in questions]
    left_out.update(market.reason for market in found if isinstance(market, LeftOut))
    unsettled = [question for question in questions if not _resolved_no(question)]
    not_exclusive, not_exhaustive = _doubts(raw, questions)
    not_exhaustive = not_exhaustive or _implausible(unsettled)
    listed = {market.id for market in found if isinstance(market, Market)}
    return Family(
        id=event,
        title=title,
        markets=tuple(market for market in found if isinstance(market, Market)),
        unsettled=len(unsettled),
        not_exclusive=not_exclusive,
        not_exhaustive=not_exhaustive,
        group=read_group(raw, questions, complete=not not_exhaustive),
        wordings=dict(wordings_of(raw, questions, listed)),
    )


def event_of(family: Family, listed: Sequence[Market]) -> Event:
    """Make the event of those of the family's markets that are listed in the end."""
    not_exhaustive = family.not_exhaustive
    if not not_exhaustive and len(listed) != family.unsettled:
        missing = family.unsettled - len(listed)
        not_exhaustive = f"{missing} of its open questions cannot be traded"
    return Event(
        id=family.id,
        venue=Venue.POLYMARKET,
        title=family.title,
        markets=tuple(market.id for market in listed),
        at_most_one=_claim(family.not_exclusive, "at most one question of it resolves YES"),
        at_least_one=_claim(not_exhaustive, "all its questions are named, so one resolves YES"),
        neg_risk=family.group.of_markets(listed) if family.group else None,
    )


def _candidate(question: Raw, event: EventId) -> Market | LeftOut:
    return untradable(question) or parse_market(question, event)


def _claim(doubt: str, statement: str) -> Claim:
    if doubt:
        return Claim(holds=False, source=f"Polymarket: {doubt}")
    return Claim(holds=True, source=f"Polymarket negRisk event (docs: negative-risk): {statement}")


def _doubts(raw: Raw, questions: Sequence[Raw]) -> tuple[str, str]:
    """Why the two claims do not hold, "" where they do: at most one, at least one."""
    if raw.get("negRisk") is not True:
        return ("not a negRisk event",) * 2
    if any(question.get("negRisk") is not True for question in questions):
        return ("a negRisk event with a market that is not negRisk",) * 2
    try:
        numbers = [
            question_number(question, text(raw, "negRiskMarketID")) for question in questions
        ]
    except Unintelligible as error:
        return (f"a negRisk event whose questions cannot be numbered: {error}",) * 2
    return "", _gap(raw.get("negRiskAugmented"), sorted(numbers))


def _gap(augmented: object, numbers: list[int]) -> str:
    """Why an outcome may be missing from a group of numbered questions; "" where none is."""
    if augmented is True:
        return "an augmented negRisk event: outcomes may be added, and Other changes meaning"
    if augmented is not False:
        return "a negRisk event that does not say whether outcomes may be added"
    if numbers != list(range(len(numbers))):
        return f"a negRisk event with gaps among its questions: {numbers}"
    return ""


def _implausible(unsettled: Sequence[Raw]) -> str:
    """Why the questions cannot be all of them, going by their prices; "" without prices."""
    try:
        total = sum(micros(texts(question.get("outcomePrices"))[0]) for question in unsettled)
    except (Unintelligible, IndexError):
        return ""  # new questions have no prices; then they say nothing
    if total >= LEAST_SUM:
        return ""
    return f"a negRisk event whose open questions cost {plain_text(total)} dollars together"


def _resolved_no(question: Raw) -> bool:
    """Say whether the question is over and its YES worthless. In doubt it is not."""
    statuses = (question.get("umaResolutionStatus"), question.get("resolutionStatus"))
    if question.get("closed") is not True or not {"resolved", "settled"}.intersection(statuses):
        return False
    try:
        return texts(question.get("outcomePrices")) == _LOST
    except Unintelligible:
        return False  # counted already: a closed market is left out as "closed"
