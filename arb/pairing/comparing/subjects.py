"""Whom YES is about on both sides, and so which side's YES is which."""

from collections.abc import Iterator

import attrs

from arb.pairing.comparing.endings import played_out
from arb.pairing.comparing.terms import ALWAYS_WON, meets
from arb.pairing.finding import Finding, Side
from arb.pairing.reading.facts import Facts, Subject
from arb.pairing.reading.naming import letters
from arb.pairing.reading.text import words

Key = tuple[str, str]
_BEGINNING = 5
"""So many letters of a name may stand for it."""


@attrs.frozen
class Alignment:
    """How the two YESes lie to each other."""

    yes_is_yes: bool | None
    findings: tuple[Finding, ...]


def compare_subjects(polymarket: Facts, kalshi: Facts) -> Alignment:
    """Say whether both are about the same one, or about the two of one contest."""
    aligned, finding = _subjects(polymarket, kalshi)
    found = (*_contests(polymarket, kalshi), *((finding,) if finding else ()))
    return Alignment(aligned, found)


def _subjects(polymarket: Facts, kalshi: Facts) -> tuple[bool | None, Finding | None]:
    ours, theirs = polymarket.subject, kalshi.subject
    two_sided = bool(polymarket.sides or kalshi.sides)
    if polymarket.score and kalshi.score:
        return True, None  # a score names both sides; it is compared as a score
    if not ours.keys and not theirs.keys and _is_total(polymarket) and _is_total(kalshi):
        return True, None
    if not ours.keys or not theirs.keys:
        if two_sided or not _by_wording(polymarket, kalshi):
            says = "whom YES is about is told on one side only"
            return None, _finding(says, Side.DOUBT, polymarket, kalshi)
        return True, None
    if alike(ours.keys, theirs.keys) or _is_short(ours.told, theirs.told):
        return True, _finding(f'both are about "{ours.told}"', Side.FOR, polymarket, kalshi)
    return _unlike(polymarket, kalshi, two_sided=two_sided)


def _unlike(
    polymarket: Facts, kalshi: Facts, *, two_sided: bool
) -> tuple[bool | None, Finding | None]:
    ours, theirs = polymarket.subject, kalshi.subject
    if not two_sided and not (ours.chosen and theirs.chosen) and _covered(polymarket, kalshi):
        return True, None
    if _opponents(polymarket, kalshi):
        says = f'"{ours.told}" is the opponent of "{theirs.told}": YES of one is NO of the other'
        return False, _finding(says, Side.FOR, polymarket, kalshi)
    return None, _disagreement(polymarket, kalshi)


def _is_short(ours: str, theirs: str) -> bool:
    """Whether one name is the initials of the other: "SDP", "Social Democratic Party"."""
    one, other = ours.strip().strip("()"), theirs.strip().strip("()")
    if one.isupper() == other.isupper():
        return False
    short, long = (one, other) if one.isupper() else (other, one)
    return short in letters(words(long)) or f"({short})" in long


def _is_total(facts: Facts) -> bool:
    """What both sides of a contest score together is asked."""
    return any(m.name == "over/under" for m in facts.mentions) and bool(facts.amounts)


def _by_wording(polymarket: Facts, kalshi: Facts) -> bool:
    """Nobody was chosen among several, or who was is named on the other side too."""
    chosen = polymarket.subject.chosen or kalshi.subject.chosen
    return not chosen or _covered(polymarket, kalshi)


def _disagreement(polymarket: Facts, kalshi: Facts) -> Finding:
    ours, theirs = polymarket.subject, kalshi.subject
    wording = not (ours.chosen and theirs.chosen) and _half_covered(polymarket, kalshi)
    side = Side.DOUBT if wording or _overlap(ours.keys, theirs.keys) else Side.AGAINST
    return _finding(f'"{ours.told}" there, "{theirs.told}" here', side, polymarket, kalshi)


def _finding(says: str, side: Side, polymarket: Facts, kalshi: Facts) -> Finding:
    return Finding("subject", says, side, polymarket.headline, kalshi.headline)


