"""Both venues' spellings of one thing are the same terms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.pairing.candidates.terms import terms_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$96,000", "96K"),
        ("2.90%", "2.9%"),
        ("250 million", "$250M"),
        ("$1.5T", "1,500 billion"),
        ("November 28", "Nov 28"),
        ("November 28, 2026", "11/28/2026"),
        ("2026-11-28", "Nov 28, 2026"),
        ("Super Bowl LXI", "super bowl 61"),
        ("the 99th", "the 99"),
        ("Félix Auger-Aliassime", "Felix Auger Aliassime"),
        ("Tesla's cars", "tesla car"),
    ],
)
def test_two_spellings_are_the_same_terms(one: str, other: str) -> None:
    assert terms_of(one) == terms_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("LX", "LXI"), ("96,000", "96,001"), ("Nov 28", "Nov 29"), ("$1M", "$1B"), ("Xi", "11")],
)
def test_what_differs_stays_apart(one: str, other: str) -> None:
    assert terms_of(one) != terms_of(other)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("before Nov 1, 2027", "oct31"),
        ("Before November 2027", "oct31"),
        ("before Mar 2028", "feb29"),
        ("before Jan 1, 2027", "dec31"),
        ("before 2027", "dec31"),
    ],
)
def test_what_is_before_a_beginning_names_the_last_day(text: str, day: str) -> None:
    """Kalshi says "before Nov 1", Polymarket "by October 31"."""
    assert day in terms_of(text)


def test_what_is_before_a_day_within_a_month_names_no_other_day() -> None:
    assert "oct31" not in terms_of("before Nov 15, 2027")


def test_the_year_before_is_named_with_its_last_day() -> None:
    assert {"dec31", "2026"} <= set(terms_of("before 2027"))


def test_a_number_of_any_length_is_read() -> None:
    """Venues' texts are not ours: whatever length a number has, it is a term."""
    assert "nov" in terms_of("Nov " + "9" * 5_000)


@given(st.text())
def test_every_text_has_terms_that_are_words(text: str) -> None:
    """Whatever a venue writes can be searched: no error, no empty term, no space in one."""
    assert all(term and term == "".join(term.split()) for term in terms_of(text))
