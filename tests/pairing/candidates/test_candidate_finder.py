"""A finder offers the twin first, looks only where it may be, and keeps up with changes."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.units import Ns
from arb.pairing.candidates.document import Document, document_of
from arb.pairing.candidates.finder import Candidate, Finder
from arb.pairing.candidates.reach import NS_PER_DAY, Reach
from arb.pairing.candidates.search import find
from arb.pairing.question import Question

CITIES = ("Northport", "Kessel", "Ravenna Bay", "Altmark")
DAY_NS = Ns(1_795_000_000 * 10**9)


def asked(city: str, day: int, band: int, name: str = "p") -> Question:
    return Question(
        id=name,
        title=f"Will the high in {city} be between {band}-{band + 1}°F on November {day}?",
        event_title=f"Highest temperature in {city} on November {day}?",
        outcome=f"{band}-{band + 1}°F",
        close_ns=DAY_NS,
        category="Weather",
    )


def offered(city: str, day: int, band: int, name: str = "k") -> Question:
    return Question(
        id=name,
        title=f"High temp in {city} on Nov {day}, 2026?",
        outcome=f"{band}° to {band + 1}°",
        close_ns=DAY_NS,
        category="Climate and Weather",
    )


def finder_of(
    polymarket: list[Question], kalshi: list[Question], reach: Reach | None = None
) -> Finder:
    finder = Finder(reach)
    for question in kalshi:
        finder.put_kalshi(document_of(question))
    for question in polymarket:
        finder.put_polymarket(document_of(question))
    return finder


def test_the_twin_comes_first_among_questions_that_differ_by_one_fact() -> None:
    every = [(city, day, band) for city in CITIES for day in range(1, 9) for band in (40, 42, 44)]
    kalshi = [offered(*facts, name=f"k{facts}") for facts in every]
    finder = finder_of([asked(*facts, name=f"p{facts}") for facts in every], kalshi)
    firsts = [finder.best(f"p{facts}")[0].kalshi for facts in every]
    assert firsts == [f"k{facts}" for facts in every]


def test_candidates_come_the_likest_first_and_no_more_than_wanted() -> None:
    kalshi = [offered("Kessel", day, 40, name=f"k{day}") for day in range(1, 30)]
    found = list(find([asked("Kessel", 7, 40)], kalshi, Reach(best=5)))
    assert [one.score_ppm for one in found] == sorted(
        (one.score_ppm for one in found), reverse=True
    )
    assert len(found) == 5
    assert found[0].kalshi == "k7"


def test_a_question_of_another_field_is_no_candidate() -> None:
    game = attrs.evolve(offered("Kessel", 7, 40), category="Sports")
    assert not list(find([asked("Kessel", 7, 40)], [game]))


@pytest.mark.parametrize("category", ["", "World"])
def test_a_category_that_does_not_tell_hides_nothing(category: str) -> None:
    other = attrs.evolve(offered("Kessel", 7, 40), category=category)
    assert list(find([asked("Kessel", 7, 40)], [other]))


@pytest.mark.parametrize(
    ("days", "is_candidate"), [(-61, False), (-60, True), (0, True), (1_100, True), (1_101, False)]
)
def test_kalshi_may_close_a_little_earlier_and_years_later(days: int, is_candidate: bool) -> None:
    late = attrs.evolve(offered("Kessel", 7, 40), close_ns=Ns(DAY_NS + days * NS_PER_DAY))
    assert bool(list(find([asked("Kessel", 7, 40)], [late]))) is is_candidate


def test_an_end_that_nobody_tells_hides_nothing() -> None:
    assert list(
        find([asked("Kessel", 7, 40)], [attrs.evolve(offered("Kessel", 7, 40), close_ns=None)])
    )


def test_a_team_is_found_by_its_city() -> None:
    """Polymarket names teams, Kalshi their cities; without rules nothing else is in common."""
    polymarket = [Question(id="p", title="Celtics vs. Trail Blazers")]
    kalshi = [
        Question(id="k other", title="Dallas at Portland Winner?"),
        Question(id="k", title="Boston at Portland Winner?"),
    ]
    assert [one.kalshi for one in find(polymarket, kalshi)] == ["k", "k other"]


def test_a_question_without_a_word_in_common_is_no_candidate() -> None:
    kalshi = Question(id="k", title="GTA 6 release date?")
    assert not list(find([asked("Kessel", 7, 40)], [kalshi]))


def test_an_unknown_question_is_an_error() -> None:
    with pytest.raises(KeyError):
        Finder().best("nobody")


def test_dropping_what_is_not_known_is_fine() -> None:
    finder = finder_of([asked("Kessel", 7, 40)], [])
    finder.drop_kalshi("nobody")
    finder.drop_polymarket("nobody")
    assert finder.best("p") == ()


def test_a_change_makes_only_its_neighbours_stale() -> None:
    """A new band in Kessel leaves what was found for the other cities alone."""
    facts = [(city, day) for city in CITIES for day in range(1, 20)]
    kalshi = [offered(*one, 40, name=f"k{one}") for one in facts]
    polymarket = [asked(*one, 40, name=f"p{one}") for one in facts]
    finder = finder_of(polymarket, kalshi, Reach(shortlist=3))
    list(finder.all())
    finder.put_kalshi(document_of(offered("Kessel", 7, 42, name="k new")))
    assert 1 <= finder.stale < len(facts) // 2


def test_wording_that_did_not_change_makes_nothing_stale() -> None:
    finder = finder_of([asked("Kessel", 7, 40)], [offered("Kessel", 7, 40)])
    list(finder.all())
    finder.put_kalshi(document_of(offered("Kessel", 7, 40)))
    finder.put_polymarket(document_of(asked("Kessel", 7, 40)))
    assert finder.stale == 0


# --- a finder that was changed is one that was made afresh -----------------------------------------

words = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4, unique=True)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    closes = draw(st.sampled_from([None, DAY_NS, Ns(DAY_NS + 1_000 * NS_PER_DAY), Ns(0)]))
    question = Question(
        id=draw(st.sampled_from("0123456789")),
        title=" ".join(draw(words)),
        rules=" ".join(draw(words)),
        close_ns=closes,
        category=draw(st.sampled_from(["", "Sports", "Crypto"])),
    )
    return document_of(question)


changes = st.lists(
    st.tuples(st.sampled_from(["put", "drop", "look"]), st.booleans(), documents()), max_size=40
)
NARROW = Reach(best=2, shortlist=3, common=4, visits=12)
"""So small that every limit is met."""


@settings(max_examples=200)
@given(changes)
def test_a_finder_that_was_changed_answers_as_one_made_afresh(
    steps: list[tuple[str, bool, Document]],
) -> None:
    finder = Finder(NARROW)
    polymarket: dict[str, Document] = {}
    kalshi: dict[str, Document] = {}
    for what, is_kalshi, document in steps:
        side = kalshi if is_kalshi else polymarket
        if what == "put":
            side[document.id] = document
            (finder.put_kalshi if is_kalshi else finder.put_polymarket)(document)
        elif what == "drop":
            side.pop(document.id, None)
            (finder.drop_kalshi if is_kalshi else finder.drop_polymarket)(document.id)
        else:
            list(finder.all())
    assert {name: finder.best(name) for name in polymarket} == made_afresh(polymarket, kalshi)


def made_afresh(
    polymarket: dict[str, Document], kalshi: dict[str, Document]
) -> dict[str, tuple[Candidate, ...]]:
    finder = Finder(NARROW)
    for document in kalshi.values():
        finder.put_kalshi(document)
    for document in polymarket.values():
        finder.put_polymarket(document)
    return {name: finder.best(name) for name in polymarket}
