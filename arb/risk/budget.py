"""How much may still be lost today: by one basket, by those in flight together, by the day. Pure.

Every basket that is begun takes the most that its unwind may lose out of the day's allowance
until it ended; then what it really made counts instead. So the cap is not passed by what is in
flight, and what is left is the same after a restart: it follows from fills and ends alone. Gains
of a day make up for its losses, but never allow more of them.
"""

import attrs

from arb.market.units import Usd, plain_text
from arb.messages import BasketId
from arb.risk.results import Results


@attrs.frozen
class LossLimits:
    """What may be lost, in micro-dollars."""

    basket_usd: Usd
    """By the unwind of one basket, without a person."""
    day_unhedged_usd: Usd
    """By all unwinds and everything left behind on a UTC day."""
    day_usd: Usd
    """By all baskets of a UTC day, gains counted."""


@attrs.define
class LossBudget:
    """What is left of the day, over what ended baskets made and those in flight may lose."""

    limits: LossLimits
    results: Results
    _promised: dict[BasketId, int] = attrs.field(factory=dict, init=False)
    _in_flight: int = attrs.field(default=0, init=False)

    def left(self, now_ns: int) -> int:
        """What may be lost beyond everything in flight."""
        return self._of_the_day(now_ns) - self._in_flight

    def wanted(self, spent: int) -> Usd:
        """What a basket takes that costs so much: it cannot lose more than that."""
        return Usd(min(self.limits.basket_usd, spent))

    def promise(self, basket: BasketId, usd: int) -> None:
        """A basket is begun that may lose this much."""
        self.give_back(basket)
        self._promised[basket] = usd
        self._in_flight += usd

    def give_back(self, basket: BasketId) -> None:
        """It ended: what it made counts from here on."""
        self._in_flight -= self._promised.pop(basket, 0)

    def halt(self, now_ns: int) -> str:
        """Why nothing is begun any more today; "" while one more basket cannot pass a cap."""
        made, lost = self.results.made_on(now_ns), self.results.lost_on(now_ns)
        if self._of_the_day(now_ns) >= self.limits.basket_usd:
            return ""
        return (
            f"baskets of this UTC day made {plain_text(made)}, its unwinds lost"
            f" {plain_text(lost)}: one more could pass the cap of"
            f" {plain_text(self.limits.day_usd)} a day or"
            f" {plain_text(self.limits.day_unhedged_usd)} for what is not hedged"
        )

    def _of_the_day(self, now_ns: int) -> int:
        return min(
            self.limits.day_usd + min(0, self.results.made_on(now_ns)),
            self.limits.day_unhedged_usd - self.results.lost_on(now_ns),
        )
