"""What else counts, or does not: sentences of the rules beside the one that says what YES is."""

import re
from collections.abc import Iterator

from arb.pairing.comparing.terms import meets
from arb.pairing.finding import Finding, Side
from arb.pairing.reading.clauses import Part
from arb.pairing.reading.dates import without_dates
from arb.pairing.reading.facts import Facts, Mention
from arb.pairing.reading.lexicon import lexicon
from arb.pairing.reading.text import words

_WIDENS = re.compile(
    r"\b(?:suffic\w*|also|counts?|counted|qualif\w*|even if|even where|includ\w*|considered|treated as|regarded|enough|any form)\b",
    re.IGNORECASE,
)
_SUFFICES = re.compile(
    r"\b(?:suffic\w*|(?:is|are) enough|also (?:count|qualif)\w*|even if)\b", re.IGNORECASE
)
_PAYS_YES = re.compile(
    r"\b(?:resolv\w*|settl\w*|pays?)\b[^.;]{0,40}[\"' ]yes\b(?! until)", re.IGNORECASE
)
_NEVER_HELD = re.compile(r"\b(?:cancel|postpon|reschedul|delay|abandon)\w*", re.IGNORECASE)
_ROOT = 5
"""So many letters tell the root of a word."""
_ASKING = (Part.HEADLINE, Part.EVENT, Part.OPERATIVE)
_WEAK = frozenset({"", "polarity", "synonym", "team", "league", "sport", "victory", "measure"})
"""Groups whose terms say nothing of what counts."""


def compare_details(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """Find what counts on one side and not on the other."""
    yield from _opposed(polymarket, kalshi)
    yield from _sufficient(polymarket, kalshi, mine=True)
    yield from _sufficient(kalshi, polymarket, mine=False)
    yield from _other_ways(polymarket, kalshi, mine=True)
    yield from _other_ways(kalshi, polymarket, mine=False)
    yield from _counted(polymarket, kalshi)
    yield from _counted(kalshi, polymarket)
    yield from _excepted(polymarket, kalshi, mine=True)
    yield from _excepted(kalshi, polymarket, mine=False)


def _sufficient(told: Facts, other: Facts, *, mine: bool) -> Iterator[Finding]:
    """Something more that is enough on one side, of which the other never speaks."""
    known = {mention.name for mention in other.mentions}
    for sentence in filter(_SUFFICES.search, told.sentences(Part.DETAIL)):
        strange = [
            m for m in told.of(Part.DETAIL) if m.sentence == sentence and not meets(m.name, known)
        ]
        if strange and not all(mention.negated for mention in strange):
            says = "only one side says that this is enough"
            yield Finding("detail", says, Side.DOUBT, *((sentence, "") if mine else ("", sentence)))


def _other_ways(told: Facts, other: Facts, *, mine: bool) -> Iterator[Finding]:
    """Another way to YES than the condition's, which the other side does not name."""
    known = {mention.name for mention in other.mentions}
    further = (*told.sentences(Part.OPERATIVE)[1:], *told.sentences(Part.DETAIL, Part.TAIL))
    for sentence in filter(_PAYS_YES.search, further):
        if _NEVER_HELD.search(sentence):
            continue  # a tail: how a question ends that never properly began
        terms = lexicon(told.league).terms(words(without_dates(sentence)))
        if any(not meets(term.name, known) for term in terms):
            says = "only one side says that this is YES too"
            yield Finding("detail", says, Side.DOUBT, *((sentence, "") if mine else ("", sentence)))


def _counted(mine: Facts, other: Facts) -> Iterator[Finding]:
    """A thing that one side says counts, and the other says does not, by its root."""
    asked = {mention.name for facts in (mine, other) for mention in facts.of(*_ASKING)}
    denied = {
        mention.name[:_ROOT]: mention
        for mention in other.of(Part.DETAIL)
        if mention.negated and not mention.group and mention.name not in asked
    }
    for mention in mine.of(Part.DETAIL):
        against = denied.get(mention.name[:_ROOT])
        if against and not mention.negated and _WIDENS.search(mention.sentence):
            says = f'"{mention.name}" counts on one side and not on the other'
            yield Finding("detail", says, Side.DOUBT, mention.sentence, against.sentence)


def _excepted(told: Facts, other: Facts, *, mine: bool) -> Iterator[Finding]:
    """What one side's condition leaves out and the other's asks for."""
    meant = {m.key for m in told.of(*_ASKING) if not m.negated}
    asked = {m.key: m for m in other.of(*_ASKING) if not m.negated}
    for mention in told.of(Part.OPERATIVE, Part.DETAIL):
        against = asked.get(mention.key)
        listed = mention.group not in _WEAK or (
            mention.part is Part.OPERATIVE and mention.group != "polarity"
        )
        if against and listed and mention.negated and mention.key not in meant:
            quoted = (mention.sentence, against.sentence)
            says = f'"{mention.name}" is left out on one side and asked for on the other'
            yield Finding("detail", says, Side.DOUBT, *(quoted if mine else quoted[::-1]))


def _opposed(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    ours, theirs = _stances(polymarket), _stances(kalshi)
    for key in ours.keys() & theirs.keys():
        left, right = ours[key], theirs[key]
        if left.negated != right.negated and key[0] not in _WEAK:
            says = f'"{key[1]}" counts on one side and not on the other'
            yield Finding("detail", says, Side.DOUBT, left.sentence, right.sentence)


def _stances(facts: Facts) -> dict[tuple[str, str], Mention]:
    """Terms that only details speak of, as counted or not."""
    asked = {m.key for m in facts.of(Part.HEADLINE, Part.EVENT, Part.OPERATIVE)}
    return {m.key: m for m in facts.of(Part.DETAIL) if m.key not in asked}
