"""Numbers with unit and comparison, as what they let through."""

import itertools
import re
from collections.abc import Iterator
from decimal import Decimal

import attrs

from arb.pairing.reading.clock import without_clocks
from arb.pairing.reading.dates import without_dates

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_SCALE = r"(?:\s?(?P<scale{n}>k|K|m|M|mm|MM|bn|B|b|T|million|billion|trillion|thousand|hundred)\b)?"
_UNIT = (
    r"(?:\s*(?P<unit{n}>%|percentage points?|percent\b|pct\b|pp\b|bps?\b|basis[ -]points?"
    r"|degrees? (?:fahrenheit|celsius)|degrees?|deg\b|\u00b0\s?[FfCc]?\b|\u00b0|[FC]\b"
    r"|inch(?:es)?\b|mph\b|km\b|miles?\b|meters?\b"
    r"|(?:us )?dollars?\b|usd\b|cents?\b|euros?\b))?"
)
_SIGN = r"(?P<sign{n}>(?<![\w])[-+])?(?P<money{n}>[$\u20ac\u00a3]\s?)?"


def _value(n: int) -> str:
    scale, unit, sign = (part.replace("{n}", str(n)) for part in (_SCALE, _UNIT, _SIGN))
    return rf"{sign}(?P<number{n}>{_NUMBER}){scale}{unit}"


_ONE = re.compile(rf"(?<![\w.]){_value(1)}(?![\w:/]*\d)", re.IGNORECASE)
_TWO = re.compile(
    rf"(?:\b(?:between|from)\s+(?:and\s+including\s+)?)?(?<![\w.,$]){_value(1)}"
    rf"\s*(?:-|to|and|through)\s*(?<!\w){_value(2)}(?![\w:/]*\d)",
    re.IGNORECASE,
)
_AHEAD = (
    (
        "at least",
        "at least|no less than|not less than|no fewer than|not below|minimum of|at or above|at or over",
        "reach(?:es|ed|ing)?|hit(?:s|ting)?|touch(?:es|ed)?|or equal to|>=",
        "equal to or (?:greater|higher|more) than",
    ),
    (
        "at most",
        "at most|no more than|not more than|no greater than|not above|not exceed|up to|maximum of",
        "less than or equal to|lower than or equal to|equal to or (?:less|lower|below) than?|<=",
        "at or below|at or under|dips? to|drops? to|falls? to",
    ),
    (
        "above",
        "above|over|more than|greater than|higher than|exceed(?:s|ed|ing)?|surpass(?:es|ed)?",
        "better than|bigger than|upwards of|>",
    ),
    ("below", "below|under|less than|lower than|fewer than|smaller than|beneath|<"),
    ("exactly", "exactly|precisely"),
)
_AHEAD_SHAPES = tuple(
    (name, re.compile(rf"(?:{'|'.join(words)})\s*(?:the |a |an |than )?$", re.IGNORECASE))
    for name, *words in _AHEAD
)
_OR_EQUAL = re.compile(
    r"(?:above|over|more than|greater than|higher than|exceed\w*)\s*,?\s*or equal to\s*$",
    re.IGNORECASE,
)
_OR_EQUAL_LOW = re.compile(
    r"(?:below|under|less than|lower than)\s*,?\s*or equal to\s*$", re.IGNORECASE
)
_BEHIND = (
    ("at least", re.compile(r"^\s*(?:[a-z]+\s+){0,2}(?:or|and)\s+(?:more|above|higher|greater|over|stronger|better|later|up|warmer)\b(?!\s+(?:than|[$\d]))|^\s*\+", re.IGNORECASE)),
    ("at most", re.compile(r"^\s*(?:[a-z]+\s+){0,2}(?:or|and)\s+(?:less|below|lower|fewer|under|weaker|earlier|down|colder)\b(?!\s+(?:than|[$\d]))", re.IGNORECASE)),
)  # fmt: skip
_SKIP = re.compile(
    r"\b(?:round of|top|phase|no\.|number|#|article|section|chapter|season|episode|game|week|day|"
    r"part|volume|version|level|type|district|bracket|page|rule|class|group|mark|f-?|"
    r"formula|super bowl|ufc|tier|stage)\s*$",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"^[\s-]*(?:hours?|days?|weeks?|months?|minutes?|seconds?|years?|decimal|places?)\b",
    re.IGNORECASE,
)
_PLUS = re.compile(r"(\d[\d,.]*)\s?\+\s*(bps|basis points|%|percent)", re.IGNORECASE)
_UNIT_LAST = re.compile(
    r"(\d[\d,.]*)\s+((?:or|and) (?:more|less|fewer|higher|lower|above|below|greater))\s+"
    r"(basis points|bps|percent|percentage points|%|dollars|degrees|inches)",
    re.IGNORECASE,
)
_HALVES = re.compile(
    r"\b50\s?[-/]\s?50\b|\b24/7\b|\b\d+ers\b|\b(?:[Nn]asdaq|S&P|FTSE|Nikkei|Russell|CAC|Hot|Billboard)"
    r"[ -]\d{2,4}\b|#\d+\b|\b(?:number|no\.) (?:one|\d+)\b"
)
"""Numbers of names and ranks."""
_SCORE = re.compile(
    r"\b\d{1,2}\s?-\s?\d{1,2}\b(?!\s?(?:%|bps|percent|basis|deg|\u00b0|seats|points))"
)
_SCALES = {"k": 3, "thousand": 3, "m": 6, "mm": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "t": 12, "trillion": 12, "hundred": 2}  # fmt: skip
_PER_CENT = "%"
_BPS = Decimal(100)


