"""The sentence that says what YES means, without what it only says beside that."""

import re
from collections.abc import Iterator

from arb.pairing.reading.clauses import Clause, Part
from arb.pairing.reading.lexicon import lexicon
from arb.pairing.reading.text import words

_ASIDE = re.compile(r"\s*\(([^()]*)\)")
_EXCLUDES = re.compile(
    r"\bnot\b.*\b(?:extra|penalt|overtime|shoot)|\bexclud.*\b(?:extra|penalt|overtime|shoot)",
    re.IGNORECASE,
)
_GREAT = r"(?!(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b)[A-Z][\w.'&-]*"
"""A word of a name; a day on which a figure is told is none."""
_BODY = (
    r"(?:(?:the|its|an?|official|final|daily|weekly|monthly|annual|latest|first|main) )*"
    rf"(?:[\w-]+(?:\.[\w-]+)*\.(?:com|org|gov|net|io|ai)\b(?:'s)?|{_GREAT})"
    rf"(?:(?:,? (?:of|for|and|the|in|on) |,? (?:of|for|on) the | & | \(|\)? )(?:{_GREAT}\)?))*"
    r"(?:'s)?(?: (?:reports?|data|page|website|survey|figures?|release|tracker|counter|rankings?"
    r"|chart|list|table|statements?|calculator|records?|statistics|database|dashboard|summary|final))*"
)
"""A source's name, with the common nouns that stand behind it; other words are the condition's."""
_BY_WHOM = re.compile(
    r",?(?<!\bresolve)(?<!\bresolves)\s(?:according to|based on|per|as (?:first |officially "
    r"|initially )?(?:reported|published|recorded|measured|shown|displayed|listed|voted|certified"
    r"|declared|determined|announced|confirmed|released|stated|tracked|counted|ranked|recognized)"
    rf" (?:by|on|in|at|for))\s+(?P<who>{_BODY})(?![\w-])"
)
"""Whose figure it is; what is asked of the figure follows or went before."""
_TELLS_THAT = re.compile(
    r"\b(?:announces?|reports?|states?|says|confirms|discloses) that (?=(?:it|they|the \w+|[A-Z]\w+)"
    r" (?:has |have |had )?(?:\w+ed|made|sold|built|won|held)\b)"
)
"""Telling what is done already is no deed of its own."""
_AT_PLACE = re.compile(
    r"(\b(?:held|hosted|played|scheduled|taking place)\b[^;.]{0,40}?)\s+at (?:the )?[A-Z][\w']*(?:\s[A-Z][\w']*)*"
)
"""Where a contest is held: one of its kind is held wherever that may be."""
_DEFINED = re.compile(
    r",?\s(?:which is |that is )?defined (?:here )?as (.+?)(?=,? (?:by|before|between|on|in) [A-Z\d]|,? (?:by|before) |$)"
)
"""What a word of the condition means."""
_BORN = re.compile(r"[A-Z]\S*$")


def parts_of(sentence: str) -> Iterator[Clause]:
    """Take an operative sentence apart: what is asked, on whose word, and what is left out."""
    asides: list[str] = []

    def keep(match: re.Match[str]) -> str:
        inside = match[1].strip()
        if _EXCLUDES.search(inside):
            asides.append(inside)
            return ""
        return "" if _is_alias(inside, sentence[: match.start()]) else match[0]

    plain = _AT_PLACE.sub(r"\1", _TELLS_THAT.sub("", _ASIDE.sub(keep, sentence)))
    meant = [match[1] for match in _DEFINED.finditer(plain)]
    plain = _DEFINED.sub("", plain)
    authorities = [match["who"] for match in _BY_WHOM.finditer(plain)]
    yield Clause(Part.OPERATIVE, _BY_WHOM.sub(_trace, plain))
    yield from (Clause(Part.AUTHORITY, who) for who in authorities)
    yield from (Clause(Part.DETAIL, aside) for aside in (*asides, *meant))


def _trace(match: re.Match[str]) -> str:
    """Where a day follows, it stays the day on which the figure is told."""
    told = re.match(r",? (?:on|as of) ", match.string[match.end() :])
    return ", as published" if told else ""


def _is_alias(inside: str, ahead: str) -> bool:
    """Whether brackets hold a short or native name of what stands before them: "(SDP)"."""
    told = words(inside)
    if inside.startswith("@"):
        return True
    if len(told) != 1 or not _BORN.search(inside) or not _BORN.search(ahead.rstrip('"')):
        return False
    return not any(term.group for term in lexicon().terms(told))
