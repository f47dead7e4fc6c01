"""Whether two questions are the same: every fact is compared, and any disagreement decides."""

from collections.abc import Iterator

from rapidfuzz import fuzz

from arb.pairing.comparing.amounts import are_complements, compare_amounts, contradictions
from arb.pairing.comparing.dates import compare_dates
from arb.pairing.comparing.details import compare_details
from arb.pairing.comparing.endings import compare_endings
from arb.pairing.comparing.inversion import inversions
from arb.pairing.comparing.subjects import compare_subjects
from arb.pairing.comparing.terms import compare_terms
from arb.pairing.comparing.words import compare_words
from arb.pairing.finding import Finding, Ruling, Side, Verdict
from arb.pairing.question import Question
from arb.pairing.reading.facts import Facts
from arb.pairing.reading.read import read

__all__ = ["Finding", "Ruling", "Side", "Verdict", "judge"]

_SURE_PPM, _LIKELY_PPM = 900_000, 700_000
_PER_AGREEMENT_PPM, _PER_DOUBT_PPM = 15_000, 60_000
_TOP_PPM = 990_000
_PERCENT_PPM = 7_000
_TURNS = frozenset({"polarity", "inversion", "departure", "move", "threshold"})
"""Facts that differ where one side denies what the other asks."""


def judge(polymarket: Question, kalshi: Question) -> Verdict:
    """Compare two questions, one of each venue.

    SAME needs a rules text on both sides, every fact read on both and none that disagrees;
    DIFFERENT needs one settling fact that disagrees; everything else is for a person.
    """
    ours, theirs = _read(polymarket, kalshi)
    alignment = compare_subjects(ours, theirs)
    found = (*_compare(ours, theirs), *alignment.findings)
    turned = _turned(ours, theirs)
    if len(turned) == 1:
        found = (*(f for f in found if f.side is Side.FOR or f.fact not in _TURNS), *turned)
    vetoes = tuple(f for f in found if f.side is Side.AGAINST)
    doubts = tuple(f for f in found if f.side is Side.DOUBT)
    agreed = tuple(f for f in found if f.side is Side.FOR and (f.polymarket and f.kalshi))
    ruling = Ruling.DIFFERENT if vetoes else Ruling.PERSON if doubts else Ruling.SAME
    return Verdict(
        ruling=ruling,
        confidence_ppm=_confidence(ruling, (len(vetoes), len(doubts), len(agreed)), ours, theirs),
        vetoes=(*vetoes, *doubts),
        evidence=tuple(f for f in found if f.side is Side.FOR),
        yes_is_yes=None if vetoes else _aligned(alignment.yes_is_yes, len(turned)),
    )


def _turned(ours: Facts, theirs: Facts) -> tuple[Finding, ...]:
    """What makes one side's YES the other's NO, where everything else agrees."""
    found = tuple(inversions(ours, theirs))
    if are_complements(ours, theirs):
        says = "one side lets through what the other does not"
        found += (Finding("threshold", says, Side.FOR, ours.headline, theirs.headline),)
    return found


def _aligned(yes_is_yes: bool | None, turns: int) -> bool | None:  # noqa: FBT001 - a fact, no flag
    return None if yes_is_yes is None or turns > 1 else yes_is_yes is not bool(turns)


def _read(polymarket: Question, kalshi: Question) -> tuple[Facts, Facts]:
    """Read both; where only one says which league it is, the other's teams are of that one."""
    ours, theirs = read(polymarket), read(kalshi)
    if ours.league and not theirs.league:
        theirs = read(kalshi, ours.league)
    elif theirs.league and not ours.league:
        ours = read(polymarket, theirs.league)
    return ours, theirs


def _compare(ours: Facts, theirs: Facts) -> Iterator[Finding]:
    for fault in (*ours.faults, *contradictions(ours)):
        yield Finding("text", f"Polymarket: {fault}", Side.DOUBT, ours.headline, "")
    for fault in (*theirs.faults, *contradictions(theirs)):
        yield Finding("text", f"Kalshi: {fault}", Side.DOUBT, "", theirs.headline)
    yield from compare_terms(ours, theirs)
    yield from compare_dates(ours, theirs)
    yield from compare_amounts(ours, theirs)
    yield from compare_endings(ours, theirs)
    yield from compare_details(ours, theirs)
    yield from compare_words(ours, theirs)


def _confidence(ruling: Ruling, counts: tuple[int, int, int], ours: Facts, theirs: Facts) -> int:
    vetoes, doubts, agreed = counts
    match ruling:
        case Ruling.SAME:
            return min(_TOP_PPM, _LIKELY_PPM + agreed * _PER_AGREEMENT_PPM * 2)
        case Ruling.DIFFERENT:
            return min(_TOP_PPM, _SURE_PPM + (vetoes - 1) * _PER_AGREEMENT_PPM)
        case Ruling.PERSON:
            alike = int(fuzz.token_set_ratio(ours.headline, theirs.headline)) * _PERCENT_PPM
            sure = alike + agreed * _PER_AGREEMENT_PPM - doubts * _PER_DOUBT_PPM
            return max(0, min(_LIKELY_PPM, sure))
