"""Profit by the program's books and by the venues' accounts; `scripts/soak --week` is the long form."""

import attrs
import pytest

from trials.week import WEEK, Lived, live_week, tell_week

pytestmark = pytest.mark.timeout(110)
"""Of real time."""

HURRY = attrs.evolve(WEEK, days=0, speed_ppm=4_000_000, seconds=75.0)
"""A lively minute instead of a quiet week, faults included."""


@pytest.fixture(scope="module")
def lived() -> Lived:
    """One short span."""
    return live_week(HURRY)


def test_profit_is_what_the_venues_accounts_say(
    lived: Lived, capsys: pytest.CaptureFixture[str]
) -> None:
    """To the micro-dollar, with fills and faults; the report says so and ends well."""
    (day,) = lived.days
    assert day.fills > 0
    assert sum(lived.acted.values()) > 0
    assert day.ours == day.theirs != 0
    assert tell_week(lived) == 0
    assert "agree to the micro-dollar" in capsys.readouterr().out


@pytest.mark.parametrize("figure", ["realised", "unrealised", "cash", "contracts"])
def test_a_micro_dollar_too_much_is_told(
    lived: Lived, figure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report can fail: books or accounts with one more are told as different, exit code 1."""
    (day,) = lived.days
    wrong = attrs.evolve(day, **{figure: getattr(day, figure) + 1})
    assert tell_week(attrs.evolve(lived, days=(wrong,))) == 1
    assert "DIFFERS" in capsys.readouterr().out
