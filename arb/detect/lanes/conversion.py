"""Conversion: what of a basket's payout comes at once, and what waits for the markets to resolve.

YES and NO of one market are a dollar as soon as both are held: Polymarket merges them, Kalshi nets
them by itself. On Polymarket NO of m questions of one negRisk group turns into m - 1 dollars and
YES of every other question of the group, less the group's fee (docs: negative-risk); with NO of
all of them nothing is left over. Where the fee is not known, or how many questions exist, nothing
is counted on before resolution.
"""

import enum
from collections.abc import Mapping, Sequence

import attrs

from arb.detect.basket import Leg, Plan
from arb.market.instruments import Market, MarketId, NegRisk, Outcome, Venue
from arb.market.units import MICRO, Qty, Usd, ceil_div

_BIPS = 10_000


class How(enum.StrEnum):
    """What is done with a basket once it is held."""

    MERGE = "merge"
    """YES and NO of one market on Polymarket."""
    NET = "net"
    """YES and NO of one market on Kalshi: the venue does it."""
    CONVERT = "convert"
    """NOs of one negRisk group on Polymarket."""
    HOLD = "hold"
    """Until the markets resolve."""


@attrs.frozen
class Returns:
    """When the payout of a basket comes, in micro-dollars for the whole size."""

    how: How
    at_once: Usd
    at_resolution: Usd
    """What comes later at least."""
    fee: Usd
    """What conversion keeps of the dollars, rounded up."""
    left: tuple[Leg, ...]
    """What is held until resolution, of the listed markets."""
    left_qty: Qty
    """Of each contract that is left."""
    unlisted: int
    """Questions of the group that are not listed: YES of each is received as well."""


def returns_of(
    plan: Plan, markets: Mapping[MarketId, Market], neg_risk: NegRisk | None = None
) -> Returns:
    """Say when a plan's payout comes; `neg_risk` is what is known of its legs' event.

    `markets` holds the legs' markets at least.
    """
    legs = plan.template.legs
    if is_set(legs):
        how = How.MERGE if markets[legs[0].market].venue is Venue.POLYMARKET else How.NET
        return Returns(how, plan.payout, Usd(0), Usd(0), (), Qty(0), 0)
    if neg_risk is not None:
        converted = convert(legs, plan.size, neg_risk)
        if converted is not None:
            return converted
    return Returns(How.HOLD, Usd(0), plan.payout, Usd(0), legs, plan.size, 0)


def is_set(legs: Sequence[Leg]) -> bool:
    """Say whether these are YES and NO of one market."""
    outcomes = {leg.outcome for leg in legs}
    return len(legs) == len(outcomes) == 2 and legs[0].market == legs[1].market  # noqa: PLR2004 - YES, NO


def convert(legs: Sequence[Leg], qty: Qty, neg_risk: NegRisk) -> Returns | None:
    """What `qty` NOs of each leg turn into; None where they cannot, or nobody knows into what.

    Rounded against us: the fee up, on the dollars and on what is left alike.
    """
    indexes = dict(neg_risk.indexes)
    given = {leg.market for leg in legs}
    if not given <= indexes.keys() or any(leg.outcome is Outcome.YES for leg in legs):
        return None
    if neg_risk.augmented or neg_risk.prepared is None or neg_risk.fee_bips is None:
        return None
    kept = qty - ceil_div(qty * neg_risk.fee_bips, _BIPS)
    dollars = len(given) - 1
    others = tuple(Leg(market, Outcome.YES) for market in indexes if market not in given)
    return Returns(
        how=How.CONVERT,
        at_once=Usd(dollars * kept),
        at_resolution=Usd(0),
        fee=Usd(dollars * (qty - kept)),
        left=others,
        left_qty=Qty(kept),
        unlisted=neg_risk.prepared - len(indexes),
    )


def index_set(legs: Sequence[Leg], neg_risk: NegRisk) -> int:
    """The set of questions as the contract wants it: bit i for the question numbered i."""
    indexes = dict(neg_risk.indexes)
    return sum(1 << indexes[leg.market] for leg in legs)


def at_once_a_set(legs: Sequence[Leg], neg_risk: NegRisk | None) -> Usd:
    """What one set of these NOs brings at once by conversion, in micro-dollars; 0 if nothing."""
    converted = convert(legs, Qty(MICRO), neg_risk) if neg_risk else None
    return converted.at_once if converted else Usd(0)
