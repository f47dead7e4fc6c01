"""What one account of a simulated exchange has: cash by pool, contracts, open orders, holds.

What is reserved is the cash that open orders may still cost at worst, fees included, whichever of
them fill and in whichever order; so cash never falls below zero, unless a settlement fails after
what it brought was spent.
"""

from collections import defaultdict

import attrs

from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import Px, Qty, Usd
from arb.sim.charges import charge, worst_purchase, worst_rest
from arb.sim.holds import Queue, need_of, need_of_all
from arb.sim.matching import Plan
from arb.sim.orders import Listing, Match, RejectCode, Rejection, SimOrder


@attrs.define(eq=False)
class Holding:
    """Contracts of one market, in millionths, and what of them open orders need.

    Where positions net, one of the two is 0.
    """

    yes: int = 0
    no: int = 0
    yes_offered: int = 0
    """Of those held, how many open orders sell; 0 where positions net."""
    no_offered: int = 0
    bids: Queue | None = None
    """Open orders in YES terms where positions net; None where there are none."""
    asks: Queue | None = None

    def of(self, outcome: Outcome) -> int:
        """How many of one kind."""
        return self.yes if outcome is Outcome.YES else self.no

    def offered(self, outcome: Outcome) -> int:
        """How many of one kind open orders sell."""
        return self.yes_offered if outcome is Outcome.YES else self.no_offered

    def closes(self, *, is_bid: bool) -> int:
        """How many contracts such an order could close."""
        return self.no if is_bid else self.yes

    def add(self, outcome: Outcome, qty: int) -> None:
        """Change one kind by `qty`, of either sign."""
        if outcome is Outcome.YES:
            self.yes += qty
        else:
            self.no += qty

    def offer(self, outcome: Outcome, qty: int) -> None:
        """Open orders sell `qty` more of one kind, or fewer."""
        if outcome is Outcome.YES:
            self.yes_offered += qty
        else:
            self.no_offered += qty

    def release_pairs(self) -> int:
        """Give up every YES and NO that pair; returns how many pairs, each worth a dollar.

        Below 0 where one kind is owed: owing a YES is the same as having a NO and owing a dollar.
        """
        pairs = min(self.yes, self.no)
        self.yes -= pairs
        self.no -= pairs
        return pairs

    def queue(self, *, is_bid: bool) -> Queue:
        """The open orders of one side; a new queue where there are none."""
        queue = self.bids if is_bid else self.asks
        if queue is None:
            queue = Queue()
            self.set_queue(queue, is_bid=is_bid)
        return queue

    def set_queue(self, queue: Queue | None, *, is_bid: bool) -> None:
        """Keep the open orders of one side, None where there are none."""
        if is_bid:
            self.bids = queue
        else:
            self.asks = queue


