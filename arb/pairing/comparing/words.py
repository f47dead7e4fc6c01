"""Words that no list knows: what one side asks has to be found on the other."""

import re
from collections.abc import Iterator

from arb.pairing.comparing.names import is_spelled_out, unspoken_names
from arb.pairing.comparing.subjects import alike, same_contest
from arb.pairing.finding import Finding, Side
from arb.pairing.reading.clauses import Part
from arb.pairing.reading.facts import Facts, Mention
from arb.pairing.reading.lexicon import lexicon, stem
from arb.pairing.reading.thesaurus import is_meant
from arb.pairing.reading.text import words

_FOREIGN_PERCENT = 60
"""From this share of a title's words unknown to the other side on, the questions are others."""
_FEW = 2
_SPARE = 3
"""So many common words may be left over on one side: the writer's own."""
_MEASURED = frozenset({"company", "economy", "asset", "chart", "weather", "price"})
_NEAR = 3
"""So many words on, less one, the measured thing may stand."""
_CAPITAL = re.compile(r"(?<![.!?:] )(?<!^)(?<![\w'])([A-Z][\w'-]*)")
_ASKING = (Part.HEADLINE, Part.EVENT, Part.OPERATIVE)


def compare_words(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """Find the words of each side's question that the other side's text never uses.

    A fact that was changed leaves words over on both sides; a name left over on one side is enough.
    """
    ours, theirs = _left(polymarket, kalshi), _left(kalshi, polymarket)
    if _strange(polymarket, ours) and _strange(kalshi, theirs):
        says = "the titles share hardly a word"
        yield Finding("topic", says, Side.AGAINST, polymarket.headline, kalshi.headline)
    swapped = bool(_plain(ours, polymarket) and _plain(theirs, kalshi))
    for mine, left, facts in ((True, ours, polymarket), (False, theirs, kalshi)):
        spare = 0 if swapped else _SPARE
        telling = tuple(m for m in left if _telling(m, facts))
        for mention in (*telling, *_plain(left, facts)[spare:]):
            who = "Polymarket" if mine else "Kalshi"
            quoted = (mention.sentence, "") if mine else ("", mention.sentence)
            yield Finding("words", f'only {who} says "{mention.name}"', Side.DOUBT, *quoted)


def _left(mine: Facts, other: Facts) -> tuple[Mention, ...]:
    vouched = _vouched(mine, other)
    return tuple(m for m in _missing(mine, other) if m.name not in vouched)


def _plain(left: tuple[Mention, ...], facts: Facts) -> tuple[Mention, ...]:
    return tuple(
        m for m in left if not _telling(m, facts) and not _is_paraphrased(m, facts)
    )


def _is_paraphrased(mention: Mention, facts: Facts) -> bool:
    """A title's word that its own rules put otherwise: what the rules say is compared."""
    return mention.part in (Part.HEADLINE, Part.EVENT) and facts.has_condition


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
    known = frozenset(m.name for m in other.mentions if m.part is not Part.SOURCE)
    told = {mark.lower() for mark in mine.marks}
    asked = frozenset(m.name for m in mine.of(Part.OPERATIVE))
    unspoken = unspoken_names(mine, other)
    unknown = {
        mention.name: mention
        for mention in reversed(mine.of(*_ASKING))
        if mention.group == ""
        and mention.name not in told
        and mention.name not in unspoken
        and not is_meant(mention.name, known)
        and not is_spelled_out(mention.name, mine, other)
        and (mention.name in asked or mention.part is not Part.EVENT or not mine.has_condition)
    }
    return tuple(unknown.values())


def _telling(mention: Mention, facts: Facts) -> bool:
    """Whether one word too many is enough.

    An outcome is short, each of its words is there for something, and so are a title's where no
    rules say it again; a name is one of its kind; and what stands before a measured thing says
    what of it is measured.
    """
    if mention.part is Part.HEADLINE and not facts.has_condition:
        return True
    if mention.part is Part.HEADLINE and (
        facts.is_outcome(mention.sentence) or _is_repeated(mention, facts)
    ):
        return True
    return _is_name(mention) or _is_attribute(mention)


def _is_repeated(mention: Mention, facts: Facts) -> bool:
    return any(other.name == mention.name for other in facts.of(Part.OPERATIVE))


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


def _strange(mine: Facts, missing: tuple[Mention, ...]) -> bool:
    titled = {mention.name for mention in mine.of(Part.HEADLINE)}
    gone = {mention.name for mention in missing if mention.part is Part.HEADLINE}
    return len(gone) >= _FEW and len(gone) * 100 >= len(titled) * _FOREIGN_PERCENT