def alike(ours: frozenset[Key], theirs: frozenset[Key]) -> bool:
    """Whether two names are one: equal, or one a shorter form of the other (a surname)."""
    only_ours, only_theirs = _rest(ours, theirs), _rest(theirs, ours)
    if only_ours and only_theirs:
        return False
    return not any(group in {"team", "party"} for group, _ in only_ours | only_theirs)


def _covered(polymarket: Facts, kalshi: Facts) -> bool:
    """Whom each side is about is named on the other; who is asked first is a matter of wording."""
    named = [frozenset(m.key for m in facts.mentions) for facts in (polymarket, kalshi)]
    return not _rest(polymarket.subject.keys, named[1]) and not _rest(kalshi.subject.keys, named[0])


def _half_covered(polymarket: Facts, kalshi: Facts) -> bool:
    """One side at least names whom the other is about."""
    named = [frozenset(m.key for m in facts.mentions) for facts in (polymarket, kalshi)]
    return not _rest(polymarket.subject.keys, named[1]) or not _rest(kalshi.subject.keys, named[0])


def _rest(mine: frozenset[Key], other: frozenset[Key]) -> frozenset[Key]:
    names = {name for _, name in other}
    return frozenset(key for key in mine if not meets(key[1], names) and not _short_of(key, other))


def _short_of(key: Key, others: frozenset[Key]) -> bool:
    """Whether an unlisted name is the beginning of another, or the other way round."""
    group, told = key
    if group or len(told) < _BEGINNING:
        return False
    return any(
        not other_group
        and len(other) >= _BEGINNING
        and (other.startswith(told) or told.startswith(other))
        for other_group, other in others
    )


def _overlap(ours: frozenset[Key], theirs: frozenset[Key]) -> bool:
    """They share a name and neither is a person or team of its own: a person has to look."""
    rest, other_rest = _rest(ours, theirs), _rest(theirs, ours)
    return len(rest) < len(ours) and not (
        any(group for group, _ in rest) or any(group for group, _ in other_rest)
    )


def _opponents(polymarket: Facts, kalshi: Facts) -> bool:
    """Both name the two of one contest, which cannot end level, and each asks about another."""
    if not polymarket.sides or not kalshi.sides or not same_contest(polymarket, kalshi):
        return False
    named = [{m.name for m in facts.mentions} for facts in (polymarket, kalshi)]
    if all("advance" in names for names in named):
        return _is_side(polymarket.subject, kalshi) and _is_side(kalshi.subject, polymarket)
    drawn = not played_out(polymarket, kalshi) and (
        not {
            m.name
            for f in (polymarket, kalshi)
            for m in f.mentions
            if m.group in {"league", "sport", "title"}
        }
        & ALWAYS_WON
    )
    return (
        not drawn and _is_side(polymarket.subject, kalshi) and _is_side(kalshi.subject, polymarket)
    )


def _is_side(subject: Subject, facts: Facts) -> bool:
    return any(alike(subject.keys, side.keys) for side in facts.sides)


def same_contest(polymarket: Facts, kalshi: Facts) -> bool:
    """Whether both name the same two, in either order; both must name two."""
    first, second = polymarket.sides
    one, two = kalshi.sides
    straight = alike(first.keys, one.keys) and alike(second.keys, two.keys)
    crossed = alike(first.keys, two.keys) and alike(second.keys, one.keys)
    return straight or crossed


def _share_a_side(polymarket: Facts, kalshi: Facts) -> bool:
    return any(
        _rest(ours.keys, theirs.keys) != ours.keys
        for ours in polymarket.sides
        for theirs in kalshi.sides
    )


def _contests(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    if polymarket.sides and kalshi.sides:
        same = same_contest(polymarket, kalshi)
        says = "the same contest" if same else "other sides in the contest"
        side = (
            Side.FOR if same else Side.DOUBT if _share_a_side(polymarket, kalshi) else Side.AGAINST
        )
        yield Finding("contest", says, side, polymarket.headline, kalshi.headline)
    ambiguous = [
        key[1] for facts in (polymarket, kalshi) for key in facts.subject.keys if "|" in key[1]
    ]
    if ambiguous:
        says = f"a city with two teams ({ambiguous[0]})"
        yield Finding("team", says, Side.DOUBT, polymarket.headline, kalshi.headline)
