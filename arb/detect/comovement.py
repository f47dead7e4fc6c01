"""Rules that prices support, for a person to accept or not. Pure.

Two markets that move in the same second far more often than chance would have it hang together.
Where they move the same way and one never stands above the other, the one may imply the other;
where they move against each other and never add up to more than a dollar, they may exclude each
other; and a group of such markets that always adds up to a dollar may leave nothing out. Prices
prove nothing: correlated questions do the same for as long as nobody looks closely. So nothing from
here is ever accepted, and its confidence never exceeds one half.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise

import attrs

from arb.detect.rules import Rule, RuleKind
from arb.market.instruments import MarketId
from arb.market.units import MICRO, plain_text

LEAST_MOVE = 4_000
"""Micro-dollars: a smaller change of a middle is the noise of its quotes."""
SLACK = 10_000
"""Micro-dollars: middles of books that are quoted two cents wide may stand a cent wrong."""
LEAST_SAMPLES = 60
"""Moments at which both prices must be known."""
LEAST_JOINT = 6
"""Moments at which both must have moved ..."""
TIMES_CHANCE = 5
"""... and how many times more often than if they had nothing to do with each other."""
LEAST_AGREEING_PPM = 900_000
"""Share of the joint moves that must be of the same kind."""
MOST_MOVERS = 40
"""A moment in which more markets moved says nothing of any two of them."""
MOST_CONFIDENCE_PPM = 500_000
MOST_IN_A_GROUP = 30
_DOUBT = 10
"""Joint moves at which the confidence is half of what it would become."""

Path = Sequence[int | None]
"""One market's middles at common moments, in micro-dollars; None where it had none."""
Pair = tuple[MarketId, MarketId]


