"""Mispricings put into a still book, and what stands there."""

import itertools

from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, ONE, Px, Qty, complement
from arb.sim.engine import Exchange, Tif
from crash.scene import PLANTER

SETS = Qty(20 * MICRO)
"""How much of the mispricing there is, in complete sets."""
DEEP = Qty(60 * MICRO)
"""What is offered of the leg that shall not be the hardest to fill."""
ALL_THERE_IS = Qty(100_000 * MICRO)
EDGE = 90_000
"""Micro-dollars a set, before fees."""
SPREAD = 10_000
"""Micro-dollars between what is planted and who takes the other side."""
_NUMBERS = itertools.count(1)


def offer(exchange: Exchange, market: MarketId, outcome: Outcome, px: int, qty: Qty) -> None:
    """Let `qty` of an outcome be for sale at `px` and nothing below; the other side stays quoted."""
    other = Outcome.NO if outcome is Outcome.YES else Outcome.YES
    limit = on_grid(exchange, market, other, ONE - px)
    buy(exchange, market, other, limit, ALL_THERE_IS, Tif.IOC)
    buy(exchange, market, other, limit, qty, Tif.GTC)
    buy(exchange, market, outcome, on_grid(exchange, market, outcome, px - SPREAD), qty, Tif.GTC)


def on_grid(exchange: Exchange, market: MarketId, outcome: Outcome, px: int) -> Px:
    """The next price of the grid that is no better for a buyer of `outcome`."""
    grid = exchange.listing(market).grid
    if outcome is Outcome.YES:
        return grid.at_least(Px(px))
    return complement(grid.at_most(complement(Px(px))))


def buy(  # noqa: PLR0913, PLR0917 - the parts of an order
    exchange: Exchange, market: MarketId, outcome: Outcome, limit: Px, qty: Qty, tif: Tif
) -> None:
    """Selling an outcome is buying the other: so nobody needs contracts to begin with."""
    exchange.place(
        id=f"{PLANTER}-{next(_NUMBERS)}",
        account=PLANTER,
        market=market,
        outcome=outcome,
        action=Action.BUY,
        limit=limit,
        qty=qty,
        tif=tif,
    )


def best_ask(exchange: Exchange, market: MarketId) -> int:
    """What YES costs."""
    return exchange.levels(market)[1][0][0]


def best_bid(exchange: Exchange, market: MarketId) -> int:
    """What YES sells for."""
    return exchange.levels(market)[0][0][0]
