"""Multi-outcome: the same side of every market of an event.

YES of every market pays a dollar at least if one of them must resolve YES: the set has to be
exhaustive, and every market of it has to be there. NO of every market pays N - 1 dollars at least
if no two can resolve YES: the set has to be exclusive, and then any part of it will do.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import comb

from arb.detect.basket import MAX_LEGS, Lane, Leg, State, Template
from arb.detect.lanes.compiled import Compiled
from arb.market.errors import Refused
from arb.market.instruments import Claim, Event, Market, MarketId, Outcome, Venue

_MOST_STATES = 1_024
"""States a payout is proved over; an exhaustive set whose markets do not exclude each other has
2^N - 1 of them."""
_KALSHI_FRACTIONS = Claim(
    holds=True,
    source=(
        "relies on no market settling in between: Kalshi may settle even a yes/no market at a"
        " fraction (its result is then called scalar), YES paying it and NO the rest; N markets"
        " then pay their NOs N less the sum of the fractions, which only the rules can bound"
    ),
)

Listed = Mapping[MarketId, Market]


def multi_outcome(events: Iterable[Event], markets: Listed) -> Compiled:
    """Make both baskets of each event, where the facts about it allow them.

    `markets` holds those that can be traded; an event may name others.
    """
    templates: list[Template] = []
    refused: Counter[str] = Counter()
    for event in events:
        for lane, make in ((Lane.ALL_YES, _all_yes), (Lane.ALL_NO, _all_no)):
            try:
                templates.append(make(event, markets))
            except Refused as reason:
                refused[f"{lane}: {reason}"] += 1
    return Compiled(tuple(templates), dict(refused))


def _all_yes(event: Event, markets: Listed) -> Template:
    if not event.at_least_one.holds:
        raise Refused("not known to be exhaustive")
    if any(market not in markets for market in event.markets):
        raise Refused("a market of an exhaustive set cannot be traded")
    return _template(Lane.ALL_YES, event, [markets[market] for market in event.markets])


def _all_no(event: Event, markets: Listed) -> Template:
    if not event.at_most_one.holds:
        raise Refused("not known to be exclusive")
    there = [markets[market] for market in event.markets if market in markets]
    whole = len(there) == len(event.markets)
    return _template(Lane.ALL_NO, event, there, whole=whole)


def _template(
    lane: Lane, event: Event, markets: Sequence[Market], *, whole: bool = True
) -> Template:
    """Prove one basket; `whole` says whether all markets of the event are in it."""
    if len(markets) < 2:  # noqa: PLR2004 - a set of one is no set
        raise Refused("fewer than two markets")
    if len(markets) > MAX_LEGS:
        raise Refused(f"more than {MAX_LEGS} legs")
    one_must = event.at_least_one.holds and whole
    outcome = Outcome.YES if lane is Lane.ALL_YES else Outcome.NO
    claims = [
        *([event.at_least_one] if one_must else []),
        *([event.at_most_one] if event.at_most_one.holds else []),
        *([_KALSHI_FRACTIONS] if event.venue is Venue.KALSHI else []),
    ]
    return Template.prove(
        lane,
        f"{event.title}: every {outcome.upper()}",
        [Leg(market.id, outcome) for market in markets],
        _states(markets, one_must=one_must, one_at_most=event.at_most_one.holds),
        claims,
    )


def _states(markets: Sequence[Market], *, one_must: bool, one_at_most: bool) -> dict[str, State]:
    """Every way the markets can turn out, by a name that a person can read."""
    winners = range(int(one_must), (1 if one_at_most else len(markets)) + 1)
    count = sum(comb(len(markets), number) for number in winners)
    if count > _MOST_STATES:
        raise Refused(f"more than {_MOST_STATES} states to prove a payout over")
    names = _names(markets)
    return {
        " + ".join(names[market.id] for market in won) or "none": {
            market.id: market in won for market in markets
        }
        for number in winners
        for won in combinations(markets, number)
    }


def _names(markets: Sequence[Market]) -> Mapping[MarketId, str]:
    """Labels, or ids where labels would not tell all states apart."""
    labels = {market.label for market in markets}
    clear = len(labels) == len(markets) and not any(
        label in {"", "none"} or " + " in label for label in labels
    )
    return {market.id: market.label if clear else market.id for market in markets}
