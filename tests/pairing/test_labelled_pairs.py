"""Our labelled pairs: nothing else is taken for the same, and enough of the same is found."""

from functools import cache
from pathlib import Path

import pytest

from arb.pairing.finding import Ruling
from arb.pairing.labelled import Judged, judge_lines
from arb.pairing.verdict import judge

DATA = Path(__file__).parent / "data"
FILES = sorted(DATA.rglob("*.jsonl"))
LEAST_KEPT = 0.85
LEAST_FOUND = {
    "worked": 0.60,
    "held_out": 0.55,
    "fresh": 0.60,
    "second": 0.40,
    "third": 0.37,
    "fourth": 0.37,
}
"""Of "same" with both rules texts. The goal is 0.60; the sets nobody saw are short of it."""


@cache
def judged(file: Path) -> tuple[Judged, ...]:
    found = tuple(judge_lines(file.read_text(encoding="utf-8").splitlines()))
    pairs = tuple(one for one in found if isinstance(one, Judged))
    assert pairs == found, "every line can be read"
    return pairs


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_nothing_else_is_judged_the_same(file: Path) -> None:
    """A false twin loses the whole stake: not one, in any family."""
    false_twins = [
        (one.pair.line, one.pair.reason, one.verdict.evidence)
        for one in judged(file)
        if one.pair.label != "same" and one.verdict.ruling is Ruling.SAME
    ]
    assert not false_twins


@pytest.mark.parametrize("name", sorted({file.parent.name for file in FILES}))
def test_what_is_the_same_is_found_or_left_to_a_person(name: str) -> None:
    same = [one for one in of(name) if one.pair.label == "same"]
    kept = [one for one in same if one.verdict.ruling is not Ruling.DIFFERENT]
    assert len(kept) / len(same) >= LEAST_KEPT, [one.pair.reason for one in same if one.is_error]


@pytest.mark.parametrize("name", sorted({file.parent.name for file in FILES}))
def test_with_both_rules_texts_no_fewer_are_judged_the_same_than_before(name: str) -> None:
    same = [one for one in of(name) if one.pair.label == "same" and one.has_rules]
    found = [one for one in same if one.verdict.ruling is Ruling.SAME]
    assert len(found) / len(same) >= LEAST_FOUND[name]


@pytest.mark.parametrize("name", sorted({file.parent.name for file in FILES}))
def test_polarity_is_told_wherever_a_pair_is_the_same(name: str) -> None:
    """Polymarket's YES is Kalshi's NO exactly where the label says that one is inverted."""
    wrong = [
        (one.pair.line, one.pair.reason)
        for one in of(name)
        if one.pair.label == "same" and one.verdict.ruling is Ruling.SAME
        if one.verdict.yes_is_yes is not ("inverted" not in one.pair.reason)
    ]
    assert not wrong


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_no_question_is_the_twin_of_anothers_twin(file: Path) -> None:
    """The questions of a family are worded alike, and every title asks something else."""
    twins = [one.pair for one in judged(file) if one.pair.label == "same"]
    false_twins = [
        (one.polymarket.title, other.kalshi.title)
        for one in twins
        for other in twins
        if one.polymarket.title != other.polymarket.title
        if judge(one.polymarket, other.kalshi).ruling is Ruling.SAME
    ]
    assert not false_twins


def of(name: str) -> list[Judged]:
    return [one for file in FILES if file.parent.name == name for one in judged(file)]
