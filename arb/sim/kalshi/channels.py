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
    COMBO_LIFECYCLE = "multivariate_market_lifecycle"
    ORDER_GROUPS = "order_group_updates"
    COMMUNICATIONS = "communications"
    """Requests for quotes: can be subscribed to, there are none."""


PUBLIC_SEQUENCED = frozenset({Channel.TRADE, Channel.LIFECYCLE, Channel.COMBO_LIFECYCLE})
"""Channels whose data frames were recorded with `seq` while the docs' examples have none."""
SEQUENCED = frozenset({Channel.ORDERBOOK, Channel.ORDER_GROUPS, Channel.COMMUNICATIONS})
"""Channels whose data frames always carry `seq`."""
BY_ID = frozenset({Channel.TICKER, Channel.TRADE})
"""Channels whose markets may be named by `market_id` (docs: websockets)."""


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
    counted: bool
    """Its data frames carry `seq`."""
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


def envelope(kind: str, sid: int, seq: int | None, sent_ms: int, message: str) -> str:
    """Write one data frame around a message that is JSON already: many clients share it."""
    count = "" if seq is None else f',"seq":{seq}'
    return f'{{"type":"{kind}","sid":{sid}{count},"sending_ts_ms":{sent_ms},"msg":{message}}}'


def encode(message: Fields) -> str:
    """Write a message as JSON."""
    return msgspec.json.encode(message).decode()
