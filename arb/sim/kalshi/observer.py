"""Listens to the matching engine: keeps the venue's records, then tells the streams."""

import attrs

from arb.market.instruments import MarketId
from arb.market.units import Px, Qty
from arb.sim.engine import Clock, Exchange
from arb.sim.kalshi.board import Board, MarketState
from arb.sim.kalshi.broadcast import Broadcast
from arb.sim.kalshi.frames import LevelChange
from arb.sim.kalshi.listing import ticker_of
from arb.sim.kalshi.numbers import unix_s
from arb.sim.kalshi.records import Blotter, OrderRecord, order_id_of
from arb.sim.kalshi.stakes import Stakes
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
    broadcast: Broadcast
    now_ns: Clock

    def book_changed(  # noqa: PLR0913, PLR0917 - the engine's signature
        self,
        market: MarketId,
        is_bid: bool,  # noqa: FBT001
        px: Px,
        total: Qty,  # noqa: ARG002 - the venue tells changes
        delta: int,
        order: SimOrder | None,
    ) -> None:
        """A level changed."""
        record = None if order is None else self.blotter.find(order_id_of(order))
        state = self.board.markets[ticker_of(market)]
        self.broadcast.book(LevelChange(state, is_bid, px, delta, self.now_ns()), record)

    def matched(self, match: Match) -> None:
        """Two orders met."""
        state = self.board.markets[ticker_of(match.market)]
        state.traded(match.px, match.qty, match.at_ns)
        for order in (match.maker, match.taker):
            self._count_interest(state, order, match.qty)
        self.broadcast.trade(self.tape.add(match))
        self.broadcast.best_prices(state, traded=True)
        for order in (match.maker, match.taker):
            record = self.blotter.find(order_id_of(order))
            if record is not None:
                self._book_fill(record, match)

    def order_changed(self, order: SimOrder) -> None:
        """An order was taken, filled or ended."""
        record = self.blotter.follow(order)
        if record is not None and not record.steps_aside:
            self.broadcast.order(record)

    def resolved(self, market: MarketId, yes_pays: bool) -> None:  # noqa: FBT001 - the engine's
        """A market paid out."""
        state = self.board.markets[ticker_of(market)]
        now = self.now_ns()
        if not state.result:
            self.determined(state, yes_pays=yes_pays)
        state.settled_ns = state.updated_ns = now
        state.open_interest = Qty(0)
        self.stakes.settle(state.facts.ticker, yes_pays=yes_pays, now=now)
        self.broadcast.market(state, "settled", settled_ts=unix_s(now))

    def determined(self, state: MarketState, *, yes_pays: bool) -> None:
        """The answer is known; the money moves later."""
        now = self.now_ns()
        state.result = "yes" if yes_pays else "no"
        state.determined_ns = state.updated_ns = now
        self.broadcast.market(
            state,
            "determined",
            result=state.result,
            determination_ts=unix_s(now),
            settlement_value="1.0000" if yes_pays else "0.0000",
        )

    def _book_fill(self, record: OrderRecord, match: Match) -> None:
        terms = record.terms
        net = self.stakes.net(terms.member.account, terms.ticker)
        change = match.qty if terms.is_bid else -match.qty
        row = self.blotter.add_fill(record, match, net + change)
        stake = self.stakes.fill(row)
        self.broadcast.fill(row)
        self.broadcast.position(terms.member, stake)

    def _count_interest(self, state: MarketState, order: SimOrder, qty: Qty) -> None:
        """Open interest is the sum of all YES positions; this order's has just changed."""
        yes, no = self.exchange.position(order.account, order.market)
        after = yes - no
        before = after - qty if order.is_bid else after + qty
        change = max(after, 0) - max(before, 0)
        state.open_interest = Qty(state.open_interest + change)
