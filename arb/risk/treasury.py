"""The treasurer's thinking: what may be begun, with which money, and what is in flight."""

from collections.abc import Callable, Iterable

import attrs

from arb.detect.basket import Plan
from arb.detect.opportunity import Opportunity
from arb.market.instruments import Action, Market, MarketId, Venue
from arb.market.units import Clock, Ns, Qty, Usd, cost
from arb.messages import (
    AccountRead,
    Approved,
    BasketEnd,
    BasketEnded,
    BasketId,
    Declined,
    FillStatus,
    OrderFilled,
    Settlement,
)
from arb.risk.bans import Bans
from arb.risk.ledger import Ledger, Pool, Stake
from arb.risk.limits import Caps, affordable, rooms, set_aside

_BOUGHT = frozenset({BasketEnd.COMPLETED, BasketEnd.REDUCED})
"""Ends by which every market of a basket took an order."""
Resize = Callable[[Opportunity, Qty], Plan | None]
"""Plans an opportunity again at no more than a size; None where nothing is left of it."""


@attrs.define
class Treasury:
    """Decides on opportunities over one ledger. Every yes has its money set aside."""

    ledger: Ledger
    caps: Caps
    resize: Resize
    new_id: Callable[[], str]
    now_ns: Clock
    ttl_ns: int
    drift_usd: Usd
    bans: Bans
    fills_told: Callable[[], bool] = lambda: True
    """Whether every fill of every ended order was told: until then cash is not known."""
    _acted: dict[str, Ns] = attrs.field(factory=dict, init=False)
    _in_flight: dict[BasketId, frozenset[MarketId]] = attrs.field(factory=dict, init=False)
    _barred: dict[Venue, str] = attrs.field(factory=dict, init=False)
    _drift: dict[Pool, int] = attrs.field(factory=dict, init=False)
    """What two readings in a row found, micro-dollars."""
    _last_off: dict[Pool, int] = attrs.field(factory=dict, init=False)

    def decide(self, opportunity: Opportunity) -> Approved | Declined:
        """Approve, with the money set aside, or decline with a reason."""
        markets = tuple(view.market for view in opportunity.views)
        objection = self._objection(opportunity, markets)
        if objection:
            return Declined(opportunity.plan.template.id, objection)
        plan, bound = self._fitted(opportunity, markets)
        if plan is None:
            return Declined(opportunity.plan.template.id, f"no room: {bound}")
        approved = Approved(
            basket=BasketId(self.new_id()),
            plan=plan,
            markets=markets,
            seen_ns=opportunity.seen_ns,
            decided_ns=self.now_ns(),
        )
        set_aside(self.ledger, approved)
        self.begin(approved.basket, markets)
        self._acted[opportunity.id] = self.now_ns()
        return approved

    def _objection(self, opportunity: Opportunity, markets: Iterable[Market]) -> str:
        """Why nothing of it may be begun now; "" where nothing speaks against it."""
        if opportunity.id in self._acted:
            return "already acted on"
        if self.now_ns() - opportunity.seen_ns > self.ttl_ns:
            return "too old"
        return self.objection(markets)

    def objection(self, markets: Iterable[Market]) -> str:
        """Why nothing may be begun in these markets now; "" where nothing speaks against it."""
        if not self.fills_told():
            return "fills of an ended order are still awaited"
        return self._crowded(markets) or self._drifted()

    def _crowded(self, markets: Iterable[Market]) -> str:
        if len(self._in_flight) >= self.caps.open_baskets:
            return "enough baskets in flight"
        busy = frozenset[MarketId]().union(*self._in_flight.values())
        for market in markets:
            if market.id in busy:
                return "a market of it is in flight"
            if market.venue in self._barred:
                return f"{market.venue} is stopped: {self._barred[market.venue]}"
            objection = self.bans.objection(market.id, self.now_ns())
            if objection:
                return f"market left alone: {market.id}: {objection}"
        return ""

    def _drifted(self) -> str:
        for (venue, pool), usd in self._drift.items():
            if abs(usd) > self.drift_usd:
                return f"cash on {venue} pool {pool} is off by {usd} micro-dollars, unexplained"
        return ""

    def _fitted(
        self, opportunity: Opportunity, markets: tuple[Market, ...]
    ) -> tuple[Plan | None, str]:
        """The plan as large as every cap and pool allows."""
        plan: Plan | None = opportunity.plan
        lot = max(market.lot for market in markets)
        first_bound = ""
        while plan is not None:
            size, bound = affordable(plan, rooms(plan, markets, self.ledger, self.caps), lot)
            if size >= plan.size:
                return plan, ""
            first_bound = first_bound or bound
            plan = self.resize(opportunity, size) if size > 0 else None
        return None, first_bound

    def begin(self, basket: BasketId, markets: Iterable[Market]) -> None:
        """Something is bought in these markets, with money that was set aside for it."""
        self._in_flight[basket] = frozenset(market.id for market in markets)

    def withdraw(self, approved: Approved) -> None:
        """Nobody took it: as if it had never been approved."""
        self._end(approved.basket)

    def filled(self, report: OrderFilled) -> bool:
        """Book a fill; says whether it changed anything."""
        fill = report.fill
        if not self.ledger.book(fill, Stake.of(report.order.market)):
            return False
        if fill.action is Action.BUY and fill.status is not FillStatus.REVERSED:
            spent = Usd(cost(fill.px, fill.qty) + fill.fee)
            self.ledger.use(report.order.basket, fill.market, spent)
        return True

    def settled(self, settlement: Settlement) -> bool:
        """Book what a resolved market paid; says whether it is news."""
        return self.ledger.settle(settlement)

    def ended(self, report: BasketEnded) -> None:
        """Free what a basket did not spend; leave alone what refused, forgive what did not."""
        now_ns = self.now_ns()
        for market in self._in_flight.get(report.basket, frozenset()) - set(report.refused):
            if report.end in _BOUGHT:
                self.bans.forgive(market)
        for market in report.refused:
            self.bans.ban(market, now_ns)
        self._end(report.basket)

    def _end(self, basket: BasketId) -> None:
        self.ledger.release(basket)
        self._in_flight.pop(basket, None)

    def bar(self, venue: Venue, reason: str | None) -> None:
        """Begin nothing on a venue any more, or again."""
        if reason is None:
            self._barred.pop(venue, None)
        else:
            self._barred[venue] = reason

    def read(self, account: AccountRead) -> dict[Pool, int]:
        """Compare cash with what the venue says. Only at rest: what moves cannot be compared.

        A difference counts once two readings in a row show the same one, because a fill may be
        told after the cash it moved. Returns the pools that are off by more than what is borne.
        """
        if self._in_flight:
            return {}
        for balance in account.balances:
            pool = (balance.venue, balance.pool)
            off = balance.usd - self.ledger.cash.get(pool, 0)
            self._drift[pool] = off if self._last_off.get(pool) == off else 0
            self._last_off[pool] = off
        return {pool: usd for pool, usd in self._drift.items() if abs(usd) > self.drift_usd}

    @property
    def in_flight(self) -> int:
        """Baskets that are not ended."""
        return len(self._in_flight)
