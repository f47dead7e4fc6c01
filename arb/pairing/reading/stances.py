"""What sentences beside the condition say counts, and what they say does not."""

import re
from collections.abc import Iterator

import attrs

from arb.pairing.reading.dates import without_dates
from arb.pairing.reading.lexicon import Lexicon
from arb.pairing.reading.text import words

_COUNTS = re.compile(
    r"\bresolves? (?:this |the )?(?:market )?(?:to )?[\"']?no\b|\b(?:counts?|counted|qualif\w*|suffic\w*|enough|includ\w*|exclud\w*|consider(?:ed)?|treated"
    r"|regarded|satisf\w*|constitut\w*|fulfil\w*|trigger\w*|recogni[sz]ed|disregarded|ignored|accepted|eligible|accounted|matters?|affects?|covered|irrelevant|applies|apply"
    r"|do(?:es)?(?: not)?(?=[\s.,]*$)|(?:is|are) (?:not |no |also )*(?:an? |one )?(?=\w+[.;]?\s*$))",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:not|no|only if|nor|never|neither|cannot|exclud\w*|disregarded|ignored|without|irrelevant)\b|n't\b",
    re.IGNORECASE,
)
_MUCH = re.compile(
    r"\b(?:suffic\w*|enough|also|even (?:if|where|when)|(?:counts?|qualif\w*|treated|considered|regarded)"
    r"(?: as)\b|(?:is|are) an?\b|any form)",
    re.IGNORECASE,
)
_IMMATERIAL = re.compile(
    r"\b(?:need not|(?:is|are) not (?:required|necessary|needed)|whether(?: or not)?\b[^,;.]*"
    r"|regardless\b[^,;.]*|irrespective\b[^,;.]*|no matter\b[^,;.]*|not only)",
    re.IGNORECASE,
)
"""Says that something makes no difference: neither for nor against it."""
_NO_MATTER = re.compile(
    r"\b(?:whether|regardless|irrespective|no matter|with or without)\b[^,;.]*", re.IGNORECASE
)
_NO_BEARING = re.compile(r"\bno (?:bearing|effect|influence|impact)\b", re.IGNORECASE)
_TURNS = re.compile(r";\s+|,?\s+\b(?:but|while|whereas|though|although)\b\s+|:\s+")
_TURNS_INSIDE = re.compile(r"[;,]\s+|\s+\b(?:but|while|whereas|if)\b\s+|:\s+")
_BUT_FOR = re.compile(
    r",?\s+\b(?:except(?: for| that| when| if)?|unless|other than|apart from)\b\s+|,\s+\bnot\b\s+(?=that|those|the\b|of\b|by\b|an?\b)"
)
_ONLY = re.compile(r"^\W*only\b|\bonly (?:if|when|counts?|qualif)", re.IGNORECASE)
_FRAME = frozenset(
    {"count", "qualify", "qualif", "suffic", "enough", "includ", "exclud", "consider", "treat", "regard"}
    | {"recogniz", "recognis", "disregard", "ignor", "accept", "eligibl", "account", "matter", "affect"}
    | {"whether", "regardles", "irrespectiv", "matter", "satisfy", "satisfi", "constitut", "fulfil", "trigger"}
    | {"alon", "toward", "purpos", "market", "separate", "not", "sufficient"}
)  # fmt: skip


@attrs.frozen
class Stance:
    """One part of a sentence, and whether what it names counts."""

    counts: bool
    things: frozenset[str]
    """Names of terms and stems of other words."""
    sentence: str
    is_further: bool
    """It says that something more is enough."""
    is_only: bool
    """It says that nothing else counts."""


def stances(sentence: str, terms: Lexicon, *, is_condition: bool = False) -> Iterator[Stance]:
    """Read what a sentence says counts, part by part; "except" turns a part around."""
    undated = without_dates(sentence)
    yield from _either_way(undated, terms)
    turns = _TURNS_INSIDE if is_condition else _TURNS
    for part in turns.split(_IMMATERIAL.sub(" ", undated)):
        base, *exceptions = _BUT_FOR.split(part)
        if not _COUNTS.search(base):
            continue
        counts = not _DENIES.search(base)
        things = _things(base, terms)
        only = bool(_ONLY.search(base))
        yield Stance(
            counts, things, sentence, is_further=counts and bool(_MUCH.search(base)), is_only=only
        )
        for exception in exceptions:
            beside = _things(exception, terms) - things
            yield Stance(not counts, beside, sentence, is_further=False, is_only=False)


def _either_way(sentence: str, terms: Lexicon) -> Iterator[Stance]:
    """What makes no difference counts, as it counts without it."""
    if _NO_BEARING.search(sentence):
        return
    for match in _NO_MATTER.finditer(sentence):
        things = _things(match[0], terms)
        yield Stance(counts=True, things=things, sentence=sentence, is_further=False, is_only=False)


def _things(text: str, terms: Lexicon) -> frozenset[str]:
    named = {term.name for term in terms.terms(words(text)) if term.group != "polarity"}
    return frozenset(named - _FRAME)
