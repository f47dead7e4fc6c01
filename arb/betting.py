"""The wiring of the statistical lanes: nothing of it exists while both lanes are off.

They have connections, books and channels of their own, so that nothing they do delays a basket;
what they share is the ledger, the placer and the store.
"""

from collections.abc import Sequence

import attrs
import trio

from arb.actors.bet_placer import BetPlacer
from arb.actors.bettor import Bettor
from arb.actors.feed import Feed
from arb.actors.spot_feed import SpotFeed
from arb.detect.bet import Bet
from arb.detect.wagering import BetLanes
from arb.knobs import MS, backoff, criteria
from arb.market.instruments import Action, Market, MarketId, Venue
from arb.messages import BookBatch, FeedId, FillStatus, SpotBatch
from arb.placing import Placer
from arb.plant import Plant
from arb.ports import DeskPort
from arb.risk.bet_treasury import BetTreasury, is_bet, spent_by
from arb.risk.bets import BetAllowance
from arb.risk.treasury import Treasury
from arb.settings import Settings
from arb.store.journal import Journal
from arb.store.orders import StoredFill
from arb.store.port import StorePort
from arb.supervise import Actor
from arb.wagers import bet_caps, latency_limits, spike_limits, spot_limits, stake_limits

QUEUE = 256
"""Batches between the connections and the bettor; a full queue makes the sockets wait."""


@attrs.frozen
class Shared:
    """What bets share with baskets."""

    treasury: Treasury
    placer: Placer
    store: StorePort
    desk: DeskPort


class Betting:
    """The actors of the statistical lanes of one run."""

    def __init__(self, plant: Plant, shared: Shared) -> None:
        """Wire everything; nothing runs yet."""
        self._plant = plant
        self._settings = plant.settings
        self._shared = shared
        self._lanes = bet_lanes(plant.settings)
        self._watched = self._lanes.wanted(plant.markets)
        self._inbox = trio.open_memory_channel[BookBatch | SpotBatch](QUEUE)
        # A bet that nobody is ready to decide on is stale already.
        self._bets = trio.open_memory_channel[Bet](0)
        self._shards = [
            (FeedId(f"bets:{venue}:{number}"), venue, shard)
            for venue, data in plant.outside.data.items()
            for number, shard in enumerate(data.shards(self._of(venue)))
            if shard
        ]
        self._resyncs = {
            feed: trio.open_memory_channel[Market](len(shard)) for feed, _, shard in self._shards
        }

    def _of(self, venue: Venue) -> list[Market]:
        return [market for market in self._watched if market.venue is venue]

    def market_actors(self) -> list[Actor]:
        """What reads: connections, and the bettor itself; none where both lanes are off."""
        if not self._watched:
            return []
        return [
            *(self._feed(*shard) for shard in self._shards),
            *self._spot_feeds(),
            self._bettor(),
        ]

    def trading_actors(self) -> list[Actor]:
        """What buys."""
        if not self._watched:
            return []
        return [self._placer()]

    def _feed(self, feed: FeedId, venue: Venue, shard: Sequence[Market]) -> Feed:
        return Feed(
            id=feed,
            data=self._plant.outside.data[venue],
            markets=shard,
            outbox=self._inbox[0],
            resyncs=self._resyncs[feed][1],
            desk=self._shared.desk,
            silence_s=self._settings.feeds.watchdog_ms / MS,
            backoff=backoff(self._settings, self._plant.outside.rng),
            now_ns=self._plant.outside.now_ns,
        )

    def _spot_feeds(self) -> list[SpotFeed]:
        return [
            SpotFeed(
                line=line,
                outbox=self._inbox[0],
                desk=self._shared.desk,
                silence_s=self._settings.feeds.watchdog_ms / MS,
                backoff=backoff(self._settings, self._plant.outside.rng),
                now_ns=self._plant.outside.now_ns,
            )
            for line in self._plant.outside.spot
        ]

    def _bettor(self) -> Bettor:
        return Bettor(
            markets=self._watched,
            lanes=self._lanes,
            inbox=self._inbox[1],
            outbox=self._bets[0] if self._plant.trades else None,
            resyncs={
                market.id: self._resyncs[feed][0]
                for feed, _, shard in self._shards
                for market in shard
            },
            desk=self._shared.desk,
            now_ns=self._plant.outside.now_ns,
        )

    def _placer(self) -> BetPlacer:
        outside = self._plant.outside
        return BetPlacer(
            treasury=bet_treasury(self._plant, self._shared.treasury),
            placer=self._shared.placer,
            inbox=self._bets[1],
            store=self._shared.store,
            desk=self._shared.desk,
            new_id=outside.new_id,
            now_ns=outside.now_ns,
            again_s=self._settings.execution.order_poll_ms / MS,
        )


def bet_lanes(settings: Settings) -> BetLanes:
    """Which statistical lanes are on, and what they keep to."""
    knobs = settings.bets
    return BetLanes(
        latency=latency_limits(knobs) if knobs.latency else None,
        spike=spike_limits(knobs) if knobs.spike else None,
        spike_markets=frozenset(MarketId(market) for market in knobs.spike_markets),
        spot=spot_limits(knobs),
        firewall=criteria(settings).firewall,
        stake=stake_limits(knobs),
    )


def bet_treasury(plant: Plant, treasury: Treasury) -> BetTreasury:
    """The counter for bets; what earlier runs bought today counts."""
    knobs = plant.settings.bets
    bought = _bought(plant.journal)
    return BetTreasury(
        treasury=treasury,
        allowance=BetAllowance(bet_caps(knobs), [spent_by(line.fill) for line in bought]),
        limits=stake_limits(knobs),
        new_id=plant.outside.new_id,
        markets={line.fill.market for line in bought},
    )


def _bought(journal: Journal) -> list[StoredFill]:
    """Every purchase for a bet, oldest first."""
    return [
        line
        for line in sorted(journal.fills(), key=_moment)
        if is_bet(line.basket)
        and line.fill.action is Action.BUY
        and line.fill.status is not FillStatus.REVERSED
    ]


def _moment(line: StoredFill) -> int:
    return line.fill.at_ns
