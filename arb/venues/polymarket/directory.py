"""Which token is which contract: what every private report is understood by."""

from collections.abc import Iterable

import attrs

from arb.market.errors import Unintelligible
from arb.market.fees import Fees
from arb.market.instruments import Market, MarketId, Outcome, PolymarketRef


@attrs.frozen
class Contract:
    """One outcome of one market, with what trading it costs."""

    market: MarketId
    outcome: Outcome
    fees: Fees


class PolymarketDirectory:
    """Contracts by token id.

    Grows by every market that anybody hears of and never shrinks: fills of a market are reported
    long after it left the catalogue.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._contracts: dict[str, Contract] = {}

    def learn(self, markets: Iterable[Market]) -> None:
        """Add both tokens of each market; what is known of them is replaced."""
        for market in markets:
            ref = reference(market)
            self.add(ref.yes_token, Contract(market.id, Outcome.YES, market.fees))
            self.add(ref.no_token, Contract(market.id, Outcome.NO, market.fees))

    def add(self, token: str, contract: Contract) -> None:
        """Add one token."""
        self._contracts[token] = contract

    def find(self, token: str) -> Contract | None:
        """Say what a token is; None where nobody has heard of it."""
        return self._contracts.get(token)


def reference(market: Market) -> PolymarketRef:
    """How the venue knows a market. Raises Unintelligible for a market of another venue."""
    if not isinstance(market.ref, PolymarketRef):
        raise Unintelligible(f"{market.id} is not a market of Polymarket")
    return market.ref


def token_of(market: Market, outcome: Outcome) -> str:
    """The token id of one outcome."""
    ref = reference(market)
    return ref.yes_token if outcome is Outcome.YES else ref.no_token
