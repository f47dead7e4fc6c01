"""What the books must know of a market for as long as money may be in it. Pure."""

import attrs

from arb.market.instruments import EventId, KalshiRef, Market, MarketId, Venue

Pool = tuple[Venue, int]
"""Where cash lies: a venue and the pool on it."""


def pool_of(market: Market) -> Pool:
    """The pool that pays for a market."""
    return market.venue, market.ref.shard if isinstance(market.ref, KalshiRef) else 0


@attrs.frozen
class Stake:
    """What the books need to know of a market, for as long as money may be in it."""

    id: MarketId
    venue: Venue
    event: EventId
    pool: int

    @classmethod
    def of(cls, market: Market) -> "Stake":
        """Take it from a listed market."""
        return cls(market.id, market.venue, market.event, pool_of(market)[1])


def nets(venue: Venue) -> bool:
    """Say whether the venue turns a YES and a NO of one market into cash by itself.

    Kalshi does: a member has one signed position (docs: market_settlement).
    """
    return venue is Venue.KALSHI