@attrs.frozen
class Together:
    """How often two markets moved at one moment, and how."""

    same: int
    opposite: int
    by_chance: int
    """How often they would have moved together at random, rounded up."""

    @property
    def joint(self) -> int:
        """All moments at which both moved."""
        return self.same + self.opposite

    @property
    def counts(self) -> bool:
        """Whether that is more than chance."""
        return self.joint >= max(LEAST_JOINT, TIMES_CHANCE * self.by_chance)

    def confidence_ppm(self, agreeing: int) -> int:
        """How far so many agreeing moves are believed, up to one half."""
        return min(agreeing * MICRO // (self.joint + _DOUBT), MOST_CONFIDENCE_PPM)


def suggest(paths: Mapping[MarketId, Path], step_s: int) -> tuple[Rule, ...]:
    """Suggest rules between markets whose middles are given every `step_s` seconds.

    All paths have one length. The surest of each kind come first.
    """
    found = _together(paths)
    rules: list[Rule] = []
    against: list[tuple[Pair, Rule]] = []
    for pair, moves in sorted(found.items()):
        if not moves.counts:
            continue
        if moves.same * MICRO >= LEAST_AGREEING_PPM * moves.joint:
            rules += _nested(pair, moves, paths, step_s)
        elif moves.opposite * MICRO >= LEAST_AGREEING_PPM * moves.joint:
            against += [(pair, rule) for rule in _apart(pair, moves, paths, step_s)]
    rules += [rule for _, rule in against]
    rules += _whole(_groups(pair for pair, _ in against), paths, step_s)
    return tuple(sorted(rules, key=lambda rule: (-rule.confidence_ppm, rule.markets)))


def _together(paths: Mapping[MarketId, Path]) -> dict[Pair, Together]:
    """Count joint moves of every two markets that ever moved at one moment."""
    moments = max((len(path) for path in paths.values()), default=0)
    movers: list[list[tuple[MarketId, bool]]] = [[] for _ in range(moments)]
    moved: Counter[MarketId] = Counter()
    for market in sorted(paths):
        for at, up in _moves(paths[market]):
            movers[at].append((market, up))
            moved[market] += 1
    same: Counter[Pair] = Counter()
    opposite: Counter[Pair] = Counter()
    for some in movers:
        for (one, up), (other, other_up) in combinations(some[: MOST_MOVERS + 1], 2):
            if len(some) <= MOST_MOVERS:
                (same if up is other_up else opposite)[one, other] += 1
    return {
        pair: Together(
            same[pair], opposite[pair], -(-moved[pair[0]] * moved[pair[1]] // max(moments, 1))
        )
        for pair in same | opposite
    }


def _moves(path: Path) -> Iterable[tuple[int, bool]]:
    """When a middle changed by enough, and whether it rose."""
    for at, (before, after) in enumerate(pairwise(path), start=1):
        if before is not None and after is not None and abs(after - before) >= LEAST_MOVE:
            yield at, after > before


def _both(pair: Pair, paths: Mapping[MarketId, Path]) -> list[tuple[int, int]]:
    """Prices of the moments at which both are known."""
    both = zip(paths[pair[0]], paths[pair[1]], strict=True)
    return [(one, other) for one, other in both if one is not None and other is not None]


def _nested(
    pair: Pair, moves: Together, paths: Mapping[MarketId, Path], step_s: int
) -> Iterable[Rule]:
    """The one never above the other; where that holds both ways they look like one question."""
    both = _both(pair, paths)
    if len(both) < LEAST_SAMPLES:
        return
    rise, fall = max(one - other for one, other in both), max(other - one for one, other in both)
    if (rise <= SLACK) is (fall <= SLACK):
        return
    low, high = pair if rise <= SLACK else pair[::-1]
    words = f"the first was never dearer than the second by more than {plain_text(SLACK)}"
    yield Rule(
        kind=RuleKind.IMPLIES,
        markets=(low, high),
        source="co-movement: one price below the other",
        confidence_ppm=moves.confidence_ppm(moves.same),
        accepted=False,
        evidence=f"{_moves_words(moves, moves.same, 'together')}; {words} {_span(both, step_s)}",
    )


def _apart(
    pair: Pair, moves: Together, paths: Mapping[MarketId, Path], step_s: int
) -> Iterable[Rule]:
    """Never more than a dollar together."""
    both = _both(pair, paths)
    if len(both) < LEAST_SAMPLES or max(one + other for one, other in both) > MICRO + SLACK:
        return
    words = f"together never above {plain_text(MICRO + SLACK)}"
    yield Rule(
        kind=RuleKind.AT_MOST_ONE,
        markets=pair,
        source="co-movement: what one gains the other loses",
        confidence_ppm=moves.confidence_ppm(moves.opposite),
        accepted=False,
        evidence=(
            f"{_moves_words(moves, moves.opposite, 'against each other')}; {words}"
            f" {_span(both, step_s)}"
        ),
    )


def _groups(pairs: Iterable[Pair]) -> list[tuple[MarketId, ...]]:
    """Markets that hang together through pairs, each group in order."""
    group_of: dict[MarketId, set[MarketId]] = {}
    for one, other in pairs:
        joined = group_of.get(one, {one}) | group_of.get(other, {other})
        group_of.update(dict.fromkeys(joined, joined))
    return sorted({tuple(sorted(group)) for group in group_of.values()})


def _whole(
    groups: Iterable[tuple[MarketId, ...]], paths: Mapping[MarketId, Path], step_s: int
) -> Iterable[Rule]:
    """Groups that always add up to a dollar leave nothing out, as far as prices tell."""
    for group in groups:
        if len(group) > MOST_IN_A_GROUP:
            continue
        rows = zip(*(paths[market] for market in group), strict=True)
        sums = [sum(row) for row in map(_known, rows) if row]
        slack = SLACK * len(group)
        if len(sums) >= LEAST_SAMPLES and all(abs(one - MICRO) <= slack for one in sums):
            words = f"{plain_text(min(sums))} to {plain_text(max(sums))}"
            yield Rule(
                kind=RuleKind.AT_LEAST_ONE,
                markets=group,
                source="co-movement: prices that add up to a dollar",
                confidence_ppm=MOST_CONFIDENCE_PPM * len(sums) // (len(sums) + LEAST_SAMPLES),
                accepted=False,
                evidence=f"added up to {words} {_span(sums, step_s)}",
            )


def _known(row: tuple[int | None, ...]) -> list[int]:
    """All prices of one moment, or none where one is missing."""
    known = [px for px in row if px is not None]
    return known if len(known) == len(row) else []


def _moves_words(moves: Together, agreeing: int, how: str) -> str:
    chance = f"{moves.by_chance} by chance"
    return f"{agreeing} of {moves.joint} joint moves {how} (at most {chance})"


def _span(samples: Sequence[object], step_s: int) -> str:
    return f"in {len(samples)} samples, one in {step_s} s"
