"""One market's question as a person reads it, and who asks it."""

import attrs

from arb.market.instruments import Venue
from arb.market.units import Ns


@attrs.frozen
class Question:
    """Everything a venue says that may decide what its market pays. "" and None are unknown."""

    venue: Venue | None = None
    id: str = ""
    """Whatever names the market to who asks: a ticker, a condition, `kalshi:...`."""
    title: str = ""
    """The market's own question."""
    event_title: str = ""
    """What all markets of its event are about."""
    outcome: str = ""
    """The outcome's short name inside its event; for a market of two sides, the one that is YES."""
    rules: str = ""
    """The text by which the market is settled."""
    close_ns: Ns | None = None
    """When trading ends at the latest, which may be long after the answer is known."""
    category: str = ""
    """The venue's own."""
