"""Numbers that name rather than measure: editions, districts, rounds; and exact scores."""

import re

_ROMAN = re.compile(r"\b(?=[IVXLC]{2,}\b)(?:X[LC]|L?X{0,4})(?:I[XV]|V?I{0,3})\b")
_ORDINAL = re.compile(
    r"\b(\d{1,3})(?:st|nd|rd|th)\b(?!\s+(?:congressional )?district|\s+(?:of\s+)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))"
)
_MONTH_AHEAD = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)\s*$"
)
_DISTRICT = re.compile(r"\b([A-Z]{2})-(\d{1,2}|AL)\b")
_DISTRICT_WORDS = re.compile(
    r"\b(?:district|ward|precinct)\s+(\d{1,2})\b|\b(\d{1,2})(?:st|nd|rd|th)\s+(?:congressional\s+)?district\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:\b|(?=#))(#|formula|round of|round|phase|game|week|stage|episode|category|level|top|ufc|map|set|flight|no\.|number|part|chapter|"
    r"starship flight|version|gpt|gemini|claude|llama|grok|iphone|vol\.?|volume|title|article|seed|pick)"
    r"(?:(?<=#)|[\s-]+)(\d{1,3}(?:\.\d+)?)\b(?!,\d)",
    re.IGNORECASE,
)  # fmt: skip
_WORDED = re.compile(
    r"\b(top|first|second|third|fourth|fifth|sixth|seventh)\s+(round|game|half|period|place|largest|most|pick|set|leader|time)\b",
    re.IGNORECASE,
)
_LETTERED = re.compile(r"\b(group|class|league|serie|pot)\s+([A-L])\b", re.IGNORECASE)
_SUFFIX = re.compile(r"\b(?:Jr|Sr|III|II|IV)\b\.?")
_ON_A_DAY = re.compile(
    r"\b(?:on|during) an? (?:Sun|Mon|Tues|Wednes|Thurs|Fri|Satur|week)(?:day|end)\b", re.IGNORECASE
)
_U_RATE = re.compile(r"\bU-?\d\b")
_NUMBER_WORDS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7"}  # fmt: skip
_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_SCORE = re.compile(
    r"^(?:[^:]*:\s*)?(?P<one>[A-Z][^:\d]*?)\s+(?P<a>\d{1,2})\s?-\s?(?P<b>\d{1,2})\s+(?P<two>[A-Z][^\d?]*?)\??$"
)
_WINS = re.compile(
    r"(?:^|:\s*|be\s+|[Ii]f\s+)(?P<one>[A-Z][^:\d]*?)\s+wins?\s+(?P<a>\d{1,2})\s?-\s?(?P<b>\d{1,2})\b"
)


def marks(text: str) -> frozenset[str]:
    """All names of editions, districts and rounds in a folded text."""
    found = {match[0] for match in _ROMAN.finditer(text)}
    found |= {f"district {number.lstrip('0')}" for _, number in _DISTRICT.findall(text)}
    found |= {f"district {(one or two).lstrip('0')}" for one, two in _DISTRICT_WORDS.findall(text)}
    found |= {f"{kind.lower().rstrip('.')} {number}" for kind, number in _NUMBERED.findall(text)}
    found |= {
        f"{kind.lower()} {_NUMBER_WORDS.get(order.lower(), 'top')}"
        for order, kind in _WORDED.findall(text)
    }
    found |= {f"{kind.lower()} {letter.upper()}" for kind, letter in _LETTERED.findall(text)}
    found |= {match[0].replace("U-", "U") for match in _U_RATE.finditer(text)}
    found |= {match[0].lower() for match in _ON_A_DAY.finditer(text)}
    found |= {match[0].rstrip(".") for match in _SUFFIX.finditer(text)}
    for match in _ORDINAL.finditer(text):
        if not _MONTH_AHEAD.search(text[: match.start()]):
            found.add(f"{match[1]}th")
    return frozenset(found)


def score(text: str) -> tuple[tuple[str, int], ...]:
    """The sides and points of an exact score; of "A wins 3-2" the other side is ""."""
    found = _WINS.search(text)
    if found:
        high, low = sorted((int(found["a"]), int(found["b"])), reverse=True)
        return (found["one"], high), ("", low)
    found = _SCORE.search(text)
    return ((found["one"], int(found["a"])), (found["two"], int(found["b"]))) if found else ()


def roman(mark: str) -> int:
    """The value of a Roman numeral up to LXXXIX; 0 for anything else."""
    value, last = 0, 0
    for letter in reversed(mark):
        worth = _DIGITS.get(letter, 0)
        if not worth:
            return 0
        value += worth if worth >= last else -worth
        last = max(last, worth)
    return value
