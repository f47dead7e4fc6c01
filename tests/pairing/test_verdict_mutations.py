"""Whatever settling fact is changed on one side of a pair that is the same, it is so no more."""

import re
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from arb.pairing.finding import Ruling
from arb.pairing.labelled import Judged, judge_lines
from arb.pairing.question import Question
from arb.pairing.verdict import judge

DATA = Path(__file__).parent / "data"
SETS = ("worked", "held_out", "fresh")
NARROWINGS = (
    "for the second time",
    "by unanimous vote",
    "in nominal terms",
    "excluding weekends",
    "on a Sunday",
    "and holds it for at least 30 days",
    "in the state of Texas alone",
    "as a stopgap",
)
SWAPS = (
    ("Republican", "Democratic"),
    ("Senate", "House"),
    ("Bitcoin", "Ethereum"),
    ("BTC", "ETH"),
    ("Binance", "Coinbase"),
    ("Best Picture", "Best Director"),
    ("domestic", "worldwide"),
    ("seasonally adjusted", "not seasonally adjusted"),
    ("December", "October"),
    ("Dec", "Oct"),
    ("delivered", "produced"),
    ("wins the", "is nominated for the"),
    ("convicted", "indicted"),
    ("12-month", "11-month"),
)


def same_pairs() -> list[Judged]:
    files = [file for name in SETS for file in sorted((DATA / name).glob("*.jsonl"))]
    judged = [one for f in files for one in judge_lines(f.read_text("utf-8").splitlines())]
    return [
        one
        for one in judged
        if isinstance(one, Judged)
        and one.pair.label == "same"
        and one.verdict.ruling is Ruling.SAME
    ]


@pytest.fixture(scope="module")
def pairs() -> list[Judged]:
    return same_pairs()


def survivors(pairs: list[Judged], change: Callable[[Question], Question]) -> list[str]:
    """What is still the same although Kalshi's question was changed."""
    changed = [(one, change(one.pair.kalshi)) for one in pairs]
    return [
        f"{one.pair.line}: {question.title} {question.rules}"
        for one, question in changed
        if question != one.pair.kalshi
        and judge(one.pair.polymarket, question).ruling is Ruling.SAME
    ]


def in_all_texts(question: Question, change: Callable[[str], str]) -> Question:
    return attrs.evolve(
        question,
        title=change(question.title),
        event_title=change(question.event_title),
        outcome=change(question.outcome),
        rules=change(question.rules),
    )


def everywhere(old: str, new: str) -> Callable[[Question], Question]:
    shape = re.compile(rf"(?<![\w-]){re.escape(old)}(?!\w)")

    def change(question: Question) -> Question:
        if not shape.search(question.rules):
            return question
        return in_all_texts(question, lambda text: shape.sub(new, text))

    return change


@pytest.mark.parametrize("narrowing", NARROWINGS)
def test_a_condition_that_is_narrower_on_one_side_is_not_the_same(
    pairs: list[Judged], narrowing: str
) -> None:
    def change(question: Question) -> Question:
        rules = re.sub(
            r",? then the market", f" {narrowing}, then the market", question.rules, count=1
        )
        return attrs.evolve(question, rules=rules)

    some = pairs[NARROWINGS.index(narrowing) % 3 :: 3]
    assert len(some) > 0
    assert not survivors(some, change)


@pytest.mark.parametrize(("old", "new"), SWAPS)
def test_a_settling_word_that_is_another_makes_another_question(
    pairs: list[Judged], old: str, new: str
) -> None:
    assert not survivors(pairs, everywhere(old, new))


def test_another_name_makes_another_question(pairs: list[Judged]) -> None:
    """Each name that title or outcome and rules share, one at a time."""
    known = {"January", "February", "March", "April", "June", "July", "August", "September"}
    known |= {"October", "November", "December", "After", "Another"}
    for one in pairs[::2]:
        kalshi = one.pair.kalshi
        names = set(re.findall(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]{4,}\b", kalshi.rules)) - known
        for name in names & set(re.findall(r"\w+", f"{kalshi.title} {kalshi.outcome}")):
            assert not survivors([one], everywhere(name, "Quuxley")), name


def test_a_year_more_or_less_makes_another_question(pairs: list[Judged]) -> None:
    dated = [one for one in pairs if re.search(r"\b20\d\d\b", one.pair.polymarket.rules)]
    years = re.compile(r"\b20(\d\d)\b")

    def later(question: Question) -> Question:
        return in_all_texts(question, lambda text: years.sub(lambda m: f"20{int(m[1]) + 1}", text))

    assert len(dated) > 0
    assert not survivors(dated, later)
