"""Thresholds, bands and counts: the same numbers must let through the same values."""

import re
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import attrs

from arb.pairing.finding import Finding, Side
from arb.pairing.reading.amounts import Amount
from arb.pairing.reading.clauses import Part
from arb.pairing.reading.facts import Facts

_ONE_DECIMAL = frozenset({"cpi", "pce", "ppi", "unemployment rate", "gdp", "participation rate"})
"""Statistics published with one decimal."""
_QUARTER = Decimal("0.25")
"""Central banks move in quarters of a point: "more than 25 bps" is "50 bps or more"."""
_TENTHS = frozenset({"%", ""})
_ONE_PLACE = re.compile(r"\b(?:one|single|1)[ -]decimal|\btenths?\b|\bfirst decimal", re.IGNORECASE)
_NO_PLACE = re.compile(r"\bwhole (?:number|percent|degree|point|figure)|\binteger", re.IGNORECASE)
_TENTH, _ONE = Decimal("0.1"), Decimal(1)
_HALF = Decimal("0.5")
_DEGREES = frozenset({"F", "C", "deg"})
_STEPS = {
    "$": Decimal("0.01"),
    "": Decimal(1),
    "F": Decimal(1),
    "deg": Decimal(1),
    "%": Decimal("0.01"),
}


@attrs.frozen
class Stretch:
    """An amount as the lowest and highest value that it lets through; None is without bound."""

    low: Decimal | None
    high: Decimal | None
    amount: Amount = attrs.field(eq=False)


