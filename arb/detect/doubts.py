"""Which books are asked for again because a basket was refused: a phantom is told from news by it.

What only our copy of a book shows is gone once the book is told anew; a price that really jumped is
told again, which is the second witness that the firewall waits for. Pure.
"""

import attrs

from arb.detect.reasons import Reason, Rejected
from arb.market.instruments import MarketId
from arb.market.units import Ns

NS_PER_S = 1_000_000_000
DOUBTFUL = frozenset(
    {Reason.JUMP, Reason.ONE_SIDED, Reason.STALE, Reason.TOO_GOOD, Reason.CROSSED, Reason.DISAGREES}
)
"""Reasons that a fault of our own copy would explain, too."""
_MOST_REMEMBERED = 10_000


@attrs.frozen
class DoubtLimits:
    """How often books are asked for again."""

    again_ns: int
    """Nanoseconds between two snapshots of one market for a doubt."""
    most_per_s: int
    """Snapshots of all markets together within one second; 0: none."""


class Doubts:
    """What was asked for on doubt, and what had to wait. Knows no clock: it is told the time."""

    def __init__(self, limits: DoubtLimits) -> None:
        """Begin with nothing asked for."""
        self.asked = 0
        self.withheld = 0
        """Not asked for: that market or all of them together had their share."""
        self._limits = limits
        self._asked_ns: dict[MarketId, Ns] = {}
        self._second_ns = Ns(0)
        self._in_second = 0

    def ask(self, rejected: Rejected, now_ns: Ns) -> MarketId | None:
        """Name the market whose book should be told anew; None where that would say nothing."""
        market = rejected.market
        if market is None or rejected.reason not in DOUBTFUL:
            return None
        last = self._asked_ns.get(market)
        if last is not None and now_ns - last < self._limits.again_ns:
            self.withheld += 1
            return None
        if now_ns - self._second_ns >= NS_PER_S:
            self._second_ns, self._in_second = now_ns, 0
        if self._in_second >= self._limits.most_per_s:
            self.withheld += 1
            return None
        return self._note(market, now_ns)

    def _note(self, market: MarketId, now_ns: Ns) -> MarketId:
        if len(self._asked_ns) >= _MOST_REMEMBERED:
            self._forget(now_ns)
        self._asked_ns[market] = now_ns
        self._in_second += 1
        self.asked += 1
        return market

    def _forget(self, now_ns: Ns) -> None:
        """Keep only what still counts."""
        since = now_ns - self._limits.again_ns
        self._asked_ns = {one: at for one, at in self._asked_ns.items() if at > since}
