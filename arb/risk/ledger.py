"""Cash, reservations and contracts, from fills and settlements alone.

The same reports in any order give the same ledger; a fill counts once however often it is told,
and a reversed one not at all. Kalshi holds one net position a market, so a YES and a NO of the
same market become a dollar of cash at once; Polymarket keeps both tokens. A settled market holds
nothing any more.
"""

from collections.abc import Iterable, Mapping

import attrs

from arb.market.instruments import Action, EventId, KalshiRef, Market, MarketId, Outcome, Venue
from arb.market.units import Usd, cost, proceeds
from arb.messages import (
    Balance,
    BasketId,
    Fill,
    FillId,
    FillStatus,
    Settlement,
    SettlementId,
)

Pool = tuple[Venue, int]
"""Where cash lies: a venue and the pool on it."""


def pool_of(market: Market) -> Pool:
    """The pool that pays for a market."""
    return market.venue, market.ref.shard if isinstance(market.ref, KalshiRef) else 0


@attrs.frozen
class Stake:
    """What the books need to know of a market, for as long as money may be in it."""

    id: MarketId
    venue: Venue
    event: EventId
    pool: int

    @classmethod
    def of(cls, market: Market) -> "Stake":
        """Take it from a listed market."""
        return cls(market.id, market.venue, market.event, pool_of(market)[1])


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
    """What we own, by our own count. Fed with opening balances and with what happened since."""

    cash: dict[Pool, int] = attrs.field(factory=dict)
    fees: int = 0
    released: int = 0
    """Cash from pairs that a netting venue turned back, in micro-dollars."""
    settled: int = 0
    """Cash from resolved markets, in micro-dollars."""
    _bought: dict[MarketId, Holding] = attrs.field(factory=dict)
    """Contracts by market before netting; sales count against them."""
    _pairs: dict[MarketId, int] = attrs.field(factory=dict)
    """Pairs already turned back by a netting venue."""
    _paid: dict[MarketId, int] = attrs.field(factory=dict)
    _fills: dict[tuple[Venue, FillId], Fill] = attrs.field(factory=dict)
    _settlements: dict[tuple[Venue, SettlementId], Settlement] = attrs.field(factory=dict)
    _over: set[MarketId] = attrs.field(factory=set)
    """Settled markets."""
    _stakes: dict[MarketId, Stake] = attrs.field(factory=dict)
    _reserved: dict[tuple[BasketId, MarketId], _Reservation] = attrs.field(factory=dict)

    def open(self, balances: Iterable[Balance]) -> None:
        """Start from what the pools hold."""
        for balance in balances:
            self.cash[balance.venue, balance.pool] = balance.usd

    # --- fills ---

    def book(self, fill: Fill, stake: Stake) -> bool:
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
            self._move(known, stake, -1)
        if now:
            self._move(fill, stake, 1)
        return was != now

    def _move(self, fill: Fill, stake: Stake, sign: int) -> None:
        self._stakes[stake.id] = stake
        buys = fill.action is Action.BUY
        flow = -cost(fill.px, fill.qty) if buys else proceeds(fill.px, fill.qty)
        pool = (stake.venue, stake.pool)
        self.cash[pool] = self.cash.get(pool, 0) + sign * (flow - fill.fee)
        self.fees += sign * fill.fee
        self._paid[stake.id] = self._paid.get(stake.id, 0) - sign * (flow - fill.fee)
        holding = self._bought.setdefault(stake.id, Holding())
        holding.add(fill.outcome, sign * (fill.qty if buys else -fill.qty))
        if nets(stake.venue):
            self._net(stake, holding)

    def _net(self, stake: Stake, holding: Holding) -> None:
        """Turn pairs into cash; where a fill was reversed, back again."""
        pairs = max(0, min(holding.yes, holding.no))
        new = pairs - self._pairs.get(stake.id, 0)
        self._pairs[stake.id] = pairs
        self.cash[stake.venue, stake.pool] += new
        self.released += new
        self._paid[stake.id] -= new

    def settle(self, settlement: Settlement) -> bool:
        """Count what a resolved market paid. False where that was told before."""
        key = (settlement.venue, settlement.id)
        if key in self._settlements:
            return False
        self._settlements[key] = settlement
        self._over.add(settlement.market)
        pool = (settlement.venue, settlement.pool)
        self.cash[pool] = self.cash.get(pool, 0) + settlement.usd
        self.settled += settlement.usd
        return True

    @property
    def settlements(self) -> int:
        """How many markets were settled."""
        return len(self._settlements)

    def position(self, market: MarketId) -> Holding:
        """Contracts held, after netting; none where the market is settled."""
        if market in self._over:
            return Holding()
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
        self._stakes[market.id] = Stake.of(market)
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
        """What is paid for or promised to each open market, in micro-dollars, never below 0."""
        total = {
            market: max(0, usd) for market, usd in self._paid.items() if market not in self._over
        }
        for held in self._reserved.values():
            total[held.market] = total.get(held.market, 0) + held.usd
        return total

    def stakes(self) -> Mapping[MarketId, Stake]:
        """Every market that money was paid for or set aside for."""
        return self._stakes


def _counts(fill: Fill | None) -> bool:
    return fill is not None and fill.status is not FillStatus.REVERSED


def _age(fill: Fill) -> int:
    """How late in a fill's life a report is."""
    return tuple(FillStatus).index(fill.status)
