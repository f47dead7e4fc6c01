"""Dates, periods and deadlines in a text, as stretches of time."""

import datetime as dt
import enum
import functools
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import attrs

from arb.pairing.reading.clock import Clock, clock_near

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
    r"|JAN(?:UARY)?|FEB(?:RUARY)?|MAR(?:CH)?|APR(?:IL)?|MAY|JUNE?|JULY?|AUG(?:UST)?"
    r"|SEPT?(?:EMBER)?|OCT(?:OBER)?|NOV(?:EMBER)?|DEC(?:EMBER)?)\.?(?![a-z])"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)"
_YEAR = r"(?P<year>20\d\d)(?!\d)"
_TO = r"(?:\s*(?:-|to|and|through)\s*(?P<last>\d{1,2})(?:st|nd|rd|th)?(?![\d%:]))?"
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_SHAPES = (
    re.compile(rf"\b{_MONTH}\s+{_DAY}{_TO}(?:,?\s+(?:of\s+)?{_YEAR}|,?\s+'(?P<short>\d\d)\b)?"),
    re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR}|\s+'(?P<short>\d\d)\b)?"),
    re.compile(r"\b(?P<year>20\d\d)-(?P<number>\d\d)-(?P<day>\d\d)(?!\d)"),
    re.compile(r"\b(?P<number>\d{1,2})/(?P<day>\d{1,2})/(?P<year>20\d\d)\b"),
    re.compile(rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}"),
    re.compile(rf"\b[Qq](?P<quarter>[1-4])(?:\s+(?:of\s+)?{_YEAR})?"),
    re.compile(
        r"\b(?P<ordinal>first|second|third|fourth)[ -]quarter(?:\s+(?:of\s+)?(?P<year>20\d\d))?",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?P<year>20\d\d)\s?[-/]\s?(?P<season>20\d\d|\d\d)(?![\d-])"),
    re.compile(rf"(?<![\d$.,]){_YEAR}(?![,.]\d)(?!\s?(?:%|bps|points))"),
    re.compile(rf"\b{_MONTH}(?=\s*(?:$|[?.,;:)]|\s(?!\d)))"),
)
_MAY_DATE = re.compile(
    r"20\d\d|\d/\d|[Qq][1-4]|[Qq]uarter|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
    r"|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
)
"""Without any of these there is no date."""
_CACHED = 4096
"""Sentences that are kept without their dates: each is read for several facts."""
_BEFORE = re.compile(
    r"\b(?:before|prior to|earlier than)(?: the)?(?: start of| beginning of)?\s*$", re.IGNORECASE
)
_BY = re.compile(
    r"\b(?:by|on or before|no later than|not later than|through|until|till|thru|up to|or before)"
    r"(?: and including)?(?: the)?(?: end of)?(?: the)?(?: day on| day)?\s*$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\b(?:after|since|from|starting|starts?|beginning|between)(?: on)?(?: the)?\s*$", re.IGNORECASE
)
_AND = re.compile(r"\b(?:between|from)\b[^.]*\b(?:and|to)\s*$", re.IGNORECASE)
_END_OF = re.compile(r"\bend of(?: the)?(?: month of)?\s*$", re.IGNORECASE)
_BASE = re.compile(
    r"\b(?:compared (?:to|with)|relative to|days (?:of|after|before|from)(?: the)?(?: expected| scheduled)?(?: date)?"
    r"(?: of)?|than in|prior to that of)\s*(?:the )?$",
    re.IGNORECASE,
)
"""What is measured against, or counted from: no date of the question."""
_SOME_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_RANGE_BEHIND = re.compile(
    rf"^(?:,? (?:at )?\d[\d:]*\s?[AaPp]\.?[Mm]\.?(?: E[SD]?T)?)?,?\s*(?:-|to|through|until)\s*{_SOME_MONTH} \d"
)
_RANGE_AHEAD = re.compile(
    rf"{_SOME_MONTH} \d{{1,2}}(?:, 20\d\d)?(?:,? (?:at )?\d[\d:]*\s?[AaPp]\.?[Mm]\.?(?: E[SD]?T)?)?,?\s*(?:-|to|through|until)\s*$"
)
"""Two days with a stretch between them: "June 1 to November 30, 2027"."""
_EVENT = re.compile(
    r"^\s+(?:\w+ ){0,2}(?:meeting|election|season|game|match|report|release|convention|midterms?)\b"
)
_SCHEDULED = re.compile(
    r"\b(?:schedul\w*|slated|set|currently|expected)\b[^.;]{0,30}$", re.IGNORECASE
)
_READING = re.compile(
    r"\b(?:as of|(?:displayed|shown|as published|as reported)[^.;]{0,40}? on|release of|released on"
    r"|published (?:on|by)|update (?:on|of|before)|report (?:of|on))\s*(?:the )?$",
    re.IGNORECASE,
)
_CLOCK_BETWEEN = re.compile(
    r"\d{1,2}(?::\d\d){0,2}\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:\(?[A-Z]{2,4}\)?)?\s*(?:,|on)?\s*$"
)
_LAST_MONTH, _MONTHS_IN_QUARTER = 12, 3


class Grain(enum.IntEnum):
    """How finely a date is told."""

    DAY = 1
    MONTH = 2
    QUARTER = 3
    SEASON = 4
    YEAR = 5


class Role(enum.StrEnum):
    """What a date does in its sentence."""

    AT = "at"
    """When it happens, or the period or edition it belongs to."""
    DEADLINE = "deadline"
    """It counts if it happens before this one ends (or begins, for "before")."""
    SINCE = "since"
    """It counts from here on."""


