"""Which events of two venues may be the same, and which of their outcomes belong together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import attrs

from arb.pairing.candidates.blocks import Blocks
from arb.pairing.candidates.document import Document, document_of, document_of_event
from arb.pairing.candidates.finder import Candidate, Finder
from arb.pairing.candidates.likeness import alikeness
from arb.pairing.candidates.reach import Reach
from arb.pairing.question import Question

_CROWD = 50
"""A term that more outcomes of one event use tells none of them."""

Listing = Mapping[str, Sequence[Question]]
"""The questions of each event; none is without."""


@attrs.frozen
class EventCandidate:
    """Two events that look alike, with their outcomes aligned one to one."""

    polymarket: str
    kalshi: str
    score_ppm: int
    """How alike the events look, in millionths, 0 to 1,000,000."""
    outcomes: tuple[Candidate, ...]
    """The likest outcomes first; no question is in two of them."""
    polymarket_left: tuple[str, ...]
    """Questions without a counterpart."""
    kalshi_left: tuple[str, ...]


def pair_events(
    polymarket: Listing, kalshi: Listing, reach: Reach | None = None
) -> Iterator[EventCandidate]:
    """Give the best candidates of every Polymarket event, event by event, the likest first."""
    finder = Finder(reach)
    for name, questions in kalshi.items():
        finder.put_kalshi(document_of_event(name, questions))
    for name, questions in polymarket.items():
        finder.put_polymarket(document_of_event(name, questions))
    for found in finder.all():
        yield align(found, polymarket[found.polymarket], kalshi[found.kalshi])


def align(
    found: Candidate, polymarket: Sequence[Question], kalshi: Sequence[Question]
) -> EventCandidate:
    """Put outcomes together, the likest first and each once; which are the same a verdict says."""
    asked = [_outcome(question) for question in polymarket]
    offered = [_outcome(question) for question in kalshi]
    scored = sorted(
        (-alikeness(one, two), one.id, two.id) for one, two in _neighbours(asked, offered)
    )
    left, right = {one.id for one in asked}, {two.id for two in offered}
    outcomes = []
    for score, one, two in scored:
        if one in left and two in right:
            left.discard(one)
            right.discard(two)
            outcomes.append(Candidate(one, two, -score))
    return EventCandidate(
        polymarket=found.polymarket,
        kalshi=found.kalshi,
        score_ppm=found.score_ppm,
        outcomes=tuple(outcomes),
        polymarket_left=tuple(one.id for one in polymarket if one.id in left),
        kalshi_left=tuple(two.id for two in kalshi if two.id in right),
    )


def _neighbours(
    asked: Iterable[Document], offered: Iterable[Document]
) -> Iterator[tuple[Document, Document]]:
    """Give the outcomes that share a term; in a crowded event one that not too many share."""
    blocks = Blocks(_CROWD)
    for two in offered:
        blocks.put(two)
    for one in asked:
        terms = (term for term in one.headline if blocks.rarity(term))
        for name in set(chain.from_iterable(map(blocks.users, terms))):
            yield one, blocks.documents[name]


def _outcome(question: Question) -> Document:
    """What a market says that its event does not: its outcome, or its own title without one."""
    said = question.outcome or question.title
    return document_of(attrs.evolve(question, title=said, event_title="", outcome="", rules=""))
