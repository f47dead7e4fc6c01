"""Names told at greater length on one side: initials spelled out, and first names."""

import itertools

from arb.pairing.reading.facts import Facts
from arb.pairing.reading.lexicon import lexicon, stem
from arb.pairing.reading.naming import letters

_PLACES_APART = frozenset(
    {
        *("north", "south", "east", "west", "northern", "southern", "eastern", "western", "central"),
        *("new", "upper", "lower", "great", "greater", "inner", "outer", "saint", "san", "st"),
        *("women", "womens", "junior", "mini", "super", "micro", "core", "real", "net", "data"),
    }
)  # fmt: skip
"""Ahead of a name they make it another one."""
_LEADS = frozenset(
    {"will", "if", "does", "is", "can", "did", "has", "president", "how", "what", "when"}
)
"""Stand ahead of a name in capitals and are none of it."""


def spelled_out(mine: Facts, other: Facts) -> frozenset[str]:
    """Words of long names whose initials the other side uses, and initials of its long names."""
    long = {
        stem(w) for name in mine.names.long if letters(name) & other.names.initials for w in name
    }
    short = {
        told.lower() for name in other.names.long for told in letters(name) & mine.names.initials
    }
    return frozenset(long | short)


def unspoken_names(mine: Facts, other: Facts) -> frozenset[str]:
    """First names: the word ahead of a surname that the other side uses alone, or so as well."""
    return frozenset(
        stem(name[0])
        for name in mine.names.long
        if len(name) == 2  # noqa: PLR2004 - a first name and a surname
        and name[1] in other.names.capitals
        and _is_first_name(*name)
        and _firsts(other, name[1]) <= {name[0]}
    )


def _firsts(facts: Facts, last: str) -> set[str]:
    """What stands before a surname; nothing where it always stands alone."""
    found = {
        ahead
        for name in facts.names.long
        for ahead, word in itertools.pairwise(name)
        if word == last
    }
    return found - _LEADS


def _is_first_name(first: str, last: str) -> bool:
    """Whether a word stands before a surname or a maker's product, and not before a common word."""
    plain = [term.group for term in lexicon().terms((last,))] == [""]
    return plain and first not in _PLACES_APART
