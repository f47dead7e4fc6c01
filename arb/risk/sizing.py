"""How much of a basket is wise, before any hard cap: a fraction of Kelly, aware of execution. Pure.

A basket that is filled whole earns its edge, one that is filled by half loses part of what it
cost, one that is missed costs nothing. Three doubts only ever make it smaller: a claimed edge
counts up to what is believable, and beyond that the more is claimed the less is staked; money
that is locked for long must earn a yearly rate first; and by how far its lane's argument is
trusted bounds what a basket may lose should the argument be wrong.
"""

from collections.abc import Mapping, Sequence

import attrs

from arb.detect.basket import Plan
from arb.market.instruments import Market
from arb.market.units import MICRO, Ns, Usd, ceil_div
from arb.risk.chances import Chance

YEAR_NS = 365 * 24 * 3600 * 10**9


@attrs.frozen
class SizingLimits:
    """What sizes keep to; parts are millionths."""

    kelly_ppm: int
    """The part of the Kelly stake: 1,000,000 would be all of it."""
    half_loss_ppm: int
    """What a basket that is filled by half loses, of its cost."""
    believed_edge_ppm: int
    """Profit over cost: what is claimed beyond is doubt, not profit."""
    hurdle_ppm: int
    """What locked money has to earn in a year."""
    unknown_wait_ns: int
    """How long money is taken to be locked where no market says."""
    worst_loss_usd: Usd
    """What one basket may cost at the most where its argument is trusted fully."""
    trust_ppm: Mapping[str, int]
    """By lane, how far the argument is trusted; a lane that is not named is not traded."""


@attrs.frozen
class Case:
    """What a size is asked for."""

    plan: Plan
    markets: Sequence[Market]
    chance: Chance
    bankroll: Usd
    """All cash, and what is held at its cost."""
    now_ns: Ns


@attrs.frozen
class Ceiling:
    """The most that a basket may cost, fees included, and what says so."""

    usd: Usd
    name: str


def ceiling(case: Case, limits: SizingLimits) -> Ceiling:
    """The least of the Kelly stake and what may be lost; 0 where nothing should be staked."""
    spent = case.plan.cost + case.plan.fees
    if spent <= 0:
        return Ceiling(Usd(0), "costs nothing, so something is wrong")
    claimed = case.plan.profit * MICRO // spent
    trust = _trust(case.plan, claimed, limits)
    lock = lock_penalty(case, limits)
    edge = min(claimed, limits.believed_edge_ppm) - lock
    if edge <= 0:
        told = f"{_percent(claimed)} where the wait wants more than {_percent(lock)}"
        return Ceiling(Usd(0), f"earns too little for the time its money is locked: {told}")
    part = kelly(edge, case.chance, limits.half_loss_ppm) * limits.kelly_ppm // MICRO
    if part <= 0:
        return Ceiling(Usd(0), "earns too little for the risk of being filled by half")
    staked = case.bankroll * part // MICRO * trust // MICRO
    lost = limits.worst_loss_usd * trust // MICRO
    return Ceiling(Usd(staked), "Kelly") if staked < lost else Ceiling(Usd(lost), "worst loss")


def _percent(ppm: int) -> str:
    return f"{ppm // 10_000}.{ppm % 10_000 // 100:02d} %"


def kelly(edge_ppm: int, chance: Chance, loss_ppm: int) -> int:
    """The part of the bankroll (millionths, at most all of it) that makes money grow fastest.

    For what earns w with chance p, loses l with chance h and else neither, growth is largest at
    (p w - h l) / (w l (p + h)); nothing where it loses on average.
    """
    gain = chance.whole_ppm * edge_ppm - chance.half_ppm * loss_ppm
    if gain <= 0:
        return 0
    weight = edge_ppm * loss_ppm * (chance.whole_ppm + chance.half_ppm)
    return min(MICRO, gain * MICRO * MICRO // weight) if weight else MICRO


def lock_penalty(case: Case, limits: SizingLimits) -> int:
    """What the part of a payout that waits for resolution must earn meanwhile, ppm of its cost."""
    later = case.plan.payout - case.plan.at_once
    waits = limits.hurdle_ppm * _wait_ns(case, limits)
    return ceil_div(waits * later, YEAR_NS * case.plan.payout) if case.plan.payout > 0 else 0


def _wait_ns(case: Case, limits: SizingLimits) -> int:
    """Until the last of its markets closes; one that does not say closes late."""
    waits = [
        limits.unknown_wait_ns if market.closes_ns is None else market.closes_ns - case.now_ns
        for market in case.markets
    ]
    return max(0, *waits)


def _trust(plan: Plan, claimed_ppm: int, limits: SizingLimits) -> int:
    """How far the argument is trusted, less so the more is claimed beyond what is believable."""
    trust = limits.trust_ppm.get(str(plan.template.lane), 0)
    doubt = max(claimed_ppm, limits.believed_edge_ppm)
    return trust * limits.believed_edge_ppm // doubt if doubt else 0
