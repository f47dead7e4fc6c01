"""The quote firewall: what a basket's books must be before anybody counts on them.

A price that looks like a gift is mostly a fault: a book that stopped, two feeds of different
times, a grid that changed. What is refused here is counted by reason, never silently dropped.
"""

from collections.abc import Sequence

import attrs

from arb.detect.all_in import NO_QUOTE, all_in
from arb.detect.basket import Leg, Template
from arb.detect.reasons import Objection, Reason
from arb.detect.witness import NO_TWINS, Twins, agrees, doubt_exit, doubt_gift, doubt_jump
from arb.market.book import BookView, Ladder
from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO, ONE, Ns, Px, Qty, complement, plain_text

_YES = Outcome.YES
_LEVELS_CHECKED = 5
"""Levels a side whose price and quantity are looked at: the sweep seldom goes deeper, and it never
sets a limit off the grid."""
_MOST_ON_OFFER = 10**9 * MICRO
"""Micro-contracts: a billion contracts at one price is no quote of either venue."""


NO_BOUND = 10**18
"""What a limit that binds nothing is set to."""


@attrs.frozen
class FirewallLimits:
    """How old, how far apart and how good quotes may be. What is left out binds nothing."""

    max_feed_silence_ns: int
    """Nanoseconds since a leg's connection last brought data."""
    max_age_spread_ns: int
    """Nanoseconds between the legs' connections last bringing data."""
    close_margin_ns: int
    """Nanoseconds before its close at which a market is no longer traded."""
    max_edge_ppm: int
    """Millionths of the cost that the best prices may promise; above it trades have to confirm."""
    max_quote_age_ns: int = NO_BOUND
    """Nanoseconds since a leg's book last changed."""
    max_trade_age_ns: int = NO_BOUND
    """Nanoseconds since the last trade that can confirm an edge above `max_edge_ppm`."""
    max_jump: int = NO_BOUND
    """Micro-dollars that a best price may come closer within `jump_window_ns` without a second
    witness."""
    jump_window_ns: int = NO_BOUND
    max_one_sided: int = NO_BOUND
    """Micro-dollars: what a contract may cost where nobody quotes the other side of its book. Near
    the ends of the scale that is usual, in the middle it is a book that is being left."""
    max_break_even: Px = ONE
    """The highest price at which a position of one leg must be able to be sold without a loss."""


def inspect(
    template: Template,
    views: Sequence[BookView],
    now_ns: Ns,
    limits: FirewallLimits,
    twins: Twins = NO_TWINS,
) -> Objection | None:
    """Object to a basket's books, `views` in the order of its legs; None where they are sound.

    `twins` may speak for a price that jumped, by the leg's market. Raises ValueError where a view is not of its leg's market.
    """
    for leg, view in zip(template.legs, views, strict=True):
        if view.market.id != leg.market:
            raise ValueError(f"a view of {view.market.id} for a leg of {leg.market}")
        objection = inspect_book(view, now_ns, limits)
        if objection:
            return objection
    return (
        _of_epochs(views)
        or _of_spread(views, limits)
        or _of_legs(template, views, now_ns, limits, twins)
        or _of_edge(template, views, now_ns, limits)
    )


def inspect_book(view: BookView, now_ns: Ns, limits: FirewallLimits) -> Objection | None:
    """Object to one book by itself; None where it is sound."""
    return _of_state(view, now_ns, limits) or _of_age(view, now_ns, limits) or _of_levels(view)


def _of_state(view: BookView, now_ns: Ns, limits: FirewallLimits) -> Objection | None:
    closes_ns = view.market.closes_ns
    if closes_ns is not None and now_ns + limits.close_margin_ns >= closes_ns:
        return Objection(Reason.CLOSED, view.market.id)
    if not view.live:
        return Objection(Reason.NOT_LIVE, view.market.id)
    if not view.agrees:
        return Objection(Reason.DISAGREES, view.market.id, view.market.id)
    if view.crossed:
        bid, ask = plain_text(view.bids[0][0]), plain_text(view.asks[0][0])
        words = f"{view.market.id}: {bid} bid, {ask} asked"
        return Objection(Reason.CROSSED, words, view.market.id)
    return None


def _of_age(view: BookView, now_ns: Ns, limits: FirewallLimits) -> Objection | None:
    silence_ns = now_ns - view.heard_ns
    if silence_ns < 0:
        return Objection(Reason.CLOCK, f"{view.market.id}: heard {-silence_ns} ns ahead")
    if silence_ns > limits.max_feed_silence_ns:
        return Objection(Reason.SILENT, f"{view.market.id}: {silence_ns // 10**6} ms")
    age_ns = now_ns - view.seen_ns
    if age_ns > limits.max_quote_age_ns:
        return Objection(Reason.OLD, f"{view.market.id}: {age_ns // 10**9} s")
    return None


