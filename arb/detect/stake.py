"""From an estimate and a book to a bet: which levels are worth buying, and what they bring.

The chance that is counted with lies between the lane's own and the market's: the middle of the
book, moved towards the estimate by the estimate's confidence. A lane that is not sure of itself
hardly disagrees with the market, and so hardly ever bets.
"""

import hashlib
from collections.abc import Iterable, Sequence

import attrs

from arb.detect.all_in import all_in
from arb.detect.bet import Bet, BetId, Estimate
from arb.detect.reasons import Objection, Reason
from arb.market.book import BookView, Ladder, Level
from arb.market.instruments import Action, Market, Outcome
from arb.market.units import MICRO, Ns, Qty, Usd, plain_text, round_down

_DIGEST_BYTES = 8


@attrs.frozen
class StakeLimits:
    """What a bet must keep to."""

    min_edge_ppm: int
    """Every contract bought must bring at least this much of its price and fee, on average."""
    max_cost_usd: Usd
    """Cost and fees of one bet."""
    bucket_ns: int
    """Nanoseconds within which the same bet counts as the same."""


@attrs.frozen
class _Case:
    """Everything of a bet but its size."""

    estimate: Estimate
    market: Market
    fair_ppm: int
    seen_ns: Ns


def stake(estimate: Estimate, view: BookView, now_ns: Ns, limits: StakeLimits) -> Bet | Objection:
    """Buy every level that is worth it, up to the most that may be spent.

    Raises ValueError where the view is not of the estimate's market.
    """
    if view.market.id != estimate.leg.market:
        raise ValueError(f"a view of {view.market.id} for a bet on {estimate.leg.market}")
    if not view.bids or not view.asks:
        return Objection(Reason.EMPTY_SIDE, view.market.id)
    fair_ppm = blend(estimate, view)
    ladder = view.ladder(estimate.leg.outcome, Action.BUY)
    worth = _worth(ladder, view.market, fair_ppm, limits.min_edge_ppm)
    if not worth:
        return Objection(Reason.NO_EDGE, _words(ladder, view.market, fair_ppm))
    return _bet(_Case(estimate, view.market, fair_ppm, now_ns), worth, limits)


def cut(bet: Bet, limits: StakeLimits) -> Bet | Objection:
    """Make a bet anew from what it was to buy, with other limits; its time stays."""
    case = _Case(bet.estimate, bet.market, bet.fair_ppm, bet.seen_ns)
    return _bet(case, bet.fills, limits)


def blend(estimate: Estimate, view: BookView) -> int:
    """The chance counted with, in millionths: the market's own, moved towards the lane's."""
    middle = (view.bids[0][0] + view.asks[0][0]) // 2
    own = middle if estimate.leg.outcome is Outcome.YES else MICRO - middle
    return own + (estimate.chance_ppm - own) * estimate.confidence_ppm // MICRO


def _worth(ladder: Ladder, market: Market, fair_ppm: int, min_edge_ppm: int) -> list[Level]:
    """The levels, best first, at which a contract brings enough; up to the first off the grid."""
    table = all_in(market.fees)
    found: list[Level] = []
    for px, qty in ladder:
        least_pico = table[px] * (MICRO + min_edge_ppm)
        if fair_ppm * MICRO * MICRO < least_pico or not market.grid.holds(px):
            break
        found.append((px, qty))
    return found


def _size(levels: Sequence[Level], market: Market, most_usd: Usd) -> Qty:
    """As many contracts as the levels offer and the money buys, in whole lots."""
    table, size = all_in(market.fees), 0
    left_pico = most_usd * MICRO
    for px, qty in levels:
        take = min(qty, left_pico * MICRO // table[px])
        size += take
        left_pico -= table[px] * take // MICRO
    size = round_down(size, market.lot)
    while size > 0 and _spent(_fills(levels, size), market) > most_usd:
        size -= market.lot  # what rounding adds to the price of so many
    return Qty(max(0, size))


def _fills(levels: Iterable[Level], size: int) -> list[Level]:
    """What buying so many takes, one fill a level."""
    fills: list[Level] = []
    left = size
    for px, qty in levels:
        if left <= 0:
            break
        fills.append((px, Qty(min(qty, left))))
        left -= qty
    return fills


def _notional(fills: Iterable[Level]) -> int:
    return sum(-(-px * qty // MICRO) for px, qty in fills)


def _spent(fills: Sequence[Level], market: Market) -> int:
    return _notional(fills) + market.fees.taker_fees(fills)


def _bet(case: _Case, levels: Sequence[Level], limits: StakeLimits) -> Bet | Objection:
    """Size it, price it exactly, and look again at what rounding left of the edge."""
    market, fair_ppm = case.market, case.fair_ppm
    size = _size(levels, market, limits.max_cost_usd)
    fills = _fills(levels, size)
    cost, fees = _notional(fills), market.fees.taker_fees(fills)
    if size <= 0 or size < market.min_qty or cost < market.min_take_usd:
        words = f"{market.id}: {plain_text(size)} contracts for {plain_text(cost)}"
        return Objection(Reason.TOO_SHALLOW, words)
    expected = fair_ppm * size // MICRO - cost - fees
    if expected * MICRO < limits.min_edge_ppm * (cost + fees) or expected <= 0:
        return Objection(Reason.THIN_EDGE, f"{plain_text(expected)} on {plain_text(cost + fees)}")
    return Bet(
        id=bet_id(case.estimate, case.seen_ns, limits.bucket_ns),
        estimate=case.estimate,
        market=market,
        fills=tuple(fills),
        size=size,
        cost=Usd(cost),
        fees=fees,
        fair_ppm=fair_ppm,
        expected=Usd(expected),
        seen_ns=case.seen_ns,
    )


def bet_id(estimate: Estimate, now_ns: Ns, bucket_ns: int) -> BetId:
    """Name a bet in a span of time, stably across runs: lane, contract, span."""
    words = f"{estimate.leg.market}/{estimate.leg.outcome}".encode()
    digest = hashlib.blake2s(words, digest_size=_DIGEST_BYTES).hexdigest()
    return BetId(f"{estimate.lane}-{digest}-{now_ns // bucket_ns}")


def _words(ladder: Ladder, market: Market, fair_ppm: int) -> str:
    best = all_in(market.fees)[ladder[0][0]] // MICRO
    return f"{market.id}: costs {plain_text(best)}, worth {plain_text(fair_ppm)}"
