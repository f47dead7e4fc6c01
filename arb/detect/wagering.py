"""The statistical lanes at work: which of them looks at which market, and what comes of it."""

from collections import Counter
from collections.abc import Iterable, Iterator

import attrs

from arb.detect.bet import Bet, BetLane, Estimate
from arb.detect.firewall import FirewallLimits, inspect_book
from arb.detect.lanes.latency import LatencyLimits, UpDown, judge, recognise
from arb.detect.lanes.spike import SpikeLimits, SpikeWatch, expect
from arb.detect.reasons import Objection
from arb.detect.spot_board import SpotBoard, SpotLimits
from arb.detect.stake import StakeLimits, stake
from arb.market.book import BookView
from arb.market.errors import Refused
from arb.market.instruments import Market, MarketId
from arb.market.spot import SpotTick, Symbol
from arb.market.units import Ns


@attrs.frozen
class BetLanes:
    """Which lanes are on, and what all of them keep to."""

    latency: LatencyLimits | None
    """None: off."""
    spike: SpikeLimits | None
    spike_markets: frozenset[MarketId]
    spot: SpotLimits
    firewall: FirewallLimits
    stake: StakeLimits

    def wanted(self, markets: Iterable[Market]) -> tuple[Market, ...]:
        """The markets that some lane looks at."""
        return tuple(market for market in markets if self._wants(market))

    def _wants(self, market: Market) -> bool:
        if self.spike is not None and market.id in self.spike_markets:
            return True
        return self.latency is not None and up_down(market) is not None


def up_down(market: Market) -> UpDown | None:
    """What the latency lane knows of a market; None where it is none of its kind."""
    try:
        return recognise(market)
    except Refused:
        return None


class Wagering:
    """Looks at books and spot prices, and says what to bet. No I/O, no clock.

    `refused` counts what was looked at and not bet on, by lane and reason.
    """

    def __init__(self, markets: Iterable[Market], lanes: BetLanes) -> None:
        """Watch these markets; those of no lane are left out."""
        self.refused: Counter[str] = Counter()
        self.looks = 0
        self._lanes = lanes
        self._board = SpotBoard(lanes.spot)
        self._asked: dict[MarketId, UpDown] = {}
        self._spikes: dict[MarketId, SpikeWatch] = {}
        for market in lanes.wanted(markets):
            asked = up_down(market) if lanes.latency is not None else None
            if asked is not None:
                self._asked[market.id] = asked
            if lanes.spike is not None and market.id in lanes.spike_markets:
                self._spikes[market.id] = SpikeWatch(lanes.spike)

    @property
    def restless(self) -> tuple[MarketId, ...]:
        """Markets that have to be looked at from time to time, also when nothing changes."""
        return tuple(self._spikes)

    def see(self, tick: SpotTick) -> None:
        """Take up a spot price."""
        self._board.see(tick)

    def asking(self, symbols: Iterable[Symbol], now_ns: Ns) -> tuple[MarketId, ...]:
        """Markets about these coins whose window is open."""
        wanted = frozenset(symbols)
        return tuple(
            market
            for market, asked in self._asked.items()
            if asked.symbol in wanted and asked.start_ns <= now_ns < asked.end_ns
        )

    def look(self, view: BookView, now_ns: Ns) -> Iterator[Bet]:
        """Look at one book with every lane that watches it."""
        self.looks += 1
        objection = inspect_book(view, now_ns, self._lanes.firewall)
        if objection is not None:
            self.refused[f"firewall: {objection.reason}"] += 1
            return
        for lane, estimate in self._estimates(view, now_ns):
            found: Bet | Objection = (
                stake(estimate, view, now_ns, self._lanes.stake)
                if isinstance(estimate, Estimate)
                else estimate
            )
            if isinstance(found, Bet):
                yield found
            else:
                self.refused[f"{lane}: {found.reason}"] += 1

    def _estimates(
        self, view: BookView, now_ns: Ns
    ) -> Iterator[tuple[BetLane, Estimate | Objection]]:
        asked, watch = self._asked.get(view.market.id), self._spikes.get(view.market.id)
        if asked is not None and self._lanes.latency is not None:
            yield BetLane.LATENCY, judge(asked, view, self._board, now_ns, self._lanes.latency)
        if watch is not None and self._lanes.spike is not None:
            spike = watch.see(view, now_ns)
            if spike is not None:
                yield BetLane.SPIKE, expect(spike, self._lanes.spike)
