"""Names as they are written: long ones, and the initials that texts use for them."""

import re
from collections.abc import Iterable

import attrs

from arb.pairing.reading.clauses import Clause, Part
from arb.pairing.reading.text import words

_NAME = re.compile(
    r"\b[A-Z][\w'.&-]*(?:\s+(?:(?:of|for|the|and|de|da|van|von|bin)\s+){0,2}[A-Z][\w'.&-]*)+"
)
_INITIALS = re.compile(r"\b[A-Z][A-Z&]{1,6}\b")
_LEAST_INITIALS = 2
_CAPITAL = re.compile(r"\b[A-Z0-9][\w'-]*")
_PLACES = frozenset({"US", "USA", "UK", "EU", "UN", "UAE", "NY", "LA", "DC"})
"""Initials that the lists read as the places they are."""
_SMALL = frozenset({"of", "for", "the", "and", "de", "da", "van", "von", "bin"})
_WHERE = (Part.HEADLINE, Part.EVENT, Part.OPERATIVE, Part.AUTHORITY, Part.DETAIL)


@attrs.frozen
class Naming:
    """What a question's texts call by name."""

    long: tuple[tuple[str, ...], ...]
    """Names of two and more words, in small letters."""
    initials: frozenset[str]
    """Short names in capitals."""
    capitals: frozenset[str]
    """All words that begin with a capital or digit, in small letters."""


def naming(clauses: Iterable[Clause]) -> Naming:
    """Read the names of a question's titles and rules."""
    texts = [clause.text for clause in clauses if clause.part in _WHERE]
    return Naming(
        long=tuple(dict.fromkeys(words(name) for text in texts for name in _NAME.findall(text))),
        initials=frozenset(m for text in texts for m in _INITIALS.findall(text)) - _PLACES,
        capitals=frozenset(m.lower() for text in texts for m in _CAPITAL.findall(text)),
    )


def letters(name: tuple[str, ...]) -> frozenset[str]:
    """The initials that a long name could go by: of all its words, or of the great ones."""
    main = "".join(word[0] for word in name if word not in _SMALL).upper()
    every = "".join(word[0] for word in name).upper()
    found = (every, main, main[-3:], main[-2:]) if len(main) >= _LEAST_INITIALS else ()
    return frozenset(told for told in found if len(told) >= _LEAST_INITIALS)
