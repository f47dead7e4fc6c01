"""Times of day in a text, with their zones."""

import datetime as dt
import functools
import re
from zoneinfo import ZoneInfo

import attrs

_ZONES = {
    "ET": "America/New_York",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "EASTERN": "America/New_York",
    "CT": "America/Chicago",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "UTC": "UTC",
    "GMT": "UTC",
    "BST": "Europe/London",
    "CET": "Europe/Paris",
    "CEST": "Europe/Paris",
    "JST": "Asia/Tokyo",
    "HKT": "Asia/Hong_Kong",
}
"""What the letters mean in the contracts of both venues, which say EST all year (recorded
traffic)."""
HOME = "America/New_York"
"""Where both venues' days begin and end unless they say otherwise (recorded traffic)."""
_ZONE = r"(?:\s*(?:in the )?\(?(?P<zone>E[SD]?T|C[SD]T|CT|MT|P[SD]?T|UTC|GMT|BST|CES?T|JST|HKT|[Ee]astern)\b)?"
_CLOCK = re.compile(
    r"\b(?:(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?::\d\d)?\s?(?P<half>[AaPp])\.?\s?[Mm]\b\.?"
    r"|(?P<hour24>[01]?\d|2[0-3]):(?P<minute24>\d\d)(?::\d\d)?"
    r"|(?P<word>noon|midnight))" + _ZONE,
)
_REACH = 32
_HALF_DAY, _LAST_MINUTE, _DAY_MINUTES = 12, 59, 24 * 60


@attrs.frozen
class Clock:
    """A time of day."""

    minute: int
    """Minutes after midnight, 0 to 1440; the last minute of a day is told as 1440."""
    zone: str
    """An IANA name; "" where the text names none."""

    def at(self, day: dt.date) -> dt.datetime:
        """Say which instant it is on a day; without a zone, that of `HOME`."""
        midnight = dt.datetime(day.year, day.month, day.day, tzinfo=zone(self.zone or HOME))
        return (midnight + dt.timedelta(minutes=self.minute)).astimezone(dt.UTC)


@functools.cache
def zone(name: str) -> ZoneInfo:
    """Look a zone up, once."""
    return ZoneInfo(name)


def clocks(text: str) -> tuple[Clock, ...]:
    """Find every time of day."""
    return tuple(_clock(match) for match in _CLOCK.finditer(text) if _is_time(match))


def clock_near(sentence: str, start: int, end: int) -> Clock | None:
    """Find the time of day beside a date: right behind it, or else right ahead of it."""
    behind = next(filter(_is_time, _CLOCK.finditer(sentence[end : end + _REACH])), None)
    if behind is not None:
        return _clock(behind)
    ahead = _CLOCK.finditer(sentence[max(0, start - _REACH) : start])
    times = [match for match in ahead if _is_time(match)]
    return _clock(times[-1]) if times else None


def without_clocks(sentence: str) -> str:
    """Leave times of day out, so that their numbers are not read as amounts."""
    return _CLOCK.sub(" ", sentence)


def _is_time(match: re.Match[str]) -> bool:
    return not match["hour"] or 1 <= int(match["hour"]) <= _HALF_DAY


def _clock(match: re.Match[str]) -> Clock:
    if match["word"]:
        minute = _HALF_DAY * 60 if match["word"] == "noon" else 0
    elif match["hour24"]:
        minute = int(match["hour24"]) * 60 + int(match["minute24"])
    else:
        hour = int(match["hour"]) % _HALF_DAY + (_HALF_DAY if match["half"] in "Pp" else 0)
        minute = hour * 60 + int(match["minute"] or 0)
    if minute == _DAY_MINUTES - 1:
        minute = _DAY_MINUTES
    named = (match["zone"] or "").upper()
    return Clock(minute, _ZONES.get(named, ""))
