"""Kalshi's tickers and our ids."""

from urllib.parse import quote

from arb.market.errors import Refused
from arb.market.instruments import EventId, KalshiRef, Market, MarketId, Venue


def market_id(ticker: str) -> MarketId:
    """Our id of a Kalshi market."""
    return MarketId(f"{Venue.KALSHI}:{ticker}")


def event_id(event_ticker: str) -> EventId:
    """Our id of a Kalshi event."""
    return EventId(f"{Venue.KALSHI}:{event_ticker}")


def kalshi_ref(market: Market) -> KalshiRef:
    """How Kalshi knows a market. Raises Refused for a market of another venue."""
    if not isinstance(market.ref, KalshiRef):
        raise Refused(f"{market.id} is not a market of Kalshi")
    return market.ref


def path_part(text: str) -> str:
    """Make an id safe inside a path; the path is signed exactly as it is sent."""
    return quote(text, safe="")
