"""The exact sweep: the size at which a basket earns most, priced level by level with every fee.

Each leg is bought down its own ladder, one fill a level, best price first; cost and fees are
rounded as the venue rounds them. Before rounding the profit only grows up to the size where a
further set would bring less than `least_edge` (see `climb`). That size is priced, and from it
downwards every smaller one that rounding may make better (see `peak`).

So "exact" means: the largest profit over all multiples of the common lot that keep every minimum
and cap, up to the size where one more set brings less than `least_edge` before rounding. That
holds for fee rules under which a worse price costs more in all, fee included (any rate below
100 %); under others the size may not be the best, but its figures are still true.
"""

import math
from collections.abc import Sequence

import attrs

from arb.detect.all_in import AllIn, all_in
from arb.detect.basket import LegPlan, Plan, Template
from arb.detect.climb import ATTO, Climb, climb
from arb.detect.peak import Peak
from arb.detect.reasons import Objection, Reason
from arb.market.book import BookView, Ladder
from arb.market.fees import Bought
from arb.market.instruments import Action, Market, MarketId, Outcome
from arb.market.units import MICRO, Qty, Usd, ceil_div, plain_text, round_down


@attrs.frozen
class Offer:
    """What one leg can be bought from: a ladder in the leg's own prices, and the market's rules."""

    market: Market
    ladder: Ladder

    @classmethod
    def of(cls, view: BookView, outcome: Outcome) -> "Offer":
        """Everything on offer of one outcome."""
        return cls(view.market, view.ladder(outcome, Action.BUY))


@attrs.frozen
class SweepLimits:
    """What a size must keep to."""

    min_profit_usd: Usd = Usd(1)
    """Micro-dollars for the whole basket; below 1 counts as 1, no profit is no opportunity."""
    least_edge: int = 100
    """Micro-dollars a set: where a further set brings less, before rounding, the sweep ends."""
    min_edge_ppm: int = 0
    """The part of its cost and fees, in millionths, that every further set must bring as well,
    and the whole basket after rounding."""
    max_fee_share_ppm: int = 200_000
    """The part of a leg's price, in millionths, that its fee may be."""
    max_size: Qty | None = None
    """Sets."""
    max_cost_usd: Usd | None = None
    """Cost and fees of all legs together."""

    def least_a_set(self, payout: Usd) -> int:
        """What a further set must bring, in micro-dollars, for both rules on edges."""
        share = ceil_div(payout * self.min_edge_ppm, MICRO + self.min_edge_ppm)
        return max(self.least_edge, share)


def price(template: Template, offers: Sequence[Offer], size: Qty) -> Plan | None:
    """What a given size (more than 0) costs now, profitable or not; None where less is on offer.

    Checks neither lots nor minimums nor the grid.
    """
    bought = [offer.market.fees.buying(offer.ladder, size) for offer in offers]
    made = [one for one in bought if one is not None]
    return _plan(template, offers, size, made) if len(made) == len(offers) else None


def sweep(template: Template, offers: Sequence[Offer], limits: SweepLimits) -> Plan | Objection:
    """Find the most profitable size of a basket, `offers` in the order of its legs.

    Every limit price of the plan lies on its market's grid: levels off it, and all behind them,
    are left alone.
    """
    found = _sweep(template, offers, limits)
    if isinstance(found, Objection) or _limits_on_grid(found, offers):
        return found
    return _sweep(template, [_on_grid(offer) for offer in offers], limits)


def _sweep(template: Template, offers: Sequence[Offer], limits: SweepLimits) -> Plan | Objection:
    tables = [all_in(offer.market.fees) for offer in offers]
    objection = _refuse_top(offers, tables, limits.max_fee_share_ppm)
    if objection:
        return objection
    ladders = [offer.ladder for offer in offers]
    found = climb(template.payout, ladders, tables, limits.least_a_set(template.payout))
    if found is None:
        return Objection(Reason.NO_EDGE, _edge_text(template, ladders, tables))
    plan = _best(template, offers, tables, found, limits)
    if isinstance(plan, Plan):
        return _refuse_plan(plan, limits) or plan
    return plan


def _refuse_top(
    offers: Sequence[Offer], tables: Sequence[AllIn], max_fee_share_ppm: int
) -> Objection | None:
    for offer, table in zip(offers, tables, strict=True):
        if not offer.ladder:
            return Objection(Reason.EMPTY_SIDE, offer.market.id, offer.market.id)
        px = offer.ladder[0][0]
        if table[px] - px * MICRO > max_fee_share_ppm * px:
            words = f"{offer.market.id} at {plain_text(px)}"
            return Objection(Reason.FEE_SHARE, words, offer.market.id)
    return None


