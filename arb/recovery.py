"""Start-up is recovery: read the journal, ask the venues, agree, and only then trade.

A first start, a clean restart and a restart after `kill -9` all go this way.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import attrs
import trio

from arb.market.errors import ArbError, Unreachable
from arb.market.instruments import Market, MarketId, Venue
from arb.market.units import Clock, Ns, Qty, Usd
from arb.messages import (
    AccountRead,
    Approved,
    BasketEnd,
    BasketEnded,
    OpeningBalance,
    OrderEnded,
    OrderFilled,
    OrderRef,
    Phase,
    Unwind,
)
from arb.placing import Patience
from arb.risk.ledger import Ledger
from arb.risk.statement import differences
from arb.store.half_done import approved_of, read_held
from arb.store.journal import Journal, StoredOrder
from arb.store.standing import identity
from arb.trade.execution import exposures, hedged
from arb.trade.tracking import Tracking
from arb.venues.protocols import Account, Orders

MARGIN_NS = 10 * 60 * 1_000_000_000
"""How far before the oldest open order fills are asked for again."""


@attrs.frozen
class Recovered:
    """Where to go on from."""

    ledger: Ledger
    tracking: Tracking
    unwinds: tuple[Unwind, ...]
    opened_ns: Ns
    """When the first opening balance of the store was read."""
    problems: tuple[str, ...]
    """Why trading must not start by itself; empty where everything is explained."""
    acknowledged: tuple[str, ...] = ()
    """Problems that a person has looked at: they stop nothing any more."""


@attrs.frozen
class Recovery:
    """Runs once, before anything else trades. `markets` is everything both venues list."""

    journal: Journal
    orders: Mapping[Venue, Orders]
    accounts: Mapping[Venue, Account]
    markets: Mapping[MarketId, Market]
    patience: Patience
    now_ns: Clock
    acknowledged: frozenset[str] = frozenset()
    """Problems that a person has looked at, by identity."""

    async def run(self) -> Recovered:
        """Bring the journal up to date with the venues; without venues, only read it.

        Raises Unreachable and the like where a venue cannot be asked: then nothing is traded.
        """
        problems = self._unlisted()
        if not self.orders:
            return self._recovered(await self._ledger(), self._tracking(), (), problems)
        for venue in self.orders.values():
            await venue.cancel_all()
        for stored in self.journal.orders(unfinished=True):
            await self._end(stored)
        tracking = self._tracking()
        await self._missing_fills(tracking)
        ledger = await self._ledger()
        unwinds = self._unfinished()
        if not unwinds:
            found = await self._compare(ledger)
            if found and all(map(self._is_acknowledged, found)):
                ledger = await self._adopt(ledger)
            problems += found
        return self._recovered(ledger, tracking, unwinds, problems)

    def _recovered(
        self,
        ledger: Ledger,
        tracking: Tracking,
        unwinds: tuple[Unwind, ...],
        problems: Sequence[str],
    ) -> Recovered:
        opened_ns = self.journal.opened_ns() or self.now_ns()
        left = tuple(words for words in problems if not self._is_acknowledged(words))
        known = tuple(words for words in problems if self._is_acknowledged(words))
        return Recovered(ledger, tracking, unwinds, opened_ns, left, known)

    def _is_acknowledged(self, words: str) -> bool:
        return identity(words) in self.acknowledged

    def _unlisted(self) -> list[str]:
        """Markets where something is still to be done, but that cannot be traded any more."""
        wanted = {stored.market for stored in self.journal.orders(unfinished=True)}
        for basket in self.journal.baskets():
            if basket.outcome is None:
                wanted |= {leg.market for leg in basket.legs}
        return [
            f"{market} is no longer listed, but the store has something unfinished there"
            for market in sorted(wanted - self.markets.keys())
        ]

    # --- orders ---

    async def _end(self, stored: StoredOrder) -> None:
        """Find out how an order ended whose end the journal does not know.

        Raises Unreachable where that takes longer than `patience.resolve_s`.
        """
        market = self.markets.get(stored.market)
        if market is None:
            return
        with trio.move_on_after(self.patience.resolve_s):
            await self._follow(stored, market)
            return
        raise Unreachable(f"{stored.venue}: the end of order {stored.key} cannot be found out")

    async def _follow(self, stored: StoredOrder, market: Market) -> None:
        """Ask, and cancel what rests, until there is an end to record."""
        ref = OrderRef(stored.key, market, stored.venue_order_id)
        absent_until = trio.current_time() + self.patience.absent_s
        while True:
            state = await self.orders[stored.venue].read(ref)
            if state is not None and state.phase is Phase.DONE:
                self._record_end(stored, state.venue_order_id, state.filled, "found at start-up")
                return
            if state is not None and state.phase is Phase.OPEN:
                ref = OrderRef(stored.key, market, state.venue_order_id)
                await self.orders[stored.venue].cancel(ref)
            if state is None and trio.current_time() >= absent_until:
                self._record_end(stored, "", Qty(0), "the venue never heard of it")
                return
            await trio.sleep(self.patience.poll_s)

    def _record_end(self, stored: StoredOrder, venue_id: str, filled: Qty, note: str) -> None:
        self.journal.write([OrderEnded(stored.id, venue_id, filled, note, self.now_ns())])

    # --- fills ---

    def _tracking(self) -> Tracking:
        tracking = Tracking()
        for stored in self.journal.orders():
            market = self.markets.get(stored.market)
            if market is None:
                continue
            tracking.sent(stored.prepared(market), stored.venue_order_id)
            if stored.filled is not None:
                venue_id = stored.venue_order_id or ""
                tracking.ended(OrderEnded(stored.id, venue_id, stored.filled, "", Ns(0)))
        tracking.remember((line.fill, line.order) for line in self.journal.fills())
        return tracking

    async def _missing_fills(self, tracking: Tracking) -> None:
        orders = self.journal.orders()
        if not orders:
            return
        since = Ns(min(stored.created_ns for stored in orders[-1000:]) - MARGIN_NS)
        found: list[OrderFilled] = []
        for account in self.accounts.values():
            fills = [tracking.fill(fill) for fill in await account.fills(since)]
            found += [report for report in fills if report is not None]
        self.journal.write(found)

    # --- money ---

    async def _ledger(self) -> Ledger:
        known = {(balance.venue, balance.pool) for balance in self.journal.opening_balances()}
        for account in self.accounts.values():
            self.journal.write(
                [
                    OpeningBalance(balance, self.now_ns())
                    for balance in await account.balances()
                    if (balance.venue, balance.pool) not in known
                ]
            )
        await self._missing_settlements()
        ledger = Ledger()
        ledger.open(self.journal.opening_balances())
        stakes = self.journal.stakes()
        for line in self.journal.fills():
            ledger.book(line.fill, stakes[line.fill.market], line.basket)
        for settlement in self.journal.settlements():
            ledger.settle(settlement)
        return ledger

    async def _missing_settlements(self) -> None:
        """Record what resolved markets paid since the balances were opened."""
        opened_ns = self.journal.opened_ns()
        known = {(settled.venue, settled.id) for settled in self.journal.settlements()}
        for account in self.accounts.values():
            told = await account.settlements(opened_ns or self.now_ns())
            self.journal.write([one for one in told if (one.venue, one.id) not in known])

    async def _compare(self, ledger: Ledger) -> list[str]:
        reads = [await read_account(account, self.now_ns()) for account in self.accounts.values()]
        return list(differences(ledger.cash, ledger.positions(), reads))

    async def _adopt(self, ledger: Ledger) -> Ledger:
        """Go on from the venues' cash: what nothing explains was paid in or out by hand.

        The opening balances change by it, so that it is nobody's profit. Contracts cannot be
        adopted: nobody knows what they cost. They stay known differences.
        """
        at_ns = self.journal.opened_ns() or self.now_ns()
        opening = {(one.venue, one.pool): one.usd for one in self.journal.opening_balances()}
        for account in self.accounts.values():
            for balance in await account.balances():
                pool = (balance.venue, balance.pool)
                usd = Usd(opening.get(pool, 0) + balance.usd - ledger.cash.get(pool, 0))
                adopted = attrs.evolve(balance, usd=usd)
                self.journal.write([OpeningBalance(adopted, at_ns)])
        return await self._ledger()

    # --- baskets ---

    def _unfinished(self) -> tuple[Unwind, ...]:
        """Baskets that a former run left behind: end those that are even, unwind the others."""
        unwinds = []
        for basket in self.journal.baskets():
            if basket.outcome is not None or any(
                leg.market not in self.markets for leg in basket.legs
            ):
                continue
            approved = approved_of(basket, self.markets)
            bought = self.journal.ask(partial(read_held, basket=basket))
            if exposures(approved, bought):
                reason = "a former run left it half done"
                unwinds.append(Unwind(approved, bought, (), reason, reopened=True))
            else:
                self.journal.write([self._even(approved, bought)])
        return tuple(unwinds)

    def _even(self, approved: Approved, bought: Sequence[int]) -> BasketEnded:
        sets = hedged(bought)
        end = BasketEnd.REDUCED if sets < approved.plan.size else BasketEnd.COMPLETED
        return BasketEnded(
            basket=approved.basket,
            end=end if sets else BasketEnd.MISSED,
            sets=Qty(sets),
            stuck=(),
            note="ended at start-up",
            at_ns=self.now_ns(),
        )


async def read_account(account: Account, at_ns: Ns) -> AccountRead:
    """Read cash and contracts of one venue. Raises as `Account` does."""
    balances = await account.balances()
    return AccountRead(account.venue, balances, await account.positions(), at_ns)


async def objections(accounts: Iterable[Account]) -> tuple[str, ...]:
    """Log in everywhere and collect why orders may not be sent from here."""
    found: list[str] = []
    for account in accounts:
        try:
            await account.log_in()
            found += [f"{account.venue}: {text}" for text in await account.objections()]
        except ArbError as error:
            found.append(f"{account.venue}: {error}")
    return tuple(found)
