"""Faults that are a state of the venue: put up when they start, taken down when they end."""

from collections.abc import Callable, Mapping
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


@attrs.frozen(eq=False)
class _Change:
    """An attribute that a fault changes, and to what."""

    owner: object
    name: str
    value: object

    @property
    def place(self) -> tuple[int, str]:
        """Which attribute of which thing."""
        return id(self.owner), self.name


@attrs.frozen
class _Changes:
    """What faults change that are not over. Several may change one attribute: the latest counts."""

    _open: list[_Change] = attrs.field(factory=list, init=False)
    _calm: dict[tuple[int, str], object] = attrs.field(factory=dict, init=False)
    """What an attribute is once no fault changes it any more."""

    def begin(
        self, owner: object, values: Mapping[str, object], calm: Mapping[str, object] | None = None
    ) -> Undo:
        """Change attributes; returns what ends that. `calm`: where it is not as it was before."""
        begun = [_Change(owner, name, value) for name, value in values.items()]
        for one in begun:
            before = (calm or {}).get(one.name, getattr(owner, one.name))
            self._calm.setdefault(one.place, before)
            self._open.append(one)
            setattr(owner, one.name, one.value)
        return partial(self._end, begun)

    def _end(self, begun: list[_Change]) -> None:
        for one in begun:
            self._open.remove(one)
            others = [other.value for other in self._open if other.place == one.place]
            value = others[-1] if others else self._calm.pop(one.place)
            setattr(one.owner, one.name, value)


@attrs.frozen
class VenueOperators:
    """Both venues, as their operators reach them."""

    polymarket: PolymarketFace
    kalshi: KalshiFace
    _changes: _Changes = attrs.field(factory=_Changes, init=False)

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
                calm = {"mode": Mode.NORMAL}  # a restart that it came upon is over then too
                return self._changes.begin(conditions, {"mode": mode}, calm)
            case Kind.ENGINE_RESTART:
                down_s, rest_s = numbers["down_ms"] / _MS_PER_S, numbers["post_only_ms"] / _MS_PER_S
                self.polymarket.restart_engine(down_s, rest_s)
                return lambda: None  # it comes back by itself
            case Kind.GEOBLOCK:
                return self._changes.begin(conditions, {"geoblocked": True})
            case Kind.BALANCE_LAG:
                lag_s = numbers["lag_ms"] / _MS_PER_S
                return self._changes.begin(conditions, {"balance_lag_s": lag_s})
            case Kind.DELAYED_ORDERS:
                hold_s, lost = numbers["hold_ms"] / _MS_PER_S, fault.words["ending"] == "lost"
                held = {"hold_takers_s": hold_s, "delayed_lost": lost}
                return self._changes.begin(conditions, held)
            case _:
                shares = {"retry_ppm": numbers["retry_ppm"], "fail_ppm": numbers["fail_ppm"]}
                return self._changes.begin(conditions.settlement, shares)


def _each(acts: list[Undo]) -> None:
    for act in acts:
        act()
