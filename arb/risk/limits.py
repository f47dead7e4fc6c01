"""Whether a plan may be taken, and how much of it: hard caps and the money there is.

Nothing here leads to a yes by an exception: what is not known to be allowed is declined with a
reason in words.
"""

from collections.abc import Sequence

import attrs

from arb.detect.basket import LegPlan, Plan
from arb.market.instruments import Market
from arb.market.units import MICRO, Px, Qty, Usd, plain_text
from arb.messages import Approved
from arb.risk.ledger import Ledger, Pool, pool_of
from arb.risk.sizing import Ceiling


@attrs.frozen
class Caps:
    """Hard limits, in micro-dollars unless the name says otherwise."""

    basket_usd: Usd
    """All legs at their limits, fees included."""
    market_usd: Usd
    event_usd: Usd
    venue_usd: Usd
    total_usd: Usd
    market_contracts: int
    open_baskets: int
    cash_reserve_usd: Usd
    cluster_usd: Usd
    """Of events that share a question."""
    open_positions: int
    """Markets in which anything is held or promised."""
    break_even: Px
    """The highest price of a contract that would have to rise before it pays: beyond it a
    position of one leg is refused."""

    def of_groups(self) -> tuple[Usd, ...]:
        """The caps in the order of `Exposure.groups`."""
        return (
            self.market_usd,
            self.event_usd,
            self.venue_usd,
            self.cluster_usd,
            self.total_usd,
        )


@attrs.frozen
class Room:
    """A cap that one plan would pass, and what is left of it."""

    name: str
    needs: int
    """What the plan at its full size would take of it: more than `left`."""
    left: int


def rooms(
    plan: Plan, markets: Sequence[Market], ledger: Ledger, caps: Caps, most: Ceiling | None = None
) -> list[Room]:
    """Everything that bounds the plan's size: cash by pool, every cap, and what is wise."""
    costs = worst_costs(plan, markets)
    spent, worst = plan.cost + plan.fees, sum(costs)
    found = [
        *_cash_rooms(costs, markets, ledger, caps),
        *_exposure_rooms(costs, markets, ledger, caps),
        *_contract_rooms(plan, markets, ledger, caps),
    ]
    if worst > caps.basket_usd:
        found.append(Room("basket", worst, caps.basket_usd))
    if most is not None and spent > most.usd:
        found.append(Room(most.name, spent, most.usd))
    return found


def affordable(plan: Plan, found: Sequence[Room], lot: Qty) -> tuple[Qty, str]:
    """The largest size that every room allows, and the room that bounds it ("" for none)."""
    size, bound = plan.size, ""
    for room in found:
        allowed = max(0, plan.size * max(0, room.left) // room.needs)
        if allowed < size:
            size, bound = Qty(allowed), room.name
    return Qty(size // lot * lot), bound


def worst_costs(plan: Plan, markets: Sequence[Market]) -> list[Usd]:
    """What every leg can cost at the most, in their order."""
    return [worst_cost(leg, market) for leg, market in zip(plan.legs, markets, strict=True)]


def worst_cost(leg: LegPlan, market: Market) -> Usd:
    """What a leg can cost at the most: all of it at its limit, and the fee there or at worst."""
    notional = -(-leg.qty * leg.limit // MICRO)
    fee = market.fees.taker_order().fill(leg.limit, leg.qty, buys=True)
    return Usd(notional + max(fee, leg.fees))


def no_way_out(plan: Plan, caps: Caps) -> str:
    """Why a plan could not recover what it costs; "" where it must.

    A basket recovers it by what its sets must pay. One leg alone would need a higher price, and
    above `break_even` there is none that fees leave anything of.
    """
    spent = plan.cost + plan.fees
    if spent >= plan.payout:
        return f"costs ${plain_text(spent)}, pays ${plain_text(plan.payout)}"
    if len(plan.legs) == 1 and spent * MICRO > caps.break_even * plan.size:
        return "breaks even above the highest price that leaves a way out"
    return ""


def positions_left(markets: Sequence[Market], ledger: Ledger, caps: Caps) -> int:
    """How many positions the cap would leave once these markets are among them; below 0: none."""
    new = sum(not ledger.exposure.holds(market.id) for market in markets)
    return caps.open_positions - ledger.exposure.markets - new


def _cash_rooms(
    costs: Sequence[int], markets: Sequence[Market], ledger: Ledger, caps: Caps
) -> list[Room]:
    needs: dict[Pool, int] = {}
    for cost, market in zip(costs, markets, strict=True):
        pool = pool_of(market)
        needs[pool] = needs.get(pool, 0) + cost
    return [
        Room(f"cash on {pool[0]} pool {pool[1]}", need, left)
        for pool, need in needs.items()
        if need > (left := ledger.free(pool) - caps.cash_reserve_usd)
    ]


def _exposure_rooms(
    costs: Sequence[int], markets: Sequence[Market], ledger: Ledger, caps: Caps
) -> list[Room]:
    """Markets, events, venues and clusters that the plan touches, and all together."""
    exposure, limits = ledger.exposure, caps.of_groups()
    needs: dict[str, int] = {}
    bounds: dict[str, int] = {}
    for cost, market in zip(costs, markets, strict=True):
        groups = exposure.groups(ledger.stake(market))
        for group, cap in zip(groups, limits, strict=True):
            needs[group] = needs.get(group, 0) + cost
            bounds[group] = cap
    return [
        Room(group, need, left)
        for group, need in needs.items()
        if need > (left := bounds[group] - exposure.of(group))
    ]


def _contract_rooms(
    plan: Plan, markets: Sequence[Market], ledger: Ledger, caps: Caps
) -> list[Room]:
    most = caps.market_contracts * MICRO
    return [
        Room(f"contracts of {market.id}", leg.qty, left)
        for leg, market in zip(plan.legs, markets, strict=True)
        if leg.qty > (left := most - max(0, ledger.position(market.id).of(leg.leg.outcome)))
    ]


def set_aside(ledger: Ledger, approved: Approved) -> None:
    """Reserve every leg of an approved basket at its worst cost."""
    costs = worst_costs(approved.plan, approved.markets)
    for market, cost in zip(approved.markets, costs, strict=True):
        ledger.reserve(approved.basket, market, cost)
