"""Words that no list knows: what one side asks has to be found on the other."""

from collections.abc import Iterator

from arb.pairing.comparing.names import spelled_out, unspoken_names
from arb.pairing.comparing.subjects import alike, same_contest
from arb.pairing.finding import Finding, Side
from arb.pairing.reading.clauses import Part
from arb.pairing.reading.facts import Facts, Mention
from arb.pairing.reading.thesaurus import is_meant

_FOREIGN_PERCENT = 60
"""From this share of a title's words unknown to the other side on, the questions are others."""
_FEW = 2


def compare_words(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """Find the words of each side's question that the other side's text never uses.

    Every word of a condition is there for something, and so are those of an outcome's label. A
    title may put otherwise what its own rules say: the rules are compared.
    """
    ours, theirs = _missing(polymarket, kalshi), _missing(kalshi, polymarket)
    if _strange(polymarket, ours) and _strange(kalshi, theirs):
        says = "the titles share hardly a word"
        yield Finding("topic", says, Side.AGAINST, polymarket.headline, kalshi.headline)
    for mine, left, facts in ((True, ours, polymarket), (False, theirs, kalshi)):
        for mention in left:
            if _is_asked(mention, facts):
                who = "Polymarket" if mine else "Kalshi"
                quoted = (mention.sentence, "") if mine else ("", mention.sentence)
                yield Finding("words", f'only {who} says "{mention.name}"', Side.DOUBT, *quoted)


def _missing(mine: Facts, other: Facts) -> tuple[Mention, ...]:
    """Each word once, as the condition has it before titles."""
    known = frozenset(m.name for m in other.mentions if m.part is not Part.SOURCE)
    spared = {mark.lower() for mark in mine.marks} | unspoken_names(mine, other)
    spared |= _vouched(mine, other) | spelled_out(mine, other)
    unknown = {
        mention.name: mention
        for part in (Part.EVENT, Part.HEADLINE, Part.OPERATIVE)
        for mention in mine.of(part)
        if mention.group == "" and mention.name not in spared and not is_meant(mention.name, known)
    }
    return tuple(unknown.values())


def _vouched(polymarket: Facts, kalshi: Facts) -> frozenset[str]:
    """Words of names that were found to be the same: one side may tell more of a name."""
    vouched: set[str] = set()
    if polymarket.sides and kalshi.sides and same_contest(polymarket, kalshi):
        for facts in (polymarket, kalshi):
            vouched |= {name for side in facts.sides for _, name in side.keys}
    ours, theirs = polymarket.subject.keys, kalshi.subject.keys
    if ours and theirs and alike(ours, theirs):
        vouched |= {name for _, name in ours & theirs}
    return frozenset(vouched)


def _is_asked(mention: Mention, facts: Facts) -> bool:
    if mention.part is Part.OPERATIVE or not facts.has_condition:
        return True
    return facts.is_outcome(mention.sentence) and not _is_alias(facts)


def _is_alias(facts: Facts) -> bool:
    """The rules use other words of the outcome's label: "ChatGPT (OpenAI)"."""
    labelled = {m.key for m in facts.of(Part.HEADLINE) if facts.is_outcome(m.sentence)}
    return bool(labelled & {m.key for m in facts.of(Part.OPERATIVE)})


def _strange(mine: Facts, missing: tuple[Mention, ...]) -> bool:
    titled = {mention.name for mention in mine.of(Part.HEADLINE)}
    gone = {mention.name for mention in missing if mention.name in titled}
    return len(gone) >= _FEW and len(gone) * 100 >= len(titled) * _FOREIGN_PERCENT
