"""What baskets made by UTC day, whatever happens from now on. Pure.

A basket's result is the cash that its fills moved, fees included, plus what its complete sets must
pay: contracts outside complete sets count as nothing until somebody buys them. So it is realised
and unrealised profit at the worst state of the world in one figure; it needs no price, moves only
with a fill or an end, and is the same after a restart. A basket counts on the day it ended;
settlement and netting only turn into cash what was counted then. Where resolved markets pay less
than that, what is missing counts as lost on the day on which it is known.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

import attrs

from arb.detect.basket import Leg
from arb.market.instruments import MarketId
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import BasketId
from arb.risk.basis import DAY_NS
from arb.risk.shortfall import Shortfalls


@attrs.frozen
class _End:
    day: int
    sets: Qty
    guaranteed: int
    unhedged: bool


@attrs.define
class Results:
    """Cash moved by basket, and what the ended ones made by day, in micro-dollars."""

    _flows: dict[BasketId, int] = attrs.field(factory=dict)
    _payouts: dict[BasketId, Usd] = attrs.field(factory=dict)
    """What one set must pay."""
    _ends: dict[BasketId, _End] = attrs.field(factory=dict)
    _made: dict[int, int] = attrs.field(factory=dict)
    _lost: dict[int, int] = attrs.field(factory=dict)
    _shortfalls: Shortfalls = attrs.field(factory=Shortfalls)
    short: int = 0
    """What complete sets had to pay and did not."""

    def move(self, basket: BasketId, usd: int) -> None:
        """A fill of a basket brought cash (above 0) or took it."""
        self._count(basket, -1)
        self._flows[basket] = self._flows.get(basket, 0) + usd
        self._count(basket, 1)

    def plan(self, basket: BasketId, payout: Usd, legs: Sequence[Leg] = ()) -> None:
        """A basket is begun, one set of which, a contract of each leg, must pay this much."""
        self._count(basket, -1)
        self._payouts[basket] = payout
        self._shortfalls.plan(basket, legs)
        self._count(basket, 1)

    def resolve(self, market: MarketId, yes: Fraction, at_ns: Ns) -> None:
        """A market was resolved, and a YES contract of it paid so many dollars."""
        touched = self._shortfalls.baskets(market)
        for basket in touched:
            self._count(basket, -1)
        self._shortfalls.pay(market, yes, at_ns)
        for basket in touched:
            self._count(basket, 1)

    def end(self, basket: BasketId, sets: Qty, at_ns: Ns, *, unhedged: bool) -> None:
        """A basket ended with so many complete sets; told again, the last word counts.

        `unhedged`: something had to be sold back or stayed behind, so its loss is one of those
        that the budget of a day bounds. What was never planned as a basket (a bet) is not counted.
        """
        payout = self._payouts.get(basket)
        if payout is None:
            self._flows.pop(basket, None)
            return
        self._count(basket, -1)
        self._ends[basket] = _End(at_ns // DAY_NS, sets, payout * sets // MICRO, unhedged)
        self._count(basket, 1)

    def _count(self, basket: BasketId, sign: int) -> None:
        end = self._ends.get(basket)
        if end is None:
            return
        made = self._flows.get(basket, 0) + end.guaranteed
        self._made[end.day] = self._made.get(end.day, 0) + sign * made
        if end.unhedged:
            self._lost[end.day] = self._lost.get(end.day, 0) + sign * max(0, -made)
        self._count_short(basket, end, sign)

    def _count_short(self, basket: BasketId, end: _End, sign: int) -> None:
        found = self._shortfalls.of(basket, self._payouts[basket])
        if found is None:
            return
        usd = sign * ceil(found.a_set * end.sets)
        self._made[found.day] = self._made.get(found.day, 0) - usd
        self._lost[found.day] = self._lost.get(found.day, 0) + usd
        self.short += usd

    def of(self, basket: BasketId) -> int:
        """What a basket made so far: its cash, and once it ended what its sets had to pay."""
        end = self._ends.get(basket)
        return self._flows.get(basket, 0) + (end.guaranteed if end else 0)

    def made_on(self, now_ns: int) -> int:
        """What the baskets made that ended on the same UTC day."""
        return self._made.get(now_ns // DAY_NS, 0)

    @property
    def made(self) -> int:
        """What all ended baskets made."""
        return sum(self._made.values())

    def days(self, most: int) -> tuple[tuple[int, int], ...]:
        """The last UTC days on which a basket ended and what was made on each, oldest first."""
        return tuple(sorted(self._made.items())[-most:])

    def lost_on(self, now_ns: int) -> int:
        """What the unhedged ones among them lost, and what sets did not pay; 0 or more."""
        return self._lost.get(now_ns // DAY_NS, 0)

    @property
    def guaranteed(self) -> int:
        """What the complete sets of all ended baskets must pay or have paid."""
        return sum(end.guaranteed for end in self._ends.values()) - self.short
