"""Contracts on the other venue that pay alike, because a person verified that they do.

This is the one way by which pairs reach a basket: what nobody verified is not in here.
"""

from collections.abc import Iterable, Mapping

import attrs

from arb.detect.basket import Leg
from arb.market.errors import Refused
from arb.market.instruments import Claim, Market, MarketId, Outcome
from arb.pairing.pair import Pair

WHOLE_DOLLARS = Claim(
    holds=True,
    source=(
        "relies on both venues settling at 0 or 1: Kalshi may settle at a fraction (its result is"
        " then called scalar) and Polymarket at 50:50, each without the other"
    ),
)


def check(pair: Pair, markets: Mapping[MarketId, Market]) -> None:
    """Raise Refused where a pair is not verified, or a market of it cannot be traded."""
    if not pair.verified:
        raise Refused(f"pair not verified: {pair.reason}")
    for market in (pair.kalshi, pair.polymarket):
        if market not in markets:
            raise Refused(f"no such market: {market}")


@attrs.frozen
class Twins:
    """Which contract pays like which, by contract; both ways."""

    _pairs: Mapping[MarketId, Pair]

    @classmethod
    def of_pairs(cls, pairs: Iterable[Pair], markets: Mapping[MarketId, Market]) -> "Twins":
        """Take the verified pairs; a market in two of them is in none, for both cannot be right."""
        found: dict[MarketId, Pair] = {}
        doubtful: set[MarketId] = set()
        for pair in pairs:
            if not pair.verified or not {pair.kalshi, pair.polymarket} <= markets.keys():
                continue
            doubtful |= {pair.kalshi, pair.polymarket} & found.keys()
            found |= {pair.kalshi: pair, pair.polymarket: pair}
        return cls(
            {
                market: pair
                for market, pair in found.items()
                if not {pair.kalshi, pair.polymarket} & doubtful
            }
        )

    def of(self, leg: Leg) -> tuple[Leg, ...]:
        """The contract on the other venue that pays like this one, if any."""
        pair = self._pairs.get(leg.market)
        if pair is None:
            return ()
        other = pair.polymarket if leg.market == pair.kalshi else pair.kalshi
        return (Leg(other, alike(pair, leg.outcome)),)

    def claims(self, leg: Leg) -> tuple[Claim, ...]:
        """Why a contract pays like its twin."""
        pair = self._pairs[leg.market]
        return claims_of(pair)


def claims_of(pair: Pair) -> tuple[Claim, ...]:
    """What is relied on where both markets of a pair are in one basket."""
    return Claim(holds=True, source=f"{pair.source}: {pair.reason}"), WHOLE_DOLLARS


def alike(pair: Pair, outcome: Outcome) -> Outcome:
    """The other venue's contract that pays where this venue's `outcome` does."""
    return outcome if pair.polymarket_yes_is_kalshi_yes else outcome.other
