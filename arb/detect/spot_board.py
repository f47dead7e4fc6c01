"""What is known of spot prices now: the last tick of each source, openings, volatilities.

Two sources are two witnesses. A price that only one of them states is no price to bet on.
"""

from collections import deque

import attrs

from arb.detect.reasons import Objection, Reason
from arb.detect.volatility import Volatility, VolatilityLimits
from arb.market.spot import SpotPx, SpotSource, SpotTick, Symbol
from arb.market.units import MICRO, Ns, plain_text

PRIMARY = SpotSource.POLYMARKET
SETTLING = SpotSource.POLYMARKET_TWAP
QUARTER_NS = 15 * 60 * 1_000_000_000
"""Windows of 15 minutes begin on the quarters of an hour, UTC."""
_OPENINGS_KEPT = 8
"""Two hours of quarters a symbol."""


@attrs.frozen
class SpotLimits:
    """How old and how far apart spot prices may be."""

    max_age_ns: int
    """Nanoseconds since a source was last heard, by our clock."""
    max_lag_ns: int
    """Nanoseconds between a source's own time and when we heard it, either way."""
    max_gap_ppm: int
    """Millionths of the price that two sources may differ by."""
    second: SpotSource
    """The other witness."""
    volatility: VolatilityLimits


@attrs.frozen
class SpotQuote:
    """A price with two witnesses, and how restless it was."""

    tick: SpotTick
    witness: SpotTick
    variance_per_s: float
    """Of the logarithm of the price, from the primary source."""


class SpotBoard:
    """The last word of every source, by symbol. Its memory is bounded."""

    def __init__(self, limits: SpotLimits) -> None:
        self._limits = limits
        self._last: dict[tuple[SpotSource, Symbol], SpotTick] = {}
        self._moves: dict[Symbol, Volatility] = {}
        self._openings: dict[Symbol, deque[SpotTick]] = {}

    def see(self, tick: SpotTick) -> None:
        """Take up a tick; one older than the last of its source is ignored."""
        known = self._last.get((tick.source, tick.symbol))
        if known is not None and tick.at_ns < known.at_ns:
            return
        self._last[tick.source, tick.symbol] = tick
        if tick.source is PRIMARY:
            self._move(tick)
        elif tick.source is SETTLING and tick.at_ns % QUARTER_NS == 0:
            kept = self._openings.setdefault(tick.symbol, deque(maxlen=_OPENINGS_KEPT))
            kept.append(tick)

    def _move(self, tick: SpotTick) -> None:
        if tick.symbol not in self._moves:
            self._moves[tick.symbol] = Volatility(self._limits.volatility)
        self._moves[tick.symbol].see(tick.at_ns, tick.px)

    def opening(self, symbol: Symbol, start_ns: Ns) -> SpotPx | None:
        """What the settling stream said at exactly this moment; the last correction counts."""
        for tick in reversed(self._openings.get(symbol, ())):
            if tick.at_ns == start_ns:
                return tick.px
        return None

    def quote(self, symbol: Symbol, now_ns: Ns) -> SpotQuote | Objection:
        """The price now, or why there is none."""
        tick = self._fresh(PRIMARY, symbol, now_ns)
        if isinstance(tick, Objection):
            return tick
        witness = self._fresh(self._limits.second, symbol, now_ns)
        if isinstance(witness, Objection):
            return witness
        gap = abs(tick.px - witness.px)
        if gap * MICRO > self._limits.max_gap_ppm * tick.px:
            words = f"{symbol}: {plain_text(tick.px)} and {plain_text(witness.px)}"
            return Objection(Reason.SPOT_APART, words)
        variance = self._variance(symbol)
        if variance is None or variance <= 0.0:
            return Objection(Reason.NO_VOLATILITY, symbol)
        return SpotQuote(tick, witness, variance)

    def _variance(self, symbol: Symbol) -> float | None:
        moves = self._moves.get(symbol)
        return None if moves is None else moves.variance_per_s()

    def _fresh(self, source: SpotSource, symbol: Symbol, now_ns: Ns) -> SpotTick | Objection:
        tick = self._last.get((source, symbol))
        if tick is None:
            return Objection(Reason.NO_SPOT, f"{symbol}: {source} said nothing yet")
        age_ns = now_ns - tick.seen_ns
        lag_ns = abs(tick.seen_ns - tick.at_ns)
        if not 0 <= age_ns <= self._limits.max_age_ns or lag_ns > self._limits.max_lag_ns:
            words = f"{symbol}: {source} {age_ns // 10**6} ms old, {lag_ns // 10**6} ms late"
            return Objection(Reason.NO_SPOT, words)
        return tick
