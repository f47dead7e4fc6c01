"""Names told at greater length on one side: initials spelled out, first names, sponsors."""

import re
from collections.abc import Iterator

from arb.pairing.reading.clauses import Part
from arb.pairing.reading.facts import Facts
from arb.pairing.reading.lexicon import lexicon, stem
from arb.pairing.reading.text import words

_NAME = re.compile(r"\b[A-Z][\w'.&-]*(?:\s+(?:(?:of|for|the|and|de|da|van|von|bin)\s+){0,2}[A-Z][\w'.&-]*)+")
_INITIALS = re.compile(r"\b[A-Z][A-Z&]{1,6}\b")
_LEAST_INITIALS = 2
_PLACES_APART = frozenset(
    {
        *("north", "south", "east", "west", "northern", "southern", "eastern", "western", "central"),
        *("new", "upper", "lower", "great", "greater", "inner", "outer", "saint", "san", "st"),
        *("women", "womens", "junior", "mini", "super", "micro", "core", "real", "net", "data"),
    }
)
"""Ahead of a name they make it another one."""
_PLACES = frozenset({"US", "USA", "UK", "EU", "UN", "UAE", "NY", "LA", "DC"})
"""Initials that the lists read as the places they are."""
_ASKING = (Part.HEADLINE, Part.EVENT, Part.OPERATIVE, Part.AUTHORITY, Part.DETAIL)
_SMALL = frozenset({"of", "for", "the", "and", "de", "da", "van", "von", "bin"})


def is_spelled_out(name: str, mine: Facts, other: Facts) -> bool:
    """Whether a word belongs to a long name whose initials the other side uses, or is them."""
    return name in _spelled(mine, other) or any(
        initials.lower() == name for initials in _initials_met(other, mine)
    )


def _spelled(mine: Facts, other: Facts) -> set[str]:
    short = _initials(other)
    return {
        stem(word)
        for told in _names(mine)
        for word in words(told)
        if _letters(told) & short
    }


def _initials_met(long: Facts, short: Facts) -> Iterator[str]:
    told = _initials(short)
    for name in _names(long):
        yield from _letters(name) & told


def _initials(facts: Facts) -> set[str]:
    found = {m for text in facts.sentences(*_ASKING) for m in _INITIALS.findall(text)}
    return found - _PLACES


def _letters(told: str) -> set[str]:
    """The initials that a name could go by: of all its words, or of the great ones."""
    all_words = words(told)
    great = [word for word in all_words if word not in _SMALL]
    every = "".join(word[0] for word in all_words).upper()
    main = "".join(word[0] for word in great).upper()
    found = {every, main, main[-3:], main[-2:]} if len(main) >= _LEAST_INITIALS else set()
    return {letters for letters in found if len(letters) >= _LEAST_INITIALS}


def _names(facts: Facts) -> Iterator[str]:
    for text in facts.sentences(*_ASKING):
        yield from _NAME.findall(text)


def _is_first_name(first: str, last: str) -> bool:
    """Whether a word stands before a surname or a maker's product, and not before a common word."""
    plain = [term.group for term in lexicon().terms((last,))] == [""]
    return plain and first not in _PLACES_APART


def unspoken_names(mine: Facts, other: Facts) -> frozenset[str]:
    """First names: the word ahead of a name's second, which the other side uses."""
    known = {
        stem(word.lower())
        for text in other.sentences(*_ASKING)
        for word in re.findall(r"\b[A-Z0-9][\w'-]*", text)
    }
    found: set[str] = set()
    for told in _names(mine):
        first, *rest = words(told)
        if len(rest) == 1 and stem(rest[0]) in known and _is_first_name(first, rest[0]):
            found.add(stem(first))
    return frozenset(found)
