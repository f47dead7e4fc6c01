"""The exact sweep: the size at which a basket earns most, priced level by level with every fee.

Each leg is bought down its own ladder, one fill a level, best price first; cost and fees are
rounded as the venue rounds them. Rounding makes the profit jagged, so the best size is found with
a bound: before rounding the profit only grows up to the size where a further set would bring less
than `least_edge` (see `climb`), and rounding never adds to it. From there downwards each multiple
of the common lot is priced exactly, until the bound says that nothing smaller can be better.

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
from arb.detect.climb import ATTO, Climb, Lines, Stretch, climb
from arb.detect.reasons import Objection, Reason
from arb.market.book import BookView, Ladder
from arb.market.instruments import Action, Market, Outcome
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


_FIRST_LOOK = 8
"""Sizes whose rounding is worked out together at first, then twice as many each time: the best gets
better, and the later looks may be spared."""

_Bought = tuple[Ladder, int, int]
"""One leg's fills, one a level, what they cost and their fees. No fills: less is on offer."""


def price(template: Template, offers: Sequence[Offer], size: Qty) -> Plan | None:
    """What a given size (more than 0) costs now, profitable or not; None where less is on offer.

    Checks neither lots nor minimums nor the grid.
    """
    bought = [_buy(offer, size) for offer in offers]
    if not all(fills for fills, _, _ in bought):
        return None
    return _plan(template, offers, size, bought)


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
            return Objection(Reason.EMPTY_SIDE, offer.market.id)
        px = offer.ladder[0][0]
        if table[px] - px * MICRO > max_fee_share_ppm * px:
            return Objection(Reason.FEE_SHARE, f"{offer.market.id} at {plain_text(px)}")
    return None


def _refuse_plan(plan: Plan, limits: SweepLimits) -> Objection | None:
    """Look again at what rounding added: at each leg's fees, and at the edge of it all."""
    for leg in plan.legs:
        if leg.fees * MICRO > limits.max_fee_share_ppm * leg.cost:
            words = f"{plain_text(leg.fees)} on {plain_text(leg.cost)}"
            return Objection(Reason.FEE_SHARE, f"{leg.leg.market}: {words}")
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
    lot = math.lcm(*[offer.market.lot for offer in offers])
    lowest = max(lot, *[offer.market.min_qty for offer in offers])
    highest = round_down(_highest(bound, limits), lot)
    if highest < lowest:
        words = f"{plain_text(highest)} sets, at least {plain_text(lowest)} wanted"
        return Objection(Reason.TOO_SHALLOW, words)
    search = _Search(template.payout, offers, tables, limits)
    search.run(bound, highest, lowest, lot)
    if search.best is None:
        return Objection(Reason.NO_PROFIT, f"up to {plain_text(highest)} sets")
    return _plan(template, offers, *search.best)


class _Search:
    """Prices sizes, the largest first, until none below can be better; keeps the best."""

    __slots__ = ("_beat", "_limits", "_offers", "_payout", "_tables", "best")

    def __init__(
        self, payout: Usd, offers: Sequence[Offer], tables: Sequence[AllIn], limits: SweepLimits
    ) -> None:
        self._payout = payout
        self._offers = offers
        self._tables = tables
        self._limits = limits
        self._beat = max(0, limits.min_profit_usd - 1)
        self.best: tuple[Qty, list[_Bought]] | None = None

    def run(self, bound: Climb, highest: int, lowest: int, lot: int) -> None:
        """Look at all sizes that may be the best; most often the largest is."""
        if bound.most(highest) // ATTO <= self._beat or not self._price(highest):
            return
        if bound.most(highest - lot) // ATTO <= self._beat:
            return
        for stretch in bound.downwards(highest - lot, lowest, lot):
            if not self._look(stretch):
                return

    def _look(self, stretch: Stretch) -> bool:
        """Price what may be better; False where nothing smaller can be."""
        first, count = 0, _FIRST_LOOK
        lines: Lines | None = None
        while first < len(stretch.sizes):
            room = self._room(stretch, first)
            if not room:
                return False
            if lines is None:
                ladders = [offer.ladder for offer in self._offers]
                lines = Lines.of(stretch, ladders, self._tables)
            count = min(count, room, len(stretch.sizes) - first)
            # The most promising first: most of the others are not worth pricing after it.
            ends = False
            for most, nth in sorted(lines.worth(first, count, self._beat), reverse=True):
                if most > self._beat and not self._price(stretch.sizes[nth]):
                    ends = True
            if ends:
                return False
            first += count
            count *= 2
        return True

    def _room(self, stretch: Stretch, first: int) -> int:
        """How many sizes from the `first` on may be better before anything is rounded."""
        spare = stretch.most - first * stretch.fall - (self._beat + 1) * ATTO
        if spare < 0:
            return 0
        return spare // stretch.fall + 1 if stretch.fall else len(stretch.sizes)

    def _price(self, size: int) -> bool:
        """Price one size; False where a leg is worth too little: then so is every smaller one."""
        bought = []
        spent = 0
        for offer in self._offers:
            leg = _buy(offer, size)
            _, cost, fees = leg
            if cost < offer.market.min_take_usd:
                return False
            spent += cost + fees
            bought.append(leg)
        profit = self._payout * size // MICRO - spent
        most_spent = self._limits.max_cost_usd
        if profit > self._beat and (most_spent is None or spent <= most_spent):
            self._beat, self.best = profit, (Qty(size), bought)
        return True


def _highest(bound: Climb, limits: SweepLimits) -> int:
    highest = bound.end
    if limits.max_size is not None:
        highest = min(highest, limits.max_size)
    if limits.max_cost_usd is not None:
        highest = min(highest, bound.affordable(limits.max_cost_usd))
    return highest


def _buy(offer: Offer, size: int) -> _Bought:
    ladder = offer.ladder
    cost = 0
    left = size
    for depth, (px, qty) in enumerate(ladder):
        if qty >= left:
            fills = (*ladder[:depth], (px, Qty(left)))
            return fills, cost - (-px * left // MICRO), offer.market.fees.taker_fees(fills)
        cost -= -px * qty // MICRO
        left -= qty
    return (), 0, 0


def _plan(
    template: Template, offers: Sequence[Offer], size: Qty, bought: Sequence[_Bought]
) -> Plan:
    legs = []
    costs = all_fees = 0
    for leg, offer, (fills, cost, fees) in zip(template.legs, offers, bought, strict=True):
        limit, last = fills[-1]
        depth = size - last + offer.ladder[len(fills) - 1][1]
        # Usd() would be a call, three times a leg.
        made = LegPlan(leg, size, limit, cost, fees, fills[0][0], depth)  # type: ignore[arg-type]
        legs.append(made)
        costs += cost
        all_fees += fees
    payout = template.payout * size // MICRO
    profit = payout - costs - all_fees
    return Plan(template, size, tuple(legs), Usd(costs), Usd(all_fees), Usd(payout), Usd(profit))


def _limits_on_grid(plan: Plan, offers: Sequence[Offer]) -> bool:
    for leg, offer in zip(plan.legs, offers, strict=True):
        if not offer.market.grid.holds(leg.limit):
            return False
    return True


def _on_grid(offer: Offer) -> Offer:
    """Leave out the first level off the grid and everything behind it."""
    holds = offer.market.grid.holds
    kept = next((at for at, (px, _) in enumerate(offer.ladder) if not holds(px)), None)
    return Offer(offer.market, offer.ladder[:kept])
