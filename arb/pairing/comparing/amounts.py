"""Thresholds, bands and counts: the same numbers must let through the same values."""

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


def _asked(facts: Facts) -> list[Amount]:
    """The amounts that decide: the rules' reading of a number goes before the title's."""
    operative = [a for a in facts.numbers(Part.OPERATIVE) if a.compared or a.unit]
    told = {number for amount in operative if amount.compared for number in amount.numbers}
    headline = [
        a
        for a in facts.numbers(Part.HEADLINE, Part.EVENT)
        if not a.numbers & told and not _is_line(a, told)
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
    if unit == "%" and any(
        mention.name in _ONE_DECIMAL for facts in (polymarket, kalshi) for mention in facts.mentions
    ):
        return Decimal("0.1")
    return _STEPS.get(unit, Decimal("0.01"))


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
        yield Finding("threshold", says, Side.AGAINST, ours.amount.sentence, theirs.amount.sentence)
    for mine, kept in ((True, alone), (False, others)):
        if kept and not (alone and others):
            yield _one_sided(kept[0], mine=mine, any_other=bool(right if mine else left))
    for stretch in left:
        met = next((other for other in right if other == stretch), None)
        if met:
            says = f"both say {_told(stretch)} in steps of {step}"
            yield Finding("threshold", says, Side.FOR, stretch.amount.sentence, met.amount.sentence)


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
