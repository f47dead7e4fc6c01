"""Holding a kept book against the same book read by request: is it the one that the venue has? Pure.

Streams lose messages that nothing tells of, and subscriptions fall silent one by one while their
connection goes on speaking. A request sees what such a book should be.
"""

from collections.abc import Sequence

from arb.market.book import BookView, Level
from arb.market.units import plain_text

LEVELS = 5
"""A side, from the best: what a basket is bought from."""


def compare(before: BookView, told: BookView, after: BookView) -> str | None:
    """Say how the kept book differs from the one `told`; "" where it does not.

    The kept one as it was just before the request and just after the answer: None where it moved
    or broke meanwhile and is neither time as told, for then nothing can be said.
    """
    if not (before.live and after.live) or before.epoch != after.epoch:
        return None
    differs = difference(after, told)
    if not differs or not difference(before, told):
        return ""
    return differs if before.seen_ns == after.seen_ns else None


def difference(kept: BookView, told: BookView) -> str:
    """Name the first of the best levels that is another; "" where all are alike."""
    return _of_side("bid", kept.bids, told.bids) or _of_side("ask", kept.asks, told.asks)


def _of_side(side: str, kept: Sequence[Level], told: Sequence[Level]) -> str:
    for place in range(LEVELS):
        ours, theirs = kept[place : place + 1], told[place : place + 1]
        if tuple(ours) != tuple(theirs):
            return f"{side} {place + 1}: kept {_words(ours)}, told {_words(theirs)}"
    return ""


def _words(level: Sequence[Level]) -> str:
    return " ".join(f"{plain_text(qty)} at {plain_text(px)}" for px, qty in level) or "none"
