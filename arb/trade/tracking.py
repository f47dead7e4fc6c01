"""Which fill belongs to which order of ours: each once, in whatever order the reports come."""

from collections.abc import Iterable

import attrs

from arb.market.instruments import Venue
from arb.market.units import Ns, complement
from arb.messages import (
    BasketId,
    Fill,
    FillId,
    FillStatus,
    HoldingsChanged,
    NewOrder,
    OrderEnded,
    OrderFilled,
    OrderId,
    OrderKey,
    OrderState,
    PreparedOrder,
)
from arb.trade.role import role_of

_FillKey = tuple[Venue, FillId]


@attrs.define(eq=False)
class _Known:
    """An order of ours and what was told of it."""

    order: NewOrder
    key: OrderKey
    venue_order_id: str | None = None
    ended: int | None = None
    """What its end says was filled; None before that."""
    fills: dict[_FillKey, Fill] = attrs.field(factory=dict)
    """The latest report of each."""

    @property
    def told(self) -> int:
        """What the fills come to, reversed ones too: they were filled once."""
        return sum(fill.qty for fill in self.fills.values())

    @property
    def settled(self) -> bool:
        """Say whether nothing is expected of it any more."""
        done = self.ended is not None and self.told >= self.ended
        return done and all(f.status is not FillStatus.PROVISIONAL for f in self.fills.values())

    @property
    def flow(self) -> int:
        """Received less paid and fees, micro-dollars."""
        live = (f for f in self.fills.values() if f.status is not FillStatus.REVERSED)
        return sum(fill.flow for fill in live)


