"""What each sentence of the rules is there for."""

import enum
import re

import attrs


class Part(enum.StrEnum):
    """What a sentence of the rules does."""

    HEADLINE = "headline"
    """Not of the rules: title or outcome."""
    EVENT = "event title"
    OPERATIVE = "operative"
    """Says what YES means."""
    OTHERWISE = "otherwise"
    """Says what the rest is: NO."""
    TAIL = "tail"
    """Says what happens if it never properly happens: cancelled, postponed, withdrawn."""
    TIE = "tie"
    """Says who wins where two are level."""
    SOURCE = "source"
    """Says who is believed."""
    AUTHORITY = "authority"
    """Whose figure it is, told inside the sentence that says what YES means."""
    DETAIL = "detail"
    """Anything else that may decide."""
    NOISE = "noise"
    """Decides nothing: disclaimers, hints, examples."""


@attrs.frozen
class Clause:
    """One sentence and what it is there for."""

    part: Part
    text: str


_MISHAPS = (
    r"cancel\w*|postpone\w*|delay\w*|abandon\w*|suspend(?:ed)? (?:play|indefinitely)",
    "not (?:been )?(?:completed|played|held|released|announced|published)",
    "no (?:candidate|party|player|team|one|nominee|winner|data|statement|report|results?|such)",
    "not (?:be |been )?(?:known|determined|declared|available)|cannot be determined",
    "no (?:figure|election|announcement)",
    "does not (?:occur|take place|release|start|begin|play|participate|appear|compete)",
    r"forfeit\w*|walkover|withdraw\w*|retire\w*|disqualif\w*|dies\b|death|impossible",
    r"reschedul\w*|shutdown|not (?:take|taken) place|never (?:starts|takes)",
    "level not expressed|rounded (?:up|down) to",
    "no longer (?:possible|able)|eliminated|otherwise unavailable",
)
_SHAPES: tuple[tuple[Part, tuple[str, ...]], ...] = (
    (
        Part.NOISE,
        (
            "endorsed? by (?:fifa|any)|not (?:been )?endorsed|descriptive only|affiliation between",
            "insider|trading prohibit|employees of|weather data is the same|exercise caution",
            "mutually exclusive|^therefore|for example|exclude each other|preliminary",
            r"help guide your decision|^e\.g|official calendar|is also published",
            'available (?:here|at)|may resolve as soon as|can ?not resolve to "?yes"? until',
            "please note that|expiration date will be extended|market titled|markets? will close",
            "last trading|remain open until the|rescheduled (?:game|match)",
            r"\bclos(?:e|es|ing) (?:at|by|on|early|following|when|once|the (?:day|hour|minute))\b.*(?:sooner|\d\d?:\d\d|[ap]m\b|early|following|once)",
            "close early|sooner of|earlier of the|will remain open|stays? open until",
            r"\bresolves? (?:only )?(?:once|as soon as|after|when) (?:the |all |official )",
            "may be added|price precision|number of decimal places|not according to other|depends solely on",
        ),
    ),
    (
        Part.TAIL,
        (
            r"\b(?:if|should|in the (?:event|case)|when|unless|where)\b.*\b(?:"
            + "|".join(_MISHAPS)
            + ")",
        ),
    ),
    (
        Part.TAIL,
        (
            r"\bresolves? (?:to |as )?[\"']?other\b",
            r"^(?:an? |any )?(?:walkover|cancel\w*|postpone\w*|forfeit\w*|abandonment|disqualification|no contest)\b.*\b(?:resolv|settle|count|pay)",
        ),
    ),
    (
        Part.NOISE,
        (
            "official final result as recognized|revisions? to|revised",
            "after (?:the )?market(?:'s)? resol",
        ),
    ),
    (
        Part.TIE,
        (
            r"\b(?:(?<!two-legged )(?<!legged )tie(?! against)|tied|ties|dead heat)\b",
            r"\b(?:ends?|ended|finish\w*) (?:in|as) a draw\b|^a draw\b|\bif (?:it|the \w+) is (?:a draw|drawn)\b",
            r"\b(?:are|is|ends?|ended|finish\w*|remain) (?:still )?(?:level|drawn|equal)\b",
            r"\b(?:tie-?break\w*|level on points|share[sd]? the (?:award|title|lead))\b",
        ),
    ),
    (
        Part.OTHERWISE,
        (
            r"^(?:otherwise|if not\b|in all other cases|any other)",
            '^(?:this|the) market (?:will )?resolves? (?:to )?"?no"? (?:if|otherwise)',
        ),
    ),
    (
        Part.SOURCE,
        (
            "resolution source|source agenc|consensus of (?:credible )?(?:reporting|media)",
            "will be verified|outcome verified|settlement source|sources? (?:for|of) (?:this|the)",
            "source is|primary source",
            r"^(?!.*\bif\b).*\b(?:is|are|was)(?: currently| expected| to be)* (?:scheduled|expected|slated|due)\b",
        ),
    ),
    (
        Part.OPERATIVE,
        (
            r"\bresolv(?:e|es|ed)\b|\bsettles? (?:to|at|as)?\b.*\b(?:yes|no)\b",
            r"\bpays? (?:out )?\b.*\$1",
        ),
    ),
)
_COMPILED = tuple((part, re.compile("|".join(shapes), re.IGNORECASE)) for part, shapes in _SHAPES)
_MEANS_YES = re.compile(
    r"^if .*(?:then )?(?:the|this) market (?:will )?resolves? to \"?yes\b"
    r"|resolves? (?:immediately )?(?:to |as )?\"?yes,?\"? (?:if|when|once|should|only if)\b",
    re.IGNORECASE,
)


_PREFACE = re.compile(
    r"\bresolves? (?:according to|based on|to the (?:\w+ )?(?:range|bracket|amount|outcome|team|player"
    r"|candidate|party|side|company|option|number|temperature|price)\b|in favor of the)",
    re.IGNORECASE,
)


_IF = re.compile(r"(?:if|should)\b", re.IGNORECASE)


def is_preface(sentence: str) -> bool:
    """Whether a sentence says by what a market of several outcomes is settled."""
    return bool(_PREFACE.search(sentence)) and not _IF.match(sentence)


def means_yes(sentence: str) -> bool:
    """Whether a sentence says outright what YES is."""
    return bool(_MEANS_YES.search(sentence))


def classify(sentence: str) -> Part:
    """Say what a sentence is there for; what fits nothing may decide, and is a detail."""
    if means_yes(sentence):
        return Part.OPERATIVE
    for part, shape in _COMPILED:
        if shape.search(sentence):
            return part
    return Part.DETAIL
