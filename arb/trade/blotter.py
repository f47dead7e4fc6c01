"""The orders of each basket as they happen: sent, filled, ended, given back. Pure.

For people to follow a basket by. Keeps the last baskets only; decides nothing.
"""

from collections import OrderedDict

import attrs

from arb.market.units import MICRO, Ns, Px
from arb.messages import (
    BasketId,
    FillStatus,
    NewOrder,
    OrderEnded,
    OrderFilled,
    OrderId,
    OrderSent,
    UnwindChosen,
)

MOST_BASKETS = 200
"""More than people look back at; those not touched for the longest go first."""


@attrs.define
class OrderLine:
    """One order from its sending to its end."""

    order: NewOrder
    sent_ns: Ns
    provisional: int = 0
    """Contracts matched that the venue may still take back."""
    firm: int = 0
    reversed: int = 0
    flow: int = 0
    """Received less paid and fees, micro-dollars; what was taken back counts as nothing."""
    ended: OrderEnded | None = None

    @property
    def average(self) -> Px | None:
        """What a contract came to, fees included; None before any was filled."""
        qty = self.provisional + self.firm
        return Px(abs(self.flow) * MICRO // qty) if qty else None


@attrs.define
class BasketLines:
    """Everything done for one basket, in order."""

    orders: dict[OrderId, OrderLine] = attrs.field(factory=dict)
    choices: list[UnwindChosen] = attrs.field(factory=list)

    @property
    def flow(self) -> int:
        """Received less paid and fees over all orders, micro-dollars."""
        return sum(line.flow for line in self.orders.values())


@attrs.define
class Blotter:
    """The last baskets' orders."""

    _baskets: OrderedDict[BasketId, BasketLines] = attrs.field(factory=OrderedDict, init=False)
    _of_order: dict[OrderId, BasketId] = attrs.field(factory=dict, init=False)
    _fills: dict[tuple[str, str], FillStatus] = attrs.field(factory=dict, init=False)

    def sent(self, event: OrderSent) -> None:
        """An order is about to leave."""
        order = event.prepared.order
        self._line(order)

    def ended(self, event: OrderEnded) -> None:
        """An order's end is known. One that nobody knows is of another run."""
        basket = self._of_order.get(event.order)
        if basket is not None:
            self._baskets[basket].orders[event.order].ended = event

    def filled(self, event: OrderFilled) -> None:
        """A fill came, or its status changed."""
        line, fill = self._line(event.order), event.fill
        name = (str(fill.venue), str(fill.id))
        before = self._fills.get(name)
        if before is not None:
            self._count(line, event, before, -1)
        self._count(line, event, fill.status, 1)
        self._fills[name] = fill.status
        while len(self._fills) > MOST_BASKETS * 50:
            del self._fills[next(iter(self._fills))]

    def chose(self, event: UnwindChosen) -> None:
        """An unwind decided on its next step."""
        self._lines(event.basket).choices.append(event)

    def of(self, basket: BasketId) -> BasketLines:
        """What was done for a basket; nothing where that is not known any more."""
        return self._baskets.get(basket, BasketLines())

    def _line(self, order: NewOrder) -> OrderLine:
        lines = self._lines(order.basket)
        if order.id not in lines.orders:
            lines.orders[order.id] = OrderLine(order, order.created_ns)
            self._of_order[order.id] = order.basket
        return lines.orders[order.id]

    def _lines(self, basket: BasketId) -> BasketLines:
        lines = self._baskets.setdefault(basket, BasketLines())
        self._baskets.move_to_end(basket)
        if len(self._baskets) > MOST_BASKETS:
            _, old = self._baskets.popitem(last=False)
            for order in old.orders:
                self._of_order.pop(order, None)
        return lines

    @staticmethod
    def _count(line: OrderLine, event: OrderFilled, status: FillStatus, sign: int) -> None:
        fill = event.fill
        match status:
            case FillStatus.PROVISIONAL:
                line.provisional += sign * fill.qty
            case FillStatus.FIRM:
                line.firm += sign * fill.qty
            case FillStatus.REVERSED:
                line.reversed += sign * fill.qty
                return
        line.flow += sign * fill.flow
