"""The state of one unwind: what is held, what is unknown, what was tried. Pure."""

import attrs

from arb.market.instruments import Action, MarketId, Venue
from arb.market.units import MICRO, Ns, Qty, Usd, ceil_div
from arb.messages import (
    BasketEnd,
    BasketEnded,
    NewOrder,
    OrderId,
    OrderKey,
    PreparedOrder,
    Unwind,
    UnwindChosen,
    Way,
)
from arb.trade.execution import end_of, exposures, hedged
from arb.trade.placed import Placed, Refusal, Unknown
from arb.trade.unwind import Choice, Situation
from arb.trade.ways import UnwindOrder


@attrs.define
class Job:
    """One unwind while it is worked on."""

    unwind: Unwind
    bought: list[int] = attrs.field(init=False)
    """Micro-contracts by leg."""
    unknown: list[tuple[int, PreparedOrder]] = attrs.field(init=False)
    shut: set[MarketId] = attrs.field(init=False)
    """Markets that took no order when last asked."""
    refused: set[MarketId] = attrs.field(init=False)
    """All that ever did so."""
    sold: bool = False
    held: bool = False
    rested: bool = False
    note: str = ""
    attempts: int = 0
    lost: int = 0
    """Expected of what was done so far, micro-dollars."""
    risked: int = 0
    """What it may have lost at the most: the budget bounds this."""
    flow: int | None = None
    """What the basket's fills came to in the end; None where not all of them were told."""
    _chosen: dict[OrderKey, Choice] = attrs.field(factory=dict, init=False)
    """Why orders of this unwind were sent whose end is not known."""

    def __attrs_post_init__(self) -> None:
        """Start from what the basket left open."""
        self.bought = [int(held) for held in self.unwind.bought]
        self.unknown = list(self.unwind.unknown)
        self.shut = set(self.unwind.refused)
        self.refused = set(self.unwind.refused)
        self.risked = int(self.unwind.lost)

    @property
    def open(self) -> bool:
        """Say whether anything is exposed."""
        return bool(exposures(self.unwind.approved, self.bought))

    def situation(self, *, patient: bool) -> Situation:
        """How far it has come; where nobody may be waited for, nothing is offered to wait."""
        return Situation(Usd(self.risked), rested=self.rested or not patient)

    def choose(self, choice: Choice, at_ns: Ns) -> UnwindChosen:
        """Take note of a choice; returns what is to be written down of it."""
        self.attempts += 1
        self.note = choice.reason
        self.rested = self.rested or choice.way is Way.REST
        self.held = choice.way is Way.HOLD
        basket = self.unwind.approved.basket
        return UnwindChosen(basket, self.attempts, choice.way, choice.loss, choice.reason, at_ns)

    def order(self, order: UnwindOrder, order_id: OrderId, now_ns: Ns) -> NewOrder:
        """What to send for one order of a choice."""
        return NewOrder(
            id=order_id,
            basket=self.unwind.approved.basket,
            market=order.market,
            outcome=order.outcome,
            action=order.action,
            qty=order.qty,
            limit=order.limit,
            created_ns=now_ns,
            rests=order.rests,
        )

    def take(self, order: UnwindOrder, choice: Choice, result: Placed) -> None:
        """Take what came of one order of a choice."""
        if isinstance(result, Unknown):
            self.unknown.append((order.leg, result.prepared))
            self._chosen[result.prepared.key] = choice
        elif isinstance(result, Refusal):
            self.shut.add(order.market.id)
            self.refused.add(order.market.id)
        else:
            self._got(order.leg, order.action, result)
            self._spend(choice, result)

    def learn(self, result: Qty | Unknown) -> None:
        """Take what was found out of the first order whose end was not known."""
        if not isinstance(result, Unknown):
            leg, prepared = self.unknown.pop(0)
            self._got(leg, prepared.order.action, result)
            choice = self._chosen.pop(prepared.key, None)
            if choice is not None:
                self._spend(choice, result)

    def _got(self, leg: int, action: Action, qty: Qty) -> None:
        self.bought[leg] += qty if action is Action.BUY else -qty
        self.sold = self.sold or (action is Action.SELL and qty > 0)

    def _spend(self, choice: Choice, qty: Qty) -> None:
        """Count what an order that got `qty` lost: as expected, and at its limit."""
        wanted = sum(one.qty for one in choice.orders)
        self.lost += ceil_div(max(0, choice.loss) * qty, wanted)
        self.risked += ceil_div(max(0, choice.loss, choice.risk) * qty, wanted)

    def end(self, at_ns: Ns) -> BasketEnded:
        """How it ended, with what it lost: by its fills, or as expected where some are missing."""
        approved = self.unwind.approved
        unclear = [f"order {prepared.key} is unknown" for _, prepared in self.unknown]
        return BasketEnded(
            basket=approved.basket,
            end=BasketEnd.STUCK if unclear else self._end(),
            sets=Qty(hedged(self.bought)),
            stuck=exposures(approved, self.bought),
            note="; ".join([self.note, *unclear]),
            at_ns=at_ns,
            refused=tuple(sorted(self.refused)),
            loss=self._loss(),
        )

    def _loss(self) -> Usd:
        if self.flow is None:
            return Usd(self.lost)
        payout = self.unwind.approved.plan.template.payout * hedged(self.bought) // MICRO
        return Usd(max(0, -self.flow - payout))

    def _end(self) -> BasketEnd:
        if self.open and self.held:
            return BasketEnd.HELD
        return end_of(self.unwind.approved, self.bought, unwound=self.sold)

    @property
    def venue(self) -> Venue:
        """Where what is exposed lies; of a basket with nothing exposed, its first leg's."""
        left = exposures(self.unwind.approved, self.bought)
        markets = [one.market for one in left] or list(self.unwind.approved.markets)
        return markets[0].venue
