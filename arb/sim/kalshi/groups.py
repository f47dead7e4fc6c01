"""Order groups: a limit on what a set of orders may fill within 15 seconds.

Docs: order_groups. Once the limit is hit every order of the group is cancelled and the group takes
no more until it is reset. All of a group's orders are of one subaccount and on one shard.
"""

from collections import deque
from collections.abc import Callable

import attrs

from arb.market.units import Ns, Qty
from arb.sim.engine import Exchange
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.calls import forbidden
from arb.sim.kalshi.errors import ApiError, not_found
from arb.sim.kalshi.numbers import NS_PER_S
from arb.sim.kalshi.records import OrderRecord, Terms

WINDOW_NS = 15 * NS_PER_S
GROUPS_MOST = 100_000
"""A member's groups."""


@attrs.define(eq=False)
class OrderGroup:
    """One group and what it filled lately."""

    group_id: str
    member: Member
    subaccount: int
    shard: int
    limit: Qty
    triggered: bool = False
    """It takes no orders until it is reset."""
    orders: dict[str, OrderRecord] = attrs.field(factory=dict)
    """Those that rest."""
    _fills: deque[tuple[Ns, Qty]] = attrs.field(factory=deque)

    def note(self, qty: Qty, now: Ns) -> None:
        """Count a fill of one of its orders."""
        self._fills.append((now, qty))

    def forget(self) -> None:
        """Start counting anew."""
        self._fills.clear()

    def is_hit(self, now: Ns) -> bool:
        """Say whether its fills of the last 15 seconds reach the limit."""
        while self._fills and self._fills[0][0] <= now - WINDOW_NS:
            self._fills.popleft()
        return sum(qty for _, qty in self._fills) >= self.limit


@attrs.define(eq=False)
class Groups:
    """Every order group of every member."""

    exchange: Exchange
    ids: Callable[[], str]
    tell: Callable[[OrderGroup, str], None]
    """Tells the member what happened to a group."""
    later: Callable[[Ns, Callable[[], None]], None]
    """Does something as soon as the matching engine is done with what it is at."""
    _by_id: dict[str, OrderGroup] = attrs.field(factory=dict)

    def create(self, member: Member, subaccount: int, shard: int, limit: Qty) -> OrderGroup:
        """Start a group. Raises ApiError (403) for one too many."""
        if len(self.of(member, None)) >= GROUPS_MOST:
            raise forbidden("too many order groups")
        group = OrderGroup(self.ids(), member, subaccount, shard, limit)
        self._by_id[group.group_id] = group
        self.tell(group, "created")
        return group

    def of(self, member: Member, subaccount: int | None) -> list[OrderGroup]:
        """A member's groups, oldest first; of one subaccount or of all."""
        return [
            group
            for group in self._by_id.values()
            if group.member == member and subaccount in (None, group.subaccount)
        ]

    def find(self, member: Member, group_id: str, subaccount: int | None) -> OrderGroup:
        """One of a member's groups. Raises ApiError (404)."""
        group = self._by_id.get(group_id)
        if group is None or group.member != member or subaccount not in (None, group.subaccount):
            raise not_found("order_group_not_found")
        return group

    def check(self, terms: Terms, now: Ns) -> None:
        """Raise ApiError where an order cannot join its group."""
        if not terms.group_id:
            return
        group = self.find(terms.member, terms.group_id, terms.subaccount)
        if group.shard != terms.shard:
            raise not_found("order_group_not_found")
        if group.triggered or group.is_hit(now):
            raise ApiError(400, "exceeded_order_group_risk_limit")

    def follow(self, record: OrderRecord) -> None:
        """Take over whether one of a group's orders rests."""
        group = self._by_id.get(record.terms.group_id)
        if group is None:
            return
        if record.open:
            group.orders[record.order_id] = record
        else:
            group.orders.pop(record.order_id, None)

    def note_fill(self, record: OrderRecord, qty: Qty, now: Ns) -> None:
        """Count a fill; a group whose limit is hit is triggered right after the match."""
        group = self._by_id.get(record.terms.group_id)
        if group is None:
            return
        group.note(qty, now)
        if group.is_hit(now) and not group.triggered:
            group.triggered = True
            self.later(now, lambda: self._finish(group))

    def limit(self, group: OrderGroup, limit: Qty, now: Ns) -> None:
        """Change a group's limit; one that is hit already triggers it."""
        group.limit = limit
        self.tell(group, "limit_updated")
        if group.is_hit(now):
            self.trigger(group)

    def trigger(self, group: OrderGroup) -> None:
        """Cancel a group's orders and take no more until it is reset."""
        group.triggered = True
        self._finish(group)

    def reset(self, group: OrderGroup) -> None:
        """Take orders again and count from nothing."""
        group.triggered = False
        group.forget()
        self.tell(group, "reset")

    def delete(self, group: OrderGroup) -> None:
        """Cancel a group's orders and forget it."""
        self._cancel(group)
        del self._by_id[group.group_id]
        self.tell(group, "deleted")

    def _finish(self, group: OrderGroup) -> None:
        """It may have been reset before its orders could be cancelled."""
        if group.triggered:
            self._cancel(group)
            self.tell(group, "triggered")

    def _cancel(self, group: OrderGroup) -> None:
        for order_id in list(group.orders):
            self.exchange.cancel(order_id)
