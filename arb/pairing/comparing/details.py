"""What else counts, or does not: sentences of the rules beside the one that says what YES is."""

import re
from collections.abc import Iterable, Iterator

from arb.pairing.comparing.terms import meets
from arb.pairing.finding import Finding, Side
from arb.pairing.reading.clauses import Part, is_preface
from arb.pairing.reading.dates import without_dates
from arb.pairing.reading.facts import Facts
from arb.pairing.reading.lexicon import Term, lexicon
from arb.pairing.reading.stances import Stance
from arb.pairing.reading.text import words
from arb.pairing.reading.thesaurus import kin_of

_PAYS_YES = re.compile(
    r"\b(?:resolv\w*|settl\w*|pays?)\b[^.;]{0,40}[\"' ]yes\b(?! until)", re.IGNORECASE
)
_LASTS = re.compile(
    r"\b(?:last|lasts|lasting|hold|holds|held|remain|remains|stay|stays|continue|continues|persists?"
    r"|consecutive|uninterrupted|at least|must|has to|have to)\b[^.;,]{0,40}?\b(\d+|two|three|four|five|six|seven|ten|thirty)[ -](?:consecutive |straight )?"
    r"(minute|hour|day|week|month)s?\b",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"(?<!last )(?<!past )\b(?!12[ -]month|1[ -])(\d+|two|three|four|five|six|seven|ten|thirty)[ -]"
    r"(?:consecutive |straight |full )?(hour|day|week|month)s?\b(?! (?:average|gross|domestic|opening|moving|candle|rolling))",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\b(\d+|one|two|three|six|twelve)-(minute|hour|day|week|month|year)\b", re.IGNORECASE
)
_NUMBERS = {"one": "1", "twelve": "12", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "ten": "10", "thirty": "30"}  # fmt: skip
_NO_MATTER = re.compile(
    r"\b(?:whatever|regardless|irrespective|no matter|whether or not|with or without)\b[^,;.]*",
    re.IGNORECASE,
)
_NEVER_HELD = re.compile(r"\b(?:cancel|postpon|reschedul|delay|abandon)\w*", re.IGNORECASE)
_ROOT = 5
"""So many letters tell the root of a word."""
_ASKING = (Part.HEADLINE, Part.EVENT, Part.OPERATIVE)
_TITLES = (Part.HEADLINE, Part.EVENT)
_WEAK = frozenset({"", "polarity", "synonym", "team", "league", "sport", "victory", "measure"})
"""Groups whose terms say nothing of what counts."""
_WAYS = frozenset({"moment", "phase", "deed", "departure", "qualifier", "stage"})
"""Groups whose terms are ways to YES."""