@attrs.frozen
class Amount:
    """A number and what it lets through."""

    low: Decimal | None
    high: Decimal | None
    low_in: bool
    """The lower bound itself counts."""
    high_in: bool
    unit: str
    """"%", "$", "F", "C", "deg", "in", ... or "" for what is counted."""
    compared: bool
    """Some word of comparison stands beside it; a bare number is itself only."""
    sentence: str

    @property
    def numbers(self) -> frozenset[Decimal]:
        """The bounds as told."""
        return frozenset(bound for bound in (self.low, self.high) if bound is not None)


def amounts(sentence: str) -> tuple[Amount, ...]:
    """Find all amounts that compare or measure; dates, times, ranks and durations are not."""
    found = tuple(_found(sentence))
    for low, high in itertools.pairwise(found):
        if _are_ends(low, high):
            band = attrs.evolve(low, high=high.high, high_in=high.high_in)
            return (*(amount for amount in found if amount not in (low, high)), band)
    return found


def _are_ends(low: Amount, high: Amount) -> bool:
    """Whether two amounts are one band: "at least 3,000 and less than 3,100"."""
    if low.low is None or low.high is not None or high.low is not None or high.high is None:
        return False
    return low.low < high.high and low.unit == high.unit


def _found(sentence: str) -> Iterator[Amount]:
    text = _HALVES.sub(" ", without_clocks(without_dates(sentence)))
    text = _PLUS.sub(r"\1 \2+", text)
    text = _UNIT_LAST.sub(r"\1 \3 \2", text)
    taken: list[tuple[int, int]] = []
    for match in _TWO.finditer(text):
        if _is_band(match, text):
            taken.append(match.span())
            yield _band(match, text, sentence)
    for match in _ONE.finditer(text):
        inside = any(match.start() < end and start < match.end() for start, end in taken)
        if not inside and not _is_other(match, text):
            yield _single(match, text, sentence)


def _is_other(match: re.Match[str], text: str) -> bool:
    """Whether a number is a rank, a duration, a score or a name's."""
    ahead, behind = text[: match.start()], text[match.end() :]
    if _SKIP.search(ahead) or (_DURATION.match(behind) and not match["unit1"]):
        return True
    if re.match(r"(?:st|nd|rd|th)\b", behind):
        return True
    return bool(re.search(r"[A-Za-z]-$", ahead)) and not match["unit1"]


