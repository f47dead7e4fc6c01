"""What the simulated world lists: realistic shapes, words that never run out, and traps by name."""

import itertools
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.instruments import Venue
from arb.market.units import MICRO, Ns
from arb.sim.catalogue import Catalogue, Kind, Mix, TrapKind, pairs
from arb.sim.drawing import draw
from arb.sim.flow.fairs import LEAST, come_out, first_fair, shift, wander
from arb.sim.questions.dealer import Dealer
from arb.sim.questions.subject import Shape, Subject

START_NS = Ns(1_790_000_000 * 10**9)


def now_ns() -> Ns:
    return START_NS


def drawn(seed: int, mix: Mix | None = None) -> Catalogue:
    return draw(random.Random(seed), now_ns, mix or Mix())[0]


def assert_names_are_unique(catalogue: Catalogue) -> None:
    listings = [market for event in catalogue.polymarket for market in event.markets]
    for names in (
        [market.ticker for market in catalogue.markets],
        [event.ticker for event in catalogue.events],
        [event.slug for event in catalogue.polymarket],
        [event.gamma_id for event in catalogue.polymarket],
        [listing.slug for listing in listings],
        [listing.gamma_id for listing in listings],
        [listing.condition_id for listing in listings],
        [token for listing in listings for token in listing.tokens],
    ):
        assert len(names) == len(set(names))


@pytest.mark.parametrize("markets", [300, 3_000, 30_000])
def test_a_mix_makes_about_as_many_markets_as_asked_for(markets: int) -> None:
    """Hundreds to 30,000 markets, every name of them its own."""
    catalogue = drawn(1, Mix.of(markets))
    assert 0.8 * markets < catalogue.count() < 1.25 * markets
    assert_names_are_unique(catalogue)


def test_the_usual_world_has_some_of_everything() -> None:
    """About 150 markets of every kind, whatever the seed."""
    for seed in range(10):
        catalogue = drawn(seed)
        assert 100 < catalogue.count() < 220
        assert {question.recipe.kind for question in catalogue.questions} == set(Kind) - {
            Kind.UP_DOWN
        }


def test_a_world_has_a_least_size() -> None:
    """Too few markets for some of every kind are refused."""
    with pytest.raises(ValueError, match="at least"):
        Mix.of(10)


