"""How busy a world is."""

import random

import attrs

USUAL_CHANGES_PER_S = 90.0
"""Changes of price levels a second in the usual world: enough for somebody who looks on."""
MARKET_CHANGES_PER_S = 0.03
"""The mean of one market on the real venues: two peers' feeds carry 1,000 and 3,400 messages a second
over some 75,000 open markets. A busy hourly event of Kalshi has four times as many (recorded traffic)."""
CHANGES_PER_LOOK = 2.5
"""What one look of a maker changes, on average (measured)."""
LOOKS_PER_TRADE = 24.0
USUAL_MARKETS = 150


@attrs.frozen
class Pace:
    """Mean seconds between two events of a kind in the whole world, before the speed is applied."""

    look_s: float
    """A maker looks at one of its markets."""
    noise_s: float
    """Somebody trades for reasons of their own."""
    news_s: float
    misread_s: float
    halt_s: float = 900.0
    grid_s: float = 600.0
    """A market gets a finer grid."""

    @classmethod
    def of(cls, markets: int) -> "Pace":
        """As lively as people like to see it in a small world, as the real venues in a large one."""
        return cls._of(max(USUAL_CHANGES_PER_S, MARKET_CHANGES_PER_S * markets), markets)

    @classmethod
    def real(cls, markets: int) -> "Pace":
        """As quiet as so many markets are on the real venues."""
        return cls._of(MARKET_CHANGES_PER_S * markets, markets)

    @classmethod
    def _of(cls, changes_per_s: float, markets: int) -> "Pace":
        look_s = CHANGES_PER_LOOK / changes_per_s
        calm = (USUAL_CHANGES_PER_S / changes_per_s) if markets < USUAL_MARKETS else 1.0
        thinner = max(markets / USUAL_MARKETS, 1.0) ** -0.5
        return cls(
            look_s=look_s,
            noise_s=look_s * LOOKS_PER_TRADE,
            news_s=14.0 * thinner * calm,
            misread_s=9.0 * thinner * calm,
        )


def skewed_s(rng: random.Random, median_s: float, sigma: float) -> float:
    """A log-normal time: most are short, a few very long."""
    return median_s * rng.lognormvariate(0.0, sigma)


def exponential_s(rng: random.Random, mean_s: float) -> float:
    """A time without memory."""
    return rng.expovariate(1 / mean_s)
