"""Common words that say the same in a contract, beside those that the lists name."""

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files

from rapidfuzz import fuzz

from arb.pairing.reading.lexicon import stem

_ALIKE = 93
"""Likeness, of 100, from which two long words are one name spelled twice (Zelensky, Zelenskyy)."""
_LONG = 7
_ROOT = 6
"""Words that begin with so many same letters are of one root."""


@functools.cache
def kin() -> Mapping[str, frozenset[str]]:
    """Every stem, and those that mean what it means."""
    file = files("arb.pairing.terms") / "kin.toml"
    found: dict[str, frozenset[str]] = {}
    for family in tomllib.loads(file.read_text(encoding="utf-8"))["kin"]:
        stems = frozenset(stem(word) for word in family)
        for one in stems:
            found[one] = found.get(one, frozenset()) | stems
    return found


def kin_of(word: str) -> frozenset[str]:
    """What means the same; nothing where no family knows the word."""
    return kin().get(word, frozenset())


def is_meant(word: str, known: frozenset[str]) -> bool:
    """Whether a stem, its root, another spelling or a word of the same sense is among others."""
    if word in known or not kin_of(word).isdisjoint(known):
        return True
    if len(word) >= _ROOT and any(other.startswith(word[:_ROOT]) for other in known):
        return True
    if len(word) < _LONG:
        return False
    return any(len(other) >= _LONG and fuzz.ratio(word, other) >= _ALIKE for other in known)
