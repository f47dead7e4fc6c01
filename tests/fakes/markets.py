"""Markets, templates and approved baskets to test with. Plain values, nothing that decides."""

from collections.abc import Sequence

from arb.detect.basket import Lane, Leg, LegPlan, Plan, State, Template
from arb.market.fees import Fees, KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    Action,
    Claim,
    EventId,
    KalshiRef,
    Market,
    MarketId,
    Outcome,
    PolymarketRef,
    Venue,
)
from arb.market.units import MICRO, Ns, Px, Qty, Usd, cost
from arb.messages import (
    Approved,
    BasketId,
    Fill,
    FillId,
    FillStatus,
    NewOrder,
    OrderId,
    OrderKey,
    PreparedOrder,
    Role,
)

LOT = 10_000
EPOCH_NS = 1_760_000_000_000_000_000
Wanted = tuple[Market, Outcome, int]
"""A leg: market, outcome and limit price."""


def make_market(  # noqa: PLR0913 - all but the first have defaults
    name: str,
    venue: Venue = Venue.KALSHI,
    *,
    event: str = "",
    fees: Fees | None = None,
    min_qty: int = LOT,
    min_take_usd: int = 0,
    shard: int = 0,
) -> Market:
    kalshi = venue is Venue.KALSHI
    return Market(
        id=MarketId(f"{venue}:{name}"),
        venue=venue,
        event=EventId(f"{venue}:{event or name}"),
        title=f"Will {name}?",
        label=name,
        ref=KalshiRef(name, shard)
        if kalshi
        else PolymarketRef(f"0x{name}", "1", "2", neg_risk=False, protocol="v2"),
        grid=PriceGrid.of_tick(10_000),
        lot=Qty(LOT),
        min_qty=Qty(min_qty),
        min_take_usd=Usd(min_take_usd),
        fees=fees or (KalshiFees(70_000, 0) if kalshi else PolymarketFees(40_000)),
        closes_ns=None,
    )


def approve(wanted: Sequence[Wanted], size: int, *, name: str = "b1", depth: int = 0) -> Approved:
    """A basket of these legs; how deep each leg is does not matter unless told."""
    plans = tuple(_leg(market, outcome, px, size, depth) for market, outcome, px in wanted)
    template = _template([plan.leg for plan in plans])
    spent, fees = sum(leg.cost for leg in plans), sum(leg.fees for leg in plans)
    payout = template.payout * size // MICRO
    plan = Plan(
        template=template,
        size=Qty(size),
        legs=plans,
        cost=Usd(spent),
        fees=Usd(fees),
        payout=Usd(payout),
        profit=Usd(payout - spent - fees),
    )
    markets = tuple(market for market, _, _ in wanted)
    return Approved(BasketId(name), plan, markets, Ns(EPOCH_NS), Ns(EPOCH_NS))


def _leg(market: Market, outcome: Outcome, px: int, size: int, depth: int) -> LegPlan:
    return LegPlan(
        leg=Leg(market.id, outcome),
        qty=Qty(size),
        limit=Px(px),
        cost=cost(Px(px), Qty(size)),
        fees=market.fees.taker_order().fill(Px(px), Qty(size), buys=True),
        top=Px(px),
        depth=Qty(depth or size),
    )


def _template(legs: Sequence[Leg]) -> Template:
    """Every YES of one event, or YES here and NO there of one question."""
    if all(leg.outcome is Outcome.YES for leg in legs):
        states: dict[str, State] = {
            winner.market: {leg.market: leg is winner for leg in legs} for winner in legs
        }
        return Template.prove(Lane.ALL_YES, "all yes", legs, states, [Claim(True, "test")])
    states = {str(end): {leg.market: end for leg in legs} for end in (True, False)}
    return Template.prove(Lane.CROSS_VENUE, "two venues", legs, states, [Claim(True, "test")])


def make_order(  # noqa: PLR0913 - all but the first have defaults
    market: Market,
    name: str = "o1",
    *,
    basket: str = "b1",
    outcome: Outcome = Outcome.YES,
    action: Action = Action.BUY,
    qty: int = 10 * MICRO,
    limit: int = 400_000,
) -> NewOrder:
    return NewOrder(
        id=OrderId(name),
        basket=BasketId(basket),
        market=market,
        outcome=outcome,
        action=action,
        qty=Qty(qty),
        limit=Px(limit),
        created_ns=Ns(EPOCH_NS),
    )


def make_prepared(order: NewOrder) -> PreparedOrder:
    return PreparedOrder(order, OrderKey(f"key-{order.id}"), f"body {order.id}".encode())


def make_fill(  # noqa: PLR0913 - all but the first have defaults
    market: Market,
    name: str,
    *,
    outcome: Outcome = Outcome.YES,
    action: Action = Action.BUY,
    px: int = 400_000,
    qty: int = 10 * MICRO,
    fee: int = 0,
    key: str | None = None,
    venue_order_id: str = "",
    status: FillStatus = FillStatus.FIRM,
    role: Role | None = Role.TAKER,
) -> Fill:
    return Fill(
        id=FillId(name),
        venue=market.venue,
        market=market.id,
        key=OrderKey(key) if key is not None else None,
        venue_order_id=venue_order_id,
        outcome=outcome,
        action=action,
        px=Px(px),
        qty=Qty(qty),
        fee=Usd(fee),
        at_ns=Ns(EPOCH_NS),
        status=status,
        role=role,
    )
