"""How alike two questions look. It orders candidates; it never says that they are the same."""

import attrs
from rapidfuzz import fuzz

from arb.market.units import MICRO
from arb.pairing.candidates.document import Document

_PER_PERCENT = MICRO // 100
_PARTS = 5


@attrs.frozen
class Asked:
    """A question that is searched for, made ready once for all that it is compared with."""

    terms: frozenset[str]
    """Of its headline and the beginning of its rules."""
    whole: int
    """How rare the terms of its headline are together, those that the other venue lacks the most."""
    words: str
    """The terms of its headline in alphabetical order, with spaces between."""


def in_words(document: Document) -> str:
    """Write a headline for comparing: alphabetical order makes that of no matter."""
    return " ".join(sorted(document.headline))


def likeness(asked: Asked, shared: int, found: Document, words: str) -> int:
    """Say how alike two questions are, in millionths, 0 to 1,000,000.

    `shared` is how rare the terms that both use are together, `words` the found headline as `Asked`
    has its own. Two fifths is the one, measured by the whole of the asked headline. A fifth: how many
    terms of the found headline the asked question uses. A fifth each: rapidfuzz's likeness of the
    headlines as sets and as wholes of words. Whole numbers throughout, so that equal texts are equal
    candidates everywhere.
    """
    rare = min(MICRO, shared * MICRO // asked.whole) if asked.whole else 0
    as_sets = int(fuzz.token_set_ratio(asked.words, words) * _PER_PERCENT)
    as_wholes = int(fuzz.ratio(asked.words, words) * _PER_PERCENT)
    return (2 * rare + _known(asked, found) + as_sets + as_wholes) // _PARTS


def _known(asked: Asked, found: Document) -> int:
    if not found.headline:
        return 0
    return len(asked.terms.intersection(found.headline)) * MICRO // len(found.headline)


def alikeness(one: Document, two: Document) -> int:
    """Say how alike two headlines are by themselves, in millionths, 0 to 1,000,000.

    Half is the share of all their terms that both use, half rapidfuzz's likeness of them as wholes:
    "56-57" and "56° to 57°" share all that is a number.
    """
    terms = {*one.headline, *two.headline}
    if not terms:
        return 0
    both = len({*one.headline}.intersection(two.headline)) * MICRO // len(terms)
    return (both + int(fuzz.ratio(in_words(one), in_words(two)) * _PER_PERCENT)) // 2
