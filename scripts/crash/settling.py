"""Worlds in which what the bot holds becomes cash: by a merge, a conversion, a redemption.

The bot is a member with a deposit wallet, which the relayer serves. It buys what it turns: what
was held before its first start is left alone.
"""

import attrs
import trio

from arb.market.instruments import MarketId, Outcome, Venue
from arb.market.units import MICRO, ONE, Px
from arb.sim.engine import Tif
from arb.sim.members import DEPOSIT_WALLET, MEMBERS
from arb.sim.polymarket.conditions import Relaying, Settlement
from arb.sim.world import World
from crash.planting import ALL_THERE_IS, DEEP, EDGE, SETS, best_ask, best_bid, buy, offer, on_grid
from crash.scene import NOTHING_LISTED, PLANTER, Scene

LOOK_S = 0.02
"""Between two looks at what the bot holds."""
SETTINGS = {
    "ARB__SETTLE__EVERY_MS": "100",
    "ARB__SETTLE__REDEEM_AFTER_MS": "0",
    # Markets that end take all the books there are with them.
    "ARB__GATES__COVERAGE_PPM": "0",
    # The second basket, and the turn, are in the markets of the first.
    "ARB__LIMITS__MARKET_COOLDOWN_MS": "100",
    # Long enough for what was sent; what was not waits for its signature's end in any case.
    "ARB__EXECUTION__RESOLVE_TIMEOUT_MS": "1500",
}
FIRST_OF_A_TURN = "before:http:GET /v1/account/transactions/params:1"
(OWNER,) = (member.name for member in MEMBERS if member.signature_type == DEPOSIT_WALLET)


def _hurry(world: World) -> None:
    """Blocks come ten times a second, and nobody pays winners that do not ask."""
    conditions = world.polymarket.conditions
    conditions.settlement = Settlement(mined_s=0.1, confirmed_s=0.2)
    conditions.relaying = Relaying(executed_s=0.1, mined_s=0.2, confirmed_s=0.3)
    conditions.resolution_s = 0.1
    conditions.auto_redeem_s = None


def _held(world: World, venue: Venue, market: MarketId) -> tuple[int, int]:
    return world.exchanges[venue].position(OWNER, market)


# --- a spread that turns round ------------------------------------------------------------------


def _plant_spread(world: World) -> None:
    """YES is cheap on Polymarket, NO on Kalshi."""
    _hurry(world)
    poly, _ = _twins(world)
    _cheap(world, Outcome.YES, best_ask(world.exchanges[Venue.POLYMARKET], poly))


def _twins(world: World) -> tuple[MarketId, MarketId]:
    """The market on Polymarket, and the same on Kalshi."""
    (question,) = world.catalogue.questions
    (poly,), (kalshi,) = question.polymarket, question.kalshi
    return poly, kalshi


def _cheap(world: World, outcome: Outcome, ask: int) -> None:
    """Sell an outcome on Polymarket at `ask`, and the other on Kalshi for less than that leaves."""
    poly, kalshi = _twins(world)
    other = Outcome.NO if outcome is Outcome.YES else Outcome.YES
    offer(world.exchanges[Venue.POLYMARKET], poly, outcome, ask, SETS)
    offer(world.exchanges[Venue.KALSHI], kalshi, other, ONE - ask - EDGE, DEEP)


async def _turn_round(world: World) -> None:
    """Once the bot holds one of both, the other way round is cheap: then it holds pairs."""
    poly, kalshi = _twins(world)
    while not (  # noqa: ASYNC110 - the engine has no event
        _held(world, Venue.POLYMARKET, poly)[0] and _held(world, Venue.KALSHI, kalshi)[1]
    ):
        await trio.sleep(LOOK_S)
    ask = ONE - best_bid(world.exchanges[Venue.POLYMARKET], poly)
    for exchange in world.exchanges.values():
        for order in exchange.open_orders(PLANTER):  # nobody meets his own
            exchange.cancel(order.id)
    _cheap(world, Outcome.NO, ask)


# --- answers of which one is out of the question -------------------------------------------------


def _plant_answers(world: World) -> None:
    """NO of every answer but the least likely one is cheap; for that one nobody bids."""
    _hurry(world)
    (question,) = world.catalogue.questions
    exchange = world.exchanges[Venue.POLYMARKET]
    bids = {market: best_bid(exchange, market) for market in question.polymarket}
    last = _last(world)
    limit = on_grid(exchange, last, Outcome.NO, ONE - exchange.listing(last).grid.finest_step)
    buy(exchange, last, Outcome.NO, limit, ALL_THERE_IS, Tif.IOC)
    del bids[last]
    dearest = max(bids, key=lambda market: bids[market])
    for market, bid in bids.items():
        more = ONE + EDGE - sum(bids.values()) if market == dearest else 0
        offer(exchange, market, Outcome.NO, ONE - bid - more, SETS if more else DEEP)


def _last(world: World) -> MarketId:
    """The answer that comes true in the end."""
    (question,) = world.catalogue.questions
    return max(question.polymarket)


async def _comes_true(world: World) -> None:
    """Once the bot has got YES of the last answer by a conversion, that is the one."""
    while not _held(world, Venue.POLYMARKET, _last(world))[0]:  # noqa: ASYNC110 - the engine has no event
        await trio.sleep(LOOK_S)
    for event in world.catalogue.polymarket:
        for listing in event.markets:
            pays = Px(MICRO if listing.id == _last(world) else 0)
            world.polymarket.resolve(listing.condition_id, pays)


SETTLING = (
    Scene(
        "merge",
        "a spread between the venues turns round, and pairs are merged",
        attrs.evolve(NOTHING_LISTED, both_yes_no=1),
        _plant_spread,
        seed=1,
        settings=SETTINGS,
        member=OWNER,
        goes_on=_turn_round,
        first=FIRST_OF_A_TURN,
        trades_s=5.0,
    ),
    Scene(
        "convert, redeem",
        "NOs become dollars and YES of the last answer, which wins and is redeemed",
        attrs.evolve(NOTHING_LISTED, polymarket_complete=1),
        _plant_answers,
        seed=3,
        settings=SETTINGS,
        member=OWNER,
        goes_on=_comes_true,
        first=FIRST_OF_A_TURN,
        trades_s=5.0,
    ),
)
