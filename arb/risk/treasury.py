"""The treasurer's thinking: what may be begun, with which money, and what is in flight."""

from collections.abc import Callable, Iterable, Sequence

import attrs

from arb.detect.basket import Plan
from arb.detect.opportunity import Opportunity
from arb.market.instruments import Market, MarketId, Outcome, Venue
from arb.market.units import Clock, Ns, Qty, Usd
from arb.messages import (
    AccountRead,
    Approved,
    BasketEnded,
    BasketId,
    Declined,
    NewOrder,
    OrderEnded,
    OrderFilled,
    OrderId,
    Settlement,
    StandingChanged,
    Turn,
    TurnEnded,
)
from arb.risk.basis import DAY_NS
from arb.risk.budget import LossBudget
from arb.risk.chances import NOTHING, WHOLE, Chances
from arb.risk.drift import Drift
from arb.risk.halts import Halts
from arb.risk.ledger import Ledger, Pool
from arb.risk.limits import Caps, affordable, no_way_out, positions_left, rooms, set_aside
from arb.risk.obstacles import Obstacles
from arb.risk.sizing import Case, Ceiling, SizingLimits, ceiling

Resize = Callable[[Opportunity, Qty], Plan | None]
"""Plans an opportunity again at no more than a size; None where nothing is left of it."""


@attrs.frozen
class Wisdom:
    """How sizes are found: what is known of chances, and what sizes keep to."""

    chances: Chances
    limits: SizingLimits


@attrs.define
class _Flight:
    """Something that was begun and has not ended."""

    markets: frozenset[MarketId]
    lane: str
    """"" where it is no basket."""
    tried: set[MarketId] = attrs.field(factory=set)
    """Where an order was sent, as far as that was told."""