@attrs.define(eq=False)
class Account:
    """One member. `nets`: YES and NO pair off at once, and every order is a purchase.

    `remembers` keeps ended orders and matches; the flow's makers do without.
    """

    name: str
    nets: bool
    remembers: bool
    cash: dict[int, int]
    holdings: dict[MarketId, Holding] = attrs.field(factory=lambda: defaultdict(Holding))
    resting: dict[str, SimOrder] = attrs.field(factory=dict)
    """Open orders; the one that came to rest last is the last."""
    reserved: dict[int, int] = attrs.field(factory=lambda: defaultdict(int))
    orders: dict[str, SimOrder] = attrs.field(factory=dict)
    matches: dict[str, Match] = attrs.field(factory=dict)
    fees: int = 0

    def pay(self, pool: int, amount: int) -> None:
        """Change the cash of one pool by `amount` micro-dollars, of either sign."""
        self.cash[pool] = self.cash.get(pool, 0) + amount

    # --- matches --------------------------------------------------------------------------------

    def settle(self, listing: Listing, order: SimOrder, px: Px, qty: Qty, dollars: Usd) -> Usd:
        """Move one order's side of a match whose YES contracts are worth `dollars`.

        Returns the fee charged.
        """
        change = self._exchange(order, qty, dollars)
        fee = charge(order, px, qty, Usd(change))
        self.pay(listing.pool, change - fee)
        self.fees += fee
        return fee

    def unsettle(self, listing: Listing, order: SimOrder, qty: Qty, dollars: Usd, fee: Usd) -> None:
        """Take one order's side of a match back, and give its fee back."""
        self.pay(listing.pool, self._exchange(order, -qty, -dollars) + fee)
        self.fees -= fee

    def _exchange(self, order: SimOrder, qty: int, dollars: int) -> int:
        """Move contracts; returns what that changes the cash by, before fees."""
        holding = self.holdings[order.market]
        outcome, buys = order.outcome, order.action is Action.BUY
        if self.nets:
            outcome, buys = (Outcome.YES if order.is_bid else Outcome.NO), True
        worth = dollars if outcome is Outcome.YES else qty - dollars
        holding.add(outcome, qty if buys else -qty)
        change = -worth if buys else worth
        return change + holding.release_pairs() if self.nets else change

    # --- open orders ----------------------------------------------------------------------------

    def rest(self, listing: Listing, order: SimOrder) -> None:
        """Hold what an order needs that starts to rest."""
        self.resting[order.id] = order
        holding = self.holdings[listing.id]
        if self.nets:
            holding.queue(is_bid=order.is_bid).add(order)
            self._hold(listing, order)
            self.recover(listing)
        elif order.action is Action.BUY:
            self._hold(listing, order)
        else:
            holding.offer(order.outcome, order.remaining)

    def shrink(self, listing: Listing, order: SimOrder, by: Qty) -> None:
        """Hold less for a resting order that has `by` less to fill than it had."""
        holding = self.holdings[listing.id]
        if self.nets:
            holding.queue(is_bid=order.is_bid).shrink(order, by)
            self._hold(listing, order)
        elif order.action is Action.BUY:
            self._hold(listing, order)
        else:
            holding.offer(order.outcome, -by)

    def leave(self, listing: Listing, order: SimOrder, left: Qty) -> None:
        """Hold nothing more for an order that no longer rests and had `left` to fill."""
        del self.resting[order.id]
        holding = self.holdings[listing.id]
        if self.nets:
            queue = holding.queue(is_bid=order.is_bid)
            queue.drop(order, left)
            if not queue.outstanding:  # thirty thousand markets: empty queues would add up
                holding.set_queue(None, is_bid=order.is_bid)
        elif order.action is Action.SELL:
            holding.offer(order.outcome, -left)
        self.reserved[listing.pool] -= order.held
        order.held = 0
        if self.nets:
            self.recover(listing)

    def recover(self, listing: Listing) -> None:
        """Look again which open orders close a position, after either has changed."""
        holding = self.holdings[listing.id]
        if holding.bids is not None:
            for order in holding.bids.cover(holding.no):
                self._hold(listing, order)
        if holding.asks is not None:
            for order in holding.asks.cover(holding.yes):
                self._hold(listing, order)

    def _hold(self, listing: Listing, order: SimOrder) -> None:
        need = need_of(order, listing.lot, order.paired)
        self.reserved[listing.pool] += need - order.held
        order.held = need

    # --- checks ---------------------------------------------------------------------------------

    def check_funds(
        self, listing: Listing, order: SimOrder, plan: Plan, replaces: SimOrder | None = None
    ) -> None:
        """Raise Rejection unless the account can pay for a new order's worst case.

        What its own open orders hold counts as held, also that of orders which it would cancel;
        only what it `replaces` does not.
        """
        if self.nets:
            self._check_netted(listing, order, plan, replaces)
        elif order.action is Action.BUY:
            back = replaces.held if replaces else 0
            need = worst_purchase(listing, order, order.outstanding, plan)
            self.check_cash(listing.pool, need, back)
        else:
            back = replaces.remaining if replaces else 0
            self.check_tokens(order.market, order.outcome, order.outstanding, back)

    def check_cash(self, pool: int, need: int, back: int = 0) -> None:
        """Raise Rejection unless `need` is there beside what open orders hold, less `back`."""
        balance, active = self.cash.get(pool, 0), self.reserved[pool] - back
        if need and balance - active < need:
            raise Rejection(
                RejectCode.NO_BALANCE,
                f"{self.name} has {balance} with {active} held, needs {need} micro-dollars",
                {"balance": balance, "active": active, "order": need},
            )

    def check_tokens(self, market: MarketId, outcome: Outcome, need: int, back: int = 0) -> None:
        """Raise Rejection unless `need` contracts are there beside those on offer, less `back`."""
        holding = self.holdings[market]
        balance, active = holding.of(outcome), holding.offered(outcome) - back
        if balance - active < need:
            raise Rejection(
                RejectCode.NO_POSITION,
                f"{self.name} has {balance} {outcome} with {active} on offer, needs {need}",
                {"balance": balance, "active": active, "order": need},
            )

    def _check_netted(
        self, listing: Listing, order: SimOrder, plan: Plan, replaces: SimOrder | None
    ) -> None:
        holding = self.holdings[order.market]
        queue = holding.bids if order.is_bid else holding.asks
        closes = holding.closes(is_bid=order.is_bid)
        before, back = queue.outstanding if queue else 0, 0
        if replaces is not None and queue:
            others = [other for other in queue if other is not replaces]
            before -= replaces.remaining
            held = sum(other.held for other in queue)
            back = held - need_of_all(others, listing.lot, closes)
        opening = Qty(max(order.outstanding - max(closes - before, 0), 0))
        need = worst_purchase(listing, order, opening, plan) if opening else 0
        self.check_cash(listing.pool, need + worst_rest(listing, order, opening, plan), back)
