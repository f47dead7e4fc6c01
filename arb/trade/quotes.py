"""What a book gives for an order: how much, at which worst price, worth what after fees."""

from collections.abc import Mapping, Sequence

from arb.market.book import BookView, Ladder, Level
from arb.market.errors import OffGrid
from arb.market.instruments import Action, Market, MarketId, Outcome
from arb.market.units import ONE, Px, Qty, Usd, complement, cost, proceeds

Views = Mapping[MarketId, BookView]
"""Books by market; one that is missing is not known."""


def known(views: Views, market: MarketId) -> BookView | None:
    """A book that may be believed: live, and not contradicting what the venue said of it."""
    view = views.get(market)
    return view if view is not None and view.live and view.agrees else None


def offered(ladder: Ladder, limit: Px, action: Action) -> Qty:
    """How many contracts can be had at `limit` or better."""
    buys = action is Action.BUY
    return Qty(sum(qty for px, qty in ladder if (px <= limit if buys else px >= limit)))


def take(ladder: Ladder, qty: int) -> tuple[Level, ...]:
    """The best levels that together give `qty`, the last one in part; less where less is there."""
    taken: list[Level] = []
    left = qty
    for px, there in ladder:
        if left <= 0:
            break
        part = Qty(min(left, there))
        taken.append((px, part))
        left -= part
    return tuple(taken)


def total(levels: Sequence[Level]) -> Qty:
    """How many contracts that is."""
    return Qty(sum(part for _, part in levels))


def worth(market: Market, taken: Sequence[Level], action: Action) -> Usd:
    """What taking these levels brings after fees, micro-dollars; below 0: what it costs."""
    fees = market.fees.taker_order()
    buys = action is Action.BUY
    flow = 0
    for px, qty in taken:
        flow += -cost(px, qty) if buys else proceeds(px, qty)
        flow -= fees.fill(px, qty, buys=buys)
    return Usd(flow)


def beyond(market: Market, px: Px, outcome: Outcome, action: Action, ticks: int) -> Px:
    """The price `ticks` finest steps worse than `px`, on the grid; `px` where the grid has none."""
    give = ticks * market.grid.finest_step
    worse = px + give if action is Action.BUY else px - give
    worse = min(max(worse, 1), ONE - 1)
    try:
        return on_grid(market, Px(worse), outcome, up=action is Action.SELL)
    except OffGrid:
        return px


def on_grid(market: Market, px: Px, outcome: Outcome, *, up: bool) -> Px:
    """Move a price of the outcome onto the grid, which is in YES prices. Raises OffGrid."""
    if outcome is Outcome.YES:
        return market.grid.at_least(px) if up else market.grid.at_most(px)
    yes = complement(px)
    return complement(market.grid.at_most(yes) if up else market.grid.at_least(yes))
