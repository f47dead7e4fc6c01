"""Days, periods and deadlines."""

import datetime as dt
import re
from collections.abc import Iterator

from arb.pairing.finding import Finding, Side
from arb.pairing.reading.clauses import Part
from arb.pairing.reading.dates import Grain, Moment, Role
from arb.pairing.reading.facts import Facts

_ASKING = (Part.HEADLINE, Part.EVENT, Part.OPERATIVE)
_ANY = (*_ASKING, Part.AUTHORITY, Part.DETAIL, Part.SOURCE)
_ONCE = frozenset({"opening weekend", "opening day"})
_DAY_MINUTES = 24 * 60
_SOME_DAY = dt.date(2000, 1, 3)
"""For hours that no date goes with."""


def compare_dates(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """Compare years, then deadlines, then days and months."""
    yield from _seasons(polymarket, kalshi)
    yield from _years(polymarket, kalshi)
    yield from _deadlines(polymarket, kalshi)
    yield from _days(polymarket, kalshi)
    yield from _strays(polymarket, kalshi)
    yield from _starts(polymarket, kalshi)
    yield from _hours(polymarket, kalshi)


def _at(facts: Facts, *parts: Part) -> list[Moment]:
    return [moment for moment in facts.when(*parts) if moment.role is Role.AT]


def _seasons(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    ours = [m for m in _at(polymarket, *_ASKING) if m.grain is Grain.SEASON]
    theirs = [m for m in _at(kalshi, *_ASKING) if m.grain is Grain.SEASON]
    if ours and theirs:
        agree = {m.start for m in ours} & {m.start for m in theirs}
        side = Side.FOR if agree else Side.AGAINST
        says = "the same season" if agree else "the seasons differ"
        yield Finding("season", says, side, ours[0].sentence, theirs[0].sentence)
    elif ours or theirs:
        season = (ours or theirs)[0]
        plain = [m for m in _at(kalshi if ours else polymarket, *_ASKING) if m.grain is Grain.YEAR]
        if not any(m.start.year == season.end.year for m in plain) and not _dated(
            kalshi if ours else polymarket
        ):
            says = "a season on one side only"
            yield _sided("season", says, Side.DOUBT, season, mine=bool(ours))


def _dated(facts: Facts) -> bool:
    return any(m.grain is Grain.DAY for m in facts.when(*_ANY))


def _years(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    ours, theirs = _spanned(polymarket), _spanned(kalshi)
    if ours and theirs and not ours & theirs:
        says = f"{_list(ours)} there, {_list(theirs)} here"
        yield Finding("year", says, Side.AGAINST, polymarket.headline, kalshi.headline)
    elif not ours and not theirs:
        yield Finding(
            "year", "no date on either side", Side.DOUBT, polymarket.headline, kalshi.headline
        )
    elif (not ours or not theirs) and not _is_named(polymarket, kalshi):
        told = polymarket if ours else kalshi
        moment = told.when(*_ANY)[0] if told.when(*_ANY) else None
        if moment:
            yield _sided("year", "a date on one side only", Side.DOUBT, moment, mine=bool(ours))


def _is_named(polymarket: Facts, kalshi: Facts) -> bool:
    """Both name an edition, or something that happens once: its day says nothing more."""
    parts = (Part.HEADLINE, Part.OPERATIVE)
    once = [{m.name for m in f.of(*parts) if m.name in _ONCE} for f in (polymarket, kalshi)]
    numbered = {mark for mark in polymarket.marks & kalshi.marks if mark[0].isdigit()}
    return bool(once[0] & once[1] or numbered)


def _spanned(facts: Facts) -> set[int]:
    """All years that the question's dates touch."""
    found = facts.when(*_ASKING) or facts.when(*_ANY)
    return {year for moment in found for year in _years_of(moment)}


def _years_of(moment: Moment) -> range:
    last = (moment.end - dt.timedelta(days=1)).year
    return range(min(moment.start.year, last), last + 1)


def _list(years: set[int]) -> str:
    return ", ".join(str(year) for year in sorted(years))


def _deadline_set(facts: Facts) -> dict[tuple[dt.date, int, str], Moment]:
    """Deadlines as day, minute and zone; midnight is the start of the next day."""
    for parts in ((Part.OPERATIVE,), (Part.HEADLINE, Part.EVENT)):
        found = {_key(m): m for m in facts.when(*parts) if m.role is Role.DEADLINE}
        fine = {key: m for key, m in found.items() if m.grain in (Grain.DAY, Grain.MONTH)}
        if found:
            return fine or found
    return {}


def _key(moment: Moment) -> tuple[dt.date, int, str]:
    clock = moment.clock
    zone = clock.zone if clock else ""
    home = "" if zone == "America/New_York" else zone
    if clock is None or clock.minute in (0, _DAY_MINUTES):
        return moment.end, 0, home
    return moment.end, clock.minute, home


def _deadlines(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    ours, theirs = _deadline_set(polymarket), _deadline_set(kalshi)
    if ours and theirs:
        yield _both(ours, theirs)
    elif ours or theirs:
        mine = bool(ours)
        told = ours or theirs
        other = kalshi if mine else polymarket
        if not _spanned(other) and _is_named(polymarket, kalshi):
            return
        yield _against_periods(told, _at(other, *_ASKING), mine=mine)


def _both(
    ours: dict[tuple[dt.date, int, str], Moment], theirs: dict[tuple[dt.date, int, str], Moment]
) -> Finding:
    shared = ours.keys() & theirs.keys()
    left = next(iter(ours.values())) if not shared else ours[min(shared)]
    right = next(iter(theirs.values())) if not shared else theirs[min(shared)]
    if shared:
        says = f"both end with {left.end}"
        return Finding("deadline", says, Side.FOR, left.sentence, right.sentence)
    says = f"one ends with {_told(min(ours))}, the other with {_told(min(theirs))}"
    return Finding("deadline", says, Side.AGAINST, left.sentence, right.sentence)


def _told(key: tuple[dt.date, int, str]) -> str:
    day, minute, zone = key
    return f"{day} {minute // 60:02}:{minute % 60:02} {zone}".replace(" 00:00", "").strip()


def _against_periods(
    told: dict[tuple[dt.date, int, str], Moment], others: list[Moment], *, mine: bool
) -> Finding:
    """A deadline against "in 2026": the same where the period ends with it."""
    first = next(iter(told.values()))
    ends = {m.end for m in others}
    if any(key[0] in ends and not key[1] and not key[2] for key in told):
        return _sided(
            "deadline", f"the other's period ends with {first.end}", Side.FOR, first, mine=mine
        )
    points = [m for m in others if m.grain is Grain.DAY]
    side = Side.AGAINST if points and not any(_inside(m, told) for m in points) else Side.DOUBT
    return _sided("deadline", f"a deadline ({first.end}) on one side only", side, first, mine=mine)


def _inside(point: Moment, told: dict[tuple[dt.date, int, str], Moment]) -> bool:
    return any(abs((point.end - key[0]).days) <= 1 for key in told)


def _days(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    ours, theirs = _finest(polymarket), _finest(kalshi)
    if not ours or not theirs:
        return
    if any(_overlap(a, b) for a in ours for b in theirs):
        grains = max(ours[0].grain, theirs[0].grain)
        mine = ours[0].grain is Grain.DAY
        finer, other = (ours[0], kalshi) if mine else (theirs[0], polymarket)
        if {ours[0].grain, theirs[0].grain} == {Grain.DAY, Grain.YEAR} and not _backed(
            finer, other
        ):
            if finer.scheduled or (_is_yearly(polymarket) and _is_yearly(kalshi)):
                return
            yield _sided("date", "a day on one side only", Side.DOUBT, finer, mine=finer in ours)
            return
        says = f"the same {grains.name.lower()}"
        yield Finding("date", says, Side.FOR, ours[0].sentence, theirs[0].sentence)
        return
    says = f"{ours[0].start} is not {theirs[0].start}"
    yield Finding("date", says, Side.AGAINST, ours[0].sentence, theirs[0].sentence)


def _is_yearly(facts: Facts) -> bool:
    """What is held once a year is named by its year as well as by its day."""
    return any(mention.group in {"award", "title"} for mention in facts.mentions)


def _backed(finer: Moment, other: Facts) -> bool:
    """The other side speaks of that day at least somewhere."""
    days = [m for m in other.when(*_ANY) if m.grain is Grain.DAY and m.role is Role.AT]
    return any(_overlap(finer, day) for day in days)


def _strays(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """A day or month that one side asks about and the other, which names others, never names."""
    for mine, told, other in ((True, polymarket, kalshi), (False, kalshi, polymarket)):
        fine = [m for m in other.when(*_ANY) if m.grain <= Grain.QUARTER]
        days = [m for m in fine if m.grain is Grain.DAY and m.role is Role.AT]
        for moment in _at(told, *_ASKING):
            if _is_reading_day(moment, _at(told, *_ASKING)):
                others = _readings(other)
                if moment.is_reading and others and not any(_touch(moment, m) for m in others):
                    says = "it is looked up on different days"
                    yield _sided("date", says, Side.DOUBT, moment, mine=mine)
                continue
            ends = [m for m in fine if m.role is Role.DEADLINE]
            beside = [*days, *ends] if days and moment.grain is Grain.DAY else fine
            if (
                beside
                and moment.grain <= Grain.QUARTER
                and not any(_touch(moment, m) for m in beside)
            ):
                says = f"{moment.start} is named on one side only"
                yield _sided("date", says, Side.DOUBT, moment, mine=mine)


def _readings(facts: Facts) -> list[Moment]:
    return [m for m in facts.when(*_ANY) if m.is_reading and m.grain is Grain.DAY]


def _touch(a: Moment, b: Moment) -> bool:
    if b.role is Role.DEADLINE and a.end == b.end:
        return True
    return a.start < max(b.end, b.start + dt.timedelta(days=1)) and b.start < a.end


def _starts(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """From when on it counts, where both say so."""
    ours, theirs = (
        [m for m in facts.when(Part.OPERATIVE) if m.role is Role.SINCE and m.grain is Grain.DAY]
        for facts in (polymarket, kalshi)
    )
    if ours and theirs and not _first_days(ours) & _first_days(theirs):
        says = f"it counts from {ours[0].start} there, from {theirs[0].start} here"
        yield Finding("start", says, Side.DOUBT, ours[0].sentence, theirs[0].sentence)


def _first_days(since: list[Moment]) -> set[dt.date]:
    """Say the first day that counts; "after November 1" lets the day in for some only."""
    late = {m.end for m in since if re.search(r"\bafter\b", m.sentence)}
    return {m.start for m in since} | late


def _finest(facts: Facts) -> list[Moment]:
    """The most exact dates that are no deadlines: of the question, else of the text around it."""
    for parts in (_ASKING, _ANY):
        found = [m for m in _at(facts, *parts) if m.grain is not Grain.SEASON]
        found = [m for m in found if not _is_reading_day(m, found)]
        if found:
            grain = min(m.grain for m in found)
            return [m for m in found if m.grain is grain]
    return []


def _is_reading_day(moment: Moment, others: list[Moment]) -> bool:
    """The day on which the figure of a period before it is looked up."""
    told = moment.is_reading or moment.scheduled
    return told and any(other.end <= moment.start for other in others)


def _overlap(a: Moment, b: Moment) -> bool:
    return a.start < b.end and b.start < a.end


def _hours(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """The hour at which something is measured; when a day ends or a game begins does not decide."""
    ours, theirs = _hours_of(polymarket), _hours_of(kalshi)
    quoted = (polymarket.headline, kalshi.headline)
    if not ours or not theirs:
        told = {clock.minute for facts in (polymarket, kalshi) for clock in facts.clocks_beside}
        minutes = {clock.minute for facts in (polymarket, kalshi) for clock in facts.clocks}
        if minutes & told:
            return
    if ours and theirs:
        side = Side.FOR if ours & theirs else Side.AGAINST
        yield Finding(
            "hour", "the same hour" if ours & theirs else "the hours differ", side, *quoted
        )
    elif ours or theirs:
        yield Finding("hour", "an hour on one side only", Side.DOUBT, *quoted)


def _hours_of(facts: Facts) -> set[dt.datetime]:
    days = [m.start for m in facts.when(*_ASKING) if m.grain is Grain.DAY] or [_SOME_DAY]
    hours = [clock for clock in facts.clocks if clock.minute not in (0, _DAY_MINUTES)]
    return {clock.at(days[0]) for clock in hours} if not facts.sides else set()


def _sided(fact: str, says: str, side: Side, moment: Moment, *, mine: bool) -> Finding:
    quoted = moment.sentence
    return Finding(fact, says, side, quoted if mine else "", "" if mine else quoted)
