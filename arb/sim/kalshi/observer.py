"""Listens to the matching engine: keeps the venue's records, then tells the streams."""

import attrs

from arb.market.instruments import MarketId
from arb.market.units import Px, Qty, Usd
from arb.sim.engine import ROUNDING, Clock, Exchange
from arb.sim.kalshi.board import Board, MarketState
from arb.sim.kalshi.broadcast import Broadcast, Owner
from arb.sim.kalshi.frames import LevelChange
from arb.sim.kalshi.groups import Groups
from arb.sim.kalshi.listing import market_id, ticker_of
from arb.sim.kalshi.mirror import Mirror
from arb.sim.kalshi.numbers import dollars, unix_s
from arb.sim.kalshi.records import Blotter, OrderRecord
from arb.sim.kalshi.stakes import SettlementRow, Stakes
from arb.sim.kalshi.subaccounts import Subaccounts
from arb.sim.kalshi.tape import Tape
from arb.sim.orders import Match, SimOrder


@attrs.frozen
class Observer:
    """The engine's listener. Records first, news second: news quote the records."""

    exchange: Exchange
    board: Board
    tape: Tape
    blotter: Blotter
    stakes: Stakes
    groups: Groups
    mirror: Mirror
    subaccounts: Subaccounts
    broadcast: Broadcast
    now_ns: Clock

    def book_changed(  # noqa: PLR0913, PLR0917 - the engine's signature
        self,
        market: MarketId,
        is_bid: bool,  # noqa: FBT001
        px: Px,
        total: Qty,
        delta: int,
        order: SimOrder | None,
    ) -> None:
        """A level changed."""
        state = self.board.markets[ticker_of(market)]
        is_top = (px >= state.bid_px) if is_bid else (px <= state.ask_px)
        if is_top:
            best = (px, total) if total else self._best(market, is_bid=is_bid)
            state.quoted(is_bid, best, self.now_ns())
        if self.broadcast.connections:
            record = None if order is None else self.blotter.find(order.id)
            self.broadcast.book(LevelChange(state, is_bid, px, delta, self.now_ns()), record)
            if is_top:
                self.broadcast.best_prices(state)

    def matched(self, match: Match) -> None:
        """Two orders met."""
        state = self.board.markets[ticker_of(match.market)]
        state.traded(match.px, match.qty, match.at_ns)
        for order in (match.maker, match.taker):
            self._count_interest(state, order, match)
        self.broadcast.trade(self.tape.add(match))
        self.broadcast.best_prices(state)
        for order in (match.maker, match.taker):
            record = self.blotter.find(order.id)
            if record is not None:
                self._book_fill(record, match)

    def order_changed(self, order: SimOrder) -> None:
        """An order was taken, filled or ended."""
        record = self.blotter.follow(order)
        if record is not None:
            self.groups.follow(record)
            self.mirror.saw_order(record)
            self.broadcast.order(record)

    def resolved(self, market: MarketId, payout: Px) -> None:
        """A market paid out."""
        state = self.board.markets[ticker_of(market)]
        now = self.now_ns()
        if state.payout is None:
            self.determined(state, payout)
        state.settled_ns = state.updated_ns = now
        state.open_interest = Qty(0)
        for account, row in self.stakes.settle(state.facts.ticker, payout, now):
            self._pay_whole_cents(account, state, row)
            self._show_settled(account, state.facts.ticker)
        self.broadcast.market(state, "settled", settled_ts=unix_s(now))

    def determined(self, state: MarketState, payout: Px) -> None:
        """The answer is known; the money moves later."""
        now = self.now_ns()
        state.payout = payout
        state.determined_ns = state.updated_ns = now
        self.broadcast.market(
            state,
            "determined",
            result=state.result,
            determination_ts=unix_s(now),
            settlement_value=dollars(payout),
        )

    def reversed(self, match: Match) -> None:
        """Refuse: trades of this venue are final, so its records know no way back."""
        raise ValueError(f"{match.market} trades are final")

    def halted(self, market: MarketId, is_halted: bool) -> None:  # noqa: FBT001 - the engine's
        """Nothing to add: whoever halts a market or a shard says so on the streams."""

    def sets_changed(self, account: str, market: MarketId, delta: int) -> None:
        """Refuse: where positions net there are no sets."""
        raise ValueError(f"{account} has no sets in {market} ({delta})")

    def _pay_whole_cents(self, account: str, state: MarketState, row: SettlementRow) -> None:
        """Keep what a scalar result paid beyond whole cents (docs: market_settlement).

        The matching engine has paid in steps of the members' precision.
        """
        step = self.exchange.listing(market_id(state.facts.ticker)).fees.spent_step
        crumbs = Usd(row.worth // step * step - row.paid)
        if crumbs:
            self.exchange.withdraw(account, state.facts.shard, crumbs)
            self.exchange.deposit(ROUNDING, state.facts.shard, crumbs)

    def _show_settled(self, account: str, ticker: str) -> None:
        stake = self.stakes.find(account, ticker)
        self.mirror.saw_stake(account, stake)
        self.mirror.saw_cash(account)
        owner = self.subaccounts.owner(account)
        if owner is not None:
            self.broadcast.position(Owner(*owner), stake)

    def sync(self) -> None:
        """Take over the best prices of books that were there before."""
        for state in self.board:
            market = market_id(state.facts.ticker)
            for is_bid in (True, False):
                best = self._best(market, is_bid=is_bid)
                if best is not None:
                    state.quoted(is_bid, best, self.now_ns())

    def _best(self, market: MarketId, *, is_bid: bool) -> tuple[Px, Qty] | None:
        bids, asks = self.exchange.levels(market)
        side = bids if is_bid else asks
        return side[0] if side else None

    def _book_fill(self, record: OrderRecord, match: Match) -> None:
        terms = record.terms
        net = self.stakes.net(terms.account, terms.ticker)
        change = match.qty if terms.is_bid else -match.qty
        row = self.blotter.add_fill(record, match, net + change)
        stake = self.stakes.fill(row)
        self.groups.note_fill(record, match.qty, match.at_ns)
        self.mirror.saw_stake(terms.account, stake)
        self.mirror.saw_cash(terms.account)
        self.broadcast.fill(row)
        self.broadcast.position(Owner(terms.member, terms.subaccount), stake)

    def _count_interest(self, state: MarketState, order: SimOrder, match: Match) -> None:
        """Open interest is the sum of all YES positions; this order's has just changed."""
        yes, no = self.exchange.position(order.account, order.market)
        after = yes - no
        before = after - match.qty if order.is_bid else after + match.qty
        change = max(after, 0) - max(before, 0)
        state.holds(Qty(state.open_interest + change), match.at_ns)
