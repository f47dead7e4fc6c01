"""Whom a question is about, and the two sides of a contest."""

import re

import attrs

from arb.pairing.reading.facts import Subject
from arb.pairing.reading.lexicon import Lexicon
from arb.pairing.reading.text import words

NAMING = frozenset({"", "team", "country", "state", "party", "city", "asset"})
"""Groups whose terms can be whom a question is about."""
_UNTOLD = frozenset(
    {
        "yes",
        "no",
        "over",
        "under",
        "up",
        "down",
        "team to win",
        "team to advance",
        "match winner",
        "winner",
    }
)
_DRAWN = re.compile(r"\s*(?:draw|tie)\b(?!-)", re.IGNORECASE)
_MEASURE = re.compile(
    r"\s*(?:(?:over|under|above|below|at least|at most|exactly|more than|less than|fewer than|between|before"
    r"|by|after|up to)\b|[<>$\u2191\u2193]|[\d.,]+\s?(?:%|[kmb]\b|\+|or\b|to\b|-|\u00b0|$))",
    re.IGNORECASE,
)
"""An outcome that says how much or when, not who."""
_ASKED = re.compile(
    r"\b(?:[Ww]ill|[Dd]oes|[Ii]s|[Cc]an|[Dd]id|[Hh]as|[Ii]f|high will|low will)\s+(?:the\s+)?"
    r"(?P<name>(?:['\"]?[A-Z0-9][\w.'\"&-]*\s?(?:(?:of|and|de|da|van|von|bin|al|the|del|la)\s+(?=[A-Z]))*)+)"
)
_HEAD = re.compile(
    r"^(?P<name>(?:[A-Z][\w.'&-]*\s?(?:(?:of|and|de|da|van|von|bin|al)\s+(?=[A-Z]))*)+)"
    r"(?=\s(?:wins?|leads?|to|out|be|becomes?|by|above|below|reach|hit|resigns?)\b)"
)
_NAME = r"(?:[A-Z0-9][\w.'&-]*)(?:\s(?:de|da|di|van|von|of|and|the|del|la|al)(?=\s[A-Z])|\s[A-Z0-9][\w.'&-]*)*"
_CONTEST = re.compile(
    rf"(?P<one>{_NAME})\s+(?:vs?\.?|versus|@)\s+(?P<two>{_NAME}?)"
    r"(?=\s+(?:Winner|Spread|Total|Match|Game|To Advance)\b|\s[a-z(-]|\s*[:?,;.(\"|]|\s*$)"
)
_VISIT = re.compile(
    rf"(?:^|\bthe )(?P<one>{_NAME})\s+at\s+(?:the )?(?P<two>{_NAME}?)"
    r"(?=\s+(?:Winner|Spread|Total|Match|Game)\b|\s[a-z(-]|\s*[:?,;.(\"|]|\s*$)"
)
_BEATS = re.compile(
    r"[Ww]ill (?:the )?(?P<one>.+?) (?:beat|defeat|advance past|win against|win vs\.?|advance against)"
    r" (?:the )?(?P<two>.+?)(?: in | on |\?|$)"
)


def name(told: str, terms: Lexicon) -> Subject:
    """Read a name; words of numbers and comparison are no names."""
    keys = {
        (t.group, t.name)
        for t in terms.terms(words(told))
        if t.group in NAMING and (t.group or len(t.name) > 1)
    }
    return Subject(frozenset(keys), told.strip())


def subject(
    outcome: str, title: str, event: str, operative: tuple[str, ...], terms: Lexicon
) -> Subject:
    """Whom YES is about: whom the outcome names, else whom the title or the rules ask about."""
    if _DRAWN.match(outcome):
        return Subject(frozenset({("", "draw")}), outcome, chosen=True)
    if outcome.strip().lower() not in _UNTOLD and not _MEASURE.match(outcome):
        told = name(outcome, terms)
        if told.keys:
            return attrs.evolve(told, chosen=True)
    sides = next(filter(None, (contest(text, terms) for text in (title, *operative, event))), ())
    for text in (title, *operative, event):
        found = _ASKED.search(text) or _HEAD.search(text)
        asked = name(found["name"], terms) if found else None
        if asked and asked.keys and not _is_both(asked, sides):
            return asked
    return Subject(frozenset(), "")


def _is_both(asked: Subject, sides: tuple[Subject, ...]) -> bool:
    return len(sides) > 1 and all(asked.keys & side.keys for side in sides)


def contest(text: str, terms: Lexicon) -> tuple[Subject, ...]:
    """The two of "A vs B", "A at B", "Will A beat B?"; nothing where there is no contest."""
    found = _BEATS.search(text) or _CONTEST.search(text) or _VISIT.search(text)
    if not found:
        return ()
    pair = (name(found["one"], terms), name(found["two"], terms))
    return pair if all(side.keys for side in pair) and pair[0].keys != pair[1].keys else ()
