"""What orders are charged, and the most that they may still be charged.

A venue refuses an order whose worst case its account cannot pay, so the worst case must be known
for every fee rule; one that is not known here cannot be listed.
"""

import copy

from arb.market.errors import UnknownRule
from arb.market.fees import Fees, KalshiFees, KalshiOrderFees, PolymarketFees
from arb.market.units import MICRO, Px, Qty, Usd, ceil_div, complement, cost
from arb.sim.matching import Plan
from arb.sim.orders import Listing, SimOrder, Tif


def check_fees(fees: Fees) -> None:
    """Raise UnknownRule for a fee rule whose worst case is not known here.

    Known means: price and fee together rise with the price, so the limit is the worst case.
    """
    match fees:
        case KalshiFees():
            known = 0 <= fees.maker_ppm <= MICRO and 0 <= fees.taker_ppm <= MICRO
        case PolymarketFees():
            known = 0 <= fees.rate_ppm <= MICRO and fees.exponent >= 1
        case _:
            known = False
    if not known:
        raise UnknownRule(f"no worst case is known for the fees {fees!r}")


def charge(order: SimOrder, px: Px, qty: Qty, change: Usd) -> Usd:
    """Charge a fill that changes cash by `change` before fees.

    A fee is taken from the proceeds where there are any, and is never more than those.
    """
    if isinstance(order.fees, KalshiOrderFees):
        fee = order.fees.fill_of(px, qty, revenue=change)
    else:
        fee = order.fees.fill(px, qty, buys=change < 0)
    return Usd(min(fee, change)) if change >= 0 else fee


def start_making(order: SimOrder, fees: Fees) -> None:
    """Charge an order as a maker from here on; Kalshi keeps one accumulator for the order."""
    if isinstance(fees, KalshiFees) and isinstance(order.fees, KalshiOrderFees):
        order.fees.coefficient_ppm = fees.maker_ppm
    else:
        order.fees = fees.maker_order()


def worst_purchase(listing: Listing, order: SimOrder, opening: Qty, plan: Plan) -> int:
    """What buying `opening` contracts may cost, in micro-dollars, fees included.

    Fees are those of the whole order at its limit, or of the matches at hand if those are more.
    """
    at_limit = listing.fees.taker_order().fill(order.px, order.qty, buys=True)
    fees = max(at_limit, _fees_of(order, plan))
    dollars = cost(order.cost_px, opening) if order.spend is None else order.spend
    return dollars + fees


def worst_rest(listing: Listing, order: SimOrder, opening: Qty, plan: Plan) -> int:
    """What the part of a new order that is going to rest may be charged, in micro-dollars."""
    if order.tif is not Tif.GTC or plan.complete or plan.meets_itself:
        return 0
    left = order.qty - sum(qty for _, qty in plan.fills)
    return resting_fees(listing, order, min(opening, left), left)


def resting_fees(listing: Listing, order: SimOrder, opening: int, remaining: int) -> int:
    """The most that an order may still be charged as a maker, in micro-dollars.

    Every fill may round up by a micro-dollar and, where a lot's worth is no multiple of the
    member's precision, by nearly that too; otherwise the order as a whole is charged at most one
    precision more than the formula. What pairs with a position pays its fee from its proceeds.
    """
    fees = listing.fees
    if not isinstance(fees, KalshiFees) or not remaining:
        return 0
    fills = ceil_div(remaining, listing.lot)
    formula = ceil_div(fees.maker_ppm * opening * order.px * complement(order.px), MICRO**3)
    if order.px * listing.lot % (fees.precision * MICRO) or MICRO % fees.precision:
        return formula + fills * (1 + fees.precision)
    if not fees.maker_ppm:
        return 0
    owed = order.fees.owed if isinstance(order.fees, KalshiOrderFees) else 0
    return formula + fills + max(fees.precision - owed, 0)


def _fees_of(order: SimOrder, plan: Plan) -> int:
    """What the matches at hand will be charged, without charging it."""
    trial = copy.copy(order.fees)
    return sum(trial.fill(maker.px, qty, buys=True) for maker, qty in plan.fills)
