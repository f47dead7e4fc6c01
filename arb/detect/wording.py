"""What the words of a question say apart from its numbers and dates. Pure.

A heuristic for people's eyes and for doubts: two questions whose words differ are never taken to
be about one thing; two whose words agree are not thereby proved to be.
"""

import enum
import re
from decimal import Decimal

import attrs

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = "|".join(f"{month}|{month[:3]}" for month in _MONTHS)
_DATE = re.compile(
    rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(\d{{4}}))?", re.IGNORECASE
)
_MONTH_YEAR = re.compile(rf"\b({_MONTH})\.?,?\s+(\d{{4}})\b", re.IGNORECASE)
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b(?![,.]?\d)")
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_UP = frozenset(
    ["above", "over", "more", "greater", "exceed", "exceeds", "least", "higher", "reach", "hit"]
)
_DOWN = frozenset(["below", "under", "less", "fewer", "lower", "most"])
_BY = frozenset(["by", "before", "until"])
_FILL = frozenset(
    [
        "or",
        "and",
        "to",
        "than",
        "at",
        "between",
        "the",
        "of",
        "end",
        "in",
        "on",
        "be",
        "will",
        "equal",
        "is",
        "a",
        "an",
    ]
)
_UNITS = frozenset(["k", "m", "b", "bn", "bps", "c", "f"])


class Direction(enum.StrEnum):
    """Which way a question's number bounds the answer."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


@attrs.frozen
class Wording:
    """A question taken apart."""

    words: tuple[str, ...]
    """What is left without numbers, dates, comparisons and fill."""
    numbers: tuple[Decimal, ...]
    """In order, those of dates not among them."""
    date: tuple[int, int, int] | None
    """Year (0 where it is not named), month and day (13, 0 where only a year is named); None
    without a date or with several."""
    direction: Direction
    deadline: bool
    """It says "by", "before" or "until"."""


def take_apart(text: str) -> Wording:
    """Take a question apart."""
    dates, rest = _dates(text)
    words = [word.lower() for word in _WORD.findall(rest)]
    up, down = not _UP.isdisjoint(words), not _DOWN.isdisjoint(words)
    direction = Direction.UP if up else Direction.DOWN
    dropped = _UP | _DOWN | _BY | _FILL | _UNITS
    return Wording(
        words=tuple(word for word in words if word not in dropped),
        numbers=tuple(Decimal(found.replace(",", "")) for found in _NUMBER.findall(rest)),
        date=dates[0] if len(dates) == 1 else None,
        direction=direction if up is not down else Direction.NONE,
        deadline=not _BY.isdisjoint(words),
    )


def _dates(text: str) -> tuple[list[tuple[int, int, int]], str]:
    """The dates of a text, and the text without them."""
    found: list[tuple[int, int, int]] = []
    for match in _DATE.finditer(text):
        month, day, year = match.groups()
        found.append((int(year or 0), _month(month), int(day)))
    rest = _DATE.sub(" ", text)
    found += [(int(m[2]), _month(m[1]), 31) for m in _MONTH_YEAR.finditer(rest)]
    rest = _MONTH_YEAR.sub(" ", rest)
    found += [(int(m[1]), 13, 0) for m in _YEAR.finditer(rest)]
    return found, _YEAR.sub(" ", rest)


def _month(name: str) -> int:
    return next(at for at, month in enumerate(_MONTHS, 1) if month.startswith(name.lower()[:3]))
