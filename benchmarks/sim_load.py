"""A simulated venue under load, for sim_serving.py: one process, one venue, no order flow.

`python benchmarks/sim_load.py VENUE` serves it on loopback and prints one JSON line of how to
reach it. Each byte on standard input is worth `CREDIT` messages: so many changes of one book are
made and told, one message each. The reader pays as it reads, so the venue is never ahead of it by
more than a client is allowed to fall behind. Standard input at its end ends the process.
"""

import json
import sys
import time
from collections.abc import Callable

import attrs
import trio

from arb.market.instruments import Action, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.sim.engine import Exchange, Tif
from arb.sim.kalshi.board import Status
from arb.sim.kalshi.limits import PRESTIGE
from arb.sim.kalshi.listing import market_id as kalshi_id
from arb.sim.polymarket.conditions import IpLimits, SignerLimits
from arb.sim.serve import serve_apps
from arb.sim.world import World

CREDIT = 500
"""Messages a byte."""
BURST = 20
"""Changes in one turn of the loop: a maker who moves its quotes makes as many."""
PUMP, DEEP = "pump", "deep"
PURSE = Usd(10**15)
TICK = 10_000
LEVELS = 20
"""On each side of the book, so that a message costs what it costs in a book of some depth."""


def main(venue: Venue) -> None:
    trio.run(serve, venue)


async def serve(venue: Venue) -> None:
    world = build_world()
    async with trio.open_nursery() as nursery:
        urls: list[str] = await nursery.start(serve_apps, [(world.apps[venue], 0)])
        face = world.polymarket if venue is Venue.POLYMARKET else world.kalshi
        await nursery.start(face.run)
        market = first_market(world, venue)
        exchange = world.exchanges[venue]
        fill_book(exchange, market)
        print(json.dumps(details(world, venue, urls[0])), flush=True)
        if venue is Venue.POLYMARKET:  # which would tell many changes of one level as one
            await pump(exchange, market, world.polymarket.flush)
        else:
            await pump(exchange, market, lambda: None)
        nursery.cancel_scope.cancel()


def build_world() -> World:
    """Rich accounts and no limits of rate: what is measured is the work, not the rules."""
    world = World.build(
        1,
        now_ns=lambda: Ns(time.time_ns()),
        speed_ppm=MICRO,
        polymarket_cash=PURSE,
        kalshi_cash=PURSE,
    )
    world.polymarket.conditions.ip_limits = IpLimits.OFF
    world.polymarket.conditions.signer_limits = SignerLimits.OFF
    boundless = attrs.evolve(PRESTIGE, write_rate=10**9, write_capacity=10**9)
    for member in world.members:
        world.kalshi.governor.raise_to(member.name, boundless)
    for exchange in world.exchanges.values():
        for account in (PUMP, DEEP):
            exchange.open_account(account, {0: PURSE, 2: PURSE}, remembers=False)
    return world


def first_market(world: World, venue: Venue) -> MarketId:
    """A market in which the pump may do what it likes: its tick is a cent."""
    if venue is Venue.POLYMARKET:
        markets = (one for event in world.catalogue.polymarket for one in event.markets)
        return next(one.id for one in markets if one.tick == TICK and not one.neg_risk)
    tickers = (one for one in world.catalogue.markets if one.structure == "linear_cent")
    return MarketId(f"kalshi:{next(tickers).ticker}")


def fill_book(exchange: Exchange, market: MarketId) -> None:
    """A deep quiet book; what members have resting elsewhere is left alone."""
    bids, asks = exchange.levels(market)
    low = min([*(px for px, _ in bids), 500_000])
    high = max([*(px for px, _ in asks), 500_000])
    for step in range(1, LEVELS + 1):
        for outcome, px in ((Outcome.YES, low), (Outcome.NO, MICRO - high)):
            if px > (step + 1) * TICK:
                place(exchange, market, DEEP, f"deep {outcome} {step}", outcome, px - step * TICK)


def place(  # noqa: PLR0913, PLR0917 - an order has this many parts
    exchange: Exchange, market: MarketId, account: str, name: str, outcome: Outcome, px: int
) -> None:
    exchange.place(
        id=name,
        account=account,
        market=market,
        outcome=outcome,
        action=Action.BUY,
        limit=Px(px),
        qty=Qty(100 * MICRO),
        tif=Tif.GTC,
    )


async def pump(exchange: Exchange, market: MarketId, tell: Callable[[], None]) -> None:
    """Make as many changes as were paid for: an order comes, an order goes, at one level."""
    changes = 0
    while True:
        await trio.lowlevel.wait_readable(sys.stdin)
        paid = len(sys.stdin.buffer.raw.read(64))  # type: ignore[union-attr]  # a pipe
        if not paid:
            return
        for _ in range(paid * CREDIT):
            if changes % 2 == 0:
                place(exchange, market, PUMP, f"pump {changes}", Outcome.YES, TICK)
            else:
                exchange.cancel(f"pump {changes - 1}")
            changes += 1
            tell()
            if changes % BURST == 0:
                await trio.lowlevel.checkpoint()


def takes_orders(exchange: Exchange, market: MarketId) -> bool:
    """Some markets only look open: that is what a bot must see through, not this program."""
    return exchange.is_open(market) and not exchange.is_halted(market)


def details(world: World, venue: Venue, url: str) -> dict[str, object]:
    """Where it is, who to be, the busy market and, for orders, all of them."""
    busy, exchange = first_market(world, venue), world.exchanges[venue]
    if venue is Venue.KALSHI:
        now = Ns(time.time_ns())
        tickers = [
            [one.facts.ticker, one.facts.shard]
            for one in world.kalshi.board.markets.values()
            if one.status(now) is Status.ACTIVE
            and takes_orders(exchange, kalshi_id(one.facts.ticker))
        ]
        credentials = world.kalshi_credentials
        return {"url": url, "busy": busy.partition(":")[2], "markets": tickers, **credentials}
    tokens = [
        [one.listing.tokens[0], one.listing.version, one.listing.neg_risk]
        for one in world.polymarket.shelf.markets.values()
        if one.accepting and one.has_book and not one.listing.placeholder
        if takes_orders(exchange, one.listing.id)
    ]
    token = world.polymarket.shelf.markets[busy].listing.tokens[0]
    credentials = world.polymarket_credentials
    return {"url": url, "busy": token, "markets": tokens, **credentials}


if __name__ == "__main__":
    main(Venue(sys.argv[1]))
