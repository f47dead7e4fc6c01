"""How orders ended whose end the journal does not know."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import attrs
import trio

from arb.market.errors import ArbError, Unreachable
from arb.market.instruments import Market, MarketId, Venue
from arb.market.units import Clock, Ns, Qty
from arb.messages import (
    LineKind,
    OrderEnded,
    OrderKey,
    OrderRef,
    OrderState,
    Phase,
    ReconciliationLine,
)
from arb.placing import Patience
from arb.recovery.side_by_side import each
from arb.store.journal import Journal
from arb.store.orders import StoredOrder
from arb.venues.protocols import Account, Orders

AT_ONCE = 16
"""Orders that are asked for side by side: a start with hundreds of them must not wait for each in
turn, and a venue's limits must not be run over. More than so many are first asked for in one call."""
_States = dict[OrderKey, OrderState]
MARGIN_NS = 10 * 60 * 1_000_000_000
"""Fills are asked for from so long before the oldest of them: clocks differ."""


@attrs.frozen
class OrderEnds:
    """Takes everything off the books and finds out what became of each order."""

    journal: Journal
    orders: Mapping[Venue, Orders]
    accounts: Mapping[Venue, Account]
    markets: Mapping[MarketId, Market]
    patience: Patience
    now_ns: Clock

    async def settle(self) -> list[ReconciliationLine]:
        """End every unfinished order of a listed market; returns what was found.

        Raises Unreachable where that takes longer than `patience.resolve_s`, and whatever a venue
        raises that cannot be asked; what was found out before that is written down.
        """
        unfinished = self.journal.orders(unfinished=True)
        known = await self._withdraw(unfinished)
        found: list[tuple[OrderEnded, ReconciliationLine]] = []
        faults: list[ArbError] = []
        limit = trio.CapacityLimiter(AT_ONCE)

        async def end(stored: StoredOrder, market: Market) -> None:
            async with limit:
                if faults:
                    return
                try:
                    found.append(await self._end(stored, market, known.get(stored.key)))
                except ArbError as fault:
                    faults.append(fault)

        async with trio.open_nursery() as nursery:
            for stored in unfinished:
                if stored.market in self.markets:
                    nursery.start_soon(end, stored, self.markets[stored.market])
        self.journal.write([ended for ended, _ in found])
        if faults:
            raise faults[0]
        return [line for _, line in found]

    async def _withdraw(self, unfinished: Sequence[StoredOrder]) -> dict[OrderKey, OrderState]:
        """Take everything off the books; returns the ends that can be known of many at once."""
        looks = await each(self.orders, lambda venue: self._withdraw_from(venue, unfinished))
        gone = [state for before, after in looks for state in _gone(before, after)]
        told = await self._told(unfinished) if gone else Counter[OrderKey]()
        ended = {state.key: _done(state, told[state.key]) for state in gone if state.key}
        return {key: state for _, after in looks for key, state in after.items()} | ended

    async def _withdraw_from(
        self, venue: Venue, unfinished: Sequence[StoredOrder]
    ) -> tuple[_States, _States]:
        """One venue's orders before and after; nothing is read of a few, which are asked singly."""
        orders, refs = self.orders[venue], self._refs(venue, unfinished)
        many = refs if len(refs) > AT_ONCE else []
        before = await orders.read_many(many) if many else {}
        await orders.cancel_all()
        return before, await orders.read_many(many) if many else {}

    def _refs(self, venue: Venue, unfinished: Iterable[StoredOrder]) -> list[OrderRef]:
        return [
            OrderRef(stored.key, self.markets[stored.market], stored.venue_order_id)
            for stored in unfinished
            if stored.venue is venue and stored.market in self.markets
        ]

    async def _told(self, unfinished: Iterable[StoredOrder]) -> Counter[OrderKey]:
        """What fills say that each order got: some may have come while it was withdrawn."""
        since = Ns(min(stored.created_ns for stored in unfinished) - MARGIN_NS)
        told: Counter[OrderKey] = Counter()
        for fills in await each(self.accounts.values(), lambda account: account.fills(since)):
            for fill in fills:
                if fill.key is not None:
                    told[fill.key] += fill.qty
        return told

    async def _end(
        self, stored: StoredOrder, market: Market, known: OrderState | None
    ) -> tuple[OrderEnded, ReconciliationLine]:
        if known is not None and known.phase is Phase.DONE:
            return self._found(stored, known)
        with trio.move_on_after(self.patience.resolve_s):
            state = await self._follow(stored, market)
            return self._found(stored, state) if state is not None else self._absent(stored)
        raise Unreachable(f"{stored.venue}: the end of order {stored.key} cannot be found out")

    async def _follow(self, stored: StoredOrder, market: Market) -> OrderState | None:
        """Ask, and cancel what rests, until there is an end. None: it never arrived."""
        ref = OrderRef(stored.key, market, stored.venue_order_id)
        absent_until = trio.current_time() + self.patience.absent_s
        while True:
            state = await self.orders[stored.venue].read(ref)
            if state is not None and state.phase is Phase.DONE:
                return state
            if state is not None and state.phase is Phase.OPEN:
                ref = OrderRef(stored.key, market, state.venue_order_id)
                await self.orders[stored.venue].cancel(ref)
            if state is None and trio.current_time() >= absent_until:
                return None
            await trio.sleep(self.patience.poll_s)

    def _found(
        self, stored: StoredOrder, state: OrderState
    ) -> tuple[OrderEnded, ReconciliationLine]:
        words = f"{stored.venue}: order {stored.key} in {stored.market} got {state.filled}"
        ended = OrderEnded(
            stored.id, state.venue_order_id, state.filled, "found at start-up", self.now_ns()
        )
        return ended, ReconciliationLine(LineKind.ORDER, words, explained=True)

    def _absent(self, stored: StoredOrder) -> tuple[OrderEnded, ReconciliationLine]:
        note = "the venue never heard of it"
        words = f"{stored.venue}: order {stored.key} in {stored.market}: {note}"
        ended = OrderEnded(stored.id, "", Qty(0), note, self.now_ns())
        return ended, ReconciliationLine(LineKind.NEVER_ARRIVED, words, explained=True)


def _gone(before: _States, after: _States) -> list[OrderState]:
    return [state for key, state in before.items() if key not in after]


def _done(state: OrderState, told: int) -> OrderState:
    """An order that rested and rests no more: it got what it had, or what its fills say."""
    return attrs.evolve(state, phase=Phase.DONE, filled=Qty(max(state.filled, told)))
