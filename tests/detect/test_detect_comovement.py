"""Rules that prices suggest: nested, exclusive and whole groups are found, strangers are not."""

import random
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from arb.detect.comovement import MOST_CONFIDENCE_PPM, SLACK, suggest
from arb.detect.rules import Rule, RuleKind
from arb.market.instruments import MarketId
from arb.market.units import MICRO

A, B, C = (MarketId(f"kalshi:{name}") for name in "abc")
Paths = Mapping[MarketId, list[int | None]]


def found(paths: Paths) -> set[tuple[RuleKind, tuple[MarketId, ...]]]:
    return {(rule.kind, rule.markets) for rule in suggest(paths, 1)}


def stairs(rng: random.Random, *, moments: int = 300, share: float = 0.1) -> list[int]:
    """Moves of a price: a step of a cent or two in some of the moments."""
    return [
        rng.choice((-1, 1)) * rng.randrange(10_000, 20_000) if rng.random() < share else 0
        for _ in range(moments)
    ]


def walk(start: int, steps: list[int], sign: int = 1) -> list[int | None]:
    """A price that goes these steps, pulled back to where it began."""
    path: list[int | None] = []
    at = start
    for step in steps:
        pull = -1 if (at - start) * sign * step > 0 and abs(at - start) > 60_000 else 1
        at += sign * step * pull
        path.append(at)
    return path


def test_the_cheaper_of_two_that_move_together_is_proposed_to_imply_the_dearer() -> None:
    """With its evidence, no more than half believed, and not accepted."""
    steps = stairs(random.Random(1))
    (rule,) = suggest({A: walk(600_000, steps), B: walk(400_000, steps)}, 1)
    assert (rule.kind, rule.markets) == (RuleKind.IMPLIES, (B, A))
    assert not rule.accepted
    assert 0 < rule.confidence_ppm <= MOST_CONFIDENCE_PPM
    assert "joint moves together" in rule.evidence
    assert "300 samples" in rule.evidence


def test_two_that_move_against_each_other_are_proposed_to_exclude_each_other() -> None:
    """What one gains the other loses, and together they never cost more than a dollar."""
    steps = stairs(random.Random(2))
    paths = {A: walk(500_000, steps), B: walk(300_000, steps, -1)}
    assert found(paths) == {(RuleKind.AT_MOST_ONE, (A, B))}


def test_a_group_that_always_adds_up_to_a_dollar_is_proposed_to_leave_nothing_out() -> None:
    """Two opposites: at most one of them, and at least one."""
    steps = stairs(random.Random(3))
    paths = {A: walk(500_000, steps), B: walk(500_000, steps, -1)}
    assert found(paths) == {(RuleKind.AT_MOST_ONE, (A, B)), (RuleKind.AT_LEAST_ONE, (A, B))}


def test_one_moment_of_the_dearer_below_the_cheaper_is_enough_against_it() -> None:
    """A single sample beyond a cent of slack refutes an implication."""
    steps = stairs(random.Random(1))
    one, other = walk(600_000, steps), walk(400_000, steps)
    high = one[150]
    assert high is not None
    other[150] = high + SLACK + 1
    assert found({A: one, B: other}) == set()
    other[150] = high + SLACK
    assert found({A: one, B: other}) == {(RuleKind.IMPLIES, (B, A))}


def test_the_same_price_is_no_rule_but_a_pair() -> None:
    """Two that never differ look like one question: that is for pairing to say."""
    steps = stairs(random.Random(4))
    assert found({A: walk(500_000, steps), B: walk(500_000, steps)}) == set()


def test_too_short_a_recording_says_nothing() -> None:
    """Less than a minute of both prices is no evidence, however well they agree."""
    steps = stairs(random.Random(5), share=0.12)
    one, other = walk(600_000, steps), walk(400_000, steps)
    for known, kinds in ((60, {RuleKind.IMPLIES}), (59, set())):
        told = suggest({A: one, B: [*other[:known], *([None] * (300 - known))]}, 1)
        assert {rule.kind for rule in told} == kinds


@given(st.integers(0, 10_000))
def test_strangers_are_left_alone(seed: int) -> None:
    """Prices drawn apart from each other move together by chance only: next to nothing is said."""
    rng = random.Random(seed)
    paths = {
        MarketId(f"kalshi:{number}"): walk(rng.randrange(200_000, 800_000), stairs(rng, share=0.03))
        for number in range(8)
    }
    assert found(paths) == set()


@given(
    st.lists(
        st.lists(st.none() | st.integers(1_000, MICRO - 1_000), min_size=70, max_size=70),
        max_size=5,
    )
)
def test_whatever_the_prices_what_is_said_of_them_is_so(rows: list[list[int | None]]) -> None:
    """Every proposal holds in every sample, and none is accepted."""
    paths = {MarketId(f"kalshi:{number}"): row for number, row in enumerate(rows)}
    for rule in suggest(paths, 1):
        assert not rule.accepted
        _check(rule, paths)


def _check(rule: Rule, paths: Paths) -> None:
    for row in zip(*(paths[market] for market in rule.markets), strict=True):
        known = [px for px in row if px is not None]
        if len(known) < len(row):
            continue
        slack = SLACK * len(known)
        match rule.kind:
            case RuleKind.IMPLIES:
                assert known[0] <= known[1] + SLACK
            case RuleKind.AT_MOST_ONE:
                assert sum(known) <= MICRO + SLACK
            case RuleKind.AT_LEAST_ONE:
                assert abs(sum(known) - MICRO) <= slack
