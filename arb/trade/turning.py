"""Which contracts become cash before their markets resolve, or after: merges, conversions, winners.

YES and NO of one market are a dollar in every state of the world; NO of m of a group's questions,
of which exactly one comes true, is m - 1 dollars and YES of the others. So nothing is lost by
either, and what was locked until resolution is free. Kalshi does the like by itself.
"""

from collections.abc import Iterable, Mapping

import attrs

from arb.detect.basket import Leg
from arb.detect.lanes.conversion import convert
from arb.market.instruments import Event, Market, MarketId, NegRisk, Outcome, Venue
from arb.market.units import Qty, Usd
from arb.messages import ContractChange

Free = Mapping[MarketId, tuple[int, int]]
"""YES and NO of each market that nothing else is about to happen to, in micro-contracts."""


@attrs.frozen
class Merge:
    """As many YES as NO of one market become dollars."""

    market: Market
    qty: Qty

    @property
    def changes(self) -> tuple[ContractChange, ...]:
        """What it does to what is held."""
        return (ContractChange(self.market.id, -self.qty, -self.qty, Usd(self.qty)),)


@attrs.frozen
class Convert:
    """NOs of a group become dollars and YES of the group's other questions."""

    group: NegRisk
    given: tuple[MarketId, ...]
    qty: Qty
    changes: tuple[ContractChange, ...]

    @property
    def index_set(self) -> int:
        """The given questions as the contract wants them: bit i for the question numbered i."""
        indexes = dict(self.group.indexes)
        return sum(1 << indexes[market] for market in self.given)


@attrs.frozen
class Redeemable:
    """What is held of a resolved market that pays."""

    market: MarketId
    condition_id: str
    neg_risk: bool
    yes: Qty
    no: Qty


@attrs.frozen
class Redeem:
    """What is held of a resolved market becomes its payout."""

    held: Redeemable

    @property
    def changes(self) -> tuple[ContractChange, ...]:
        """Names the market; its settlement is booked when the venue tells it."""
        return (ContractChange(self.held.market, 0, 0, Usd(0)),)


Wish = Merge | Convert | Redeem


def merges(free: Free, markets: Mapping[MarketId, Market], least: Usd) -> list[Merge]:
    """Every market of Polymarket where at least `least` can be had, the most first."""
    found = [
        Merge(markets[market], Qty(min(held)))
        for market, held in free.items()
        if market in markets
        and markets[market].venue is Venue.POLYMARKET
        and min(held) >= max(least, 1)
    ]
    return sorted(found, key=lambda one: (-one.qty, one.market.id))


def conversions(
    free: Free, sets: Mapping[frozenset[MarketId], int], events: Iterable[Event], least: Usd
) -> list[Convert]:
    """Every set of NOs that brings at least `least` at once, the most first.

    `sets` says how many whole sets of NO were bought in which markets. A group that takes a fee,
    that may still grow, or of which not every question is listed, is left alone: what a
    conversion would bring there is not known, or less than what is held.
    """
    groups = [event.neg_risk for event in events if event.neg_risk is not None]
    found = []
    for given, bought in sets.items():
        qty = min([bought, *(free.get(market, (0, 0))[1] for market in given)])
        made = [one for group in groups if (one := _conversion(group, given, Qty(qty)))]
        found += [one for one in made if sum(change.usd for change in one.changes) >= least]
    return sorted(found, key=lambda one: (-one.qty, one.given))


def _conversion(group: NegRisk, given: frozenset[MarketId], qty: Qty) -> Convert | None:
    legs = [Leg(market, Outcome.NO) for market in sorted(given)]
    brings = convert(legs, qty, group) if qty > 0 and len(legs) > 1 else None
    if brings is None or group.fee_bips != 0 or brings.unlisted:
        return None
    share, rest = divmod(brings.at_once, len(legs))
    gone = tuple(
        ContractChange(leg.market, 0, -qty, Usd(share + (rest if leg is legs[0] else 0)))
        for leg in legs
    )
    come = tuple(ContractChange(leg.market, brings.left_qty, 0, Usd(0)) for leg in brings.left)
    return Convert(group, tuple(leg.market for leg in legs), qty, gone + come)
