"""The ledger from the store, held against what the venues say: fills, settlements, cash, contracts."""

from collections.abc import Mapping, Sequence
from functools import partial

import attrs

from arb.market.instruments import Market, MarketId, Venue
from arb.market.units import Clock, Ns, Usd
from arb.messages import (
    AccountRead,
    LineKind,
    OpeningBalance,
    OpeningPosition,
    OrderEnded,
    OrderFilled,
    ReconciliationLine,
)
from arb.recovery.accounts import read_account
from arb.recovery.side_by_side import each
from arb.risk.ledger import Ledger
from arb.risk.statement import differences
from arb.store.journal import Journal
from arb.store.starts import oldest_of_last, read_openings
from arb.store.turns import read_done_turns
from arb.trade.tracking import Tracking
from arb.venues.protocols import Account

MARGIN_NS = 10 * 60 * 1_000_000_000
"""How far before the oldest of the last orders fills are asked for again."""
LAST_ORDERS = 1_000
"""Fills of older ones are told long since."""


@attrs.frozen
class Books:
    """What the store knows of money; completed by what the accounts say."""

    journal: Journal
    accounts: Mapping[Venue, Account]
    markets: Mapping[MarketId, Market]
    now_ns: Clock

    # --- at the first start ---

    async def open(self) -> list[ReconciliationLine]:
        """Write down what was there before this store knew of any fill, where that is new.

        Cash and contracts of a venue become known in one transaction: never one without the other.
        """
        pools = {(balance.venue, balance.pool) for balance in self.journal.opening_balances()}
        seen = {venue for venue, _ in pools}
        found: list[ReconciliationLine] = []
        for read in await self._reads():
            at_ns = self.now_ns()
            new = [one for one in read.balances if (one.venue, one.pool) not in pools]
            held = () if read.venue in seen else read.positions
            self.journal.write(
                [
                    *(OpeningBalance(balance, at_ns) for balance in new),
                    *(OpeningPosition(position, at_ns) for position in held),
                ]
            )
            found += [_opened(one.market, one.yes, one.no) for one in held]
        return found

    # --- fills and settlements ---

    def tracking(self) -> Tracking:
        """Which fills belong to which orders, as far as the store knows."""
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

    async def missing_fills(self, tracking: Tracking) -> list[ReconciliationLine]:
        """Write down fills that the venues tell and the store does not know."""
        oldest_ns = self.journal.ask(partial(oldest_of_last, most=LAST_ORDERS))
        if oldest_ns is None:
            return []
        since = Ns(oldest_ns - MARGIN_NS)
        found: list[OrderFilled] = []
        for fills in await each(self.accounts.values(), lambda account: account.fills(since)):
            found += [report for report in map(tracking.fill, fills) if report is not None]
        self.journal.write(found)
        return [_filled(one) for one in found]

    async def missing_settlements(self) -> list[ReconciliationLine]:
        """Write down what resolved markets paid since the balances were opened."""
        since = self.journal.opened_ns() or self.now_ns()
        known = {(settled.venue, settled.id) for settled in self.journal.settlements()}
        found: list[ReconciliationLine] = []
        for told in await each(self.accounts.values(), lambda account: account.settlements(since)):
            new = [one for one in told if (one.venue, one.id) not in known]
            self.journal.write(new)
            found += [_settled(one.market, one.usd) for one in new]
        return found

    # --- the ledger ---

    def ledger(self) -> Ledger:
        """Count everything that the store knows."""
        return ledger_from(self.journal)

    async def compare(self, ledger: Ledger) -> Sequence[str]:
        """Every pool and market in which the venues say something else, in words."""
        return differences(ledger.cash, ledger.positions(), await self._reads())

    async def _reads(self) -> list[AccountRead]:
        accounts = self.accounts.values()
        return await each(accounts, lambda account: read_account(account, self.now_ns()))

    async def adopt(self, ledger: Ledger) -> Ledger:
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
        return self.ledger()


def ledger_from(journal: Journal) -> Ledger:
    """Count everything that a store knows of cash and contracts, from its beginning."""
    ledger = Ledger()
    ledger.open(journal.opening_balances(), journal.ask(read_openings))
    stakes = journal.stakes()
    for line in journal.fills():
        ledger.book(line.fill, stakes[line.fill.market], line.basket)
    for turn in journal.ask(read_done_turns):
        ledger.turn(turn)
    for settlement in journal.settlements():
        ledger.settle(settlement)
    return ledger


def _opened(market: MarketId, yes: int, no: int) -> ReconciliationLine:
    words = f"{market}: {yes} YES and {no} NO were held before the first start: left alone"
    return ReconciliationLine(LineKind.OPENED, words, explained=True)


def _filled(report: OrderFilled) -> ReconciliationLine:
    fill = report.fill
    words = f"{fill.market}: fill {fill.id} of {fill.qty}, told to nobody so far"
    return ReconciliationLine(LineKind.FILL, words, explained=True)


def _settled(market: MarketId, usd: int) -> ReconciliationLine:
    words = f"{market}: resolved, and paid {usd} micro-dollars"
    return ReconciliationLine(LineKind.SETTLED, words, explained=True)
