"""Cash, reservations, contracts and profit, from reports of what happened alone.

The same reports in any order give the same ledger; a fill counts once however often it is told,
and a reversed one not at all. Kalshi holds one net position a market, so a YES and a NO of the
same market become a dollar of cash at once; Polymarket keeps both tokens. A settled market holds
nothing any more.

Sums are kept as they change: no question makes anything be counted again.
"""

from collections.abc import Iterable, Mapping

import attrs

from arb.market.instruments import Action, Market, MarketId, Outcome, Venue
from arb.market.units import Ns, Qty, Usd
from arb.messages import (
    Balance,
    BasketId,
    Fill,
    FillId,
    FillStatus,
    NewOrder,
    OrderId,
    Position,
    Settlement,
    SettlementId,
    Turn,
    TurnId,
)
from arb.risk.basis import DAY_NS, MarketBasis
from arb.risk.exposure import Exposure
from arb.risk.reservations import Reservations
from arb.risk.results import Results
from arb.risk.shortfall import yes_paid
from arb.risk.stakes import Pool as Pool  # noqa: PLC0414 - shared
from arb.risk.stakes import Stake as Stake  # noqa: PLC0414 - shared
from arb.risk.stakes import nets
from arb.risk.stakes import pool_of as pool_of  # noqa: PLC0414 - shared


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


