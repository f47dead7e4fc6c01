"""Profit by the program's books and by the venues' accounts; `scripts/soak --week` is the long form."""

import attrs
import pytest

from arb.risk.ledger import Ledger
from trials.week import WEEK, live_week, tell_week

pytestmark = pytest.mark.timeout(110)
"""Of real time."""

HURRY = attrs.evolve(WEEK, days=0, speed_ppm=4_000_000, seconds=100.0)
"""A lively minute and a half instead of a quiet week, faults included."""


def test_profit_is_what_the_venues_accounts_say(capsys: pytest.CaptureFixture[str]) -> None:
    """To the micro-dollar, with fills and faults; the report says so and ends well."""
    lived = live_week(HURRY)
    (day,) = lived.days
    assert day.fills > 0
    assert sum(lived.acted.values()) > 0
    assert day.ours == day.theirs != 0
    assert tell_week(lived) == 0
    assert "agree to the micro-dollar" in capsys.readouterr().out


def test_a_micro_dollar_too_much_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report can fail: books that claim one more are told as different, exit code 1."""
    truth = Ledger.realised_on
    monkeypatch.setattr(Ledger, "realised_on", lambda ledger, at_ns: truth(ledger, at_ns) + 1)
    assert tell_week(live_week(attrs.evolve(HURRY, seconds=65.0))) == 1
    assert "DIFFERS" in capsys.readouterr().out
