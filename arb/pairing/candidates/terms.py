"""Text as a search sees it: words and numbers, written the same way on both venues.

Nothing is understood here. A search may offer too much, for a verdict follows; what it must not do
is miss "$96K on 11/28/2026" because the other venue writes "96,000 on November 28".
"""

import calendar
import functools
import re
import sys
from decimal import Decimal
from itertools import pairwise

from arb.pairing.reading.text import fold

_MONTHS = {name.lower(): name[:3].lower() for name in calendar.month_name if name} | {
    name.lower(): name.lower() for name in calendar.month_abbr if name
}
_MONTHS["sept"] = "sep"
_SCALES = {
    "k": 10**3,
    "thousand": 10**3,
    "m": 10**6,
    "mm": 10**6,
    "million": 10**6,
    "b": 10**9,
    "bn": 10**9,
    "billion": 10**9,
    "t": 10**12,
    "tn": 10**12,
    "trillion": 10**12,
}
_TOKEN = re.compile(
    r"(?P<iso>\b\d{4}-\d{1,2}-\d{1,2}\b)"
    r"|(?P<slashed>\b\d{1,2}/\d{1,2}/(?:\d{2}){1,2}\b)"
    r"|(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
    r"(?:\s?(?P<scale>thousand|million|billion|trillion|mm|bn|tn|[kmbt])\b|(?:st|nd|rd|th)\b)?"
    r"|(?P<word>[^\W\d_]+(?:['&][^\W\d_]+)*)",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"(?=[CLXVI]{2})(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\Z")
_ROMAN_DIGITS = {"C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
_NUMBERS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_YEAR = re.compile(r"20\d\d\Z")
_ANY_YEAR = 2027
"""For months whose year is not told; of no leap, as most are."""
_DAYS = frozenset(str(day) for day in range(1, 32))
_LAST_MONTH = 12
_LEAST_PLURAL = 4


def terms_of(text: str) -> tuple[str, ...]:
    """Write a text as terms, in its order: "Nov 28" is the terms "nov", "28" and "nov28"."""
    found: list[str] = []
    for match in _TOKEN.finditer(text if text.isascii() else fold(text)):
        kind = match.lastgroup
        if kind == "word":
            found.append(_word(match["word"]))
        elif match["number"] is not None:
            found.append(_number(match["number"], match["scale"]))
        else:
            found += _date(match["iso"], match["slashed"])
    return tuple(sys.intern(term) for term in (*found, *_days(found), *_last_days(found)))


@functools.lru_cache(maxsize=100_000)
def _word(word: str) -> str:
    """One spelling of a word: months by three letters, Roman numerals as numbers, no plurals."""
    if _ROMAN.match(word):
        return str(_roman(word))
    small = word.lower().removesuffix("'s").replace("'", "")
    if small in _MONTHS:
        return _MONTHS[small]
    is_plural = len(small) >= _LEAST_PLURAL and small.endswith("s") and not small.endswith("ss")
    return small[:-1] if is_plural else small


def _roman(numeral: str) -> int:
    values = [_ROMAN_DIGITS[letter] for letter in numeral]
    ahead = [*values[1:], 0]
    return sum(-one if one < after else one for one, after in zip(values, ahead, strict=True))


@functools.lru_cache(maxsize=100_000)
def _number(digits: str, scale: str | None) -> str:
    """One spelling of a number: "96,000", "96000.00" and "96K" are "96000"."""
    value = Decimal(digits.replace(",", "")) * _SCALES.get((scale or "").lower(), 1)
    return f"{value.normalize():f}"


def _date(iso: str | None, slashed: str | None) -> tuple[str, ...]:
    """Take a date of digits apart; slashes are read the American way, as both venues do."""
    if iso is not None:
        year, month, day = (int(part) for part in iso.split("-"))
    else:
        month, day, year = (int(part) for part in (slashed or "").split("/"))
    if not 1 <= month <= _LAST_MONTH:
        return str(month), str(day), str(year)
    return calendar.month_abbr[month].lower(), str(day), str(year)


def _days(found: list[str]) -> list[str]:
    """Say the days of a year that the terms name: "nov28" where "nov" stands beside "28"."""
    days = []
    for one, two in pairwise(found):
        month, day = (one, two) if one in _MONTHS else (two, one)
        if month in _MONTHS and day in _DAYS:
            days.append(month + day)
    return days


def _last_days(found: list[str]) -> list[str]:
    """Say the last day of what is before a month or a year: "before Nov 2027" is "oct31" too."""
    days = []
    for at, term in enumerate(found[:-1]):
        then = found[at + 1]
        if term != "before":
            continue
        if then in _MONTHS and _begins(found[at + 2 : at + 3]):
            number = _NUMBERS[then]
            year = next((int(one) for one in found[at + 2 : at + 4] if _YEAR.match(one)), _ANY_YEAR)
            days.append(_month_end(number - 1, year) if number > 1 else "dec31")
        elif _YEAR.match(then):
            days += ["dec31", str(int(then) - 1)]
    return days


def _month_end(month: int, year: int) -> str:
    return f"{calendar.month_abbr[month].lower()}{calendar.monthrange(year, month)[1]}"


def _begins(after_month: list[str]) -> bool:
    """Say whether a month with what follows it is its beginning: "Nov", "Nov 1", "Nov 2027"."""
    return all(not one.isdecimal() or one == "1" or _YEAR.match(one) for one in after_month)
