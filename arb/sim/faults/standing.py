"""Faults that are a state of the venue: put up when they start, taken down when they end."""

from collections.abc import Callable
from functools import partial

import attrs

from arb.market.instruments import MarketId, Venue
from arb.sim.faults.fault import Fault
from arb.sim.faults.kinds import Kind
from arb.sim.kalshi.face import KalshiFace
from arb.sim.polymarket.conditions import Mode
from arb.sim.polymarket.face import PolymarketFace

_MS_PER_S = 1000
Undo = Callable[[], None]


@attrs.frozen
class VenueOperators:
    """Both venues, as their operators reach them."""

    polymarket: PolymarketFace
    kalshi: KalshiFace

    def names(self, market: str) -> tuple[str, ...]:
        """Every name that a market goes by on the wire: Polymarket's tokens and conditions."""
        by_token = self.polymarket.shelf.with_token(market)
        state = self.polymarket.shelf.markets.get(MarketId(f"polymarket:{market}"))
        if by_token is not None:
            state = by_token[0]
        if state is None:
            return (market,)
        return (state.listing.condition_id, *state.listing.tokens)

    def apply(self, fault: Fault) -> Undo:
        """Let a fault begin; returns what ends it."""
        undo = [self._apply(fault, venue) for venue in sorted(fault.venues)]
        return partial(_each, undo)

    def _apply(self, fault: Fault, venue: Venue) -> Undo:
        if venue is Venue.KALSHI:
            return self._on_kalshi(fault)
        return self._on_polymarket(fault)

    # --- Kalshi ---------------------------------------------------------------------------------

    def _on_kalshi(self, fault: Fault) -> Undo:
        if fault.kind is Kind.HALT:
            ticker = fault.scope.market.rpartition(":")[2]
            self.kalshi.halt(ticker)
            return partial(self.kalshi.resume, ticker)
        return self._pause(fault.numbers["shard"], trading_only=fault.words["level"] == "trading")

    def _pause(self, shard: int, *, trading_only: bool) -> Undo:
        shards = tuple(self.kalshi.switches.by_shard) if shard < 0 else (shard,)
        for one in shards:
            self.kalshi.pause(one, trading_only=trading_only)
        return partial(_each, [partial(self.kalshi.unpause, one) for one in shards])

    # --- Polymarket -----------------------------------------------------------------------------

    def _on_polymarket(self, fault: Fault) -> Undo:
        numbers, conditions = fault.numbers, self.polymarket.conditions
        match fault.kind:
            case Kind.MAINTENANCE:
                all_of_it = fault.words["level"] == "all"
                mode = Mode.DISABLED if all_of_it else Mode.CANCEL_ONLY
                return _switch(conditions, mode=mode)
            case Kind.ENGINE_RESTART:
                down_s, rest_s = numbers["down_ms"] / _MS_PER_S, numbers["post_only_ms"] / _MS_PER_S
                self.polymarket.restart_engine(down_s, rest_s)
                return lambda: None  # it comes back by itself
            case Kind.GEOBLOCK:
                return _switch(conditions, geoblocked=True)
            case Kind.BALANCE_LAG:
                return _switch(conditions, balance_lag_s=numbers["lag_ms"] / _MS_PER_S)
            case Kind.DELAYED_ORDERS:
                hold_s, lost = numbers["hold_ms"] / _MS_PER_S, fault.words["ending"] == "lost"
                return _switch(conditions, hold_takers_s=hold_s, delayed_lost=lost)
            case _:
                shares = {"retry_ppm": numbers["retry_ppm"], "fail_ppm": numbers["fail_ppm"]}
                return _switch(conditions.settlement, **shares)


def _switch(owner: object, **values: object) -> Undo:
    """Change attributes; returns what gives them their former values back."""
    before = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    return partial(_each, [partial(setattr, owner, *pair) for pair in before.items()])


def _each(acts: list[Undo]) -> None:
    for act in acts:
        act()
