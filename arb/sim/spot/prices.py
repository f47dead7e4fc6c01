"""What coins cost: a walk in steps of a second with a jump now and then, and its averages.

Floats live here: the walk is drawn, and what is told of it is rounded to micro-dollars.
"""

import math
import random
from collections import deque
from collections.abc import Sequence

import attrs

from arb.market.units import MICRO, Ns
from arb.sim.questions.subject import NS_PER_S
from arb.sim.questions.up_down import COINS, QUARTER_NS, Coin

AVERAGE_S = 60
"""Seconds that the settling price is averaged over (docs: market-data/chainlink-twap)."""
STEP = 1e-4
"""Standard deviation of the logarithm in a second: 0.01 %, some 3 % in a day."""
JUMP = 1.2e-3
"""The same of a jump ..."""
JUMPS_PER_S = 1 / 40
"""... and how many of them there are."""
VARIANCE_PER_S = STEP**2 + JUMPS_PER_S * JUMP**2
_KEPT_S = QUARTER_NS // NS_PER_S + AVERAGE_S
"""Since before the beginning of any window that is still open."""
_QUARTERS_KEPT = 400
"""A hundred hours: questions of a slow world come out late."""


@attrs.frozen
class Second:
    """One coin at one full second."""

    at_ns: Ns
    px: int
    """Micro-dollars."""
    average: int
    """Over the minute that ends here."""


class CoinWalk:
    """One coin's price, second by second."""

    def __init__(self, coin: Coin, rng: random.Random, now_ns: Ns) -> None:
        """Begin with a past as long as a window, so that whoever comes finds averages."""
        self.coin = coin
        self._rng = rng
        self._log = math.log(coin.usd * rng.uniform(0.9, 1.1) * MICRO)
        self._last: deque[int] = deque(maxlen=AVERAGE_S)
        self.told: deque[Second] = deque(maxlen=_KEPT_S)
        self._quarters: dict[Ns, int] = {}
        """Averages at which windows begin and end, for as long as anybody may ask."""
        first = now_ns // NS_PER_S - _KEPT_S
        for second in range(first, first + _KEPT_S + 1):
            self.step(Ns(second * NS_PER_S))

    def step(self, at_ns: Ns) -> Second:
        """Go on by one second."""
        self._log += self._rng.gauss(0.0, STEP)
        if self._rng.random() < JUMPS_PER_S:
            self._log += self._rng.gauss(0.0, JUMP)
        self._last.append(round(math.exp(self._log)))
        average = sum(self._last) // len(self._last)
        told = Second(at_ns, self._last[-1], average)
        self.told.append(told)
        if at_ns % QUARTER_NS == 0:
            self._quarters[at_ns] = average
            self._quarters.pop(Ns(at_ns - _QUARTERS_KEPT * QUARTER_NS), None)
        return told

    @property
    def now(self) -> Second:
        """The last second."""
        return self.told[-1]

    def average_at(self, quarter_ns: Ns) -> int | None:
        """The average at a quarter of an hour; None where that was not yet, or long ago."""
        return self._quarters.get(quarter_ns)

    def chance_of_up(self, start_ns: Ns) -> int:
        """How likely a window ends at or above its beginning, in millionths.

        0 or 1,000,000 once it is over; half before it began.
        """
        strike, end = self.average_at(start_ns), self.average_at(Ns(start_ns + QUARTER_NS))
        if strike is None:
            return MICRO // 2
        if end is not None:
            return MICRO if end >= strike else 0
        left_s = (start_ns + QUARTER_NS - self.now.at_ns) // NS_PER_S
        mean, deviation = self._final(left_s)
        distance = math.log(mean / strike) / deviation
        return round(MICRO * 0.5 * (1.0 + math.erf(distance / math.sqrt(2.0))))

    def _final(self, left_s: int) -> tuple[float, float]:
        """The mean of the final average, and the standard deviation of its logarithm."""
        if left_s >= AVERAGE_S:
            moving_s = left_s - 2.0 * AVERAGE_S / 3.0
            return float(self.now.px), math.sqrt(VARIANCE_PER_S * moving_s)
        known = sum(list(self._last)[left_s - AVERAGE_S :])
        mean = (known + left_s * self.now.px) / AVERAGE_S
        return mean, math.sqrt(VARIANCE_PER_S * left_s**3 / 3.0) / AVERAGE_S


def walks(rng: random.Random, now_ns: Ns) -> Sequence[CoinWalk]:
    """One walk a coin."""
    return [CoinWalk(coin, random.Random(rng.getrandbits(64)), now_ns) for coin in COINS]
