"""What resolved markets really paid, held against what complete sets were sure of. Pure.

A set pays what its argument says only as long as the argument holds: two venues may resolve one
question differently, or one of them by a price instead of an answer. What a set can pay at the
most, by the markets of it that are resolved, bounds what is left of the promise.
"""

from collections.abc import Sequence
from fractions import Fraction

import attrs

from arb.detect.basket import Leg
from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO, Usd
from arb.messages import BasketId
from arb.risk.basis import DAY_NS


def yes_paid(yes: int, no: int, usd: int) -> Fraction | None:
    """What a YES contract of a resolved market paid, by all that was held and all that it became.

    Dollars, exactly, 0 to 1; None where as many were held of both, which tells nothing.
    """
    if yes == no:
        return None
    return min(max(Fraction(usd - no, yes - no), Fraction(0)), Fraction(1))


@attrs.frozen
class _Paid:
    yes: Fraction
    day: int


@attrs.frozen
class Shortfall:
    """What one set pays less than it had to, in dollars, and the UTC day of knowing it."""

    a_set: Fraction
    day: int


@attrs.define
class Shortfalls:
    """Baskets by their legs, and markets by what they paid."""

    _legs: dict[BasketId, tuple[Leg, ...]] = attrs.field(factory=dict, init=False)
    _in: dict[MarketId, list[BasketId]] = attrs.field(factory=dict, init=False)
    _paid: dict[MarketId, _Paid] = attrs.field(factory=dict, init=False)

    def plan(self, basket: BasketId, legs: Sequence[Leg]) -> None:
        """A basket is begun whose sets are one contract of each of these."""
        if basket not in self._legs:
            for leg in legs:
                self._in.setdefault(leg.market, []).append(basket)
        self._legs[basket] = tuple(legs)

    def baskets(self, market: MarketId) -> tuple[BasketId, ...]:
        """Baskets with a leg in a market."""
        return tuple(self._in.get(market, ()))

    def pay(self, market: MarketId, yes: Fraction, at_ns: int) -> None:
        """A market was resolved, YES paid so many dollars; the last word on it counts."""
        self._paid[market] = _Paid(yes, at_ns // DAY_NS)

    def of(self, basket: BasketId, payout: Usd) -> Shortfall | None:
        """What a set lacks of `payout` for certain; None where nothing is known to lack."""
        legs = self._legs.get(basket, ())
        known = [self._paid[leg.market] for leg in legs if leg.market in self._paid]
        least = Fraction(payout, MICRO) - sum(map(self._most, legs))
        if not known or least <= 0:
            return None
        return Shortfall(least, max(paid.day for paid in known))

    def _most(self, leg: Leg) -> Fraction:
        """What a contract paid, or may still pay at the most."""
        paid = self._paid.get(leg.market)
        if paid is None:
            return Fraction(1)
        return paid.yes if leg.outcome is Outcome.YES else 1 - paid.yes