@attrs.define
class Treasury:
    """Decides on opportunities over one ledger. Every yes has its money set aside."""

    ledger: Ledger
    caps: Caps
    resize: Resize
    new_id: Callable[[], str]
    now_ns: Clock
    ttl_ns: int
    wisdom: Wisdom
    budget: LossBudget
    obstacles: Obstacles
    drift: Drift
    fills_told: Callable[[], bool] = lambda: True
    """Whether every fill of every ended order was told: until then cash is not known."""
    _acted: dict[str, Ns] = attrs.field(factory=dict, init=False)
    _in_flight: dict[BasketId, _Flight] = attrs.field(factory=dict, init=False)
    _busy: dict[MarketId, int] = attrs.field(factory=dict, init=False)
    """Baskets in flight by market."""
    _unclear: set[OrderId] = attrs.field(factory=set, init=False)
    """Orders of unknown end that people were told of."""
    _halts: Halts = attrs.field(factory=Halts, init=False)

    # --- decisions ---

    def decide(self, opportunity: Opportunity) -> Approved | Declined:
        """Approve, with the money set aside, or decline with a reason."""
        markets = tuple(view.market for view in opportunity.views)
        template = opportunity.plan.template.id
        objection = self._objection(opportunity, markets)
        if objection:
            return Declined(template, objection)
        most = ceiling(self._case(opportunity, markets), self.wisdom.limits)
        if most.usd <= 0:
            return Declined(template, most.name)
        plan, bound = self._fitted(opportunity, markets, most)
        if plan is None:
            return Declined(template, f"no room: {bound}")
        why_not = self._last_look(plan)
        return Declined(template, why_not) if why_not else self._approve(opportunity, plan, markets)

    def _objection(self, opportunity: Opportunity, markets: Sequence[Market]) -> str:
        """Why nothing of it may be begun now; "" where nothing speaks against it."""
        if opportunity.id in self._acted:
            return "already acted on"
        if self.now_ns() - opportunity.seen_ns > self.ttl_ns:
            return "too old"
        doubt = self.obstacles.doubt(opportunity.plan.template.proof.claims)
        return doubt or self.objection(markets)

    def objection(self, markets: Sequence[Market]) -> str:
        """Why nothing may be begun in these markets now; "" where nothing speaks against it."""
        now_ns = self.now_ns()
        if not self.fills_told():
            return "fills of an ended order are still awaited"
        halted = self.budget.halt(now_ns)
        if halted:
            return f"halted for today: {halted}"
        return (
            self._crowded(markets)
            or self.obstacles.objection(markets, now_ns)
            or self.drift.objection()
        )

    def _crowded(self, markets: Sequence[Market]) -> str:
        if len(self._in_flight) >= self.caps.open_baskets:
            return "enough baskets in flight"
        if any(market.id in self._busy for market in markets):
            return "a market of it is in flight"
        if positions_left(markets, self.ledger, self.caps) < 0:
            return "enough positions"
        return ""

    def _case(self, opportunity: Opportunity, markets: Sequence[Market]) -> Case:
        plan, now_ns = opportunity.plan, self.now_ns()
        venues = frozenset(market.venue for market in markets)
        chance = self.wisdom.chances.of(plan, venues, opportunity.quote_age_ns(now_ns))
        bankroll = Usd(sum(self.ledger.cash.values()) + self.ledger.basis)
        return Case(plan, markets, chance, bankroll, now_ns)

    def _fitted(
        self, opportunity: Opportunity, markets: Sequence[Market], most: Ceiling
    ) -> tuple[Plan | None, str]:
        """The plan as large as every cap and pool allows."""
        plan: Plan | None = opportunity.plan
        lot = max(market.lot for market in markets)
        first_bound = ""
        while plan is not None:
            found = rooms(plan, markets, self.ledger, self.caps, most)
            size, bound = affordable(plan, found, lot)
            if size >= plan.size:
                return plan, ""
            first_bound = first_bound or bound
            plan = self.resize(opportunity, size) if size > 0 else None
        return None, first_bound

    def _last_look(self, plan: Plan) -> str:
        """What speaks against the plan at the size it would be taken in."""
        if self.budget.left(self.now_ns()) < self.budget.wanted(plan.cost + plan.fees):
            return "baskets in flight may lose all that is left of the day"
        return no_way_out(plan, self.caps)

    def _approve(
        self, opportunity: Opportunity, plan: Plan, markets: tuple[Market, ...]
    ) -> Approved:
        decided_ns = self.now_ns()
        approved = Approved(
            basket=BasketId(self.new_id()),
            plan=plan,
            markets=markets,
            seen_ns=opportunity.seen_ns,
            decided_ns=decided_ns,
            loss_budget=self.budget.wanted(plan.cost + plan.fees),
            quote_age_ns=opportunity.quote_age_ns(decided_ns),
        )
        set_aside(self.ledger, approved)
        self.take_up(approved)
        self._remember(opportunity.id)
        return approved

    def _remember(self, opportunity: str) -> None:
        """It was acted on; what is older than any span of opportunities is forgotten."""
        now_ns = self.now_ns()
        self._acted[opportunity] = now_ns
        while (oldest := next(iter(self._acted))) and now_ns - self._acted[oldest] > DAY_NS:
            del self._acted[oldest]

    # --- what is in flight ---

    def take_up(self, approved: Approved) -> None:
        """A basket is bought, or unwound, from now on."""
        template = approved.plan.template
        self.ledger.results.plan(approved.basket, template.payout, template.legs)
        self.budget.promise(approved.basket, approved.loss_budget)
        self.begin(approved.basket, approved.markets, str(approved.plan.template.lane))

    def begin(self, basket: BasketId, markets: Iterable[Market], lane: str = "") -> None:
        """Something is bought in these markets, with money that was set aside for it."""
        self._take_off(basket, _Flight(frozenset(market.id for market in markets), lane))

    def _take_off(self, basket: BasketId, flight: _Flight) -> None:
        self._land(basket)
        self._in_flight[basket] = flight
        for market in flight.markets:
            self._busy[market] = self._busy.get(market, 0) + 1

    def withdraw(self, approved: Approved) -> None:
        """Nobody took it: as if it had never been approved."""
        self._end(approved.basket)

    def _end(self, basket: BasketId) -> _Flight | None:
        self.ledger.release(basket)
        self.budget.give_back(basket)
        return self._land(basket)

    def _land(self, basket: BasketId) -> _Flight | None:
        flight = self._in_flight.pop(basket, None)
        for market in flight.markets if flight is not None else ():
            self._busy[market] -= 1
            if not self._busy[market]:
                del self._busy[market]
        return flight

    @property
    def in_flight(self) -> int:
        """Baskets that are not ended."""
        return len(self._in_flight)

    # --- what happened ---

    def sent(self, order: NewOrder) -> None:
        """An order is about to leave: it holds its own money."""
        self.ledger.sent(order)
        flight = self._in_flight.get(order.basket)
        if flight is not None:
            flight.tried.add(order.market.id)

    def order_ended(self, report: OrderEnded) -> None:
        """An order's end is known: what it did not fill is free."""
        self.ledger.ended(report.order, report.filled)

    def filled(self, report: OrderFilled) -> bool:
        """Book a fill; says whether it changed anything."""
        order, fill = report.order, report.fill
        news = self.ledger.book(fill, self.ledger.stake(order.market), order.basket)
        self.ledger.filled(order, fill, news=news)
        return news

    def free_contracts(self) -> dict[MarketId, tuple[int, int]]:
        """YES and NO by market that are firm, ours, and in no basket in flight."""
        ledger = self.ledger
        return {
            market: (ledger.sellable(market, Outcome.YES), ledger.sellable(market, Outcome.NO))
            for market in ledger.positions()
            if market not in self._busy
        }

    def turning(self, turn: Turn) -> None:
        """Contracts are about to become cash: nothing else is begun with them meanwhile."""
        markets = frozenset(change.market for change in turn.changes)
        self._take_off(BasketId(turn.id), _Flight(markets, ""))

    def turned(self, report: TurnEnded) -> None:
        """They did, or nothing happened."""
        if report.done:
            self.ledger.turn(report.turn)
        self._land(BasketId(report.turn.id))

    def settled(self, settlement: Settlement) -> bool:
        """Book what a resolved market paid; says whether it is news."""
        return self.ledger.settle(settlement)

    def ended(self, report: BasketEnded) -> None:
        """Free what a basket did not spend, count what it made, learn from how it ended."""
        now_ns = self.now_ns()
        unhedged = report.end not in WHOLE and report.end not in NOTHING
        self.ledger.results.end(report.basket, report.sets, report.at_ns, unhedged=unhedged)
        flight = self._end(report.basket)
        markets = flight.markets if flight is not None else frozenset()
        tried = flight.tried if flight is not None else markets
        self.obstacles.ended(report.end, markets, tried, report.refused, now_ns)
        if flight is not None and flight.lane:
            self.wisdom.chances.learn(flight.lane, report.end)

    def news(self) -> list[StandingChanged]:
        """How far new risk is stopped by what happened, where that changed since the last time."""
        now_ns = self.now_ns()
        return self._halts.changes(self.budget.halt(now_ns), self.obstacles.failing(now_ns), now_ns)

    def bar(self, venue: Venue, reason: str | None) -> None:
        """Begin nothing on a venue any more, or again."""
        self.obstacles.bar_venue(venue, reason)

    def bar_market(self, market: MarketId, reason: str | None) -> None:
        """Begin nothing in a market any more, or again."""
        self.obstacles.bar_market(market, reason)

    def bar_claim(self, source: str, reason: str | None) -> None:
        """Begin nothing that relies on a claim of this source any more, or again."""
        self.obstacles.bar_claim(source, reason)

    def stand(self, change: StandingChanged) -> None:
        """Begin nothing while trading is paused or worse, or begin again."""
        self.obstacles.stand(change)

    def read(self, account: AccountRead) -> dict[Pool, int]:
        """Compare cash with what the venue says. Only at rest: what moves cannot be compared.

        Returns the pools that are off by more than what is borne.
        """
        if self._in_flight or self.ledger.reservations.unclear():
            return {}
        return self.drift.read(account, self.ledger)

    def unexplained(self) -> list[str]:
        """Free what is held for no basket in flight and no open order, and say so.

        Orders whose end nobody knows keep what they hold: they may be live. Each is told once.
        """
        lost = [one for one in self.ledger.reservations.baskets() if one not in self._in_flight]
        for basket in lost:
            self.ledger.release(basket)
        unclear = [one for one in self.ledger.reservations.unclear() if self._over(one)]
        kept = [one for one in unclear if one.id not in self._unclear]
        self._unclear = {one.id for one in unclear}
        return [
            *(f"released what was held for {basket}, which is over" for basket in lost),
            *(f"order {order.id} in {order.market.id}: its end is not known" for order in kept),
        ]

    def _over(self, order: NewOrder) -> bool:
        return order.basket not in self._in_flight
