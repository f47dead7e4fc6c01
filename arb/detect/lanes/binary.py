"""Binary: YES and NO of one market pay a dollar together, whatever happens.

Both are offered from one book: NO at q is somebody's bid for YES at 1 - q. In one consistent book
the two never cost less than a dollar, so this basket can only pass the gate on a crossed book,
which is a fault of the data and not an edge. The lane is the alarm for that: the firewall refuses
what it finds as crossed, and counts it.
"""

from collections.abc import Iterable

from arb.detect.basket import Lane, Leg, Template
from arb.detect.lanes.compiled import Compiled
from arb.market.instruments import Claim, Market, Outcome
from arb.market.units import MICRO, Usd

_CLAIM = Claim(
    holds=True, source="one YES and one NO of a market pay one dollar together, on both venues"
)


ONE_DOLLAR = Usd(MICRO)
"""Polymarket merges the two, Kalshi nets them: neither waits for the market to resolve."""


def binary(markets: Iterable[Market]) -> Compiled:
    """Make the basket of YES and NO of each market."""
    return Compiled(tuple(_template(market) for market in markets), {})


def _template(market: Market) -> Template:
    return Template.prove(
        Lane.BINARY,
        f"{market.title}: YES and NO",
        [Leg(market.id, Outcome.YES), Leg(market.id, Outcome.NO)],
        {"yes": {market.id: True}, "no": {market.id: False}},
        [_CLAIM],
        at_once=ONE_DOLLAR,
    )
