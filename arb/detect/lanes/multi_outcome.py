"""Multi-outcome: the same side of every market of an event.

YES of every market pays a dollar at least if one of them must resolve YES: the set has to be
exhaustive, and every market of it has to be there. NO of k markets pays k - 1 dollars at least if
no two can resolve YES: the set has to be exclusive, and any part of it will do, so what costs a
dollar or is not offered is left out. Where a market has a verified twin on the other venue, the
cheaper of the two is bought.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import comb

import attrs

from arb.detect.basket import MAX_LEGS, Lane, Leg, State, Template, TemplateId
from arb.detect.blueprint import Basket, Blueprint, Choice
from arb.detect.lanes.compiled import Compiled
from arb.detect.lanes.conversion import at_once_a_set
from arb.detect.lanes.twins import Twins
from arb.market.errors import Refused
from arb.market.instruments import Claim, Event, Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, Usd

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


def multi_outcome(events: Iterable[Event], markets: Listed, twins: Twins | None = None) -> Compiled:
    """Make both baskets of each event, where the facts about it allow them.

    `markets` holds those that can be traded; an event may name others. `twins` are verified.
    """
    baskets: list[Basket] = []
    refused: Counter[str] = Counter()
    for event in events:
        question = _Question(event, markets, twins or Twins({}))
        for lane, make in ((Lane.ALL_YES, question.all_yes), (Lane.ALL_NO, question.all_no)):
            try:
                baskets.append(make())
            except Refused as reason:
                refused[f"{lane}: {reason}"] += 1
    return Compiled(tuple(baskets), dict(refused))


@attrs.frozen
class _Question:
    """One event, what of it can be traded, and where else."""

    event: Event
    markets: Listed
    twins: Twins

    def all_yes(self) -> Basket:
        """YES of every market. Raises Refused."""
        if not self.event.at_least_one.holds:
            raise Refused("not known to be exhaustive")
        legs = [Leg(market, Outcome.YES) for market in self.event.markets]
        choices = [Choice(self._offered(leg)) for leg in legs]
        if not all(choice.legs for choice in choices):
            raise Refused("a market of an exhaustive set cannot be traded")
        if len(choices) > MAX_LEGS:
            raise Refused(f"more than {MAX_LEGS} legs")
        first = self._prove(tuple(choice.legs[0] for choice in choices))
        if all(len(choice.legs) == 1 for choice in choices):
            return first
        return self._blueprint(Lane.ALL_YES, choices, MICRO)

    def all_no(self) -> Basket:
        """NO of whatever is worth it. Raises Refused."""
        if not self.event.at_most_one.holds:
            raise Refused("not known to be exclusive")
        offered = [self._offered(Leg(market, Outcome.NO)) for market in self.event.markets]
        choices = [Choice(legs, optional=True) for legs in offered if legs]
        if len(choices) < 2:  # noqa: PLR2004 - a set of one is no set
            raise Refused("fewer than two markets")
        self._prove(tuple(choice.legs[0] for choice in choices)[:MAX_LEGS])
        return self._blueprint(Lane.ALL_NO, choices, (len(choices) - 1) * MICRO)

    def _offered(self, leg: Leg) -> tuple[Leg, ...]:
        """Where a contract, or one that pays alike, can be bought."""
        alike = [leg, *self.twins.of(leg)]
        return tuple(one for one in alike if one.market in self.markets)

    def _blueprint(self, lane: Lane, choices: Sequence[Choice], payout: int) -> Blueprint:
        return Blueprint(
            id=TemplateId(f"{lane}:{self.event.id}"),
            lane=lane,
            title=self._title(choices[0].legs[0].outcome),
            choices=tuple(choices),
            payout=Usd(payout),
            prove=self._prove,
        )

    def _title(self, outcome: Outcome) -> str:
        return f"{self.event.title}: every {outcome.upper()}"

    def _prove(self, legs: tuple[Leg, ...]) -> Template:
        """Prove the basket of these legs over every way the event can turn out."""
        if len(legs) < 2:  # noqa: PLR2004 - a set of one is no set
            raise Refused("fewer than two markets")
        own = [self._own(leg) for leg in legs]
        outcome = own[0].outcome
        lane = Lane.ALL_YES if outcome is Outcome.YES else Lane.ALL_NO
        abroad = [leg for leg, home in zip(legs, own, strict=True) if leg != home]
        concerned = [leg.market for leg in own]
        whole = len(concerned) == len(self.event.markets)
        claims = self._claims(whole=whole)
        for leg in abroad:
            claims += [claim for claim in self.twins.claims(leg) if claim not in claims]
        states = {
            name: self._abroad(state, abroad)
            for name, state in self._states(concerned, whole=whole).items()
        }
        lane = Lane.CROSS_VENUE if abroad else lane
        at_once = at_once_a_set(legs, self.event.neg_risk)
        return Template.prove(lane, self._title(outcome), legs, states, claims, at_once)

    def _own(self, leg: Leg) -> Leg:
        """The event's own contract that a leg stands for."""
        if leg.market in self.event.markets:
            return leg
        return next(one for one in self.twins.of(leg) if one.market in self.event.markets)

    def _abroad(self, state: State, legs: Iterable[Leg]) -> State:
        """Say in a state how the twins turn out: a leg wins where its own contract wins."""
        told = dict(state)
        for leg in legs:
            own = self._own(leg)
            wins = state[own.market] is (own.outcome is Outcome.YES)
            told[leg.market] = wins is (leg.outcome is Outcome.YES)
        return told

    def _claims(self, *, whole: bool) -> list[Claim]:
        event = self.event
        return [
            *([event.at_least_one] if event.at_least_one.holds and whole else []),
            *([event.at_most_one] if event.at_most_one.holds else []),
            *([_KALSHI_FRACTIONS] if event.venue is Venue.KALSHI else []),
        ]

    def _states(self, concerned: Sequence[MarketId], *, whole: bool) -> dict[str, State]:
        """Every way these markets can turn out, by a name that a person can read."""
        one_must = self.event.at_least_one.holds and whole
        most = 1 if self.event.at_most_one.holds else len(concerned)
        winners = range(int(one_must), most + 1)
        count = sum(comb(len(concerned), number) for number in winners)
        if count > _MOST_STATES:
            raise Refused(f"more than {_MOST_STATES} states to prove a payout over")
        names = self._names(concerned)
        return {
            " + ".join(names[market] for market in won) or "none": {
                market: market in won for market in concerned
            }
            for number in winners
            for won in combinations(concerned, number)
        }

    def _names(self, concerned: Iterable[MarketId]) -> Mapping[MarketId, str]:
        """Labels, or ids where labels would not tell all states apart."""
        listed = self.markets
        labels = {market: listed[market].label for market in concerned if market in listed}
        clear = len(set(labels.values())) == len(list(concerned)) and not any(
            label in {"", "none"} or " + " in label for label in labels.values()
        )
        return labels if clear else {market: market for market in concerned}
