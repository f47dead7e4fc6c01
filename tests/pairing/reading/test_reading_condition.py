"""The condition is taken apart, and what other sentences say counts is read."""

import pytest

from arb.pairing.question import Question
from arb.pairing.reading.clauses import Part
from arb.pairing.reading.condition import parts_of
from arb.pairing.reading.lexicon import lexicon
from arb.pairing.reading.naming import letters
from arb.pairing.reading.read import read
from arb.pairing.reading.stances import stances
from arb.pairing.reading.thesaurus import is_meant, kin


def taken_apart(sentence: str) -> dict[Part, str]:
    return {clause.part: clause.text for clause in parts_of(sentence)}


def test_whose_figure_it_is_is_no_part_of_what_is_asked() -> None:
    found = taken_apart(
        "If the rate is above 4.5% according to the Bureau of Labor Statistics, then"
    )
    assert found[Part.AUTHORITY] == "the Bureau of Labor Statistics"
    assert "Bureau" not in found[Part.OPERATIVE]


def test_what_narrows_the_condition_behind_a_source_stays_in_it() -> None:
    found = taken_apart("If it sells 5 cars as reported by Acme in southern states, then Yes")
    assert "in southern states" in found[Part.OPERATIVE]


@pytest.mark.parametrize("day", ["as displayed on Jan 2, 2027", "as of January 15, 2027"])
def test_the_day_on_which_a_figure_is_told_is_no_source(day: str) -> None:
    found = taken_apart(f"If the rate on Dec 31, 2026, {day} is 3, then Yes")
    assert day in found[Part.OPERATIVE]
    assert Part.AUTHORITY not in found


def test_a_short_name_in_brackets_goes_and_a_measure_stays() -> None:
    found = taken_apart("If the Social Democrats (SDP) win 5% (not seasonally adjusted)")
    assert "SDP" not in found[Part.OPERATIVE]
    assert "not seasonally adjusted" in found[Part.OPERATIVE]


@pytest.mark.parametrize(
    ("sentence", "counted", "left_out"),
    [
        ("Reposts count; replies do not.", {"repost"}, {"reply"}),
        ("Replies do not count unless they are pinned.", {"pinn"}, {"reply"}),
        ("A rumour is not a release.", set(), {"rumour"}),
        ("Posts count, regardless of length.", {"post"}, set()),
        ("If it is a rumour, the market resolves to No.", set(), {"rumour"}),
    ],
)
def test_what_counts_and_what_does_not_is_read(
    sentence: str, counted: set[str], left_out: set[str]
) -> None:
    found = list(stances(sentence, lexicon()))
    assert counted <= {thing for one in found if one.counts for thing in one.things}
    assert left_out <= {thing for one in found if not one.counts for thing in one.things}


def test_a_name_may_be_told_by_its_initials() -> None:
    assert "OPM" in letters(("office", "of", "personnel", "management"))
    assert "NHC" in letters(("national", "hurricane", "center"))


@pytest.mark.parametrize("word", sorted(kin()))
def test_every_word_of_a_family_means_what_the_others_mean(word: str) -> None:
    assert all(is_meant(word, frozenset({other})) for other in kin()[word])


def test_a_month_without_year_is_of_the_year_that_its_own_rules_tell() -> None:
    rules = (
        "If it is 3% in December 2026, then the market resolves to Yes. It is out in January 2027."
    )
    facts = read(Question(title="Rate in December?", rules=rules))
    assert {m.start.year for _, m in facts.moments if m.start.month == 12} == {2026}


def test_two_days_with_to_between_them_are_a_window() -> None:
    facts = read(Question(title="Storms (June 1 to November 30, 2027)"))
    assert {moment.role.value for _, moment in facts.moments} == {"since", "deadline"}


@pytest.mark.parametrize(
    ("sentence", "part"),
    [
        ("The market closes at 10:00 AM on the day of release.", Part.NOISE),
        ("The report is scheduled for January 13, 2027.", Part.SOURCE),
        ("A walkover resolves 50-50.", Part.TAIL),
    ],
)
def test_sentences_of_the_schedule_do_not_ask(sentence: str, part: Part) -> None:
    facts = read(Question(title="Who?", rules=sentence))
    assert [clause.part for clause in facts.clauses][-1] is part