def _refuse_plan(plan: Plan, limits: SweepLimits) -> Objection | None:
    """Look again at what rounding added: at each leg's fees, and at the edge of it all."""
    for leg in plan.legs:
        if leg.fees * MICRO > limits.max_fee_share_ppm * leg.cost:
            words = f"{plain_text(leg.fees)} on {plain_text(leg.cost)}"
            return Objection(Reason.FEE_SHARE, f"{leg.leg.market}: {words}", leg.leg.market)
    spent = plan.cost + plan.fees
    if plan.profit * MICRO < limits.min_edge_ppm * spent:
        words = f"{plain_text(plan.profit)} on {plain_text(spent)}"
        return Objection(Reason.THIN_EDGE, words)
    return None


def _edge_text(template: Template, ladders: Sequence[Ladder], tables: Sequence[AllIn]) -> str:
    best = sum(table[ladder[0][0]] for ladder, table in zip(ladders, tables, strict=True))
    return f"{plain_text((template.payout * MICRO - best) // MICRO)} a set"


def _best(
    template: Template,
    offers: Sequence[Offer],
    tables: Sequence[AllIn],
    bound: Climb,
    limits: SweepLimits,
) -> Plan | Objection:
    lot, lowest = _smallest(offers)
    highest = round_down(_highest(bound, limits), lot)
    if highest < lowest:
        words = f"{plain_text(highest)} sets, at least {plain_text(lowest)} wanted"
        return Objection(Reason.TOO_SHALLOW, words, _spent(bound, offers))
    peak = Peak(template.payout, [offer.ladder for offer in offers], tables, limits.max_cost_usd)
    peak.beat = max(0, limits.min_profit_usd - 1)
    if bound.most(highest) // ATTO > peak.beat and _large_enough(offers, peak.price(highest)):
        if bound.most(highest - lot) // ATTO > peak.beat:
            lowest = max(lowest, *map(_notable, offers))
            peak.search(bound, range(highest - lot, lowest - 1, -lot))
        if peak.size:
            return _plan(template, offers, peak.size, peak.bought())
    return Objection(Reason.NO_PROFIT, f"up to {plain_text(highest)} sets", _spent(bound, offers))


def _spent(bound: Climb, offers: Sequence[Offer]) -> MarketId | None:
    return offers[bound.spent].market.id if bound.spent >= 0 else None


def _smallest(offers: Sequence[Offer]) -> tuple[int, int]:
    """The common lot, and the smallest size that all markets take."""
    lots = {offer.market.lot for offer in offers}
    lot = lots.pop() if len(lots) == 1 else math.lcm(*lots)
    least = max([offer.market.min_qty for offer in offers])
    return lot, max(lot, least)


def _large_enough(offers: Sequence[Offer], bought: Sequence[Bought]) -> bool:
    for offer, (cost, _, _, _) in zip(offers, bought, strict=True):
        if cost < offer.market.min_take_usd:
            return False
    return True


def _notable(offer: Offer) -> int:
    """The smallest size that costs as much as the venue wants of an order that takes."""
    least = offer.market.min_take_usd
    if not least:
        return 0
    start = spent = 0
    for px, qty in offer.ladder:
        costs = -(-px * qty // MICRO)
        if spent + costs >= least:
            return start + max(0, (least - spent - 1) * MICRO // px + 1)
        spent += costs
        start += qty
    return start + 1


def _highest(bound: Climb, limits: SweepLimits) -> int:
    highest = bound.end
    if limits.max_size is not None:
        highest = min(highest, limits.max_size)
    if limits.max_cost_usd is not None:
        highest = min(highest, bound.affordable(limits.max_cost_usd))
    return highest


def _plan(template: Template, offers: Sequence[Offer], size: int, bought: Sequence[Bought]) -> Plan:
    legs = []
    costs = all_fees = 0
    for leg, offer, (cost, fees, last, taken) in zip(template.legs, offers, bought, strict=True):
        ladder = offer.ladder
        limit, held = ladder[last]
        # Usd() would be a call, three times a leg.
        legs.append(
            LegPlan(leg, size, limit, cost, fees, ladder[0][0], size - taken + held)  # type: ignore[arg-type]
        )
        costs += cost
        all_fees += fees
    payout = template.payout * size // MICRO
    profit = payout - costs - all_fees
    return Plan(
        template, Qty(size), tuple(legs), Usd(costs), Usd(all_fees), Usd(payout), Usd(profit)
    )


def _limits_on_grid(plan: Plan, offers: Sequence[Offer]) -> bool:
    for leg, offer in zip(plan.legs, offers, strict=True):
        if not offer.market.grid.known[leg.limit]:
            return False
    return True


def _on_grid(offer: Offer) -> Offer:
    """Leave out the first level off the grid and everything behind it."""
    holds = offer.market.grid.holds
    kept = next((at for at, (px, _) in enumerate(offer.ladder) if not holds(px)), None)
    return Offer(offer.market, offer.ladder[:kept])
