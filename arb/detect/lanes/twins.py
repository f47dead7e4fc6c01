"""Contracts on the other venue that pay alike, because a person verified that they do.

Pairs come here verified or not at all (`pairing.approval`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import attrs

from arb.detect.basket import Leg
from arb.market.errors import Refused
from arb.market.instruments import Claim, Market, MarketId, Outcome
from arb.pairing.approval import VerifiedPair

WHOLE_DOLLARS = Claim(
    holds=True,
    source=(
        "relies on both venues settling at 0 or 1: Kalshi may settle at a fraction (its result is"
        " then called scalar) and Polymarket at 50:50, each without the other"
    ),
)


def check(pair: VerifiedPair, markets: Mapping[MarketId, Market]) -> None:
    """Raise Refused where a market of a pair cannot be traded."""
    for market in (pair.kalshi, pair.polymarket):
        if market not in markets:
            raise Refused(f"no such market: {market}")


@attrs.frozen
class Twins:
    """Which contract pays like which, by contract; both ways."""

    _pairs: Mapping[MarketId, VerifiedPair]

    @classmethod
    def of_pairs(cls, pairs: Iterable[VerifiedPair], markets: Mapping[MarketId, Market]) -> "Twins":
        """Take the pairs whose markets can be traded, but for markets with two twins."""
        listed = [pair for pair in pairs if set(pair.key) <= markets.keys()]
        uses = Counter(market for pair in listed for market in pair.key)
        return cls(
            {
                market: pair
                for pair in listed
                if all(uses[one] == 1 for one in pair.key)
                for market in pair.key
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


def claims_of(pair: VerifiedPair) -> tuple[Claim, ...]:
    """What is relied on where both markets of a pair are in one basket."""
    return Claim(holds=True, source=pair.reliance), WHOLE_DOLLARS


def alike(pair: VerifiedPair, outcome: Outcome) -> Outcome:
    """The other venue's contract that pays where this venue's `outcome` does."""
    return outcome if pair.polymarket_yes_is_kalshi_yes else outcome.other
