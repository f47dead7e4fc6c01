"""What markets are called: titles for people where texts of the program have ids. Pure."""

import re
from collections.abc import Mapping

from arb.market.instruments import Market, MarketId

Names = Mapping[MarketId, Market]

_ID = re.compile(r"\b(?:kalshi|polymarket):\w+(?:[.-]\w+)*")


def label_of(market: Market) -> str:
    """The outcome's name; "" where the title ends with it already."""
    asked = market.title.rstrip("?")
    told = asked.endswith((f": {market.label}", f"? {market.label}"))
    return "" if told else market.label


def title_of(market: Market) -> str:
    """The question, and which outcome of it."""
    return f"{market.title} {label_of(market)}".strip()


def name_of(known: MarketId, names: Names) -> str:
    """The title of a market; its id where nobody knows it."""
    market = names.get(known)
    return title_of(market) if market is not None else known


def readable(text: str, names: Names) -> str:
    """The text with titles in the place of the ids of markets."""
    return _ID.sub(lambda found: _told(found[0], names), text) if ":" in text else text


def _told(known: str, names: Names) -> str:
    market = names.get(MarketId(known))
    return f"{title_of(market)} ({market.venue})" if market is not None else known
