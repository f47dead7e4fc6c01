"""Worlds in which what the bot holds becomes cash: by a merge, a conversion, a redemption.

The bot is a member with a deposit wallet, which the relayer serves. It buys what it turns: what
was held before its first start is left alone.
"""

from collections.abc import Sequence

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
    # A spread that turns round is a jump, and nobody else is there to confirm it.
    "ARB__DETECT__JUMP_WINDOW_MS": "1",
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


def _held(world: World, market: MarketId) -> tuple[int, int]:
    venue = Venue.KALSHI if market.startswith(Venue.KALSHI) else Venue.POLYMARKET
    return world.exchanges[venue].position(OWNER, market)


# --- a spread that turns round ------------------------------------------------------------------


def open_spread(world: World, poly: MarketId, kalshi: MarketId) -> None:
    """Let YES be cheap on Polymarket, NO on Kalshi."""
    ask = best_ask(world.exchanges[Venue.POLYMARKET], poly)
    offer(world.exchanges[Venue.POLYMARKET], poly, Outcome.YES, ask, SETS)
    offer(world.exchanges[Venue.KALSHI], kalshi, Outcome.NO, ONE - ask - EDGE, DEEP)


async def turn_spread(world: World, poly: MarketId, kalshi: MarketId) -> None:
    """Once the bot holds one of both, let the other way round be cheap: then it holds pairs."""
    while not (_held(world, poly)[0] and _held(world, kalshi)[1]):  # noqa: ASYNC110 - no event tells
        await trio.sleep(LOOK_S)
    bid = best_bid(world.exchanges[Venue.POLYMARKET], poly)
    for exchange in world.exchanges.values():
        for order in exchange.open_orders(PLANTER):
            if order.market in {poly, kalshi}:  # nobody meets his own
                exchange.cancel(order.id)
    offer(world.exchanges[Venue.POLYMARKET], poly, Outcome.NO, ONE - bid, SETS)
    offer(world.exchanges[Venue.KALSHI], kalshi, Outcome.YES, bid - EDGE, DEEP)


def _twins(world: World) -> tuple[MarketId, MarketId]:
    (twins,) = world.catalogue.twins
    return twins.polymarket, twins.kalshi


def _plant_spread(world: World) -> None:
    _hurry(world)
    open_spread(world, *_twins(world))


async def _turn_spread(world: World) -> None:
    await turn_spread(world, *_twins(world))


# --- answers of which the last is out of the question, and comes true ----------------------------


def cheapen_answers(world: World, answers: Sequence[MarketId]) -> None:
    """Let NO of every answer but the last be cheap; for that one nobody bids."""
    exchange = world.exchanges[Venue.POLYMARKET]
    *likely, last = answers
    limit = on_grid(exchange, last, Outcome.NO, ONE - exchange.listing(last).grid.finest_step)
    buy(exchange, last, Outcome.NO, limit, ALL_THERE_IS, Tif.IOC)
    bids = {market: best_bid(exchange, market) for market in likely}
    dearest = max(bids, key=lambda market: bids[market])
    for market, bid in bids.items():
        more = ONE + EDGE - sum(bids.values()) if market == dearest else 0
        offer(exchange, market, Outcome.NO, ONE - bid - more, SETS if more else DEEP)


async def last_comes_true(world: World, answers: Sequence[MarketId]) -> None:
    """Once the bot has got YES of the last answer by a conversion, that is the one."""
    while not _held(world, answers[-1])[0]:  # noqa: ASYNC110 - no event tells
        await trio.sleep(LOOK_S)
    for market in answers:
        condition = world.polymarket.shelf.markets[market].listing.condition_id
        world.polymarket.resolve(condition, Px(MICRO if market == answers[-1] else 0))


def _answers(world: World) -> Sequence[MarketId]:
    (question,) = world.catalogue.questions
    return sorted(question.polymarket)


def _plant_answers(world: World) -> None:
    _hurry(world)
    cheapen_answers(world, _answers(world))


async def _last_comes_true(world: World) -> None:
    await last_comes_true(world, _answers(world))


SETTLING = (
    Scene(
        "merge",
        "a spread between the venues turns round, and pairs are merged",
        attrs.evolve(NOTHING_LISTED, both_yes_no=1),
        _plant_spread,
        seed=1,
        settings=SETTINGS,
        member=OWNER,
        goes_on=_turn_spread,
        first=FIRST_OF_A_TURN,
        trades_s=5.0,
        dies_s=20.0,
    ),
    Scene(
        "convert, redeem",
        "NOs become dollars and YES of the last answer, which wins and is redeemed",
        attrs.evolve(NOTHING_LISTED, polymarket_complete=1),
        _plant_answers,
        seed=3,
        settings=SETTINGS,
        member=OWNER,
        goes_on=_last_comes_true,
        first=FIRST_OF_A_TURN,
        trades_s=5.0,
        dies_s=20.0,
    ),
)