def _of_levels(view: BookView) -> Objection | None:
    on_grid = view.market.grid.known
    for side in (view.bids, view.asks):
        for px, qty in side[:_LEVELS_CHECKED]:
            if not (on_grid[px] and 0 < qty <= _MOST_ON_OFFER):
                return _of_level(view, px, qty)
    return None


def _of_level(view: BookView, px: Px, qty: Qty) -> Objection:
    if 0 < px < MICRO and 0 < qty <= _MOST_ON_OFFER:
        return Objection(Reason.OFF_GRID, f"{view.market.id}: {plain_text(px)}")
    return Objection(Reason.NONSENSE, f"{view.market.id}: {qty} at {px} millionths")


def _of_spread(views: Sequence[BookView], limits: FirewallLimits) -> Objection | None:
    heard = [view.heard_ns for view in views]
    spread_ns = max(heard) - min(heard)
    if spread_ns > limits.max_age_spread_ns:
        return Objection(Reason.APART, f"{spread_ns // 10**6} ms")
    return None


def _of_epochs(views: Sequence[BookView]) -> Objection | None:
    """Two views of one book must be of one epoch: a gap or a new grid lies between two."""
    epochs: dict[MarketId, int] = {}
    for view in views:
        if epochs.setdefault(view.market.id, view.epoch) != view.epoch:
            return Objection(Reason.EPOCHS, view.market.id)
    return None


def _of_legs(
    template: Template,
    views: Sequence[BookView],
    now_ns: Ns,
    limits: FirewallLimits,
    twins: Twins,
) -> Objection | None:
    """Look at what each leg is to be bought from."""
    most, window_ns = limits.max_jump, limits.jump_window_ns
    for leg, view in zip(template.legs, views, strict=True):
        if not (view.asks and view.bids):
            objection = _of_half_a_book(leg, view, limits.max_one_sided)
            if objection:
                return objection
        objection = doubt_jump(leg, view, now_ns, most, window_ns)
        if objection and not _twin_agrees(leg, view, now_ns, limits, twins):
            return objection
    return None


def _twin_agrees(
    leg: Leg, view: BookView, now_ns: Ns, limits: FirewallLimits, twins: Twins
) -> bool:
    """Say whether a sound book of the other venue stands where the jump went."""
    twin = twins.get(leg.market)
    return (
        twin is not None
        and inspect_book(twin.view, now_ns, limits) is None
        and agrees(leg, view, twin)
    )


def _of_half_a_book(leg: Leg, view: BookView, most: int) -> Objection | None:
    """Look at a book of which at least one side is empty."""
    ladder = _bought_from(leg, view)
    if not ladder:
        return Objection(Reason.EMPTY_SIDE, f"{leg.market}: no {leg.outcome}", leg.market)
    px = _own_price(leg, ladder[0][0])
    if px <= most:
        return None
    words = f"{leg.market}: {leg.outcome} at {plain_text(px)}"
    return Objection(Reason.ONE_SIDED, words, leg.market)


def _of_edge(
    template: Template, views: Sequence[BookView], now_ns: Ns, limits: FirewallLimits
) -> Objection | None:
    """Refuse what promises too much: one witness is not enough for a gift."""
    pays = template.payout * MICRO
    best = real = 0
    for leg, view in zip(template.legs, views, strict=True):
        first, first_order = costs_of(leg, view)
        best += first
        real += first_order
    if best < pays <= real:
        return Objection(Reason.DUST, _edge_words(pays, best))
    if len(views) == 1:
        objection = doubt_exit(template.legs[0], views[0], best, limits.max_break_even)
        if objection:
            return objection
    if (pays - best) * MICRO <= limits.max_edge_ppm * best:
        return None
    return _of_gift(template, views, now_ns, limits)


def _of_gift(
    template: Template, views: Sequence[BookView], now_ns: Ns, limits: FirewallLimits
) -> Objection | None:
    for leg, view in zip(template.legs, views, strict=True):
        objection = doubt_gift(leg, view, now_ns, limits.max_trade_age_ns)
        if objection:
            return objection
    return None


def _edge_words(pays: int, cost: int) -> str:
    return f"{plain_text((pays - cost) // MICRO)} on {plain_text(cost // MICRO)}"


def _bought_from(leg: Leg, view: BookView) -> Ladder:
    """The side that the leg meets, in YES prices, best first."""
    return view.asks if leg.outcome is _YES else view.bids


def _own_price(leg: Leg, px: Px) -> Px:
    return px if leg.outcome is _YES else complement(px)


def costs_of(leg: Leg, view: BookView) -> tuple[int, int]:
    """The leg's best price with its fee, and the price where the smallest order is filled.

    In pico-dollars; where less than an order is on offer, that is no quote.
    """
    ladder, market = _bought_from(leg, view), view.market
    costs = all_in(market.fees)
    best, offered = ladder[0]
    first = costs[_own_price(leg, best)]
    if offered >= market.min_qty:
        return first, first
    for px, qty in ladder[1:]:
        offered = Qty(offered + qty)
        if offered >= market.min_qty:
            return first, costs[_own_price(leg, px)]
    return first, NO_QUOTE
