"""Two markets, one on each venue, that a person or a rule says ask the same question."""

import attrs

from arb.market.instruments import MarketId


@attrs.frozen
class Pair:
    """A Kalshi market and a Polymarket market. Only a verified pair is ever traded."""

    kalshi: MarketId
    polymarket: MarketId
    polymarket_yes_is_kalshi_yes: bool
    """False where the questions are each other's opposite."""
    verified: bool
    """A person compared both rule texts and found the same resolution."""
    reason: str
    """Why the pair is verified, or why it is not."""
    source: str
    """Who says so, and when."""
