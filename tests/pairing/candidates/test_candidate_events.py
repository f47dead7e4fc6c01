"""Events are paired first, then their outcomes, each once."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from arb.pairing.candidates.events import EventCandidate, align, pair_events
from arb.pairing.candidates.finder import Candidate
from arb.pairing.candidates.reach import Reach
from arb.pairing.question import Question

BANDS = (40, 42, 44, 46)
MET = Candidate("p", "k", 1)


def asked(city: str, bands: Sequence[int] = BANDS) -> list[Question]:
    title = f"Highest temperature in {city} on November 7?"
    return [
        Question(
            id=f"p {city} {band}", title=title, event_title=title, outcome=f"{band}-{band + 1}°F"
        )
        for band in bands
    ]


def offered(city: str, bands: Sequence[int] = BANDS) -> list[Question]:
    title = f"High in {city} on Nov 7?"
    return [
        Question(
            id=f"k {city} {band}", title=title, event_title=title, outcome=f"{band}° to {band + 1}°"
        )
        for band in bands
    ]


def aligned(found: EventCandidate) -> dict[str, str]:
    return {one.polymarket: one.kalshi for one in found.outcomes}


def test_an_event_finds_its_twin_and_every_outcome_its_own() -> None:
    cities = ("Northport", "Kessel", "Altmark")
    polymarket = {f"P {city}": asked(city) for city in cities}
    kalshi = {f"K {city}": offered(city) for city in cities}
    found = list(pair_events(polymarket, kalshi, Reach(best=1)))
    assert [(one.polymarket, one.kalshi) for one in found] == [(f"P {c}", f"K {c}") for c in cities]
    assert aligned(found[1]) == {f"p Kessel {band}": f"k Kessel {band}" for band in BANDS}


def test_outcomes_without_a_counterpart_are_named() -> None:
    found = align(MET, asked("Kessel", (40, 42)), offered("Kessel", (42, 44)))
    assert aligned(found) == {"p Kessel 42": "k Kessel 42"}
    assert found.polymarket_left == ("p Kessel 40",)
    assert found.kalshi_left == ("k Kessel 44",)


def test_two_that_fit_one_leave_one_over() -> None:
    twice = [*offered("Kessel", (42,)), Question(id="k again", outcome="42° to 43°")]
    found = align(MET, asked("Kessel", (42,)), twice)
    assert len(found.outcomes) == 1
    assert len(found.kalshi_left) == 1


def test_markets_without_an_outcome_are_aligned_by_their_titles() -> None:
    polymarket = [Question(id="p1", title="Will Ada win?"), Question(id="p2", title="Will Bo win?")]
    kalshi = [Question(id="k2", title="Bo to win"), Question(id="k1", title="Ada to win")]
    assert aligned(align(MET, polymarket, kalshi)) == {"p1": "k1", "p2": "k2"}


names = st.lists(st.sampled_from(["Ada", "Bo", "Cy", "Ada Bo", "Bo Cy", ""]), max_size=8)


@given(names, names)
def test_alignment_is_one_to_one_and_accounts_for_everybody(
    left: list[str], right: list[str]
) -> None:
    polymarket = [Question(id=f"p{n}", outcome=name) for n, name in enumerate(left)]
    kalshi = [Question(id=f"k{n}", outcome=name) for n, name in enumerate(right)]
    found = align(MET, polymarket, kalshi)
    ones = [*(one.polymarket for one in found.outcomes), *found.polymarket_left]
    others = [*(one.kalshi for one in found.outcomes), *found.kalshi_left]
    assert sorted(ones) == sorted(question.id for question in polymarket)
    assert sorted(others) == sorted(question.id for question in kalshi)
