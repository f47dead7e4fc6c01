"""Opens the outside world: the two venues, simulated in this process, simulated elsewhere, real.

The bot cannot tell them apart: only addresses, credentials and transports differ.
"""

from arb.outside.access import (
    CREDENTIALS,
    KALSHI_KEY,
    KALSHI_KEY_ID,
    POLYMARKET_KEY,
    POLYMARKET_WALLET,
    RELAYER_KEY,
    Access,
    KalshiAccess,
    PolymarketAccess,
    SpotAccess,
    read_access,
)
from arb.outside.opening import Venues, open_venues
from arb.outside.wire import Surroundings, Wire

__all__ = [
    "CREDENTIALS",
    "KALSHI_KEY",
    "KALSHI_KEY_ID",
    "POLYMARKET_KEY",
    "POLYMARKET_WALLET",
    "RELAYER_KEY",
    "Access",
    "KalshiAccess",
    "PolymarketAccess",
    "SpotAccess",
    "Surroundings",
    "Venues",
    "Wire",
    "open_venues",
    "read_access",
]
