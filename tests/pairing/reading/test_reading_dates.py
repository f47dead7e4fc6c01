"""Dates, deadlines and hours."""

import datetime as dt

import pytest

from arb.pairing.reading.clock import clocks
from arb.pairing.reading.dates import Grain, Moment, Role, moments


def only(text: str, year: int | None = None) -> Moment:
    (moment,) = moments(text, year)
    return moment


@pytest.mark.parametrize(
    ("text", "first", "last", "grain"),
    [
        ("on July 29, 2026", "2026-07-29", "2026-07-29", Grain.DAY),
        ("scheduled for July 28-29, 2026", "2026-07-28", "2026-07-29", Grain.DAY),
        ("on 5 May '26", "2026-05-05", "2026-05-05", Grain.DAY),
        ("on 2026-05-05", "2026-05-05", "2026-05-05", Grain.DAY),
        ("their July 2026 meeting", "2026-07-01", "2026-07-31", Grain.MONTH),
        ("in Q4 2026", "2026-10-01", "2026-12-31", Grain.QUARTER),
        ("the 2026-27 season", "2026-07-01", "2027-06-30", Grain.SEASON),
        ("the 2028 election", "2028-01-01", "2028-12-31", Grain.YEAR),
    ],
)
def test_a_date_is_read_as_its_first_and_last_day(
    text: str, first: str, last: str, grain: Grain
) -> None:
    moment = only(text)
    assert moment.start == dt.date.fromisoformat(first)
    assert moment.end == dt.date.fromisoformat(last) + dt.timedelta(days=1)
    assert moment.grain is grain
    assert moment.role is Role.AT


@pytest.mark.parametrize(
    "text",
    [
        "before Jan 1, 2027",
        "before 2027",
        "by December 31, 2026",
        "by December 31, 2026, 11:59 PM ET",
        "on or before December 31, 2026",
        "no later than December 31, 2026",
        "by the end of 2026",
        "between this market's creation and December 31, 2026",
    ],
)
def test_all_ways_to_tell_a_deadline_give_the_first_day_that_is_too_late(text: str) -> None:
    moment = only(text)
    assert moment.role is Role.DEADLINE
    assert moment.end == dt.date(2027, 1, 1)


def test_a_day_without_year_is_of_the_year_asked_for_and_else_unknown() -> None:
    assert only("by March 31?", 2027).end == dt.date(2027, 4, 1)
    assert not list(moments("by March 31?", None))


@pytest.mark.parametrize("text", ["2,026 seats", "$2026.50", "may win", "round of 16", "25 bps"])
def test_numbers_and_verbs_are_no_dates(text: str) -> None:
    assert not list(moments(text, None))


def test_what_a_change_is_measured_against_is_no_date_of_the_question() -> None:
    assert [m.start.month for m in moments("in May 2026 compared with April 2026", None)] == [5]


def test_hours_of_different_zones_are_one_instant() -> None:
    (eastern,) = clocks("at 12:00 PM ET")
    (universal,) = clocks("at 5 p.m. UTC")
    winter, summer = dt.date(2026, 12, 4), dt.date(2026, 7, 4)
    assert eastern.at(winter) == universal.at(winter)
    assert eastern.at(summer) != universal.at(summer)


def test_the_last_minute_of_a_day_is_its_end() -> None:
    assert [clock.minute for clock in clocks("11:59 PM ET, 23:59, noon")] == [1440, 1440, 720]
