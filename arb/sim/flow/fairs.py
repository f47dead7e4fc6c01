"""What a question is worth: the first values of its answers, how they move, and how they come out."""

import random
from collections.abc import Sequence

from arb.market.units import MICRO
from arb.sim.questions.subject import Shape, Subject

LEAST = 2_000
MOST = MICRO - LEAST
"""No answer is worth less or more than this before it is known, in millionths of a dollar."""
TAIL = 1.1
"""Exponent of the Pareto weights of answers: a few favourites, many outsiders."""
STEP = 2_000
"""How far a value in the middle wanders between two looks at most."""


def first_fair(rng: random.Random, subject: Subject) -> list[int]:
    """Draw the values of all answers, in micro-dollars."""
    count = len(subject.labels)
    if subject.shape is Shape.SINGLE:
        return [rng.randrange(40_000, 960_000)]
    if subject.shape is Shape.ONE_OF:
        return _shares(rng, count, complete=subject.complete)
    values = sorted(rng.randrange(20_000, 980_000) for _ in range(count))
    return values if subject.shape is Shape.RISING else values[::-1]


def _shares(rng: random.Random, count: int, *, complete: bool) -> list[int]:
    """Shares of a dollar, of most of one where an answer may be missing."""
    weights = [rng.paretovariate(TAIL) for _ in range(count)]
    whole = MICRO if complete else rng.randrange(850_000, 960_000)
    room = whole - count * LEAST
    total = sum(weights)
    return [LEAST + int(room * weight / total) for weight in weights]


def wander(rng: random.Random, subject: Subject, fair: list[int], place: int) -> None:
    """Move one answer a little, less at the edges than in the middle."""
    here = fair[place]
    most = max(STEP * 4 * here * (MICRO - here) // MICRO**2, 100)
    shift(rng, subject, fair, place, rng.randint(-most, most))


def shift(rng: random.Random, subject: Subject, fair: list[int], place: int, by: int) -> None:
    """Move one answer's value by so much at most; the others make room, or come along."""
    if subject.shape is Shape.SINGLE:
        fair[place] = _bounded(fair[place] + by)
    elif subject.shape is Shape.ONE_OF:
        _exchange(rng, fair, place, by)
    else:
        fair[:] = _in_order([_bounded(value + by) for value in fair], subject.shape)


def _exchange(rng: random.Random, fair: list[int], place: int, by: int) -> None:
    """What one answer gains, another loses."""
    other = (place + 1 + rng.randrange(len(fair) - 1)) % len(fair)
    gain = _bounded(fair[place] + by) - fair[place]
    loss = fair[other] - _bounded(fair[other] - gain)
    fair[place] += loss
    fair[other] -= loss


def _in_order(values: list[int], shape: Shape) -> list[int]:
    return sorted(values, reverse=shape is Shape.FALLING)


def come_out(rng: random.Random, subject: Subject, fair: Sequence[int]) -> list[bool]:
    """Draw how a question ends: each answer as likely as it is worth, all of them consistent."""
    drawn = rng.randrange(MICRO)
    if subject.shape is not Shape.ONE_OF:
        return [drawn < value for value in fair]
    if subject.complete:
        drawn = drawn * sum(fair) // MICRO
    ends = [sum(fair[: place + 1]) for place in range(len(fair))]
    winner = next((place for place, end in enumerate(ends) if drawn < end), -1)
    return [place == winner for place in range(len(fair))]


def _bounded(micros: int) -> int:
    return min(MOST, max(LEAST, micros))
