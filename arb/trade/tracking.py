"""Which fill belongs to which order of ours: each once, in whatever order the reports come."""

from collections.abc import Iterable

import attrs

from arb.market.instruments import Venue
from arb.market.units import complement
from arb.messages import (
    Fill,
    FillId,
    FillStatus,
    NewOrder,
    OrderEnded,
    OrderFilled,
    OrderId,
    OrderKey,
    OrderState,
    PreparedOrder,
)

_FillKey = tuple[Venue, FillId]


@attrs.define
class Tracking:
    """Orders by every name a venue may use for them, and the fills already told."""

    _by_key: dict[OrderKey, NewOrder] = attrs.field(factory=dict, init=False)
    _by_id: dict[OrderId, NewOrder] = attrs.field(factory=dict, init=False)
    _by_venue_id: dict[tuple[Venue, str], NewOrder] = attrs.field(factory=dict, init=False)
    _told: dict[_FillKey, FillStatus] = attrs.field(factory=dict, init=False)
    _parked: dict[_FillKey, Fill] = attrs.field(factory=dict, init=False)
    _filled: dict[OrderId, int] = attrs.field(factory=dict, init=False)
    _due: dict[OrderId, int] = attrs.field(factory=dict, init=False)

    def sent(self, prepared: PreparedOrder, venue_order_id: str | None = None) -> None:
        """Remember an order before it leaves."""
        order = prepared.order
        self._by_key[prepared.key] = order
        self._by_id[order.id] = order
        if venue_order_id:
            self._by_venue_id[order.market.venue, venue_order_id] = order

    def ended(self, report: OrderEnded) -> list[OrderFilled]:
        """Learn the venue's id and what was filled; returns fills that had to wait for that."""
        order = self._by_id.get(report.order)
        if order is None:
            return []  # refused by ourselves: it never left
        self._due[report.order] = report.filled
        if report.venue_order_id:
            self._by_venue_id[order.market.venue, report.venue_order_id] = order
        return self._unpark()

    def seen(self, state: OrderState, venue: Venue) -> list[OrderFilled]:
        """Learn the venue's id of an order from its stream."""
        order = self._by_key.get(state.key) if state.key is not None else None
        if order is not None and state.venue_order_id:
            self._by_venue_id[venue, state.venue_order_id] = order
        return self._unpark()

    def fill(self, fill: Fill) -> OrderFilled | None:
        """Match one report; None where it tells nothing new, or its order is not known yet."""
        key = (fill.venue, fill.id)
        if _rank(fill.status) <= _rank(self._told.get(key)):
            return None
        order = self._order_of(fill)
        if order is None:
            self._park(key, fill)
            return None
        if key not in self._told:
            self._filled[order.id] = self._filled.get(order.id, 0) + fill.qty
        self._told[key] = fill.status
        return OrderFilled(order, _in_words_of(order, fill))

    def _park(self, key: _FillKey, fill: Fill) -> None:
        known = self._parked.get(key)
        if known is None or _rank(fill.status) > _rank(known.status):
            self._parked[key] = fill

    def _order_of(self, fill: Fill) -> NewOrder | None:
        by_key = self._by_key.get(fill.key) if fill.key is not None else None
        return by_key or self._by_venue_id.get((fill.venue, fill.venue_order_id))

    def _unpark(self) -> list[OrderFilled]:
        waiting, self._parked = list(self._parked.values()), {}
        return [found for fill in waiting if (found := self.fill(fill)) is not None]

    def remember(self, fills: Iterable[tuple[Fill, OrderId]]) -> None:
        """Take fills that the store already has."""
        for fill, order in fills:
            self._told[fill.venue, fill.id] = fill.status
            self._filled[order] = self._filled.get(order, 0) + fill.qty

    @property
    def wanting(self) -> bool:
        """Say whether an ended order was filled by more than the fills that were told."""
        return any(self._filled.get(order, 0) < due for order, due in self._due.items())

    @property
    def strangers(self) -> tuple[Fill, ...]:
        """Fills of orders that are not ours, or not known to be."""
        return tuple(self._parked.values())


def _in_words_of(order: NewOrder, fill: Fill) -> Fill:
    """Say a fill in the order's own terms: Kalshi tells a sale of YES as a purchase of NO."""
    if fill.outcome is order.outcome:
        return fill
    return attrs.evolve(
        fill, outcome=order.outcome, action=fill.action.other, px=complement(fill.px)
    )


def _rank(status: FillStatus | None) -> int:
    """How late in a fill's life a status is: an older report never undoes a newer one."""
    order = (None, FillStatus.PROVISIONAL, FillStatus.FIRM, FillStatus.REVERSED)
    return order.index(status)
