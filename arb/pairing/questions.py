"""The questions of a catalogue, and how one tells that a question was changed."""

import hashlib
from collections.abc import Iterable

from arb.market.instruments import Catalogue, MarketId
from arb.pairing.question import Question

_DIGEST_BYTES = 16
"""Enough that no two texts of a lifetime look alike."""
_SEPARATOR = "\x1f"
"""Between the parts, so that a word that moves from one to the next is a change."""


def questions_of(
    catalogue: Catalogue, wanted: Iterable[MarketId] | None = None
) -> dict[MarketId, Question]:
    """Take the questions of a venue's markets, or of those that are `wanted` and listed."""
    titles = {event.id: event.title for event in catalogue.events}
    chosen = None if wanted is None else frozenset(wanted)
    found = {}
    for market in catalogue.markets:
        if chosen is None or market.id in chosen:
            wording = catalogue.wordings.get(market.id)
            found[market.id] = Question(
                venue=catalogue.venue,
                id=market.id,
                title=market.title,
                event_title=titles.get(market.event, ""),
                outcome=market.label,
                rules=wording.rules if wording else "",
                close_ns=market.closes_ns,
                category=wording.category if wording else "",
            )
    return found


def fingerprint(question: Question) -> str:
    """Name the texts of a question: 32 hex digits, another where a word of them is another.

    White space is none of it, for venues lay out their texts anew; nor is the time when trading
    ends, which both venues move without changing what is asked.
    """
    parts = (question.title, question.event_title, question.outcome, question.rules)
    text = _SEPARATOR.join(" ".join(part.split()) for part in parts)
    return hashlib.blake2s(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
