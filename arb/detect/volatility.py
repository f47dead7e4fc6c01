"""Realised volatility of a spot price, from its own recent ticks.

Floats live here: logarithms of prices are statistics, not money.
"""

import math
from collections import deque
from collections.abc import Iterable

import attrs

from arb.market.spot import SpotPx
from arb.market.units import Ns

NS_PER_S = 1_000_000_000


@attrs.frozen
class VolatilityLimits:
    """Over which span, and from how much at the least."""

    window_ns: int
    """Nanoseconds of ticks that count."""
    step_ns: int
    """Ticks closer together than this are left out: their noise is not movement."""
    min_returns: int
    """Fewer returns than this are no measurement."""
    least_span_ns: int
    """A shorter span than this is none either."""


class Volatility:
    """The last ticks of one source, and the variance of the price a second. Bounded by the window.

    Ticks come in the order of the source's clock; one that does not is ignored.
    """

    def __init__(self, limits: VolatilityLimits) -> None:
        self._limits = limits
        self._ticks: deque[tuple[Ns, float]] = deque()

    def see(self, at_ns: Ns, px: SpotPx) -> None:
        """Take up a tick."""
        if self._ticks and at_ns - self._ticks[-1][0] < self._limits.step_ns:
            return
        self._ticks.append((at_ns, math.log(px)))
        while at_ns - self._ticks[0][0] > self._limits.window_ns:
            self._ticks.popleft()

    def variance_per_s(self) -> float | None:
        """The sum of squared log returns over the time they took; None where there are too few."""
        if len(self._ticks) <= self._limits.min_returns:
            return None
        span_ns = self._ticks[-1][0] - self._ticks[0][0]
        if span_ns < self._limits.least_span_ns:
            return None
        logs = [log for _, log in self._ticks]
        return _squares(logs) * NS_PER_S / span_ns


def _squares(logs: Iterable[float]) -> float:
    total, last = 0.0, None
    for log in logs:
        if last is not None:
            total += (log - last) ** 2
        last = log
    return total
