"""Cross-venue: YES of a question on one venue and NO of the same question on the other.

One of the two pays a dollar if both venues resolve the question alike, which only a person who
read both rule texts can say: pairs come here verified or not at all (`pairing.approval`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from arb.detect.basket import Lane, Leg, State, Template
from arb.detect.lanes.compiled import Compiled
from arb.detect.lanes.twins import alike, check, claims_of
from arb.market.errors import Refused
from arb.market.instruments import Market, MarketId, Outcome
from arb.pairing.approval import VerifiedPair

Listed = Mapping[MarketId, Market]


def cross_venue(pairs: Iterable[VerifiedPair], markets: Listed) -> Compiled:
    """Make both baskets of each verified pair; `markets` holds those that can be traded."""
    templates: list[Template] = []
    refused: Counter[str] = Counter()
    for pair in pairs:
        try:
            templates += directions(pair, markets)
        except Refused as reason:
            refused[f"{Lane.CROSS_VENUE}: {reason}"] += 1
    return Compiled(tuple(templates), dict(refused))


def directions(pair: VerifiedPair, markets: Listed) -> tuple[Template, Template]:
    """YES on Kalshi first, then YES on Polymarket, in Kalshi's terms.

    Raises Refused where a market of the pair cannot be traded.
    """
    check(pair, markets)
    title = markets[pair.kalshi].title
    return (
        _template(pair, Outcome.YES, f"{title}: YES on Kalshi, NO on Polymarket"),
        _template(pair, Outcome.NO, f"{title}: NO on Kalshi, YES on Polymarket"),
    )


def _template(pair: VerifiedPair, on_kalshi: Outcome, title: str) -> Template:
    return Template.prove(
        Lane.CROSS_VENUE,
        title,
        [
            Leg(pair.kalshi, on_kalshi),
            Leg(pair.polymarket, alike(pair, on_kalshi.other)),
        ],
        {"both yes": _state(pair, yes=True), "both no": _state(pair, yes=False)},
        claims_of(pair),
    )


def _state(pair: VerifiedPair, *, yes: bool) -> State:
    """The world where Kalshi's market resolves so, and Polymarket's alike."""
    return {pair.kalshi: yes, pair.polymarket: yes is pair.polymarket_yes_is_kalshi_yes}
