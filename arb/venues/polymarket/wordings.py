"""By which text each of Polymarket's markets is settled. Pure."""

from collections.abc import Collection, Iterator, Sequence

from arb.market.errors import Unintelligible
from arb.market.instruments import MarketId, Wording
from arb.venues.polymarket.fields import Raw
from arb.venues.polymarket.listing import condition_of, market_id


def wordings_of(
    event: Raw, questions: Sequence[Raw], listed: Collection[MarketId]
) -> Iterator[tuple[MarketId, Wording]]:
    """Read the rules of those of an event's markets that are listed.

    A market's `description` is its rules; `resolutionSource` an address that decides, where the
    rules do not name it themselves (docs: market-details). What is no text is no rule.
    """
    category = _category(event)
    for question in questions:
        try:
            market = market_id(condition_of(question))
        except Unintelligible:
            continue  # such a market is not listed, and counted where that is decided
        if market in listed:
            yield market, Wording(_rules(question), category)


def _rules(question: Raw) -> str:
    description, source = (
        _text(question.get("description")),
        _text(question.get("resolutionSource")),
    )
    if source and source not in description:
        description += f"\nResolution source: {source}"
    return description.strip()


def _category(event: Raw) -> str:
    """Events had a category once; now their tags say it, the broadest of them first."""
    if category := _text(event.get("category")):
        return category
    tags = event.get("tags")
    first = tags[0] if isinstance(tags, list) and tags else None
    return _text(first.get("label")) if isinstance(first, dict) else ""


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