def compare_amounts(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """Compare what the thresholds of both sides let through."""
    ours, theirs = _asked(polymarket), _asked(kalshi)
    unit = _unit(ours) or _unit(theirs)
    if _units_differ(ours, theirs):
        yield Finding(
            "unit", "the units differ", Side.AGAINST, ours[0].sentence, theirs[0].sentence
        )
    step = _step(polymarket, kalshi, unit)
    left, right = _stretches(ours, step), _stretches(theirs, step)
    yield from _differences(left, right, step)


def are_complements(polymarket: Facts, kalshi: Facts) -> bool:
    """Whether one side lets through exactly what the other does not: "above 3" and "3 or less"."""
    ours, theirs = _asked(polymarket), _asked(kalshi)
    step = _step(polymarket, kalshi, _unit(ours) or _unit(theirs))
    left, right = ({*_stretches(told, step)} for told in (ours, theirs))
    if len(left) != 1 or len(right) != 1 or _units_differ(ours, theirs):
        return False
    one, other = left.pop(), right.pop()
    return _begins_after(one, other, step) or _begins_after(other, one, step)


def _begins_after(high: Stretch, low: Stretch, step: Decimal) -> bool:
    if high.low is None or low.high is None or high.high is not None or low.low is not None:
        return False
    return high.low == low.high + step


def _asked(facts: Facts) -> list[Amount]:
    """The amounts that decide: the rules' reading of a number goes before the title's."""
    operative = [a for a in facts.numbers(Part.OPERATIVE) if a.compared or a.unit]
    told = {number for amount in operative if amount.compared for number in amount.numbers}
    headline = [
        a
        for a in facts.numbers(Part.HEADLINE, Part.EVENT)
        if not a.numbers & told and not _is_line(a, told) and not _is_retold(a, operative)
    ]
    compared = {number for a in (*operative, *headline) if a.compared for number in a.numbers}
    every = [a for a in (*headline, *operative) if a.compared or not a.numbers & compared]
    if any(mention.name == "no change" for mention in facts.mentions):
        # Kalshi lists a hold as a hike of 0 bps (recorded traffic).
        return [amount for amount in every if amount.numbers != {Decimal(0)}]
    return every


def _is_line(amount: Amount, told: set[Decimal]) -> bool:
    """A bare "228.5" in a title, where the rules say "229 or more"."""
    return not amount.compared and any(
        0 < abs(bound - number) <= _HALF for number in amount.numbers for bound in told
    )


def _is_retold(amount: Amount, operative: list[Amount]) -> bool:
    """A title's "7,000-7,199.99" or ">79" of what the rules call "below 7,200", "80 or more"."""
    return amount.compared and any(
        _is_within(amount.low, ruled.low, _ONE) and _is_within(amount.high, ruled.high, _ONE)
        for ruled in operative
        if ruled.compared and not ruled.unit == amount.unit == "%"
    )


def _is_within(one: Decimal | None, other: Decimal | None, reach: Decimal) -> bool:
    """Two bounds lie so near to each other, or neither is there."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= reach


def contradictions(facts: Facts) -> Iterator[str]:
    """Titles that ask for more where the rules ask for less than the same number."""
    ruled = [a for a in facts.numbers(Part.OPERATIVE) if a.compared]
    for told in facts.numbers(Part.HEADLINE):
        if told.compared and any(_is_contrary(told, other) for other in ruled):
            yield f"the title says {told.sentence!r}, the rules say the contrary"


def _is_contrary(told: Amount, other: Amount) -> bool:
    if len(told.numbers) != 1 or told.numbers != other.numbers:
        return False
    one_sided = None in {told.low, told.high} and None in {other.low, other.high}
    return one_sided and (told.low is None) != (other.low is None)


def _unit(amounts: list[Amount]) -> str:
    return next((amount.unit for amount in amounts if amount.unit), "")


def _units_differ(ours: list[Amount], theirs: list[Amount]) -> bool:
    left, right = {a.unit for a in ours} - {""}, {a.unit for a in theirs} - {""}
    if not left or not right or left & right:
        return False
    return not ("deg" in left | right and left | right <= _DEGREES)


def _step(polymarket: Facts, kalshi: Facts, unit: str) -> Decimal:
    """How finely the value is told: in these steps "above 0.3" is "at least 0.4"."""
    if unit == "%" and all(
        any(m.group == "bank" for m in f.mentions) and any(m.group == "move" for m in f.mentions)
        for f in (polymarket, kalshi)
    ):
        return _QUARTER
    if unit in _TENTHS and any(_tells_tenths(facts) for facts in (polymarket, kalshi)):
        return Decimal("0.1")
    if unit in _TENTHS and any(_tells_wholes(facts) for facts in (polymarket, kalshi)):
        return Decimal(1)
    if unit == "%" and any(
        mention.name in _ONE_DECIMAL for facts in (polymarket, kalshi) for mention in facts.mentions
    ):
        return Decimal("0.1")
    return _STEPS.get(unit, Decimal("0.01"))


def _tells_tenths(facts: Facts) -> bool:
    return any(_ONE_PLACE.search(clause.text) for clause in facts.clauses)


def _tells_wholes(facts: Facts) -> bool:
    scored = any(mention.name in {"critics", "audience"} for mention in facts.mentions)
    return scored or any(_NO_PLACE.search(clause.text) for clause in facts.clauses)


def _stretches(amounts: list[Amount], step: Decimal) -> list[Stretch]:
    return [Stretch(_low(amount, step), _high(amount, step), amount) for amount in amounts]


def _low(amount: Amount, step: Decimal) -> Decimal | None:
    if amount.low is None:
        return None
    value = (amount.low / step).to_integral_value(ROUND_CEILING) * step
    return value + step if value == amount.low and not amount.low_in else value


def _high(amount: Amount, step: Decimal) -> Decimal | None:
    if amount.high is None:
        return None
    value = (amount.high / step).to_integral_value(ROUND_FLOOR) * step
    return value - step if value == amount.high and not amount.high_in else value


def _differences(left: list[Stretch], right: list[Stretch], step: Decimal) -> Iterator[Finding]:
    alone = [stretch for stretch in left if not _met(stretch, right)]
    others = [stretch for stretch in right if not _met(stretch, left)]
    if alone and others:
        ours, theirs = alone[0], others[0]
        says = f"{_told(ours)} is not {_told(theirs)}"
        side = Side.DOUBT if _are_near(ours, theirs, step) else Side.AGAINST
        yield Finding("threshold", says, side, ours.amount.sentence, theirs.amount.sentence)
    for mine, kept in ((True, alone), (False, others)):
        if kept and not (alone and others):
            yield _one_sided(kept[0], mine=mine, any_other=bool(right if mine else left))
    for stretch in left:
        met = next((other for other in right if other == stretch), None)
        if met:
            says = f"both say {_told(stretch)} in steps of {step}"
            yield Finding("threshold", says, Side.FOR, stretch.amount.sentence, met.amount.sentence)


def _are_near(ours: Stretch, theirs: Stretch, step: Decimal) -> bool:
    """Told in different words and apart by no more than the figure's last digit may be."""
    if (ours.amount.low_in, ours.amount.high_in) == (theirs.amount.low_in, theirs.amount.high_in):
        return False
    reach = max(step, _TENTH)
    return _is_within(ours.low, theirs.low, reach) and _is_within(ours.high, theirs.high, reach)


def _met(stretch: Stretch, others: list[Stretch]) -> bool:
    return any(other == stretch for other in others)


def _one_sided(stretch: Stretch, *, mine: bool, any_other: bool) -> Finding:
    who = "Polymarket" if mine else "Kalshi"
    says = f"only {who} says {_told(stretch)}"
    side = Side.AGAINST if stretch.amount.compared and any_other else Side.DOUBT
    quoted = stretch.amount.sentence
    return Finding("threshold", says, side, quoted if mine else "", "" if mine else quoted)


def _told(stretch: Stretch) -> str:
    unit = stretch.amount.unit
    if stretch.low == stretch.high:
        return f"{stretch.low}{unit}"
    if stretch.high is None:
        return f"{stretch.low}{unit} or more"
    if stretch.low is None:
        return f"{stretch.high}{unit} or less"
    return f"{stretch.low}{unit} to {stretch.high}{unit}"
