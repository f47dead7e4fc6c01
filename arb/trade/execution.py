"""One basket while it is bought: what next, how much, and what is left open at the end.

Legs go one after another, in an order in which a miss costs least. Whatever a leg gets bounds all
that follow: legs end with equal contracts or something is left exposed.
"""

from collections.abc import Iterable, Sequence

import attrs

from arb.market.instruments import Market, Outcome
from arb.market.units import MICRO, Px, Qty
from arb.messages import Approved, BasketEnd, Exposure


@attrs.frozen
class LegOrder:
    """Buy `qty` of leg number `leg` at `limit` or better."""

    leg: int
    market: Market
    outcome: Outcome
    qty: Qty
    limit: Px


@attrs.define
class Execution:
    """The state of one basket; `next()` says what to do, `got()` takes what came of it."""

    approved: Approved
    bought: list[int] = attrs.field(init=False)
    """Micro-contracts by leg."""
    _queue: list[int] = attrs.field(init=False)
    _target: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start with nothing bought."""
        self.bought = [0] * len(self.approved.plan.legs)
        self._queue = hardest_first(self.approved)
        self._target = self.approved.plan.size

    def next(self) -> LegOrder | None:
        """The next order, or None where nothing more is to be bought."""
        if not self._queue or not self._buyable():
            return None
        number = self._queue[0]
        leg = self.approved.plan.legs[number]
        return LegOrder(
            leg=number,
            market=self.approved.markets[number],
            outcome=leg.leg.outcome,
            qty=Qty(self._target),
            limit=leg.limit,
        )

    def got(self, order: LegOrder, filled: Qty) -> None:
        """Take the end of an order: the rest aims at no more than it got."""
        self._queue.remove(order.leg)
        self.bought[order.leg] += filled
        self.bound(filled)

    @property
    def to_come(self) -> tuple[int, ...]:
        """Numbers of the legs that are not bought yet, the next one first."""
        return tuple(self._queue)

    def arrange(self, numbers: Sequence[int]) -> None:
        """Buy the legs in this order; only before the first one. Raises ValueError otherwise."""
        if sorted(numbers) != sorted(self._queue) or any(self.bought):
            raise ValueError(f"legs to buy are {self._queue}, not {numbers}")
        self._queue = list(numbers)

    def bound(self, most: int) -> None:
        """Aim at no more than so many contracts of each leg to come, in whole lots."""
        lot = max(market.lot for market in self.approved.markets)
        self._target = min(self._target, most) // lot * lot

    def abandon(self) -> None:
        """Buy nothing more."""
        self._queue.clear()

    def _buyable(self) -> bool:
        """Say whether every leg still to come may be ordered at the size aimed at."""
        return sizes_orderable(self.approved, self._queue, self._target)


def sizes_orderable(approved: Approved, numbers: Iterable[int], qty: int) -> bool:
    """Say whether the venues take orders of this size for all of these legs, at their limits."""
    return qty > 0 and all(
        orderable(approved.markets[number], qty, approved.plan.legs[number].limit)
        for number in numbers
    )


def hardest_first(approved: Approved) -> list[int]:
    """Leg numbers by how little is on offer for what is wanted, least first."""
    legs = approved.plan.legs
    return sorted(range(len(legs)), key=lambda n: (legs[n].depth * MICRO // legs[n].qty, n))


def orderable(market: Market, qty: int, px: Px) -> bool:
    """Say whether the venue takes an order of this size: its minimum of contracts and dollars."""
    return qty >= market.min_qty and qty * px >= market.min_take_usd * MICRO


def hedged(bought: Sequence[int]) -> int:
    """Complete sets, in micro-contracts."""
    return min(bought)


def exposures(approved: Approved, bought: Sequence[int]) -> tuple[Exposure, ...]:
    """What each leg holds beyond the complete sets."""
    sets = hedged(bought)
    return tuple(
        Exposure(market, leg.leg.outcome, Qty(held - sets))
        for leg, market, held in zip(approved.plan.legs, approved.markets, bought, strict=True)
        if held > sets
    )


def end_of(approved: Approved, bought: Sequence[int], *, unwound: bool) -> BasketEnd:
    """Name the end of a basket that holds `bought` and is exposed no more, or stuck."""
    if exposures(approved, bought):
        return BasketEnd.STUCK
    if unwound:
        return BasketEnd.UNWOUND
    if not hedged(bought):
        return BasketEnd.MISSED
    full = hedged(bought) >= approved.plan.size
    return BasketEnd.COMPLETED if full else BasketEnd.REDUCED
