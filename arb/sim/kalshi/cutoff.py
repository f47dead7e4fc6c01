"""Where the live data end and the archive begins (docs: historical_data)."""

import attrs

from arb.market.units import Ns
from arb.sim.kalshi.board import MarketState
from arb.sim.kalshi.numbers import NS_PER_S
from arb.sim.kalshi.records import OrderRecord


@attrs.frozen
class Cutoff:
    """How old things are when they move to `/historical`."""

    live_s: int
    """Settled markets, trades and fills."""
    orders_s: int
    """Orders that have ended."""

    def data_ns(self, now: Ns) -> Ns:
        """Markets that settled, and trades that happened, before this are archived."""
        return Ns(now - self.live_s * NS_PER_S)

    def orders_ns(self, now: Ns) -> Ns:
        """Orders that ended before this are archived."""
        return Ns(now - self.orders_s * NS_PER_S)

    def holds_market(self, state: MarketState, now: Ns) -> bool:
        """Say whether a market is archived."""
        return state.settled_ns is not None and self.holds(state.settled_ns, now)

    def holds(self, at_ns: Ns, now: Ns) -> bool:
        """Say whether a trade, fill or settlement of that moment is archived."""
        return at_ns < self.data_ns(now)

    def holds_order(self, record: OrderRecord, now: Ns) -> bool:
        """Say whether an order is archived; one that rests never is."""
        return not record.open and record.changed_ns < self.orders_ns(now)