def _is_band(match: re.Match[str], text: str) -> bool:
    low, high = _number(match, 1), _number(match, 2)
    if low > high or _DURATION.match(text[match.end() :]):
        return False
    told = re.match(r"between|from", match[0], re.IGNORECASE)
    unit = match["unit1"] or match["unit2"] or match["money1"] or match["scale2"]
    counted = re.match(r"\s*[a-z]{3,}", text[match.end() :])
    return bool(told or unit or (counted and "-" in match[0]) or text.strip() == match[0].strip())


def _band(match: re.Match[str], text: str, sentence: str) -> Amount:
    unit = _unit(match, 2) or _unit(match, 1)
    scale = _scale(match, 2) if not match["scale1"] and match["scale2"] else 1
    inclusive = not re.search(
        r"exclusive|less than\s*$", text[match.start() : match.end() + 60], re.IGNORECASE
    )
    low, high = _number(match, 1) * scale, _number(match, 2)
    return _amount(low, high, (True, inclusive), unit, sentence, compared=True)


def _single(match: re.Match[str], text: str, sentence: str) -> Amount:
    value, unit = _number(match, 1), _unit(match, 1)
    kind = _comparison(text[: match.start()], text[match.end() :])
    match kind:
        case "at least":
            return _amount(value, None, (True, False), unit, sentence, compared=True)
        case "above":
            return _amount(value, None, (False, False), unit, sentence, compared=True)
        case "at most":
            return _amount(None, value, (False, True), unit, sentence, compared=True)
        case "below":
            return _amount(None, value, (False, False), unit, sentence, compared=True)
    if match["sign1"] == "-" and not unit:
        # A handicap: a team at -3.5 wins by more than that.
        return _amount(-value, None, (False, False), unit, sentence, compared=True)
    return _amount(value, value, (True, True), unit, sentence, compared=kind == "exactly")


def _comparison(ahead: str, behind: str) -> str:
    for name, shape in _BEHIND:
        if shape.match(behind):
            return name
    if _OR_EQUAL.search(ahead):
        return "at least"
    if _OR_EQUAL_LOW.search(ahead):
        return "at most"
    return next((name for name, shape in _AHEAD_SHAPES if shape.search(ahead)), "")


def _amount(  # noqa: PLR0913 - an amount has as many parts
    low: Decimal | None,
    high: Decimal | None,
    closed: tuple[bool, bool],
    unit: str,
    sentence: str,
    *,
    compared: bool,
) -> Amount:
    if unit == "bps":
        low, high, unit = _over(low), _over(high), _PER_CENT
    return Amount(low, high, closed[0], closed[1], unit, compared, sentence)


def _over(value: Decimal | None) -> Decimal | None:
    return None if value is None else value / _BPS


def _number(match: re.Match[str], n: int) -> Decimal:
    plain = Decimal(match[f"number{n}"].replace(",", "")) * _scale(match, n)
    return -plain if match[f"sign{n}"] == "-" and n == 1 else plain


def _scale(match: re.Match[str], n: int) -> Decimal:
    return Decimal(10) ** _SCALES.get((match[f"scale{n}"] or "").lower(), 0)


def _unit(match: re.Match[str], n: int) -> str:
    told = (match[f"unit{n}"] or "").lower().strip()
    if match[f"money{n}"]:
        return match[f"money{n}"].strip()
    for begins, unit in (("%", "%"), ("perc", "%"), ("pct", "%"), ("pp", "%"), ("b", "bps"),
                         ("dol", "$"), ("us", "$"), ("eur", "\u20ac"), ("inch", "in"), ("deg", "deg"),
                         ("\u00b0", "deg"), ("f", "F"), ("c", "C")):  # fmt: skip
        if told.startswith(begins):
            if unit == "deg":
                return (
                    "F"
                    if "f" in told[-10:].replace("deg", "")
                    else "C"
                    if "c" in told[3:] + told[1:2]
                    else "deg"
                )
            return "" if told.startswith("cent") else unit
    return told
