"""A search of everything at once, for who keeps no finder."""

from collections.abc import Iterable, Iterator

from arb.pairing.candidates.document import document_of
from arb.pairing.candidates.finder import Candidate, Finder
from arb.pairing.candidates.reach import Reach
from arb.pairing.question import Question


def find(
    polymarket: Iterable[Question], kalshi: Iterable[Question], reach: Reach | None = None
) -> Iterator[Candidate]:
    """Give the best candidates of each of Polymarket's questions, question by question.

    Within a question the likest come first. Reading everything is done at the first candidate,
    then each question's search when its turn comes: about a millisecond, so that a caller can tell
    how far it is. Ids have to be unique within a venue.
    """
    finder = Finder(reach)
    for question in kalshi:
        finder.put_kalshi(document_of(question))
    for question in polymarket:
        finder.put_polymarket(document_of(question))
    yield from finder.all()
