"""Cash, reservations and contracts, from fills alone.

The same fills in any order give the same ledger; a fill counts once however often it is told,
and a reversed one not at all. Kalshi holds one net position a market, so a YES and a NO of the
same market become a dollar of cash at once; Polymarket keeps both tokens.
"""

from collections.abc import Iterable, Mapping

import attrs

from arb.market.instruments import Action, KalshiRef, Market, MarketId, Outcome, Venue
from arb.market.units import Usd, cost, proceeds
from arb.messages import Balance, BasketId, Fill, FillId, FillStatus

Pool = tuple[Venue, int]
"""Where cash lies: a venue and the pool on it."""


def pool_of(market: Market) -> Pool:
    """The pool that pays for a market."""
    return market.venue, market.ref.shard if isinstance(market.ref, KalshiRef) else 0


def nets(venue: Venue) -> bool:
    """Say whether the venue turns a YES and a NO of one market into cash by itself.

    Kalshi does: a member has one signed position (docs: market_settlement).
    """
    return venue is Venue.KALSHI


@attrs.define
class Holding:
    """Contracts of one market."""

    yes: int = 0
    no: int = 0

    def add(self, outcome: Outcome, qty: int) -> None:
        """Add contracts, or take them away with a negative `qty`."""
        if outcome is Outcome.YES:
            self.yes += qty
        else:
            self.no += qty

    def of(self, outcome: Outcome) -> int:
        """How many of one outcome."""
        return self.yes if outcome is Outcome.YES else self.no


@attrs.frozen
class _Reservation:
    pool: Pool
    market: MarketId
    usd: Usd


@attrs.define
class Ledger:
    """What we own, by our own count. Fed with opening balances, fills and reservations."""

    cash: dict[Pool, int] = attrs.field(factory=dict)
    fees: int = 0
    released: int = 0
    """Cash from pairs that a netting venue turned back, in micro-dollars."""
    _bought: dict[MarketId, Holding] = attrs.field(factory=dict)
    """Contracts by market before netting; sales count against them."""
    _pairs: dict[MarketId, int] = attrs.field(factory=dict)
    """Pairs already turned back by a netting venue."""
    _paid: dict[MarketId, int] = attrs.field(factory=dict)
    _fills: dict[tuple[Venue, FillId], Fill] = attrs.field(factory=dict)
    _markets: dict[MarketId, Market] = attrs.field(factory=dict)
    _reserved: dict[tuple[BasketId, MarketId], _Reservation] = attrs.field(factory=dict)

    def open(self, balances: Iterable[Balance]) -> None:
        """Start from what the pools hold."""
        for balance in balances:
            self.cash[balance.venue, balance.pool] = balance.usd

    # --- fills ---

    def book(self, fill: Fill, market: Market) -> bool:
        """Count a fill. Say whether it counts now and did not before, or the other way round.

        A fill told twice changes nothing; a later status replaces an earlier one, with its fee
        and whatever else it corrects, and an earlier one never comes back.
        """
        known = self._fills.get((fill.venue, fill.id))
        if known is not None and _age(fill) <= _age(known):
            return False
        self._fills[fill.venue, fill.id] = fill
        was, now = _counts(known), _counts(fill)
        if known is not None and was:
            self._move(known, market, -1)
        if now:
            self._move(fill, market, 1)
        return was != now

    def _move(self, fill: Fill, market: Market, sign: int) -> None:
        self._markets[market.id] = market
        buys = fill.action is Action.BUY
        flow = -cost(fill.px, fill.qty) if buys else proceeds(fill.px, fill.qty)
        pool = pool_of(market)
        self.cash[pool] = self.cash.get(pool, 0) + sign * (flow - fill.fee)
        self.fees += sign * fill.fee
        self._paid[market.id] = self._paid.get(market.id, 0) - sign * (flow - fill.fee)
        holding = self._bought.setdefault(market.id, Holding())
        holding.add(fill.outcome, sign * (fill.qty if buys else -fill.qty))
        if nets(market.venue):
            self._net(market, holding)

    def _net(self, market: Market, holding: Holding) -> None:
        """Turn pairs into cash; where a fill was reversed, back again."""
        pairs = max(0, min(holding.yes, holding.no))
        new = pairs - self._pairs.get(market.id, 0)
        self._pairs[market.id] = pairs
        self.cash[pool_of(market)] += new
        self.released += new
        self._paid[market.id] -= new

    def position(self, market: MarketId) -> Holding:
        """Contracts held, after netting."""
        holding = self._bought.get(market, Holding())
        pairs = self._pairs.get(market, 0)
        return Holding(holding.yes - pairs, holding.no - pairs)

    def positions(self) -> dict[MarketId, Holding]:
        """Every position that is not empty."""
        found = {market: self.position(market) for market in self._bought}
        return {market: held for market, held in found.items() if held.yes or held.no}

    # --- reservations ---

    def reserve(self, basket: BasketId, market: Market, usd: Usd) -> None:
        """Set money aside for one leg of a basket."""
        self._markets[market.id] = market
        self._reserved[basket, market.id] = _Reservation(pool_of(market), market.id, usd)

    def use(self, basket: BasketId, market: MarketId, usd: Usd) -> None:
        """Part of what was set aside is spent."""
        held = self._reserved.get((basket, market))
        if held is not None:
            left = Usd(max(0, held.usd - usd))
            self._reserved[basket, market] = attrs.evolve(held, usd=left)

    def release(self, basket: BasketId) -> None:
        """The basket is over: what it did not spend is free again."""
        for key in [key for key in self._reserved if key[0] == basket]:
            del self._reserved[key]

    def reserved(self, pool: Pool) -> int:
        """Micro-dollars set aside in a pool."""
        return sum(held.usd for held in self._reserved.values() if held.pool == pool)

    def free(self, pool: Pool) -> int:
        """Micro-dollars of a pool that nothing is promised to; 0 for a pool never heard of."""
        return self.cash.get(pool, 0) - self.reserved(pool)

    # --- exposure ---

    def paid(self) -> dict[MarketId, int]:
        """What is paid for or promised to each market, in micro-dollars, never below 0."""
        total = {market: max(0, usd) for market, usd in self._paid.items()}
        for held in self._reserved.values():
            total[held.market] = total.get(held.market, 0) + held.usd
        return total

    def markets(self) -> Mapping[MarketId, Market]:
        """Every market that money was paid for or set aside for."""
        return self._markets


def _counts(fill: Fill | None) -> bool:
    return fill is not None and fill.status is not FillStatus.REVERSED


def _age(fill: Fill) -> int:
    """How late in a fill's life a report is."""
    return tuple(FillStatus).index(fill.status)
