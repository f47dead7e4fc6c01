"""The sentences of a question, each with what it is there for; of several outcomes, its own."""

import re
from collections.abc import Iterable, Iterator

from arb.pairing.reading.clauses import Clause, Part, classify, is_preface, means_yes
from arb.pairing.reading.condition import parts_of
from arb.pairing.reading.text import sentences

_ADDRESS = re.compile(
    r"\b(?:President|Prime Minister|Senator|Governor|Chancellor|Secretary|Mayor|CEO|Chairman|Chair)\s+"
    r"(?=[A-Z][a-z]+\b)(?!Of\b|Election|Race|Winner|Nomin|Primary|Party)"
)
"""An office told before its holder's name."""
_MEANING = re.compile(
    r"(?:[\"']([^\"']{1,40})[\"']|\b(Over|Under|Up|Down|Yes|No))\s*(?:if|where|when)\b"
)
"""Where a sentence says what an outcome means."""
_OTHERWISE = re.compile(
    r"[,;]?\s(?:and\s)?to [\"']\w+[\"'] otherwise\b.*$|[;,]\s+(?:and\s+)?(?:otherwise|else)\b.*$",
    re.IGNORECASE,
)


def clauses_of(headline: tuple[str, ...], rules: str, outcome: str) -> tuple[Clause, ...]:
    """Cut titles and rules into clauses; `headline` is title, event title and outcome."""
    title, event, _ = headline
    told = dict.fromkeys(filter(None, (title, outcome)))
    heads = [Clause(Part.HEADLINE, text) for text in told]
    if event and event not in told:
        heads.append(Clause(Part.EVENT, event))
    body = [Clause(classify(text), _ADDRESS.sub("", text)) for text in sentences(rules)]
    if any(means_yes(clause.text) for clause in body):
        # Once that is said, all else that speaks of resolving only goes into detail.
        body = [
            Clause(Part.DETAIL, clause.text)
            if clause.part is Part.OPERATIVE
            and not (means_yes(clause.text) or is_preface(clause.text))
            else clause
            for clause in body
        ]
    return (*heads, *_taken_apart(_of_yes(c, outcome) for c in _of_outcome(body, outcome)))


def _taken_apart(body: Iterable[Clause]) -> Iterator[Clause]:
    for clause in body:
        if clause.part is Part.OPERATIVE:
            yield from parts_of(clause.text)
        else:
            yield clause


def _of_yes(clause: Clause, outcome: str) -> Clause:
    """Keep, of a sentence that says what each outcome means, the part of the one that is YES."""
    if clause.part is not Part.OPERATIVE:
        return clause
    named = list(_MEANING.finditer(clause.text))
    if len(named) > 1:
        wanted = (outcome.split() or [""])[0].lower(), "yes"
        ours = next((m for m in named if (m[1] or m[2]).lower().startswith(wanted)), named[0])
        after = [m.start() for m in named if m.start() > ours.start()]
        end = after[0] if after else len(clause.text)
        text = clause.text[: named[0].start()] + clause.text[ours.start() : end]
        return Clause(clause.part, text)
    cut = _OTHERWISE.search(clause.text)
    return Clause(clause.part, clause.text[: cut.start()]) if cut else clause


def _of_outcome(body: list[Clause], outcome: str) -> list[Clause]:
    """Keep, of sentences that each say when one of several outcomes wins, that of this one."""
    named = re.compile(
        rf"resolves? (?:to |in favor of )?[\"']{re.escape(outcome)}[\"']", re.IGNORECASE
    )
    ours = [c for c in body if outcome and c.part is Part.OPERATIVE and named.search(c.text)]
    if not ours:
        return body
    other = re.compile(r"resolves? (?:to |in favor of )?[\"'](?!yes\b|no\b|50)", re.IGNORECASE)
    return [
        Clause(Part.NOISE, clause.text)
        if clause.part is Part.OPERATIVE and clause not in ours and other.search(clause.text)
        else clause
        for clause in body
    ]
