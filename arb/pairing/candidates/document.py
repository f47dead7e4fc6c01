"""What a search knows of a question, or of all questions of an event."""

from collections import Counter
from collections.abc import Sequence

import attrs

from arb.market.units import Ns
from arb.pairing.candidates.aliases import places_of
from arb.pairing.candidates.field import Field, field_of
from arb.pairing.candidates.terms import terms_of
from arb.pairing.question import Question

_RULES_HEAD = 600
"""Letters at the beginning of the rules that are read: they name the subject; tails follow."""
_COMMON_SHARE = 2
"""One over the share of an event's markets that must use a term for it to speak of the event."""


@attrs.frozen
class Document:
    """The terms of a question, without repetitions."""

    id: str
    headline: tuple[str, ...]
    """Of the titles and the outcome, in their order."""
    rest: tuple[str, ...]
    """Of the beginning of the rules and of teams' cities, where the headline does not use them."""
    close_ns: Ns | None
    field: Field | None


def document_of(question: Question) -> Document:
    """Read one market's question."""
    title = f"{question.title} | {question.event_title} | {question.outcome}"
    return _document(
        question.id,
        terms_of(title),
        terms_of(question.rules[:_RULES_HEAD]),
        question.close_ns,
        field_of(question.category),
    )


def document_of_event(name: str, questions: Sequence[Question]) -> Document:
    """Read an event: its title is its headline, what most of its markets say the rest.

    Outcomes say nothing of it: venues list unlike parts of one event's, and like ones of another's.
    It ends when the last of its markets does.
    """
    titles = " | ".join(dict.fromkeys(question.event_title for question in questions))
    used = Counter(
        term
        for question in questions
        for term in set(terms_of(f"{question.title} | {question.rules[:_RULES_HEAD]}"))
    )
    common = sorted(term for term, times in used.items() if times * _COMMON_SHARE > len(questions))
    closes = [question.close_ns for question in questions if question.close_ns is not None]
    return _document(
        name,
        terms_of(titles),
        common,
        max(closes, default=None),
        field_of(questions[0].category),
    )


def _document(
    name: str,
    headline: Sequence[str],
    rest: Sequence[str],
    close_ns: Ns | None,
    field: Field | None,
) -> Document:
    head = tuple(dict.fromkeys(headline))
    known = frozenset(head)
    tail = tuple(term for term in dict.fromkeys((*rest, *places_of(head))) if term not in known)
    return Document(name, head, tail, close_ns, field)