@attrs.define
class Ledger:
    """What we own, by our own count. Fed with opening balances and with what happened since."""

    cash: dict[Pool, int] = attrs.field(factory=dict)
    fees: int = 0
    released: int = 0
    """Cash from pairs that a netting venue turned back, or that we did, in micro-dollars."""
    settled: int = 0
    """Cash from resolved markets, in micro-dollars."""
    exposure: Exposure = attrs.field(factory=Exposure)
    """What is paid or promised, by everything that has a cap."""
    results: Results = attrs.field(factory=Results)
    """What baskets made, by day."""
    _held: Reservations = attrs.field(factory=Reservations)
    _bought: dict[MarketId, Holding] = attrs.field(factory=dict)
    """Contracts by market before netting; sales count against them."""
    _before: dict[MarketId, Holding] = attrs.field(factory=dict)
    """The part of them that was held before the first start."""
    _pending: dict[MarketId, Holding] = attrs.field(factory=dict)
    """The part of them that is bought or sold but not settled by the venue."""
    _pairs: dict[MarketId, int] = attrs.field(factory=dict)
    """Pairs already turned back by a netting venue."""
    _basis: dict[MarketId, MarketBasis] = attrs.field(factory=dict)
    _realised: dict[int, int] = attrs.field(factory=dict)
    _paid: int = 0
    """What all contracts still held cost."""
    _fills: dict[tuple[Venue, FillId], Fill] = attrs.field(factory=dict)
    _settlements: dict[tuple[Venue, SettlementId], Settlement] = attrs.field(factory=dict)
    _turns: set[TurnId] = attrs.field(factory=set)
    _over: dict[MarketId, tuple[int, Ns]] = attrs.field(factory=dict)
    """Settled markets: what they paid, and when."""
    _stakes: dict[MarketId, Stake] = attrs.field(factory=dict)

    def open(self, balances: Iterable[Balance], held: Iterable[Position] = ()) -> None:
        """Start from what the pools hold, and from contracts that were there before.

        Such contracts cost nothing here, because nobody knows what they did cost; they count for
        netting and as positions, but are never ours to sell.
        """
        for balance in balances:
            self.cash[balance.venue, balance.pool] = balance.usd
        for position in held:
            self._before[position.market] = Holding(position.yes, position.no)
            holding = self._bought.setdefault(position.market, Holding())
            holding.add(Outcome.YES, position.yes)
            holding.add(Outcome.NO, position.no)

    # --- fills and settlements ---

    def book(self, fill: Fill, stake: Stake, basket: BasketId | None = None) -> bool:
        """Count a fill. Say whether it counts now and did not before, or the other way round.

        A fill told twice changes nothing; a later status replaces an earlier one, with its fee
        and whatever else it corrects, and an earlier one never comes back.
        """
        known = self._fills.get((fill.venue, fill.id))
        if known is not None and _age(fill) <= _age(known):
            return False
        self._fills[fill.venue, fill.id] = fill
        self._stakes[stake.id] = stake
        was, now = _counts(known), _counts(fill)
        if known is not None and was:
            self._move(known, stake, -1, basket)
        if now:
            self._move(fill, stake, 1, basket)
        self._weigh(stake)
        self._resolve(stake.id)
        return was != now

    def _move(self, fill: Fill, stake: Stake, sign: int, basket: BasketId | None) -> None:
        buys = fill.action is Action.BUY
        pool = (stake.venue, stake.pool)
        self.cash[pool] = self.cash.get(pool, 0) + sign * fill.flow
        self.fees += sign * fill.fee
        if basket is not None:
            self.results.move(basket, sign * fill.flow)
        qty = sign * (fill.qty if buys else -fill.qty)
        holding = self._bought.setdefault(stake.id, Holding())
        holding.add(fill.outcome, qty)
        if fill.status is FillStatus.PROVISIONAL:
            self._pending.setdefault(stake.id, Holding()).add(fill.outcome, qty)
        if nets(stake.venue):
            self._net(stake, holding)
        self._account(stake.id, fill, sign)

    def _net(self, stake: Stake, holding: Holding) -> None:
        """Turn pairs into cash; where a fill was reversed, back again.

        A sale beyond what is held is a purchase of the other side with a dollar's collateral.
        """
        pairs = min(holding.yes, holding.no)
        new = pairs - self._pairs.get(stake.id, 0)
        self._pairs[stake.id] = pairs
        self.cash[stake.venue, stake.pool] += new
        self.released += new

    def turn(self, turn: Turn) -> bool:
        """Count contracts that were merged or converted. False where that was told before.

        What they brought is cash from pairs, as where a venue nets by itself; a redemption brings
        nothing here, because its market's settlement does.
        """
        if turn.id in self._turns:
            return False
        self._turns.add(turn.id)
        pool = (turn.venue, turn.pool)
        self.cash[pool] = self.cash.get(pool, 0) + turn.usd
        self.released += turn.usd
        for change in turn.changes:
            holding = self._bought.setdefault(change.market, Holding())
            holding.add(Outcome.YES, change.yes)
            holding.add(Outcome.NO, change.no)
            basis = self._basis_of(change.market, turn.venue)
            self._total(basis, -1)
            basis.turn(change, turn.id, turn.at_ns)
            self._total(basis, 1)
            self._weigh_known(change.market)
            self._resolve(change.market)
        return True

    def settle(self, settlement: Settlement) -> bool:
        """Count what a resolved market paid. False where that was told before."""
        key = (settlement.venue, settlement.id)
        if key in self._settlements:
            return False
        self._settlements[key] = settlement
        before, last_ns = self._over.get(settlement.market, (0, settlement.at_ns))
        self._over[settlement.market] = before + settlement.usd, max(last_ns, settlement.at_ns)
        pool = (settlement.venue, settlement.pool)
        self.cash[pool] = self.cash.get(pool, 0) + settlement.usd
        self.settled += settlement.usd
        self._account(settlement.market, settlement, 1)
        self._weigh_known(settlement.market)
        self._resolve(settlement.market)
        return True

    def _resolve(self, market: MarketId) -> None:
        """Say what the contracts of a settled market paid, as far as those held tell it."""
        if market in self._over:
            usd, at_ns = self._over[market]
            held = self._unsettled(market)
            yes = yes_paid(held.yes, held.no, usd)
            if yes is not None:
                self.results.resolve(market, yes, at_ns)

    @property
    def settlements(self) -> int:
        """How many markets were settled."""
        return len(self._settlements)

    # --- profit ---

    def _account(self, market: MarketId, event: Fill | Settlement, sign: int) -> None:
        """Bring cost and realised profit of one market up to date, and the sums over all."""
        basis = self._basis_of(market, event.venue)
        self._total(basis, -1)
        if isinstance(event, Settlement):
            basis.settle(event)
        elif sign > 0:
            basis.add(event)
        else:
            basis.remove(event)
        self._total(basis, 1)

    def _basis_of(self, market: MarketId, venue: Venue) -> MarketBasis:
        basis = self._basis.get(market)
        if basis is None:
            basis = self._basis[market] = MarketBasis(nets(venue))
        return basis

    def _total(self, basis: MarketBasis, sign: int) -> None:
        self._paid += sign * basis.paid
        for day, usd in basis.realised.items():
            self._realised[day] = self._realised.get(day, 0) + sign * usd

    def realised_on(self, at_ns: int) -> int:
        """Profit of that UTC day by average cost: of sales, netting and settlement."""
        return self._realised.get(at_ns // DAY_NS, 0)

    @property
    def realised(self) -> int:
        """The same of all days: cash gained, plus what the contracts still held cost."""
        return sum(self._realised.values())

    @property
    def basis(self) -> int:
        """What all contracts still held cost, fees included, in micro-dollars."""
        return self._paid

    @property
    def unrealised(self) -> int:
        """What the complete sets of ended baskets must still pay, less what is held cost.

        At the worst state of the world: contracts outside complete sets count as nothing, and
        what settled markets and netting paid counts as paid for sets.
        """
        return self.results.guaranteed - self.released - self.settled - self._paid

    def paid_for(self, market: MarketId) -> int:
        """What the contracts still held in a market cost."""
        basis = self._basis.get(market)
        return basis.paid if basis is not None else 0

    # --- positions ---

    def position(self, market: MarketId) -> Holding:
        """Contracts held, after netting, pending ones included; none where it is settled."""
        return Holding() if market in self._over else self._unsettled(market)

    def _unsettled(self, market: MarketId) -> Holding:
        """The same, whether it is settled or not."""
        holding = self._bought.get(market, Holding())
        pairs = self._pairs.get(market, 0)
        return Holding(holding.yes - pairs, holding.no - pairs)

    def positions(self) -> dict[MarketId, Holding]:
        """Every position that is not empty."""
        found = {market: self.position(market) for market in self._bought}
        return {market: held for market, held in found.items() if held.yes or held.no}

    def pending(self, market: MarketId) -> Holding:
        """What of a position the venue has matched and not settled: it may still be taken back."""
        held = self._pending.get(market, Holding())
        return Holding() if market in self._over else Holding(held.yes, held.no)

    def sellable(self, market: MarketId, outcome: Outcome) -> int:
        """Contracts that can be sold now: bought by us and firm, and in no other open sale."""
        pending = max(0, self.pending(market).of(outcome))
        before = max(0, self._before.get(market, Holding()).of(outcome))
        held = self.position(market).of(outcome) - before
        return max(0, held - pending - self._held.selling(market, outcome))

    # --- reservations ---

    def reserve(self, basket: BasketId, market: Market, usd: Usd) -> None:
        """Set money aside for one leg of a basket."""
        stake = self.stake(market)
        self._held.promise(basket, stake, usd)
        self._weigh(stake)

    def use(self, basket: BasketId, market: MarketId, usd: Usd) -> None:
        """Part of what was set aside for a leg is spent."""
        self._held.spend(basket, market, usd)
        self._weigh_known(market)

    def release(self, basket: BasketId) -> None:
        """The basket is over: what it did not spend is free again. Open orders keep theirs."""
        for market in self._held.release(basket):
            self._weigh_known(market)

    def sent(self, order: NewOrder) -> None:
        """An order is about to leave; it holds its own money from here on."""
        stake = self.stake(order.market)
        self._held.sent(order)
        self._weigh(stake)

    def ended(self, order: OrderId, filled: Qty) -> None:
        """An order's end is known: what it did not fill is free again."""
        found = self._held.ended(order, filled)
        if found is not None:
            self._weigh_known(found)

    def filled(self, order: NewOrder, fill: Fill, *, news: bool) -> None:
        """Part of what an order holds is spent, or of its leg's where nobody announced it.

        `news`: whether the fill counts now and did not before.
        """
        spends = news and fill.action is Action.BUY and _counts(fill)
        if spends and not self._held.announced(order.id):
            self._held.spend(order.basket, fill.market, fill.worth + fill.fee)
        self._held.filled(order.id, fill)
        self._weigh_known(fill.market)

    def reserved(self, pool: Pool) -> int:
        """Micro-dollars set aside in a pool."""
        return self._held.pool(pool)

    def free(self, pool: Pool) -> int:
        """Micro-dollars of a pool that nothing is promised to; 0 for a pool never heard of."""
        return self.cash.get(pool, 0) - self._held.pool(pool)

    @property
    def reservations(self) -> Reservations:
        """Every hold, for whoever looks for some that nothing explains."""
        return self._held

    # --- exposure ---

    def _weigh_known(self, market: MarketId) -> None:
        stake = self._stakes.get(market)
        if stake is not None:
            self._weigh(stake)

    def _weigh(self, stake: Stake) -> None:
        self.exposure.weigh(stake, self.paid_for(stake.id) + self._held.market(stake.id))

    def paid(self) -> dict[MarketId, int]:
        """What is paid for or promised to each open market, in micro-dollars, never below 0."""
        found = {market: basis.paid for market, basis in self._basis.items() if basis.paid}
        for market, usd in self._held.markets().items():
            found[market] = found.get(market, 0) + usd
        return found

    def stake(self, market: Market) -> Stake:
        """What is remembered of a listed market, from now on where it is new."""
        found = self._stakes.get(market.id)
        if found is None:
            found = self._stakes[market.id] = Stake.of(market)
        return found

    def stakes(self) -> Mapping[MarketId, Stake]:
        """Every market that money was paid for or set aside for."""
        return self._stakes


def _counts(fill: Fill | None) -> bool:
    return fill is not None and fill.status is not FillStatus.REVERSED


def _age(fill: Fill) -> int:
    """How late in a fill's life a report is."""
    return tuple(FillStatus).index(fill.status)
