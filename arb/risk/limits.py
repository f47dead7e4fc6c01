"""Whether a plan may be taken, and how much of it: hard caps and the money there is.

Nothing here leads to a yes by an exception: what is not known to be allowed is declined with a
reason in words.
"""

from collections.abc import Callable, Iterable, Sequence

import attrs

from arb.detect.basket import LegPlan, Plan
from arb.market.instruments import Market
from arb.market.units import MICRO, Qty, Usd
from arb.messages import Approved
from arb.risk.ledger import Ledger, Pool, Stake, pool_of


@attrs.frozen
class Caps:
    """Hard limits, in micro-dollars unless the name says otherwise."""

    basket_usd: Usd
    market_usd: Usd
    event_usd: Usd
    venue_usd: Usd
    total_usd: Usd
    market_contracts: int
    open_baskets: int
    cash_reserve_usd: Usd


@attrs.frozen
class Room:
    """What is left of a cap for one plan, and what that cap is called."""

    name: str
    needs: int
    """What the plan at its full size would take of it."""
    left: int


def rooms(plan: Plan, markets: Sequence[Market], ledger: Ledger, caps: Caps) -> list[Room]:
    """Everything that bounds the plan's size: cash by pool, then every cap."""
    return [
        *_cash_rooms(plan, markets, ledger, caps),
        *_exposure_rooms(plan, markets, ledger, caps),
        *_contract_rooms(plan, markets, ledger, caps),
        Room("basket", plan.cost + plan.fees, caps.basket_usd),
    ]


def affordable(plan: Plan, found: Sequence[Room], lot: Qty) -> tuple[Qty, str]:
    """The largest size that every room allows, and the room that bounds it ("" for none)."""
    size, bound = plan.size, ""
    for room in found:
        if room.needs > room.left:
            allowed = max(0, plan.size * max(0, room.left) // room.needs)
            if allowed < size:
                size, bound = Qty(allowed), room.name
    return Qty(size // lot * lot), bound


def _cash_rooms(plan: Plan, markets: Sequence[Market], ledger: Ledger, caps: Caps) -> list[Room]:
    needs: dict[Pool, int] = {}
    for leg, market in zip(plan.legs, markets, strict=True):
        needs[pool_of(market)] = needs.get(pool_of(market), 0) + worst_cost(leg, market)
    return [
        Room(f"cash on {venue} pool {number}", need, _spendable(ledger, (venue, number), caps))
        for (venue, number), need in needs.items()
    ]


def _spendable(ledger: Ledger, pool: Pool, caps: Caps) -> int:
    return ledger.free(pool) - caps.cash_reserve_usd


def worst_cost(leg: LegPlan, market: Market) -> Usd:
    """What a leg can cost at the most: all of it at its limit, and the fee there or at worst."""
    notional = -(-leg.qty * leg.limit // MICRO)
    fee = market.fees.taker_order().fill(leg.limit, leg.qty, buys=True)
    return Usd(notional + max(fee, leg.fees))


def _exposure_rooms(
    plan: Plan, markets: Sequence[Market], ledger: Ledger, caps: Caps
) -> list[Room]:
    costs = [worst_cost(leg, market) for leg, market in zip(plan.legs, markets, strict=True)]
    needs = list(zip((Stake.of(market) for market in markets), costs, strict=True))
    paid = [(ledger.stakes()[market], usd) for market, usd in ledger.paid().items()]
    return [
        *_grouped(paid, needs, _market_of, caps.market_usd),
        *_grouped(paid, needs, _event_of, caps.event_usd),
        *_grouped(paid, needs, _venue_of, caps.venue_usd),
        *_grouped(paid, needs, _all_of, caps.total_usd),
    ]


def _market_of(market: Stake) -> str:
    return f"market {market.id}"


def _event_of(market: Stake) -> str:
    return f"event {market.event}"


def _venue_of(market: Stake) -> str:
    return f"venue {market.venue}"


def _all_of(_: Stake) -> str:
    return "total exposure"


def _grouped(
    paid: Iterable[tuple[Stake, int]],
    needs: Iterable[tuple[Stake, int]],
    group: Callable[[Stake], str],
    cap: Usd,
) -> list[Room]:
    """One room a group that the plan touches."""
    held, wanted = _sums(paid, group), _sums(needs, group)
    return [Room(name, need, cap - held.get(name, 0)) for name, need in wanted.items()]


def _sums(amounts: Iterable[tuple[Stake, int]], group: Callable[[Stake], str]) -> dict[str, int]:
    total: dict[str, int] = {}
    for market, usd in amounts:
        total[group(market)] = total.get(group(market), 0) + usd
    return total


def _contract_rooms(
    plan: Plan, markets: Sequence[Market], ledger: Ledger, caps: Caps
) -> list[Room]:
    most = caps.market_contracts * MICRO
    return [
        Room(
            f"contracts of {market.id}",
            leg.qty,
            most - max(0, ledger.position(market.id).of(leg.leg.outcome)),
        )
        for leg, market in zip(plan.legs, markets, strict=True)
    ]


def set_aside(ledger: Ledger, approved: Approved) -> None:
    """Reserve every leg of an approved basket at its worst cost."""
    for leg, market in zip(approved.plan.legs, approved.markets, strict=True):
        ledger.reserve(approved.basket, market, worst_cost(leg, market))
