"""By which text each of Kalshi's markets is settled. Pure."""

from collections.abc import Collection, Iterator, Sequence

import msgspec

from arb.market.errors import Unintelligible
from arb.market.instruments import MarketId, Wording
from arb.venues.kalshi.identity import market_id
from arb.venues.kalshi.schema import EventBody, MarketRules, decode


def wordings_of(
    body: EventBody, markets: Sequence[bytes | msgspec.Raw], listed: Collection[MarketId]
) -> Iterator[tuple[MarketId, Wording]]:
    """Read the rules of those of an event's markets that are listed.

    Both parts of the rules are binding: the primary one says when YES wins, the secondary one
    what else counts (docs: get-market). What is no text is no rule.
    """
    category = _text(body.category)
    for raw in markets:
        try:
            rules = decode(raw, MarketRules)
        except Unintelligible:
            continue  # such a market is not listed, and counted where that is decided
        market = market_id(rules.ticker)
        if market in listed:
            parts = (_text(rules.rules_primary), _text(rules.rules_secondary))
            yield market, Wording("\n".join(part for part in parts if part), category)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
