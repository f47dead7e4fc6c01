"""Rules that the texts of questions suggest, for a person to accept or not. Pure.

Two questions of the same words with another number or another date are often nested: above 110
implies above 100, by March implies by June. Often is not always (time zones, "including", another
source), so nothing from here is ever accepted.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import attrs
from rapidfuzz import fuzz

from arb.detect.rules import Rule, RuleKind
from arb.detect.wording import Direction, Wording, take_apart
from arb.market.instruments import Market

_ALIKE = 92
"""Of 100: words of two questions of one event that differ by a slip of spelling only."""
_NESTED_PPM = 9_000
"""Confidence for each point of likeness where the texts say which way they are nested."""
_EXCLUSIVE_PPM = 3_000
"""... and where they only name another number."""
_MOST_IN_A_GROUP = 200


@attrs.frozen
class _Question:
    market: Market
    told: Wording

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(sorted(self.told.words))


def propose(markets: Iterable[Market]) -> tuple[Rule, ...]:
    """Suggest rules between markets of the same words, neighbours in number or date only.

    Markets whose strikes the venue gives are left to those.
    """
    groups: dict[tuple[str, ...], list[_Question]] = {}
    events: dict[str, list[tuple[str, ...]]] = {}
    for market in markets:
        if market.strike is not None:
            continue
        question = _Question(market, take_apart(market.title))
        known = events.setdefault(market.event, [])
        key = next((one for one in known if _likeness(one, question.key) >= _ALIKE), question.key)
        if key not in known:
            known.append(key)
        groups.setdefault(key, []).append(question)
    return tuple(
        rule
        for group in groups.values()
        if 1 < len(group) <= _MOST_IN_A_GROUP
        for rule in (*_by_number(group), *_by_date(group))
    )


def _likeness(one: Sequence[str], other: Sequence[str]) -> int:
    return int(fuzz.ratio(" ".join(one), " ".join(other)))


def _by_number(group: Sequence[_Question]) -> Iterable[Rule]:
    """Questions that differ in their one number: the farther implies the nearer."""
    for one, other in _neighbours(
        [question for question in group if len(question.told.numbers) == 1],
        lambda q: (q.told.date or (0, 0, 0), q.told.direction, q.told.deadline),
        lambda q: q.told.numbers[0],
    ):
        match one.told.direction:
            case Direction.UP:
                yield _proposal(RuleKind.IMPLIES, other, one, _NESTED_PPM, "the higher number")
            case Direction.DOWN:
                yield _proposal(RuleKind.IMPLIES, one, other, _NESTED_PPM, "the lower number")
            case Direction.NONE:
                yield _proposal(RuleKind.AT_MOST_ONE, one, other, _EXCLUSIVE_PPM, "two numbers")


def _by_date(group: Sequence[_Question]) -> Iterable[Rule]:
    """Questions that differ in their deadline: by the earlier implies by the later."""
    dated = [q for q in group if q.told.deadline and q.told.date is not None]
    for one, other in _neighbours(
        dated,
        lambda q: (
            q.told.numbers,
            q.told.direction,
            q.told.date is not None and q.told.date[0] > 0,
        ),
        lambda q: q.told.date,
    ):
        yield _proposal(RuleKind.IMPLIES, one, other, _NESTED_PPM, "the earlier deadline")


def _neighbours(
    questions: Iterable[_Question],
    alike: Callable[[_Question], object],
    order: Callable[[_Question], Any],
) -> Iterable[tuple[_Question, _Question]]:
    """Pairs next to each other in `order`, of those that are `alike`; equals are none."""
    kinds: dict[object, list[_Question]] = {}
    for question in questions:
        kinds.setdefault(alike(question), []).append(question)
    for kind in kinds.values():
        kind.sort(key=lambda q: (order(q), q.market.id))
        yield from ((one, other) for one, other in pairwise(kind) if order(one) != order(other))


def _proposal(kind: RuleKind, one: _Question, other: _Question, a_point_ppm: int, why: str) -> Rule:
    return Rule(
        kind=kind,
        markets=(one.market.id, other.market.id),
        source=f"wording: {why}",
        confidence_ppm=a_point_ppm * _likeness(one.key, other.key),
        accepted=False,
        evidence=f'"{one.market.title}" / "{other.market.title}"',
    )
