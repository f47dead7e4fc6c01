"""The quote firewall: what a basket's books must be before anybody counts on them.

A price that looks like a gift is mostly a fault: a book that stopped, two feeds of different
times, a grid that changed. What is refused here is counted by reason, never silently dropped.
"""

from collections.abc import Sequence
from itertools import islice

import attrs

from arb.detect.all_in import NO_QUOTE, all_in
from arb.detect.basket import Leg, Template
from arb.detect.reasons import Objection, Reason
from arb.market.book import BookView
from arb.market.instruments import Outcome
from arb.market.units import MICRO, Ns, plain_text

_LEVELS_CHECKED = 5
"""Levels a side whose price and quantity are looked at: the sweep seldom goes deeper, and it never
sets a limit off the grid."""
_MOST_ON_OFFER = 10**9 * MICRO
"""Micro-contracts: a billion contracts at one price is no quote of either venue."""


@attrs.frozen
class FirewallLimits:
    """How old, how far apart and how good quotes may be."""

    max_feed_silence_ns: int
    """Nanoseconds since a leg's connection last brought data."""
    max_age_spread_ns: int
    """Nanoseconds between the legs' connections last bringing data."""
    close_margin_ns: int
    """Nanoseconds before its close at which a market is no longer traded."""
    max_edge_ppm: int
    """Millionths of the cost that the best prices may promise; above it nothing is believed."""


def inspect(
    template: Template, views: Sequence[BookView], now_ns: Ns, limits: FirewallLimits
) -> Objection | None:
    """Object to a basket's books, `views` in the order of its legs; None where they are sound.

    Raises ValueError where a view is not of its leg's market.
    """
    for leg, view in zip(template.legs, views, strict=True):
        if view.market.id != leg.market:
            raise ValueError(f"a view of {view.market.id} for a leg of {leg.market}")
        objection = (
            _of_state(view, now_ns, limits) or _of_age(view, now_ns, limits) or _of_levels(view)
        )
        if objection:
            return objection
    return _of_spread(views, limits) or _of_edge(template, views, limits)


def _of_state(view: BookView, now_ns: Ns, limits: FirewallLimits) -> Objection | None:
    closes_ns = view.market.closes_ns
    if closes_ns is not None and now_ns + limits.close_margin_ns >= closes_ns:
        return Objection(Reason.CLOSED, view.market.id)
    if not view.live:
        return Objection(Reason.NOT_LIVE, view.market.id)
    if not view.agrees:
        return Objection(Reason.DISAGREES, view.market.id)
    if view.crossed:
        bid, ask = plain_text(view.bids[0][0]), plain_text(view.asks[0][0])
        return Objection(Reason.CROSSED, f"{view.market.id}: {bid} bid, {ask} asked")
    return None


def _of_age(view: BookView, now_ns: Ns, limits: FirewallLimits) -> Objection | None:
    silence_ns = now_ns - view.heard_ns
    if silence_ns < 0:
        return Objection(Reason.CLOCK, f"{view.market.id}: heard {-silence_ns} ns ahead")
    if silence_ns > limits.max_feed_silence_ns:
        return Objection(Reason.SILENT, f"{view.market.id}: {silence_ns // 10**6} ms")
    return None


def _of_levels(view: BookView) -> Objection | None:
    holds = view.market.grid.holds
    for side in (view.bids, view.asks):
        for px, qty in islice(side, _LEVELS_CHECKED):
            if not (0 < px < MICRO and 0 < qty <= _MOST_ON_OFFER):
                return Objection(Reason.NONSENSE, f"{view.market.id}: {qty} at {px} millionths")
            if not holds(px):
                return Objection(Reason.OFF_GRID, f"{view.market.id}: {plain_text(px)}")
    return None


def _of_spread(views: Sequence[BookView], limits: FirewallLimits) -> Objection | None:
    heard = [view.heard_ns for view in views]
    spread_ns = max(heard) - min(heard)
    if spread_ns > limits.max_age_spread_ns:
        return Objection(Reason.APART, f"{spread_ns // 10**6} ms")
    return None


def _of_edge(
    template: Template, views: Sequence[BookView], limits: FirewallLimits
) -> Objection | None:
    """Refuse what promises too much: one witness is not enough for a gift."""
    cost = 0
    for leg, view in zip(template.legs, views, strict=True):
        best = _best(leg, view)
        if best >= NO_QUOTE:
            return Objection(Reason.EMPTY_SIDE, f"{leg.market}: no {leg.outcome}")
        cost += best
    edge = template.payout * MICRO - cost
    if edge * MICRO > limits.max_edge_ppm * cost:
        words = f"{plain_text(edge // MICRO)} on {plain_text(cost // MICRO)}"
        return Objection(Reason.TOO_GOOD, words)
    return None


def _best(leg: Leg, view: BookView) -> int:
    """The leg's best price with its fee, in pico-dollars."""
    table = all_in(view.market.fees)
    if leg.outcome is Outcome.YES:
        return table[view.asks[0][0]] if view.asks else NO_QUOTE
    return table[MICRO - view.bids[0][0]] if view.bids else NO_QUOTE