@attrs.define
class Tracking:
    """Orders by every name a venue may use for them, and the fills already told."""

    _by_key: dict[OrderKey, _Known] = attrs.field(factory=dict, init=False)
    _by_id: dict[OrderId, _Known] = attrs.field(factory=dict, init=False)
    """In the order in which they were sent."""
    _by_venue_id: dict[tuple[Venue, str], _Known] = attrs.field(factory=dict, init=False)
    _by_basket: dict[BasketId, list[_Known]] = attrs.field(factory=dict, init=False)
    _parked: dict[_FillKey, Fill] = attrs.field(factory=dict, init=False)
    _wanting: set[OrderId] = attrs.field(factory=set, init=False)
    """Ended orders whose fills were not all told."""
    _awaited: dict[OrderId, Ns] = attrs.field(factory=dict, init=False)
    """When each order was made of which an end, a fill or a fill's last status is expected."""
    _surprises: list[HoldingsChanged] = attrs.field(factory=list, init=False)

    def sent(self, prepared: PreparedOrder, venue_order_id: str | None = None) -> None:
        """Remember an order before it leaves."""
        order = prepared.order
        known = _Known(order, prepared.key)
        self._by_key[prepared.key] = self._by_id[order.id] = known
        self._by_basket.setdefault(order.basket, []).append(known)
        self._awaited[order.id] = order.created_ns
        if venue_order_id:
            self._name(known, venue_order_id)

    def _name(self, known: _Known, venue_order_id: str) -> None:
        known.venue_order_id = venue_order_id
        self._by_venue_id[known.order.market.venue, venue_order_id] = known

    def ended(self, report: OrderEnded) -> list[OrderFilled]:
        """Learn the venue's id and what was filled; returns fills that had to wait for that."""
        known = self._by_id.get(report.order)
        if known is None:
            return []  # refused by ourselves: it never left
        known.ended = report.filled
        if report.venue_order_id:
            self._name(known, report.venue_order_id)
        found = self._unpark()
        self._weigh(known)
        return found

    def seen(self, state: OrderState, venue: Venue) -> list[OrderFilled]:
        """Learn the venue's id of an order from its stream."""
        known = self._by_key.get(state.key) if state.key is not None else None
        if known is not None and state.venue_order_id:
            self._by_venue_id[venue, state.venue_order_id] = known
        return self._unpark()

    def fill(self, fill: Fill) -> OrderFilled | None:
        """Match one report; None where it tells nothing new, or its order is not known yet."""
        key = (fill.venue, fill.id)
        known = self._order_of(fill)
        if known is None:
            self._park(key, fill)
            return None
        told = known.fills.get(key)
        if told is not None and _rank(fill.status) <= _rank(told.status):
            return None
        report = _in_words_of(known.order, fill)
        known.fills[key] = report.fill
        self._weigh(known)
        if fill.status is FillStatus.REVERSED:
            self._surprise(known, f"fill {fill.id} of {fill.market} was taken back")
        return report

    def _weigh(self, known: _Known) -> None:
        """Hold the fills of an order against its end."""
        if known.settled:
            self._awaited.pop(known.order.id, None)
        else:
            self._awaited[known.order.id] = known.order.created_ns
        if known.ended is None:
            return
        told = known.told
        if told < known.ended:
            self._wanting.add(known.order.id)
            return
        self._wanting.discard(known.order.id)
        if told > known.ended:
            self._surprise(known, f"order {known.key} got {told}, its end said {known.ended}")

    def _surprise(self, known: _Known, reason: str) -> None:
        self._surprises.append(HoldingsChanged(known.order.basket, reason))

    def _park(self, key: _FillKey, fill: Fill) -> None:
        parked = self._parked.get(key)
        if parked is None or _rank(fill.status) > _rank(parked.status):
            self._parked[key] = fill

    def _order_of(self, fill: Fill) -> _Known | None:
        by_key = self._by_key.get(fill.key) if fill.key is not None else None
        return by_key or self._by_venue_id.get((fill.venue, fill.venue_order_id))

    def _unpark(self) -> list[OrderFilled]:
        waiting, self._parked = list(self._parked.values()), {}
        return [found for fill in waiting if (found := self.fill(fill)) is not None]

    def remember(self, fills: Iterable[tuple[Fill, OrderId]]) -> None:
        """Take fills that the store already has, of orders that were told before."""
        for fill, order in fills:
            known = self._by_id.get(order)
            if known is not None:
                known.fills[fill.venue, fill.id] = fill
                self._weigh(known)
        self._surprises.clear()  # the start looks at what is held anyway

    def forget(self, before_ns: Ns) -> None:
        """Drop orders sent before then of which nothing is expected, and fills of nobody's."""
        for known in list(self._by_id.values()):
            if known.order.created_ns >= before_ns:
                break
            if known.settled:
                self._drop(known)
        self._parked = {k: fill for k, fill in self._parked.items() if fill.at_ns >= before_ns}

    def _drop(self, known: _Known) -> None:
        order = known.order
        del self._by_id[order.id]
        self._by_key.pop(known.key, None)
        self._by_venue_id.pop((order.market.venue, known.venue_order_id or ""), None)
        siblings = self._by_basket[order.basket]
        siblings.remove(known)
        if not siblings:
            del self._by_basket[order.basket]

    def take_surprises(self) -> list[HoldingsChanged]:
        """Baskets that hold other amounts than the ends of their orders said; each told once."""
        found, self._surprises = self._surprises, []
        return found

    @property
    def wanting(self) -> bool:
        """Say whether an ended order was filled by more than the fills that were told."""
        return bool(self._wanting)

    @property
    def oldest_awaited_ns(self) -> Ns | None:
        """When the oldest order was made of which anything is expected; None where there is none."""
        return min(self._awaited.values(), default=None)

    def flow(self, basket: BasketId) -> int | None:
        """What a basket received less what it paid, with fees, micro-dollars.

        None while an order of it has no end, or a fill was not told.
        """
        orders = self._by_basket.get(basket, [])
        if any(known.ended is None or known.told < known.ended for known in orders):
            return None
        return sum(known.flow for known in orders)

    @property
    def strangers(self) -> tuple[Fill, ...]:
        """Fills of orders that are not ours, or not known to be."""
        return tuple(self._parked.values())

    def __len__(self) -> int:
        """How many orders are remembered."""
        return len(self._by_id)


def _in_words_of(order: NewOrder, fill: Fill) -> OrderFilled:
    """Say a fill in the order's own terms: Kalshi tells a sale of YES as a purchase of NO."""
    if fill.outcome is not order.outcome:
        fill = attrs.evolve(
            fill, outcome=order.outcome, action=fill.action.other, px=complement(fill.px)
        )
    role, witness = role_of(order, fill)
    return OrderFilled(order, attrs.evolve(fill, role=role), role, witness)


def _rank(status: FillStatus) -> int:
    """How late in a fill's life a status is: an older report never undoes a newer one."""
    return tuple(FillStatus).index(status)
