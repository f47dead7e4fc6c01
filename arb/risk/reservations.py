"""What is promised and not yet spent: money for legs to come, money and contracts of orders. Pure.

A leg of an approved basket holds its worst cost until its order is sent; from then on the order
holds its own. An order holds what may still be taken of it: all of it while it is open or nobody
knows its end, after that what it filled and no fill was told of yet. So a partial fill reduces
the hold, a cancel or a reject frees what was not filled, and an order that replaces another moves
the hold with it, being an end and a new order. The same reports in any order leave the same holds;
one told twice changes nothing.
"""

import attrs

from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import Qty, Usd, ceil_div, cost
from arb.messages import BasketId, Fill, FillId, NewOrder, OrderId
from arb.risk.stakes import Pool, Stake

REMEMBERED = 10_000
"""Orders that are over, or were never said to be sent, kept to recognise what is told of them."""


def worst_of(order: NewOrder) -> Usd:
    """What a purchase can cost at the most: all of it at its limit, and the fee there."""
    fee = order.market.fees.taker_order().fill(order.limit, order.qty, buys=True)
    return Usd(cost(order.limit, order.qty) + fee)


@attrs.frozen
class _Leg:
    stake: Stake
    usd: int


@attrs.define
class _Order:
    """One order as far as it was told of, in whatever order."""

    sent: NewOrder | None = None
    worst: int = 0
    told: dict[FillId, Qty] = attrs.field(factory=dict)
    end: Qty | None = None

    @property
    def open(self) -> int:
        """Contracts that it may still move."""
        if self.sent is None:
            return 0
        most = self.sent.qty if self.end is None else self.end
        return max(0, most - sum(self.told.values()))

    @property
    def held(self) -> int:
        """Micro-dollars that what is open may still cost."""
        return ceil_div(self.worst * self.open, self.sent.qty) if self.sent else 0

    @property
    def over(self) -> bool:
        return self.sent is not None and self.end is not None and not self.open


@attrs.define
class Reservations:
    """Holds by leg and by order, with running sums by pool and by market, in micro-dollars."""

    _legs: dict[BasketId, dict[MarketId, _Leg]] = attrs.field(factory=dict)
    _orders: dict[OrderId, _Order] = attrs.field(factory=dict)
    _over: dict[OrderId, None] = attrs.field(factory=dict)
    _pools: dict[Pool, int] = attrs.field(factory=dict)
    _markets: dict[MarketId, int] = attrs.field(factory=dict)

    def pool(self, pool: Pool) -> int:
        """What is promised of a pool."""
        return self._pools.get(pool, 0)

    def market(self, market: MarketId) -> int:
        """What is promised to a market."""
        return self._markets.get(market, 0)

    def markets(self) -> dict[MarketId, int]:
        """Every market to which anything is promised."""
        return {market: usd for market, usd in self._markets.items() if usd}

    # --- legs ---

    def promise(self, basket: BasketId, stake: Stake, usd: int) -> None:
        """Set money aside for a leg whose order is still to come."""
        self._drop(basket, stake.id)
        self._legs.setdefault(basket, {})[stake.id] = _Leg(stake, usd)
        self._add(stake, usd)

    def spend(self, basket: BasketId, market: MarketId, usd: int) -> None:
        """Part of a leg's money was spent by an order that nobody announced."""
        leg = self._legs.get(basket, {}).get(market)
        if leg is not None:
            self.promise(basket, leg.stake, max(0, leg.usd - usd))

    def release(self, basket: BasketId) -> tuple[MarketId, ...]:
        """Legs that are not sent are not coming any more. Orders keep what they hold."""
        markets = tuple(self._legs.get(basket, ()))
        for market in markets:
            self._drop(basket, market)
        return markets

    def baskets(self) -> tuple[BasketId, ...]:
        """Every basket with money set aside for legs to come."""
        return tuple(self._legs)

    def _drop(self, basket: BasketId, market: MarketId) -> None:
        legs = self._legs.get(basket, {})
        leg = legs.pop(market, None)
        if leg is not None:
            self._add(leg.stake, -leg.usd)
        if not legs:
            self._legs.pop(basket, None)

    # --- orders ---

    def sent(self, order: NewOrder) -> None:
        """An order is about to leave: it holds its own money, its leg's is free."""
        if order.id in self._over:
            return
        state = self._state(order.id)
        if state.sent is not None:
            return
        if order.action is Action.BUY:
            self._drop(order.basket, order.market.id)
            state.worst = worst_of(order)
        state.sent = order
        self._settle(order.id, state, 0)

    def ended(self, order: OrderId, filled: Qty) -> MarketId | None:
        """An order's end is known, and how much it filled; returns its market where that is known.

        Of two ends the larger counts: a venue never takes back what an order filled.
        """
        if order in self._over:
            return None
        state = self._state(order)
        before = state.held
        state.end = filled if state.end is None else max(state.end, filled)
        self._settle(order, state, before)
        return state.sent.market.id if state.sent is not None else None

    def filled(self, order: OrderId, fill: Fill) -> None:
        """A fill was told of, whether it lasts or not: what it took is no longer promised."""
        if order not in self._over:
            state = self._state(order)
            before = state.held
            state.told[fill.id] = fill.qty
            self._settle(order, state, before)

    def announced(self, order: OrderId) -> bool:
        """Say whether an order was said to be sent: only then it holds its own money."""
        state = self._orders.get(order)
        return order in self._over or (state is not None and state.sent is not None)

    def unclear(self) -> tuple[NewOrder, ...]:
        """Every order that still holds something."""
        return tuple(state.sent for state in self._orders.values() if state.sent is not None)

    def selling(self, market: MarketId, outcome: Outcome) -> int:
        """Contracts that open sales may still take."""
        return sum(
            state.open
            for state in self._orders.values()
            if state.sent is not None
            and state.sent.action is Action.SELL
            and (state.sent.market.id, state.sent.outcome) == (market, outcome)
        )

    def _state(self, order: OrderId) -> _Order:
        state = self._orders.get(order)
        if state is None:
            state = self._orders[order] = _Order()
            if len(self._orders) > REMEMBERED:
                self._forget_unannounced()
        return state

    def _forget_unannounced(self) -> None:
        """Half of what was told of orders that nobody sent goes, the oldest first."""
        strange = [order for order, state in self._orders.items() if state.sent is None]
        for order in strange[: len(strange) // 2 or 1]:
            del self._orders[order]

    def _settle(self, order: OrderId, state: _Order, before: int) -> None:
        """Bring the sums up to date, and forget an order that is over."""
        if state.sent is not None and state.held != before:
            self._add(Stake.of(state.sent.market), state.held - before)
        if state.over:
            del self._orders[order]
            self._over[order] = None
            if len(self._over) > REMEMBERED:
                del self._over[next(iter(self._over))]

    def _add(self, stake: Stake, usd: int) -> None:
        pool = (stake.venue, stake.pool)
        self._pools[pool] = self._pools.get(pool, 0) + usd
        self._markets[stake.id] = self._markets.get(stake.id, 0) + usd
