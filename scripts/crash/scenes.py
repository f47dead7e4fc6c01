"""Worlds in which a basket of one kind is certain: still books, one mispricing, at times a rival."""

from collections.abc import Callable

import attrs

from arb.market.instruments import Outcome, Venue
from arb.market.units import ONE
from arb.sim.world import World
from crash.planting import DEEP, EDGE, SETS, best_ask, best_bid, offer
from crash.scene import NOTHING_LISTED, Scene
from crash.settling import SETTLING


def _across(first: Venue) -> Callable[[World], None]:
    """Sell YES on Polymarket for less than what NO on Kalshi leaves; `first` has less of it."""

    def plant(world: World) -> None:
        (question,) = world.catalogue.questions
        (poly,), (kalshi,) = question.polymarket, question.kalshi
        ask = best_ask(world.exchanges[Venue.POLYMARKET], poly)
        sizes = {venue: SETS if venue is first else DEEP for venue in Venue}
        offer(world.exchanges[Venue.POLYMARKET], poly, Outcome.YES, ask, sizes[Venue.POLYMARKET])
        offer(
            world.exchanges[Venue.KALSHI], kalshi, Outcome.NO, ONE - ask - EDGE, sizes[Venue.KALSHI]
        )

    return plant


def _one_game(world: World) -> None:
    """On Kalshi: NO of both sides of a game for less than a dollar."""
    (question,) = world.catalogue.questions
    exchange = world.exchanges[Venue.KALSHI]
    home, away = question.kalshi
    bids = best_bid(exchange, home), best_bid(exchange, away)
    more = (ONE + EDGE - sum(bids)) // 2
    for market, bid, size in zip((home, away), bids, (SETS, DEEP), strict=True):
        offer(exchange, market, Outcome.NO, ONE - bid - more, size)


def _every_answer(world: World) -> None:
    """On Polymarket: NO of every answer for less than they must pay."""
    (question,) = world.catalogue.questions
    exchange = world.exchanges[Venue.POLYMARKET]
    bids = {market: best_bid(exchange, market) for market in question.polymarket}
    dearest = max(bids, key=lambda market: bids[market])
    for market, bid in bids.items():
        more = ONE + EDGE - sum(bids.values()) if market == dearest else 0
        offer(exchange, market, Outcome.NO, ONE - bid - more, SETS if more else DEEP)


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
    *SETTLING,
)
