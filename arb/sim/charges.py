"""What orders are charged, and the most that they may still be charged.

A venue refuses an order whose worst case its account cannot pay, so the worst case must be known
for every fee rule; one that is not known here cannot be listed.
"""

import copy

from arb.market.errors import UnknownRule
from arb.market.fees import Fees, KalshiFees, KalshiOrderFees, OrderFees, PolymarketFees
from arb.market.units import MICRO, Px, Qty, Usd, ceil_div, complement, cost
from arb.sim.matching import Plan
from arb.sim.orders import Listing, SimOrder


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


def taking_fees(order: SimOrder, fees: Fees) -> OrderFees:
    """The fees of an order that rested and may take again, by the rule of now.

    What Kalshi owes it for rounding goes on.
    """
    anew = fees.taker_order()
    if isinstance(anew, KalshiOrderFees) and isinstance(order.fees, KalshiOrderFees):
        anew.owed = order.fees.owed
    return anew


def worst_purchase(listing: Listing, order: SimOrder, opening: Qty, plan: Plan) -> int:
    """What buying `opening` contracts may cost, in micro-dollars, fees included.

    Fees are those of the whole order at its limit, or of the matches at hand if those are more.
    """
    at_limit = listing.fees.taker_order().fill(order.px, order.outstanding, buys=True)
    fees = max(at_limit, _fees_of(order, plan)) if plan.fills else at_limit
    dollars = cost(order.cost_px, opening) if order.spend is None else order.spend
    return dollars + fees


def worst_rest(listing: Listing, order: SimOrder, opening: Qty, plan: Plan) -> int:
    """What the part of a new order that is going to rest may be charged, in micro-dollars."""
    if not isinstance(listing.fees, KalshiFees) or not opening or not plan.rests(order):
        return 0
    left = order.outstanding - plan.qty
    fees = KalshiOrderFees(listing.fees.maker_ppm, listing.fees.precision)
    return _worst_making(fees, listing.lot, order.px, min(opening, left), left)


def worst_making(lot: Qty, order: SimOrder, opening: int, remaining: int) -> int:
    """The most that an order may still be charged as a maker, in micro-dollars.

    `opening` of its `remaining` contracts open a position; what pairs with one pays its fee from
    its proceeds, so that an order which only closes a position holds nothing.
    """
    fees = order.fees
    if not isinstance(fees, KalshiOrderFees) or not opening:
        return 0
    return _worst_making(fees, lot, order.px, opening, remaining)


def _worst_making(fees: KalshiOrderFees, lot: Qty, px: Px, opening: int, remaining: int) -> int:
    """Add what rounding may cost to what the formula says.

    Every fill may round up by a micro-dollar and, where a lot's worth is no multiple of the
    member's precision, by nearly that too; otherwise the order as a whole is charged at most one
    precision more than the formula.
    """
    maker_ppm, precision = fees.coefficient_ppm, fees.precision
    aligned = not (px * lot % (precision * MICRO) or MICRO % precision)
    if aligned and not maker_ppm:
        return 0
    formula = ceil_div(maker_ppm * opening * px * complement(px), MICRO**3)
    fills = ceil_div(remaining, lot)
    if not aligned:
        return formula + fills * (1 + precision)
    return formula + fills + max(precision - fees.owed, 0)


def _fees_of(order: SimOrder, plan: Plan) -> int:
    """What the matches at hand will be charged, without charging it."""
    trial = copy.copy(order.fees)
    return sum(trial.fill(maker.px, qty, buys=True) for maker, qty in plan.fills)
