"""Worlds in which a basket of one kind is certain: still books, one mispricing, at times a rival."""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence

import attrs

from arb.market.instruments import Action, MarketId, Outcome, Venue
from arb.market.units import MICRO, ONE, Ns, Px, Qty, Usd, complement
from arb.sim.catalogue import Mix
from arb.sim.engine import Exchange, Tif
from arb.sim.faults.script import read_fault
from arb.sim.world import World

CASH = Usd(1_000 * MICRO)
RICH = Usd(1_000_000 * MICRO)
PLANTER = "planter"
STILL_PPM = 1
"""The flow is slowed down a million times: nobody but the planter and the bot acts."""
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

NOTHING_LISTED = Mix(**dict.fromkeys(attrs.fields_dict(Mix), 0) | {"most_answers": 5})


@attrs.frozen
class Scene:
    """One kind of basket, and the world in which the bot takes it."""

    kind: str
    words: str
    mix: Mix
    plant: Callable[[World], None]
    seed: int
    faults: Sequence[str] = ()
    settings: Mapping[str, str] = attrs.field(factory=dict)
    """Environment of the bot."""

    def build(self) -> World:
        """Make a new world of this scene."""
        world = World.build(
            self.seed,
            now_ns=lambda: Ns(time.time_ns()),
            speed_ppm=STILL_PPM,
            polymarket_cash=CASH,
            kalshi_cash=CASH,
            mix=self.mix,
            faults=[read_fault(line) for line in self.faults],
        )
        for exchange in world.exchanges.values():
            exchange.open_account(PLANTER, {0: RICH, 1: RICH, 2: RICH})
        self.plant(world)
        return world


# --- planting -----------------------------------------------------------------------------------


def _offer(exchange: Exchange, market: MarketId, outcome: Outcome, px: int, qty: Qty) -> None:
    """Let `qty` of an outcome be for sale at `px` and nothing below; the other side stays quoted."""
    other = Outcome.NO if outcome is Outcome.YES else Outcome.YES
    limit = _on_grid(exchange, market, other, ONE - px)
    _buy(exchange, market, other, limit, ALL_THERE_IS, Tif.IOC)
    _buy(exchange, market, other, limit, qty, Tif.GTC)
    _buy(exchange, market, outcome, _on_grid(exchange, market, outcome, px - SPREAD), qty, Tif.GTC)


def _on_grid(exchange: Exchange, market: MarketId, outcome: Outcome, px: int) -> Px:
    """The next price of the grid that is no better for a buyer of `outcome`."""
    grid = exchange.listing(market).grid
    if outcome is Outcome.YES:
        return grid.at_least(Px(px))
    return complement(grid.at_most(complement(Px(px))))


def _buy(  # noqa: PLR0913, PLR0917 - the parts of an order
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


def _best_ask(exchange: Exchange, market: MarketId) -> int:
    return exchange.levels(market)[1][0][0]


def _best_bid(exchange: Exchange, market: MarketId) -> int:
    return exchange.levels(market)[0][0][0]


def _across(first: Venue) -> Callable[[World], None]:
    """Sell YES on Polymarket for less than what NO on Kalshi leaves; `first` has less of it."""

    def plant(world: World) -> None:
        (question,) = world.catalogue.questions
        (poly,), (kalshi,) = question.polymarket, question.kalshi
        ask = _best_ask(world.exchanges[Venue.POLYMARKET], poly)
        sizes = {venue: SETS if venue is first else DEEP for venue in Venue}
        _offer(world.exchanges[Venue.POLYMARKET], poly, Outcome.YES, ask, sizes[Venue.POLYMARKET])
        _offer(
            world.exchanges[Venue.KALSHI], kalshi, Outcome.NO, ONE - ask - EDGE, sizes[Venue.KALSHI]
        )

    return plant


def _one_game(world: World) -> None:
    """On Kalshi: NO of both sides of a game for less than a dollar."""
    (question,) = world.catalogue.questions
    exchange = world.exchanges[Venue.KALSHI]
    home, away = question.kalshi
    bids = _best_bid(exchange, home), _best_bid(exchange, away)
    more = (ONE + EDGE - sum(bids)) // 2
    for market, bid, size in zip((home, away), bids, (SETS, DEEP), strict=True):
        _offer(exchange, market, Outcome.NO, ONE - bid - more, size)


def _every_answer(world: World) -> None:
    """On Polymarket: NO of every answer for less than they must pay."""
    (question,) = world.catalogue.questions
    exchange = world.exchanges[Venue.POLYMARKET]
    bids = {market: _best_bid(exchange, market) for market in question.polymarket}
    dearest = max(bids, key=lambda market: bids[market])
    for market, bid in bids.items():
        more = ONE + EDGE - sum(bids.values()) if market == dearest else 0
        _offer(exchange, market, Outcome.NO, ONE - bid - more, SETS if more else DEEP)


_TWINS = attrs.evolve(NOTHING_LISTED, both_yes_no=1)
_GAME = attrs.evolve(NOTHING_LISTED, both_games=1)
_ANSWERS = attrs.evolve(NOTHING_LISTED, polymarket_complete=1)
_ONLY_ONE_VENUE = {"ARB__DETECT__CROSS_VENUE": "false"}

SCENES = (
    Scene(
        "cross-venue", "two legs, Polymarket and Kalshi", _TWINS, _across(Venue.POLYMARKET), seed=1
    ),
    Scene(
        "one venue",
        "two legs, both on Kalshi",
        _GAME,
        _one_game,
        seed=3,
        settings=_ONLY_ONE_VENUE,
    ),
    Scene("many legs", "NO of every answer of a question", _ANSWERS, _every_answer, seed=3),
    Scene(
        "unwind",
        "the second leg is gone when its order arrives: what the first bought must go",
        _TWINS,
        _across(Venue.POLYMARKET),
        seed=1,
        faults=("partial_fill venue=kalshi share_ppm=1000000 limit=1",),
    ),
    Scene(
        "cancel",
        "the first leg gets a part, and the rest of its order is cancelled",
        _TWINS,
        _across(Venue.POLYMARKET),
        seed=1,
        faults=("partial_fill venue=polymarket share_ppm=600000 limit=1",),
    ),
    Scene(
        "cancel, unwind",
        "the second leg gets a part: the rest is cancelled, and what is uneven must go",
        _TWINS,
        _across(Venue.KALSHI),
        seed=1,
        faults=("partial_fill venue=polymarket share_ppm=800000 limit=1",),
    ),
)
