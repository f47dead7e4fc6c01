"""Polymarket's YES as Kalshi's NO: denials, what goes on, and complements."""

import pytest

from arb.pairing.finding import Ruling
from arb.pairing.question import Question
from arb.pairing.verdict import judge


def asked(title: str, condition: str) -> Question:
    return Question(title=title, rules=f"If {condition}, then the market resolves to Yes.")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            ("Will X be released by June 30, 2027?", "X is released by June 30, 2027"),
            ("Will X not be released before Jul 1, 2027?", "X is not released before Jul 1, 2027"),
        ),
        (
            ("CPI above 0.3% in May 2027?", "CPI rises more than 0.3% in May 2027"),
            ("CPI 0.3% or less in May 2027?", "CPI rises 0.3% or less in May 2027"),
        ),
    ],
)
def test_the_contrary_is_the_same_question_turned_round(
    ours: tuple[str, str], theirs: tuple[str, str]
) -> None:
    verdict = judge(asked(*ours), asked(*theirs))
    assert verdict.ruling is Ruling.SAME, verdict.vetoes
    assert verdict.yes_is_yes is False


def test_rules_that_deny_what_their_own_title_asks_are_for_a_person() -> None:
    ours = asked("Will X be released by June 30, 2027?", "X is released by June 30, 2027")
    theirs = asked("Will X be released before Jul 1, 2027?", "X is not released before Jul 1, 2027")
    assert judge(ours, theirs).ruling is Ruling.PERSON


def test_two_denials_are_the_same_way_round() -> None:
    one = asked("Will X not be released by June 30, 2027?", "X is not released by June 30, 2027")
    assert judge(one, one).yes_is_yes is True


def test_a_title_that_asks_for_more_where_the_rules_ask_for_less_is_for_a_person() -> None:
    ours = asked("CPI above 0.3% in May 2027?", "CPI rises more than 0.3% in May 2027")
    torn = asked("CPI above 0.3% in May 2027?", "CPI rises less than 0.3% in May 2027")
    assert judge(ours, torn).ruling is not Ruling.SAME
    assert judge(torn, torn).ruling is not Ruling.SAME
