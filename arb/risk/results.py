"""What baskets made by UTC day, whatever happens from now on. Pure.

A basket's result is the cash that its fills moved, fees included, plus what its complete sets must
pay: contracts outside complete sets count as nothing until somebody buys them. So it is realised
and unrealised profit at the worst state of the world in one figure; it needs no price, moves only
with a fill or an end, and is the same after a restart. A basket counts on the day it ended;
settlement and netting only turn into cash what was counted then.
"""

import attrs

from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import BasketId
from arb.risk.basis import DAY_NS


@attrs.frozen
class _End:
    day: int
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

    def move(self, basket: BasketId, usd: int) -> None:
        """A fill of a basket brought cash (above 0) or took it."""
        self._count(basket, -1)
        self._flows[basket] = self._flows.get(basket, 0) + usd
        self._count(basket, 1)

    def plan(self, basket: BasketId, payout: Usd) -> None:
        """A basket is begun, one set of which must pay this much."""
        self._payouts[basket] = payout

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
        self._ends[basket] = _End(at_ns // DAY_NS, payout * sets // MICRO, unhedged)
        self._count(basket, 1)

    def _count(self, basket: BasketId, sign: int) -> None:
        end = self._ends.get(basket)
        if end is None:
            return
        made = self._flows.get(basket, 0) + end.guaranteed
        self._made[end.day] = self._made.get(end.day, 0) + sign * made
        if end.unhedged:
            self._lost[end.day] = self._lost.get(end.day, 0) + sign * max(0, -made)

    def of(self, basket: BasketId) -> int:
        """What a basket made so far: its cash, and once it ended what its sets must pay."""
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
        """What the unhedged ones among them lost, gains elsewhere left aside; 0 or more."""
        return self._lost.get(now_ns // DAY_NS, 0)

    @property
    def guaranteed(self) -> int:
        """What the complete sets of all ended baskets must pay or have paid."""
        return sum(end.guaranteed for end in self._ends.values())
