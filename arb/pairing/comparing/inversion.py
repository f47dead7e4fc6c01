"""Whether one side asks for what the other denies: its YES is then the other's NO."""

import re
from collections.abc import Iterator

from arb.pairing.finding import Finding, Side
from arb.pairing.reading.clauses import Part, means_yes
from arb.pairing.reading.facts import Facts

_IDIOM = re.compile(
    r"\bnot (?:seasonally|adjusted|later|earlier|limited|only|necessarily|less|more|fewer|including|counting)\b"
    r"|\bno (?:longer|later|earlier|less|more|fewer|other)\b|\bnot (?:be |been )?changed?\b|\bno change\b"
    r"|\bnon-\w+",
    re.IGNORECASE,
)
"""Holds a "not" without denying what is asked."""
_DENIES = re.compile(
    r"\b(?:(?:has|have|had|is|are|was|does|do|did|will|be)(?:n't| not)\b(?: yet)?|not (?:be |have )|fails? to\b"
    r"|never\b|without (?=being|having)|(?:announces|there is|there are|there will be|with) no\b|^no\b)",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not|no|never|fails?|without|n't)\b|n't\b", re.IGNORECASE)
_CONDITION = re.compile(r"\b[Ii]f ((?:(?!,|;|\band\b|\bor\b|\bthat\b|\bwhich\b|\bwhile\b).)*)")
_KEEPS = re.compile(
    r"\b(?:remains?|stays?|still|keeps?|retains?|continues? (?:to|as|in)|without interruption|throughout"
    r"|continuously|uninterrupted\w*)\b",
    re.IGNORECASE,
)
_LEAVES = frozenset({"out", "resign", "removed", "fired", "replaced"})
_MOVES = frozenset({"cut", "hike"})


def is_denied(facts: Facts) -> bool:
    """Whether the condition holds where something has not happened."""
    return _is_denial(_condition(facts))


def _is_denial(sentence: str) -> bool:
    """Only the first thing that is asked counts: what comes after "and" narrows it."""
    asked = _CONDITION.search(_IDIOM.sub(" ", sentence))
    return bool(asked and _DENIES.search(asked[1]))


def _as_titled(polymarket: Facts, kalshi: Facts) -> Side:
    """The title of the side whose rules deny has to deny as well."""
    denying = polymarket if is_denied(polymarket) else kalshi
    told = any(map(_NOT.search, denying.sentences(Part.HEADLINE)))
    return Side.FOR if told else Side.DOUBT


def keeps(facts: Facts) -> bool:
    """Whether the condition is that something goes on."""
    return any(map(_KEEPS.search, facts.sentences(Part.OPERATIVE, Part.HEADLINE)))


def leaves(facts: Facts) -> bool:
    """Whether the condition is that somebody goes or is let go."""
    names = {m.name for m in facts.of(Part.HEADLINE, Part.EVENT, Part.OPERATIVE)}
    return bool(names & (_LEAVES | {"release"}))


def moves(facts: Facts) -> str:
    """Say "none" where a rate stays, "any" where it moves either way, else ""."""
    asked = {m.name for m in facts.of(Part.OPERATIVE) if m.group == "move"}
    if asked == {"no change"}:
        return "none"
    return "any" if asked >= _MOVES else ""


def inversions(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """Every way in which exactly one of the two sides denies what the other asks."""
    quoted = (_condition(polymarket), _condition(kalshi))
    if is_denied(polymarket) != is_denied(kalshi) and keeps(polymarket) == keeps(kalshi):
        says = "only one side asks that it does not happen"
        yield Finding("inversion", says, _as_titled(polymarket, kalshi), *quoted)
    elif keeps(polymarket) != keeps(kalshi) and leaves(polymarket) != leaves(kalshi):
        yield Finding(
            "inversion", "one side asks for an end, the other that it goes on", Side.FOR, *quoted
        )
    if {moves(polymarket), moves(kalshi)} == {"none", "any"}:
        yield Finding(
            "inversion", "one side asks for a move, the other for none", Side.FOR, *quoted
        )


def _condition(facts: Facts) -> str:
    asked = facts.sentences(Part.OPERATIVE)
    return next(filter(means_yes, asked), next(iter(asked), facts.headline))
