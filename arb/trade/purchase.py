"""One basket on its way from its approval to its end or its unwind. Pure."""

import attrs

from arb.market.instruments import Action, Market, MarketId
from arb.market.units import Ns, Qty
from arb.messages import (
    Approved,
    BasketEnded,
    NewOrder,
    OrderId,
    PreparedOrder,
    Unwind,
)
from arb.trade.execution import Execution, LegOrder, end_of, exposures, hedged
from arb.trade.placed import Placed, Refusal, Unknown
from arb.trade.pretrade import Verdict
from arb.trade.quotes import Views, known
from arb.trade.sequence import fit


@attrs.define
class Purchase:
    """What the sequencer knows of one basket; every method is told or asked, none decides alone."""

    execution: Execution
    unknown: list[tuple[int, PreparedOrder]] = attrs.field(factory=list)
    refused: set[MarketId] = attrs.field(factory=set)
    note: str = ""

    @classmethod
    def of(cls, approved: Approved) -> "Purchase":
        """Nothing bought yet."""
        return cls(Execution(approved))

    @property
    def approved(self) -> Approved:
        """What may be bought."""
        return self.execution.approved

    @property
    def to_come(self) -> tuple[Market, ...]:
        """Markets of the legs that are not bought yet; none once it is abandoned."""
        if self.next() is None:
            return ()
        return tuple(self.approved.markets[number] for number in self.execution.to_come)

    def begin(self, verdict: Verdict, order: tuple[int, ...]) -> None:
        """Take the last look's verdict, and the order of the legs."""
        if verdict.objection:
            self.abandon(verdict.objection)
            return
        self.execution.arrange(order)
        self.execution.bound(verdict.size)

    def next(self) -> LegOrder | None:
        """The next leg to buy; None where nothing more is to be bought."""
        return self.execution.next()

    def order(self, leg: LegOrder, order_id: OrderId, now_ns: Ns) -> NewOrder:
        """The order for a leg."""
        return NewOrder(
            id=order_id,
            basket=self.approved.basket,
            market=leg.market,
            outcome=leg.outcome,
            action=Action.BUY,
            qty=leg.qty,
            limit=leg.limit,
            created_ns=now_ns,
        )

    def take(self, leg: LegOrder, result: Placed) -> None:
        """Take what came of a leg's order."""
        if isinstance(result, Unknown):
            self.unknown.append((leg.leg, result.prepared))
            self.abandon("an order's end is unknown")
        elif isinstance(result, Refusal):
            self.refused.add(leg.market.id)
            self._got(leg, Qty(0), result.why)
        else:
            self._got(leg, result, f"nothing was left of {leg.market.id}")

    def _got(self, leg: LegOrder, filled: Qty, why: str) -> None:
        self.execution.got(leg, filled)
        if not filled:
            self.abandon(why)

    def look(self, views: Views) -> None:
        """Buy of the legs to come no more than what all of them still offer."""
        dark = [market.id for market in self.to_come if known(views, market.id) is None]
        self.execution.bound(fit(self.approved, self.execution.to_come, views))
        if self.next() is None:
            gone = "too little of what was to come is left on offer"
            self.abandon(f"the book of {dark[0]} is not known" if dark else gone)

    def abandon(self, why: str) -> None:
        """Buy nothing more; the first reason is the one that counts."""
        self.execution.abandon()
        self.note = self.note or why

    def end(self, now_ns: Ns) -> BasketEnded | Unwind:
        """How it ended; or what is left open, where it ended unevenly."""
        approved, bought = self.approved, self.execution.bought
        if self.unknown or exposures(approved, bought):
            return Unwind(
                approved,
                tuple(Qty(held) for held in bought),
                tuple(self.unknown),
                self.note or "legs filled unevenly",
                tuple(sorted(self.refused)),
            )
        return BasketEnded(
            basket=approved.basket,
            end=end_of(approved, bought, unwound=False),
            sets=Qty(hedged(bought)),
            stuck=(),
            note=self.note,
            at_ns=now_ns,
            refused=tuple(sorted(self.refused)),
        )
