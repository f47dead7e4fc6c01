"""Which resting orders of an account close a position, and what the others hold back.

Where positions net, an order that closes one costs nothing, so what is held decides how much of
each order has to be paid for: older orders close first. Every change costs time in proportion to
the orders that change over, not to those that rest.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from arb.market.units import Qty, cost
from arb.sim.charges import worst_making
from arb.sim.orders import SimOrder


class Queue:
    """One account's resting orders on one side of one market, oldest first.

    Those that close a position, in whole or in part (`SimOrder.paired`), come before all others.
    """

    __slots__ = ("_closing", "_opening", "outstanding", "paired")

    def __init__(self) -> None:
        """Start empty."""
        self._closing: OrderedDict[str, SimOrder] = OrderedDict()
        self._opening: OrderedDict[str, SimOrder] = OrderedDict()
        self.outstanding = 0
        """Micro-contracts of all orders together."""
        self.paired = 0
        """How many of them close a position."""

    def __iter__(self) -> Iterator[SimOrder]:
        """Go through the orders, oldest first."""
        yield from self._closing.values()
        yield from self._opening.values()

    def add(self, order: SimOrder) -> None:
        """Put an order at the end."""
        self._opening[order.id] = order
        self.outstanding += order.remaining

    def shrink(self, order: SimOrder, by: Qty) -> None:
        """An order has `by` less to fill than it had."""
        self.outstanding -= by
        excess = order.paired - order.remaining
        if excess > 0:
            order.paired -= excess
            self.paired -= excess

    def drop(self, order: SimOrder, left: Qty) -> None:
        """Take an order out that had `left` to fill."""
        self.outstanding -= left
        self.paired -= order.paired
        order.paired = 0
        if self._closing.pop(order.id, None) is None:
            del self._opening[order.id]

    def cover(self, held: int) -> list[SimOrder]:
        """Pair as much as `held` contracts of the other kind allow; returns whom that changed."""
        changed: list[SimOrder] = []
        wanted = min(held, self.outstanding)
        while self.paired < wanted:
            changed.append(self._pair_more(wanted - self.paired))
        while self.paired > wanted:
            changed.append(self._pair_less(self.paired - wanted))
        return changed

    def _pair_more(self, most: int) -> SimOrder:
        """Pair up to `most` more of the oldest order that is not paired wholly."""
        order = self._last_closing()
        if order is None or order.paired == order.remaining:
            _, order = self._opening.popitem(last=False)
            self._closing[order.id] = order
        more = min(most, order.remaining - order.paired)
        order.paired += more
        self.paired += more
        return order

    def _pair_less(self, most: int) -> SimOrder:
        """Give up to `most` of the newest order's pairing back."""
        _, order = self._closing.popitem()
        less = min(most, order.paired)
        order.paired -= less
        self.paired -= less
        if order.paired:
            self._closing[order.id] = order
        else:
            self._opening[order.id] = order
            self._opening.move_to_end(order.id, last=False)
        return order

    def _last_closing(self) -> SimOrder | None:
        return self._closing[next(reversed(self._closing))] if self._closing else None


def need_of(order: SimOrder, lot: Qty, paired: int) -> int:
    """What one resting order may still cost where `paired` of it closes a position.

    Micro-dollars, fees included.
    """
    remaining = order.remaining
    opening = Qty(remaining - paired)
    return cost(order.cost_px, opening) + worst_making(lot, order, opening, remaining)


def need_of_all(orders: Iterable[SimOrder], lot: Qty, held: int) -> int:
    """What orders of one side may still cost with `held` contracts to close, older ones first."""
    need = 0
    for order in orders:
        paired = min(held, order.remaining)
        held -= paired
        need += need_of(order, lot, paired)
    return need
