"""What one account of a simulated exchange has: cash by pool, contracts, open orders, holds.

The hold of an account in a market is the cash that its open orders there may still cost at worst,
fees included, whichever of them fill and in whichever order; so cash never falls below zero.
"""

from collections import defaultdict
from collections.abc import Iterable

import attrs

from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import Px, Qty, Usd, cost
from arb.sim.charges import charge, resting_fees, worst_purchase, worst_rest
from arb.sim.matching import Plan
from arb.sim.orders import Listing, Match, RejectCode, Rejection, SimOrder


@attrs.define
class Holding:
    """Contracts of one market, in millionths. Where positions net, one of the two is 0."""

    yes: int = 0
    no: int = 0

    def of(self, outcome: Outcome) -> int:
        """How many of one kind."""
        return self.yes if outcome is Outcome.YES else self.no

    def add(self, outcome: Outcome, qty: int) -> None:
        """Change one kind by `qty`, of either sign."""
        if outcome is Outcome.YES:
            self.yes += qty
        else:
            self.no += qty

    def release_pairs(self) -> int:
        """Give up every YES and NO that pair; returns how many pairs, each worth a dollar."""
        pairs = min(self.yes, self.no)
        self.yes -= pairs
        self.no -= pairs
        return pairs


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
    open_orders: dict[MarketId, dict[str, SimOrder]] = attrs.field(
        factory=lambda: defaultdict(dict)
    )
    holds: dict[MarketId, int] = attrs.field(factory=dict)
    reserved: dict[int, int] = attrs.field(factory=lambda: defaultdict(int))
    orders: dict[str, SimOrder] = attrs.field(factory=dict)
    matches: list[Match] = attrs.field(factory=list)
    fees: int = 0

    def pay(self, pool: int, amount: int) -> None:
        """Change the cash of one pool by `amount` micro-dollars, of either sign."""
        self.cash[pool] = self.cash.get(pool, 0) + amount

    def settle(self, listing: Listing, order: SimOrder, px: Px, qty: Qty, dollars: Usd) -> Usd:
        """Move one order's side of a match whose YES contracts are worth `dollars`.

        Returns the fee charged.
        """
        holding = self.holdings[order.market]
        outcome, buys = order.outcome, order.action is Action.BUY
        if self.nets:
            outcome, buys = (Outcome.YES if order.is_bid else Outcome.NO), True
        worth = dollars if outcome is Outcome.YES else qty - dollars
        holding.add(outcome, qty if buys else -qty)
        change = -worth if buys else worth
        if self.nets:
            change += holding.release_pairs()
        fee = charge(order, px, qty, Usd(change))
        self.pay(listing.pool, change - fee)
        self.fees += fee
        return fee

    def hold(self, listing: Listing) -> None:
        """Work out again what the open orders of one market need."""
        orders = self.open_orders[listing.id].values()
        if self.nets:
            need = _netted_need(orders, self.holdings[listing.id], listing)
        else:
            need = sum(
                cost(order.limit, order.remaining) for order in orders if order.action is Action.BUY
            )
        self.reserved[listing.pool] += need - self.holds.get(listing.id, 0)
        self.holds[listing.id] = need

    def note(self, match: Match, listing: Listing) -> None:
        """Keep a match of this account, and hold no more for it than what is left needs."""
        if self.remembers:
            self.matches.append(match)
        self.hold(listing)

    def check_funds(self, listing: Listing, order: SimOrder, plan: Plan) -> None:
        """Raise Rejection unless the account can pay for a new order's worst case."""
        if self.nets:
            opening = self._uncovered(order)
            need = worst_purchase(listing, order, opening, plan) if opening else 0
            self.check_cash(listing.pool, need + worst_rest(listing, order, opening, plan))
        elif order.action is Action.BUY:
            self.check_cash(listing.pool, worst_purchase(listing, order, order.qty, plan))
        else:
            self.check_tokens(order.market, order.outcome, order.qty)

    def check_cash(self, pool: int, need: int) -> None:
        """Raise Rejection unless `need` is there beside what open orders hold."""
        balance, active = self.cash.get(pool, 0), self.reserved[pool]
        if balance - active < need:
            raise Rejection(
                RejectCode.NO_BALANCE,
                f"{self.name} has {balance} with {active} held, needs {need} micro-dollars",
                {"balance": balance, "active": active, "order": need},
            )

    def check_tokens(self, market: MarketId, outcome: Outcome, need: int) -> None:
        """Raise Rejection unless `need` contracts are there beside those on offer already."""
        balance = self.holdings[market].of(outcome)
        active = sum(
            order.remaining
            for order in self.open_orders[market].values()
            if order.action is Action.SELL and order.outcome is outcome
        )
        if balance - active < need:
            raise Rejection(
                RejectCode.NO_POSITION,
                f"{self.name} has {balance} {outcome} with {active} on offer, needs {need}",
                {"balance": balance, "active": active, "order": need},
            )

    def _uncovered(self, order: SimOrder) -> Qty:
        """How much of a new order would open a position instead of closing one."""
        holding = self.holdings[order.market]
        pairs_with = holding.no if order.is_bid else holding.yes
        if not pairs_with:
            return order.qty
        resting = sum(
            other.remaining
            for other in self.open_orders[order.market].values()
            if other.is_bid is order.is_bid
        )
        return Qty(max(order.qty - max(pairs_with - resting, 0), 0))


def _netted_need(orders: Iterable[SimOrder], holding: Holding, listing: Listing) -> int:
    """Sum what open orders cost that do not pair with what is held, older orders pairing first."""
    cover = {True: holding.no, False: holding.yes}
    need = 0
    for order in orders:
        remaining = order.remaining
        paired = min(cover[order.is_bid], remaining)
        cover[order.is_bid] -= paired
        opening = Qty(remaining - paired)
        need += cost(order.cost_px, opening) + resting_fees(listing, order, opening, remaining)
    return need