def test_how_many_answers_a_question_has_is_heavy_tailed() -> None:
    """Three at least, 60 at most; half of all have at most five, some more than 40."""
    catalogue = drawn(2, Mix.of(10_000))
    kinds = {Kind.COMPLETE, Kind.OPEN_ENDED}
    sizes = sorted(q.answers for q in catalogue.questions if q.recipe.kind in kinds)
    assert sizes[0] == 3
    assert sizes[-1] == 60
    assert sizes[len(sizes) // 2] <= 5
    assert sum(size > 40 for size in sizes) > len(sizes) / 200


def test_words_never_run_out() -> None:
    """A world of 3,000 markets that lived for weeks: 4,000 further questions repeat no name."""
    catalogue, drawing = draw(random.Random(3), now_ns, Mix.of(3_000))
    recipes = [question.recipe for question in catalogue.questions]
    rng = random.Random(4)
    for _ in range(4_000):
        catalogue.add(drawing.next(rng.choice(recipes)))
    assert_names_are_unique(catalogue)


def test_the_same_question_is_in_different_words() -> None:
    """Titles and rules of a true pair differ between the venues, in its event as in its markets."""
    same = 0
    for question in drawn(5).questions:
        subject = question.subject
        if len(question.recipe.venues) > 1:
            assert subject.rules[0] != subject.rules[1]
            assert subject.question[0] != subject.question[1]
            same += 1
    assert same > 10


def test_pairs_that_are_not_the_same_question_are_listed_as_such() -> None:
    """Every kind of false twin is there, never verified; true pairs say which way round they are."""
    catalogue = drawn(6)
    kinds = Counter(question.recipe.kind for question in catalogue.questions)
    assert all(kinds[kind] for kind in Kind if kind.is_false_twin)
    rows = pairs(catalogue.twins)
    false = [row for row in rows if not row["verified"]]
    assert len(false) == Mix().false_twins
    assert all(
        "not the same" in str(row["reason"]) or "opposite" in str(row["reason"]) for row in false
    )
    turned = [row for row in rows if not row["polymarket_yes_is_kalshi_yes"]]
    assert len(turned) == Mix().both_games
    assert all(row["verified"] for row in turned)


def test_opposites_ask_opposite_questions() -> None:
    """Polymarket asks whether somebody leaves, Kalshi whether they stay; one answer, turned round."""
    question = next(q for q in drawn(7).questions if q.recipe.kind is Kind.OPPOSITES)
    assert [one.inverted for one in question.listed] == [False, True]
    assert "leave office" in question.subject.question[0]
    assert "still be in office" in question.subject.question[1]


def test_open_ended_events_leave_room_for_names_to_come() -> None:
    """Augmented events have a placeholder and an Other; complete ones neither; Kalshi's only exclude."""
    catalogue = drawn(8)
    augmented = [event for event in catalogue.polymarket if event.neg_risk_augmented]
    assert augmented
    for event in augmented:
        assert sum(market.placeholder for market in event.markets) == 1
        assert sum(market.other for market in event.markets) == 1
    for event in catalogue.polymarket:
        if event.neg_risk and not event.neg_risk_augmented:
            assert not any(market.placeholder or market.other for market in event.markets)
            assert len({market.question_id for market in event.markets}) == len(event.markets)
    assert any(event.mutually_exclusive for event in catalogue.events)
    assert any(event.collateral_return == "DIRECNET" for event in catalogue.events)
    assert any(event.cumulative for event in catalogue.polymarket)


def test_games_name_their_sides() -> None:
    """Polymarket has one market with the teams as outcomes, Kalshi one market for each team."""
    game = next(
        q for q in drawn(9).questions if q.recipe.kind is Kind.GAME and len(q.recipe.venues) > 1
    )
    assert len(game.on(Venue.POLYMARKET)) == 1
    assert len(game.on(Venue.KALSHI)) == 2
    assert game.subject.sides == game.subject.labels
    assert game.subject.starts_ns is not None
    assert game.subject.starts_ns < game.subject.ends_ns


def test_every_kind_of_trap_is_listed() -> None:
    """Tests and people find each trap by its kind; no market has two."""
    catalogue = drawn(10)
    assert {trap.kind for trap in catalogue.traps} == set(TrapKind)
    markets = [trap.market for trap in catalogue.traps]
    assert len(markets) == len(set(markets)) == Mix().traps


def test_the_first_games_are_nearly_over() -> None:
    """One of each venue ends after a minute, another within a quarter of an hour; all questions end after now."""
    ends = sorted(q.subject.ends_ns - START_NS for q in drawn(11).questions)
    assert ends[:2] == [60 * 10**9] * 2
    assert ends[2] < 900 * 10**9


# --- values -------------------------------------------------------------------------------------


def subject_of(shape: Shape, size: int, seed: int) -> Subject:
    dealer = Dealer(random.Random(seed), now_ns)
    match shape:
        case Shape.SINGLE:
            return dealer.yes_or_no()
        case Shape.ONE_OF:
            return dealer.all_answers(size) if seed % 2 else dealer.one_of_many(size)
        case Shape.FALLING:
            return dealer.thresholds(size)
        case Shape.RISING:
            return dealer.deadlines(size)


def assert_consistent(subject: Subject, fair: list[int]) -> None:
    assert all(LEAST <= value <= MICRO - LEAST for value in fair)
    if subject.shape is Shape.ONE_OF:
        assert sum(fair) <= MICRO
        assert not subject.complete or sum(fair) > MICRO - 100
    if subject.shape is Shape.RISING:
        assert fair == sorted(fair)
    if subject.shape is Shape.FALLING:
        assert fair == sorted(fair, reverse=True)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.sampled_from(list(Shape)),
    size=st.integers(3, 60),
    seed=st.integers(0, 2**32),
    jumps=st.lists(st.integers(-300_000, 300_000), max_size=30),
)
def test_values_hang_together_however_they_move(
    shape: Shape, size: int, seed: int, jumps: list[int]
) -> None:
    """Answers that exclude each other never sum to more than a dollar, nested ones stay in order."""
    rng = random.Random(seed)
    subject = subject_of(shape, size, seed)
    fair = first_fair(rng, subject)
    assert_consistent(subject, fair)
    for jump in jumps:
        shift(rng, subject, fair, rng.randrange(len(fair)), jump)
        wander(rng, subject, fair, rng.randrange(len(fair)))
        assert_consistent(subject, fair)


@settings(max_examples=60, deadline=None)
@given(shape=st.sampled_from(list(Shape)), size=st.integers(3, 20), seed=st.integers(0, 2**32))
def test_questions_come_out_consistently(shape: Shape, size: int, seed: int) -> None:
    """One answer of a complete set, at most one of others; nested answers never contradict."""
    rng = random.Random(seed)
    subject = subject_of(shape, size, seed)
    fair = first_fair(rng, subject)
    for _ in range(20):
        results = come_out(rng, subject, fair)
        assert len(results) == len(fair)
        if shape is Shape.ONE_OF:
            assert sum(results) == 1 if subject.complete else sum(results) <= 1
        if shape is Shape.RISING:
            assert results == sorted(results)
        if shape is Shape.FALLING:
            assert results == sorted(results, reverse=True)


def test_answers_come_out_as_often_as_they_are_worth() -> None:
    """Over many draws, what is worth 30 cents happens three times in ten."""
    rng = random.Random(1)
    subject = subject_of(Shape.ONE_OF, 3, 1)
    times = Counter(
        results.index(True)
        for results in (come_out(rng, subject, [300_000, 600_000, 100_000]) for _ in range(2_000))
    )
    assert 520 < times[0] < 680
    assert 1_110 < times[1] < 1_290


def test_two_drawings_of_one_seed_agree() -> None:
    """Nothing but the seed and the time decides what is drawn, later questions included."""

    def titles(seed: int) -> list[str]:
        catalogue, drawing = draw(random.Random(seed), now_ns, Mix())
        recipes = [q.recipe for q in catalogue.questions]
        for recipe in itertools.islice(itertools.cycle(recipes), 100):
            catalogue.add(drawing.next(recipe))
        return [q.subject.event[0] for q in catalogue.questions]

    assert titles(1) == titles(1)
    assert titles(1) != titles(2)
