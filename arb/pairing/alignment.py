"""Which market of one event is which market of another, one to one."""

from collections.abc import Sequence

import attrs

from arb.pairing.finding import Ruling, Verdict
from arb.pairing.question import Question
from arb.pairing.verdict import judge


@attrs.frozen
class Match:
    """Two outcomes of two events, and what is said of them as a pair."""

    polymarket: Question
    kalshi: Question
    verdict: Verdict


@attrs.frozen
class Alignment:
    """How the outcomes of two events lie to each other."""

    matches: tuple[Match, ...]
    """One to one; each is SAME or for a person, with known sides."""
    contested: tuple[Match, ...]
    """Pairs of which one question fits several others equally well: none of them is matched."""
    only_polymarket: tuple[Question, ...]
    """Outcomes without counterpart."""
    only_kalshi: tuple[Question, ...]


def judge_event(polymarket: Sequence[Question], kalshi: Sequence[Question]) -> Alignment:
    """Align all outcomes of an event on one venue with those of an event on the other.

    The surest pairs are taken first, each question once. A question that fits two others equally
    well is matched with neither.
    """
    fitting = [
        Match(ours, theirs, verdict)
        for ours in polymarket
        for theirs in kalshi
        if _fits(verdict := judge(ours, theirs))
    ]
    matches, contested = _choose(sorted(fitting, key=_rank))
    taken = [match.polymarket for match in matches], [match.kalshi for match in matches]
    return Alignment(
        matches=tuple(matches),
        contested=tuple(contested),
        only_polymarket=tuple(question for question in polymarket if question not in taken[0]),
        only_kalshi=tuple(question for question in kalshi if question not in taken[1]),
    )


def _fits(verdict: Verdict) -> bool:
    return verdict.ruling is not Ruling.DIFFERENT and verdict.yes_is_yes is not None


def _rank(match: Match) -> tuple[bool, int]:
    return match.verdict.ruling is not Ruling.SAME, -match.verdict.confidence_ppm


def _choose(ranked: list[Match]) -> tuple[list[Match], list[Match]]:
    """Take the best pairs; those level with another pair of the same question are contested."""
    matches: list[Match] = []
    contested: list[Match] = []
    left = ranked
    while left:
        best = left[0]
        level = [match for match in left if _rank(match) == _rank(best) and _meet(match, best)]
        (contested if len(level) > 1 else matches).extend(level)
        left = [match for match in left if not any(_meet(match, other) for other in level)]
    return matches, contested


def _meet(one: Match, other: Match) -> bool:
    return one.polymarket == other.polymarket or one.kalshi == other.kalshi
