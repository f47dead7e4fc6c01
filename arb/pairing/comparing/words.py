"""Words that no list knows: what one side asks has to be found on the other."""

import re
from collections.abc import Iterator

from rapidfuzz import fuzz

from arb.pairing.comparing.subjects import alike, same_contest
from arb.pairing.finding import Finding, Side
from arb.pairing.reading.clauses import Part
from arb.pairing.reading.facts import Facts, Mention
from arb.pairing.reading.lexicon import lexicon, stem
from arb.pairing.reading.text import words

_ALIKE = 93
"""Likeness, of 100, from which two long words are one name spelled twice (Zelensky, Zelenskyy)."""
_LONG = 7
_ROOT = 6
"""Words that begin with so many same letters are of one root."""
_FOREIGN_PERCENT = 60
"""From this share of a title's words unknown to the other side on, the questions are others."""
_FEW = 2
_SPARE = 3
"""So many common words may be left over on one side: the writer's own."""
_MEASURED = frozenset({"company", "economy", "asset", "chart", "weather", "price"})
_NEAR = 3
"""So many words on, less one, the measured thing may stand."""
_CAPITAL = re.compile(r"(?<![.!?:] )(?<!^)(?<![\w'])([A-Z][\w'-]*)")


def compare_words(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """Find the words of each side's question that the other side's text never uses.

    A fact that was changed leaves words over on both sides; a name left over on one side is enough.
    """
    ours, theirs = _left(polymarket, kalshi), _left(kalshi, polymarket)
    if _strange(polymarket, ours) and _strange(kalshi, theirs):
        says = "the titles share hardly a word"
        yield Finding("topic", says, Side.AGAINST, polymarket.headline, kalshi.headline)
    swapped = _plain(ours) and _plain(theirs)
    for mine, left in ((True, ours), (False, theirs)):
        spare = 0 if swapped else _SPARE
        for mention in (*(m for m in left if _telling(m)), *_plain(left)[spare:]):
            who = "Polymarket" if mine else "Kalshi"
            quoted = (mention.sentence, "") if mine else ("", mention.sentence)
            yield Finding("words", f'only {who} says "{mention.name}"', Side.DOUBT, *quoted)


def _left(mine: Facts, other: Facts) -> tuple[Mention, ...]:
    vouched = _vouched(mine, other)
    return tuple(m for m in _missing(mine, other) if m.name not in vouched)


def _plain(left: tuple[Mention, ...]) -> tuple[Mention, ...]:
    return tuple(mention for mention in left if not _telling(mention))


def _vouched(polymarket: Facts, kalshi: Facts) -> frozenset[str]:
    """Words of names that were found to be the same: one side may tell more of a name."""
    vouched: set[str] = set()
    if polymarket.sides and kalshi.sides and same_contest(polymarket, kalshi):
        for facts in (polymarket, kalshi):
            vouched |= {name for side in facts.sides for _, name in side.keys}
    ours, theirs = polymarket.subject.keys, kalshi.subject.keys
    if ours and theirs and alike(ours, theirs):
        vouched |= {name for _, name in ours | theirs}
    return frozenset(vouched)


def _missing(mine: Facts, other: Facts) -> tuple[Mention, ...]:
    known = {mention.name for mention in other.mentions}
    told = {mark.lower() for mark in mine.marks}
    unknown = {
        mention.name: mention
        for mention in reversed(mine.of(Part.HEADLINE, Part.EVENT, Part.OPERATIVE))
        if mention.group == "" and mention.name not in told and not _found(mention.name, known)
    }
    return tuple(unknown.values())


def _telling(mention: Mention) -> bool:
    """Whether one word too many is enough.

    A title and an outcome are short, each of their words is there for something; a name is one of
    its kind; and what stands before a measured thing says what of it is measured.
    """
    return mention.part is Part.HEADLINE or _is_name(mention) or _is_attribute(mention)


def _is_attribute(mention: Mention) -> bool:
    if mention.part is not Part.OPERATIVE:
        return False
    sentence = words(mention.sentence)
    return any(
        any(term.group in _MEASURED for term in lexicon().terms(sentence[at + 1 : at + _NEAR]))
        for at, word in enumerate(sentence)
        if stem(word) == mention.name
    )


def _is_name(mention: Mention) -> bool:
    """Whether it is written like a name; in a title of capitals nothing tells."""
    if mention.part is Part.EVENT:
        return False
    return any(stem(name.lower()) == mention.name for name in _CAPITAL.findall(mention.sentence))


def _found(word: str, known: set[str]) -> bool:
    if word in known or (len(word) >= _ROOT and any(k.startswith(word[:_ROOT]) for k in known)):
        return True
    if len(word) < _LONG:
        return False
    return any(len(k) >= _LONG and fuzz.ratio(word, k) >= _ALIKE for k in known)


def _strange(mine: Facts, missing: tuple[Mention, ...]) -> bool:
    titled = {mention.name for mention in mine.of(Part.HEADLINE)}
    gone = {mention.name for mention in missing if mention.part is Part.HEADLINE}
    return len(gone) >= _FEW and len(gone) * 100 >= len(titled) * _FOREIGN_PERCENT
