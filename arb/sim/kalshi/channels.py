"""Channels, subscriptions to them, and the envelope of their frames."""

import enum

import attrs
import msgspec

from arb.sim.kalshi.commands import Part
from arb.sim.kalshi.forms import Fields


class Channel(enum.StrEnum):
    """What can be subscribed to."""

    ORDERBOOK = "orderbook_delta"
    TICKER = "ticker"
    TRADE = "trade"
    FILL = "fill"
    USER_ORDERS = "user_orders"
    MARKET_POSITIONS = "market_positions"
    LIFECYCLE = "market_lifecycle_v2"


SEQUENCED = frozenset({Channel.ORDERBOOK, Channel.TRADE, Channel.LIFECYCLE})
"""Channels whose data frames carry `seq`."""


@attrs.define(eq=False)
class Subscription:
    """One channel on one connection."""

    sid: int
    channel: Channel
    tickers: dict[str, None] | None
    """In the order given; None means every market."""
    yes_price: bool
    """NO levels are written in YES prices."""
    quiet: bool
    """Acknowledgements leave out the list of markets."""
    part: Part
    seq: int = 0

    def wants(self, ticker: str) -> bool:
        """Say whether a market belongs to it."""
        return self.part.holds(ticker) if self.tickers is None else ticker in self.tickers

    def next_seq(self) -> int:
        """Count one more frame."""
        self.seq += 1
        return self.seq


def frame(kind: str, command_id: int, rest: Fields) -> str:
    """Write one frame; a command of number 0 goes unnamed."""
    head: Fields = {"type": kind}
    if command_id:
        head["id"] = command_id
    return msgspec.json.encode({**head, **rest}).decode()
