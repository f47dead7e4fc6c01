"""Rules that follow from structured strikes inside one event. Pure.

Strikes are intervals of a value that all markets of the event ask about: one inside another is an
implication, two apart exclude each other. Whether the bounds of "between" belong to it varies by
contract (docs: get-market), so what would depend on that is not claimed. That two tails leave no
value out is only proposed: a value may never be published, and then both resolve NO.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import attrs

from arb.detect.rules import Rule, RuleKind
from arb.detect.wording import take_apart
from arb.market.instruments import Event, Market, MarketId, Strike, StrikeKind
from arb.market.units import MICRO

MOST_PAIRS = 1_225
"""Pairs of markets compared in one event, nearest strikes first: all of 50 markets."""
_FAR = 10**30
"""Beyond every strike."""
_COVER_PPM = 800_000


@attrs.frozen
class Derived:
    """Rules, and how many pairs or markets gave none by reason."""

    rules: tuple[Rule, ...]
    refused: dict[str, int]


@attrs.frozen
class _Interval:
    """Values for which YES wins, on a scale where x is 2x and what lies just beside it odd."""

    market: Market
    widest: tuple[int, int]
    """With every bound that may belong to it."""
    narrowest: tuple[int, int]
    """Without them."""


def derive(events: Iterable[Event], markets: Mapping[MarketId, Market]) -> Derived:
    """Compare the strikes of each event's markets."""
    rules: list[Rule] = []
    refused: Counter[str] = Counter()
    for event in events:
        listed = [markets[market] for market in event.markets if market in markets]
        intervals = _comparable([one for one in listed if one.strike is not None], refused)
        rules += _of_event(event, intervals, refused)
    return Derived(tuple(rules), dict(refused))


def _comparable(listed: Sequence[Market], refused: Counter[str]) -> list[_Interval]:
    """Markets about one value at one moment; where that is in doubt, none."""
    if len(listed) < 2:  # noqa: PLR2004 - nothing to compare with
        return []
    if len({one.closes_ns for one in listed}) > 1:
        refused["strikes: markets of one event close at different times"] += len(listed)
        return []
    if len({_subject(one) for one in listed}) > 1:
        refused["strikes: questions of one event differ in more than numbers"] += len(listed)
        return []
    intervals = [_interval(one) for one in listed]
    told = Counter(one.widest for one in intervals)
    twice = sum(count for count in told.values() if count > 1)
    if twice:
        refused["strikes: two markets of one event with one strike"] += twice
    return sorted((one for one in intervals if told[one.widest] == 1), key=lambda one: one.widest)


def _subject(market: Market) -> object:
    """What a question is about apart from its numbers, as far as words tell."""
    told = take_apart(market.title)
    words = sorted((*told.words, *take_apart(market.label).words))
    return tuple(words), told.date


def _interval(market: Market) -> _Interval:
    strike = market.strike
    if strike is None:
        raise ValueError(f"{market.id} has no strike")
    match strike.kind:
        case StrikeKind.BETWEEN:
            low, high = 2 * _bound(strike.floor), 2 * _bound(strike.cap)
            return _Interval(market, (low, high), (low + 1, high - 1))
        case StrikeKind.GREATER | StrikeKind.GREATER_OR_EQUAL:
            own = (2 * _bound(strike.floor) + (strike.kind is StrikeKind.GREATER), _FAR)
        case StrikeKind.LESS | StrikeKind.LESS_OR_EQUAL:
            own = (-_FAR, 2 * _bound(strike.cap) - (strike.kind is StrikeKind.LESS))
    return _Interval(market, own, own)


def _bound(value: int | None) -> int:
    if value is None:
        raise ValueError("a strike without its bound")
    return value


def _of_event(
    event: Event, intervals: Sequence[_Interval], refused: Counter[str]
) -> Iterable[Rule]:
    """Rules of all pairs, those of neighbours first."""
    pairs = [
        (intervals[at], intervals[at + apart])
        for apart in range(1, len(intervals))
        for at in range(len(intervals) - apart)
    ]
    if len(pairs) > MOST_PAIRS:
        refused["strikes: more pairs in one event than are compared"] += len(pairs) - MOST_PAIRS
    for first, second in pairs[:MOST_PAIRS]:
        yield from _of_pair(event, first, second)


def _of_pair(event: Event, first: _Interval, second: _Interval) -> Iterable[Rule]:
    """What two intervals say of each other; `first` begins no later than `second`."""
    for inner, outer in ((first, second), (second, first)):
        if outer.narrowest[0] <= inner.widest[0] and inner.widest[1] <= outer.narrowest[1]:
            yield _rule(RuleKind.IMPLIES, inner, outer, accepted=True)
    if first.widest[1] < second.widest[0] and not event.at_most_one.holds:
        yield _rule(RuleKind.AT_MOST_ONE, first, second, accepted=True)
    low, high = first.narrowest, second.narrowest
    if low[0] == -_FAR and high[1] == _FAR and high[0] <= low[1] + 1:
        yield _rule(RuleKind.AT_LEAST_ONE, first, second, accepted=False)


def _rule(kind: RuleKind, first: _Interval, second: _Interval, *, accepted: bool) -> Rule:
    told = f"{_words(first.market.strike)}, {_words(second.market.strike)}"
    return Rule(
        kind=kind,
        markets=(first.market.id, second.market.id),
        source=f"{first.market.venue}'s strikes: {told}",
        confidence_ppm=MICRO if accepted else _COVER_PPM,
        accepted=accepted,
        evidence="" if accepted else "holds only where a value is published at all",
    )


def _words(strike: Strike | None) -> str:
    if strike is None:
        return "none"
    bounds = [bound for bound in (strike.floor, strike.cap) if bound is not None]
    return f"{strike.kind} {' '.join(f'{bound / MICRO:g}' for bound in bounds)}"
