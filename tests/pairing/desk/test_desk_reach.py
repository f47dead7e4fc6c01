"""The settings say how far candidates are searched for."""

from pathlib import Path

import attrs
import pytest

from arb.pair_desk import reach_of
from arb.pairing.candidates.reach import Reach
from arb.settings import Pairs, build, read_toml

SHIPPED = Path(__file__).resolve().parents[3] / "settings.toml"
FIELDS = {
    "candidates_each": "best",
    "compared_each": "shortlist",
    "block_questions": "common",
    "block_visits": "visits",
    "kalshi_earlier_days": "kalshi_earlier_days",
    "kalshi_later_days": "kalshi_later_days",
}


def shipped() -> Pairs:
    text = SHIPPED.read_text(encoding="utf-8")
    return build([read_toml(text, "settings.toml")]).pairs


def test_the_shipped_knobs_are_those_whose_time_and_recall_are_measured() -> None:
    """The benchmark and the labelled sets are searched with the class's own figures."""
    assert reach_of(shipped()) == Reach()


@pytest.mark.parametrize("knob", FIELDS)
def test_each_knob_changes_its_limit_of_the_search_and_no_other(knob: str) -> None:
    knobs = attrs.evolve(shipped(), **{knob: 7})
    assert reach_of(knobs) == attrs.evolve(Reach(), **{FIELDS[knob]: 7})