@attrs.frozen
class Moment:
    """One date in a text."""

    start: dt.date
    end: dt.date
    """The first day that belongs to it no more. For a deadline: the first day that is too late."""
    grain: Grain
    role: Role
    clock: Clock | None
    """The time of day beside it, with its zone."""
    scheduled: bool
    """It is told when something is planned, which does not decide."""
    is_reading: bool
    """It is told when a figure is looked up."""
    year_told: bool
    sentence: str


def moments(
    sentence: str, year: int | None, years_by_month: Mapping[int, int] = MappingProxyType({})
) -> Iterator[Moment]:
    """Find all dates; where no year is told it is that of the month, or `year`, else no date."""
    if not _MAY_DATE.search(sentence):
        return
    taken: list[tuple[int, int]] = []
    for shape in _SHAPES:
        for match in shape.finditer(sentence):
            if _BASE.search(sentence[: match.start()]):
                taken.append(match.span())
                continue
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            stretch = _stretch(match.groupdict(), year, years_by_month)
            if stretch is not None:
                taken.append(match.span())
                yield _placed(match, stretch, sentence)


def years(sentence: str) -> frozenset[int]:
    """All years that are told in full."""
    return frozenset(
        moment.start.year for moment in moments(sentence, None) if moment.grain is not Grain.SEASON
    )


@functools.lru_cache(maxsize=_CACHED)
def without_dates(sentence: str) -> str:
    """Leave the dates out, so that their numbers are not read as amounts."""
    if not _MAY_DATE.search(sentence):
        return sentence
    for shape in _SHAPES:
        sentence = shape.sub(" , ", sentence)
    return sentence


def _stretch(
    told: dict[str, str | None], year: int | None, years_by_month: Mapping[int, int]
) -> tuple[dt.date, dt.date, Grain] | None:
    known = told.get("year") or (f"20{told['short']}" if told.get("short") else None)
    in_year = int(known) if known else years_by_month.get(_month_number(told) or 0, year)
    if in_year is None:
        return None
    if told.get("season"):
        return _season(in_year, str(told["season"]))
    quarter = told.get("quarter") or _ORDINALS.get(str(told.get("ordinal")).lower())
    if quarter:
        return _months(
            in_year, int(quarter) * _MONTHS_IN_QUARTER - 2, _MONTHS_IN_QUARTER, Grain.QUARTER
        )
    month = _month_number(told)
    if month is None:
        return dt.date(in_year, 1, 1), dt.date(in_year + 1, 1, 1), Grain.YEAR
    if told.get("day"):
        return _days(in_year, month, int(str(told["day"])), told.get("last"))
    return _months(in_year, month, 1, Grain.MONTH)


def _season(year: int, second: str) -> tuple[dt.date, dt.date, Grain] | None:
    if int(second) % 100 != (year + 1) % 100:
        return None
    return dt.date(year, 7, 1), dt.date(year + 1, 7, 1), Grain.SEASON


def _month_number(told: dict[str, str | None]) -> int | None:
    if told.get("number"):
        number = int(str(told["number"]))
        return number if 1 <= number <= _LAST_MONTH else None
    name = told.get("month")
    if not name:
        return None
    return next(
        number
        for number, full in enumerate(MONTHS, start=1)
        if full[:3].lower() == name[:3].lower()
    )


def _months(year: int, first: int, count: int, grain: Grain) -> tuple[dt.date, dt.date, Grain]:
    months = year * 12 + first - 1 + count
    return dt.date(year, first, 1), dt.date(months // 12, months % 12 + 1, 1), grain


def _days(
    year: int, month: int, first: int, last: str | None
) -> tuple[dt.date, dt.date, Grain] | None:
    try:
        start = dt.date(year, month, first)
        final = dt.date(year, month, int(last)) if last else start
    except ValueError:
        return None
    return start, max(start, final) + dt.timedelta(days=1), Grain.DAY


def _placed(match: re.Match[str], stretch: tuple[dt.date, dt.date, Grain], sentence: str) -> Moment:
    start, end, grain = stretch
    ahead = sentence[: match.start()]
    lead = _CLOCK_BETWEEN.sub("", ahead)
    role, end = _role(lead, sentence[match.end() :], (start, end), grain)
    told = match.groupdict()
    return Moment(
        start=start,
        end=end,
        grain=grain,
        role=role,
        clock=clock_near(sentence, match.start(), match.end()),
        scheduled=bool(_SCHEDULED.search(lead)),
        is_reading=bool(_READING.search(lead)),
        year_told=bool(told.get("year") or told.get("short")),
        sentence=sentence,
    )


def _role(
    lead: str, behind: str, stretch: tuple[dt.date, dt.date], grain: Grain
) -> tuple[Role, dt.date]:
    start, end = stretch
    if _EVENT.match(behind):
        return Role.AT, end
    if grain is Grain.DAY and (_RANGE_BEHIND.match(behind) or _RANGE_AHEAD.search(lead)):
        return Role.SINCE if _RANGE_BEHIND.match(behind) else Role.DEADLINE, end
    if _BEFORE.search(lead) and not _BY.search(lead):
        return Role.DEADLINE, start
    if _BY.search(lead) or _AND.search(lead) or _END_OF.search(lead):
        # "by 2027" and "by March" mean its beginning to some and its end to others; the end of it
        # is what most contracts then spell out, and a side that does not is compared as read.
        return Role.DEADLINE, end
    if _AFTER.search(lead) and grain is Grain.DAY:
        return Role.SINCE, end
    return Role.AT, end
