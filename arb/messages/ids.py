"""What things are called: strings of a type of their own for each kind of thing."""

from typing import NewType

FeedId = NewType("FeedId", str)
OrderId = NewType("OrderId", str)
"""Ours, unique for ever: Kalshi's `client_order_id`."""
OrderKey = NewType("OrderKey", str)
"""What the venue will know an order by, known before it is sent: Polymarket's order hash,
Kalshi's `client_order_id`."""
BasketId = NewType("BasketId", str)
FillId = NewType("FillId", str)
"""Unique on its venue, whichever way the fill is reported."""
SettlementId = NewType("SettlementId", str)
"""Unique on its venue."""
TurnId = NewType("TurnId", str)
"""Ours, unique for ever; it travels with the transaction."""