def compare_details(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """Find what counts on one side and not on the other."""
    yield from _contrary(polymarket, kalshi)
    yield from _spans(polymarket, kalshi)
    yield from _asked_for(polymarket, kalshi, mine=True)
    yield from _asked_for(kalshi, polymarket, mine=False)
    for told, other, mine in ((polymarket, kalshi, True), (kalshi, polymarket, False)):
        yield from _further(told, other, mine=mine)
        yield from _demanded(told, other, mine=mine)
        yield from _immaterial(told, other, mine=mine)
        yield from _other_ways(told, other, mine=mine)
        yield from _excepted(told, other, mine=mine)


def _contrary(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """One side says that a thing counts, and the other that it does not."""
    shared = _names(polymarket, _TITLES) & _names(kalshi, _TITLES)
    for ours in polymarket.stances:
        for theirs in kalshi.stances:
            met = _met(ours.things - shared, theirs.things - shared)
            met -= _met(met, _same_way(polymarket, counts=theirs.counts))
            met -= _met(met, _same_way(kalshi, counts=ours.counts))
            if ours.counts != theirs.counts and met:
                says = f'"{min(met)}" counts on one side and not on the other'
                yield Finding("detail", says, Side.DOUBT, ours.sentence, theirs.sentence)


def _asked_for(told: Facts, other: Facts, *, mine: bool) -> Iterator[Finding]:
    """What does not count on one side, and is what the other side's condition asks for."""
    own = _names(told, _ASKING)
    asked = _names(other, (Part.OPERATIVE,)) - own
    for stance in told.stances:
        met = set() if stance.counts else stance.things & asked
        if met:
            says = f'"{min(met)}" does not count on one side and is asked for on the other'
            yield _one_sided(says, stance.sentence, mine=mine)


def _same_way(facts: Facts, *, counts: bool) -> set[str]:
    return {thing for s in facts.stances if s.counts is counts for thing in s.things}


def _met(ours: Iterable[str], theirs: Iterable[str]) -> set[str]:
    named = frozenset(theirs)
    roots = {thing[:_ROOT] for thing in named}
    return {thing for thing in ours if thing[:_ROOT] in roots or kin_of(thing) & named}


def _names(facts: Facts, parts: tuple[Part, ...]) -> set[str]:
    return {mention.name for mention in facts.of(*parts)}


def _spans(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """A "12-month" change is no "11-month" change: what is measured over what."""
    ours, theirs = _units(polymarket), _units(kalshi)
    for unit in ours.keys() & theirs.keys():
        if not ours[unit] & theirs[unit]:
            says = f"other lengths in {unit}s"
            yield Finding("detail", says, Side.DOUBT, polymarket.headline, kalshi.headline)


def _units(facts: Facts) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for sentence in facts.sentences(*_ASKING):
        for number, unit in _SPAN.findall(sentence):
            told = _NUMBERS.get(number.lower(), number)
            found.setdefault(unit.lower(), set()).add(told)
    return found


def _further(told: Facts, other: Facts, *, mine: bool) -> Iterator[Finding]:
    """Something more that is enough on one side, of which the other does not speak."""
    known = {mention.name for mention in other.mentions}
    for stance in told.stances:
        if stance.is_further and not _is_known(stance, known, other):
            says = "only one side says that this is enough"
            yield _one_sided(says, stance.sentence, mine=mine)


def _demanded(told: Facts, other: Facts, *, mine: bool) -> Iterator[Finding]:
    """Something less than the condition: only a part counts, or it has to last."""
    known = {mention.name for mention in other.mentions}
    for stance in told.stances:
        if stance.is_only and stance.counts and not all(meets(t, known) for t in stance.things):
            yield _one_sided(
                "only one side says that nothing else counts", stance.sentence, mine=mine
            )
    lasting = _lasting(other)
    for length, sentence in _lasting(told).items():
        if length not in lasting:
            yield _one_sided("only one side says how long it has to last", sentence, mine=mine)


def _lasting(facts: Facts) -> dict[str, str]:
    """How long something has to last, and the sentence that says so."""
    found = {}
    for shape, parts in ((_LASTS, (*_ASKING, Part.DETAIL)), (_LENGTH, (Part.OPERATIVE,))):
        for sentence in facts.sentences(*parts):
            for match in shape.finditer(sentence):
                found[f"{_NUMBERS.get(match[1].lower(), match[1])} {match[2].lower()}"] = sentence
    return found


def _immaterial(told: Facts, other: Facts, *, mine: bool) -> Iterator[Finding]:
    """What makes no difference to one side's condition, and is spoken of on the other."""
    known = {m.name for m in other.of(*_ASKING, Part.DETAIL) if m.group in _WAYS}
    if any(map(_NO_MATTER.search, other.sentences(Part.OPERATIVE, Part.DETAIL))):
        return
    for sentence in told.sentences(Part.OPERATIVE):
        found = _NO_MATTER.search(sentence)
        terms = lexicon().terms(words(found[0])) if found else ()
        if found and any(term.name in known for term in terms):
            yield _one_sided("it makes no difference on one side only", sentence, mine=mine)


def _is_known(stance: Stance, known: set[str], other: Facts) -> bool:
    """The other side says the same of it, or names most of it."""
    same = any(theirs.counts and _met(stance.things, theirs.things) for theirs in other.stances)
    met = [thing for thing in stance.things if meets(thing, known)]
    return same or len(met) * 2 > len(stance.things)


def _other_ways(told: Facts, other: Facts, *, mine: bool) -> Iterator[Finding]:
    """Another way to YES than the condition's, which the other side does not name."""
    conditions = [text for text in told.sentences(Part.OPERATIVE) if not is_preface(text)]
    further = (*conditions[1:], *told.sentences(Part.DETAIL, Part.TAIL))
    known = {mention.name for mention in other.mentions}
    for sentence in filter(_PAYS_YES.search, further):
        if _NEVER_HELD.search(sentence):
            continue  # a tail: how a question ends that never properly began
        terms = list(lexicon(told.league).terms(words(without_dates(sentence))))
        ways = [term for term in terms if term.group in _WAYS and term.group != "departure"]
        if ways and all(_is_asked(term.name, other) for term in ways):
            continue
        strange = [term for term in terms if not meets(term.name, known)]
        if strange and not _explains(terms, strange, told):
            yield _one_sided("only one side says that this is YES too", sentence, mine=mine)


def _explains(terms: list[Term], strange: list[Term], told: Facts) -> bool:
    """A sentence that only spells its own condition out: nearly all of its words are there."""
    own = _names(told, _ASKING)
    new = [term for term in strange if term.name not in own]
    return len(new) * 3 <= len(terms) and not any(term.group in _WAYS for term in new)


def _is_asked(name: str, other: Facts) -> bool:
    return any(m.name == name and not m.negated for m in other.of(Part.OPERATIVE))


def _one_sided(says: str, sentence: str, *, mine: bool) -> Finding:
    return Finding("detail", says, Side.DOUBT, *((sentence, "") if mine else ("", sentence)))


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
