"""Bets: what a statistical lane offers. A bet can lose; a basket cannot.

Nothing here is a `Template` or a `Plan`, and nothing that takes those takes a bet: an expected
amount must never be mistaken for a guaranteed one.
"""

import enum
from typing import NewType

import attrs

from arb.detect.basket import Leg
from arb.market.book import Level
from arb.market.instruments import Market
from arb.market.units import MICRO, Ns, Px, Qty, Usd

BetId = NewType("BetId", str)
"""The same for the same contract, lane and span of time: not to be acted on twice."""


class BetLane(enum.StrEnum):
    """By which argument a contract should be worth more than it costs."""

    SPIKE = "spike"
    LATENCY = "latency"


@attrs.frozen
class Evidence:
    """One figure that an estimate rests on, in words that a person can check."""

    name: str
    value: str


def _share(_: object, attribute: "attrs.Attribute[int]", value: int) -> None:
    if not 0 <= value <= MICRO:
        raise ValueError(f"{attribute.name}: {value} does not lie between 0 and {MICRO}")


@attrs.frozen
class Estimate:
    """What a lane believes about one contract, and how far it is to be believed.

    Raises ValueError where a share lies outside 0 to 1,000,000.
    """

    lane: BetLane
    leg: Leg
    chance_ppm: int = attrs.field(validator=_share)
    """Millionths: how often the contract pays, says the lane."""
    confidence_ppm: int = attrs.field(validator=_share)
    """Millionths: the lane's weight against the market's own price."""
    evidence: tuple[Evidence, ...]


@attrs.frozen
class Bet:
    """One contract at a size, with what it should bring and what that rests on.

    Executable as given: on grid, on lot, above the market's minimums. The most that can be lost
    is `cost` and `fees`.
    """

    id: BetId
    estimate: Estimate
    market: Market
    fills: tuple[Level, ...]
    """What is to be bought, best price first, in the outcome's own terms."""
    size: Qty
    cost: Usd
    fees: Usd
    fair_ppm: int
    """Millionths: the chance counted with, between the lane's and the market's own."""
    expected: Usd
    """What `size` brings on average beyond `cost` and `fees`, if `fair_ppm` is right."""
    seen_ns: Ns

    @property
    def limit(self) -> Px:
        """The worst price needed, on the market's grid."""
        return self.fills[-1][0]

    @property
    def at_risk(self) -> Usd:
        """Everything that it costs: all of it is lost where the contract does not pay."""
        return Usd(self.cost + self.fees)
