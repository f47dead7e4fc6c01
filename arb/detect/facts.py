"""What is known of several markets at once, rules, events and twins alike, in one form. Pure.

Every fact speaks of contracts: no two of them win, or one of them must. An implication is the
first: YES of what implies and NO of what is implied never win together.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import attrs

from arb.detect.basket import Leg
from arb.detect.rules import Rule, RuleKind
from arb.market.instruments import Claim, Event, Market, MarketId, Outcome

WHOLE = Claim(
    holds=True,
    source=(
        "relies on every market settling at 0 or 1: Kalshi may settle at a fraction (its result is"
        " then called scalar) and Polymarket, outside negRisk events, at 50:50"
    ),
)


class Alike(Protocol):
    """Which contracts on the other venue pay alike."""

    def of(self, leg: Leg) -> tuple[Leg, ...]:
        """The contract that pays like this one, if any."""
        ...

    def claims(self, leg: Leg) -> tuple[Claim, ...]:
        """Why it does."""
        ...


@attrs.frozen
class Fact:
    """Contracts of which no two win, or of which one must."""

    legs: tuple[Leg, ...]
    one_must: bool
    """True: one of them must win. False: no two of them do."""
    claims: tuple[Claim, ...]
    origin: str
    """"rule", "twins", or the id of the event that says so."""


@attrs.frozen
class Component:
    """Facts that have markets in common, and all their markets."""

    facts: tuple[Fact, ...]
    markets: tuple[MarketId, ...]

    @property
    def tells_more(self) -> bool:
        """Say whether it goes beyond one event, whose baskets the other lanes make."""
        origins = {fact.origin for fact in self.facts} - {"twins"}
        return "rule" in origins or len(origins) > 1


def gather(
    rules: Iterable[Rule],
    events: Iterable[Event],
    twins: Alike,
    markets: Mapping[MarketId, Market],
) -> tuple[Component, ...]:
    """Put together what is accepted and what holds, component by component.

    Rules that were not accepted are left out here, whoever passes them.
    """
    facts = [
        *(fact for rule in rules if rule.accepted for fact in _of_rule(rule)),
        *(fact for event in events for fact in _of_event(event)),
        *(fact for market in markets for fact in _of_twin(market, twins)),
    ]
    return tuple(one for one in _components(facts) if one.tells_more)


def _of_rule(rule: Rule) -> Iterable[Fact]:
    legs = tuple(Leg(market, Outcome.YES) for market in rule.markets)
    claims = (rule.claim,)
    match rule.kind:
        case RuleKind.IMPLIES:
            first, second = legs
            yield Fact((first, against(second)), one_must=False, claims=claims, origin="rule")
        case RuleKind.AT_MOST_ONE:
            yield Fact(legs, one_must=False, claims=claims, origin="rule")
        case RuleKind.AT_LEAST_ONE:
            yield Fact(legs, one_must=True, claims=claims, origin="rule")


def _of_event(event: Event) -> Iterable[Fact]:
    legs = tuple(Leg(market, Outcome.YES) for market in event.markets)
    if len(legs) < 2:  # noqa: PLR2004 - one market says nothing of others
        return
    for claim, one_must in ((event.at_most_one, False), (event.at_least_one, True)):
        if claim.holds:
            yield Fact(legs, one_must=one_must, claims=(claim,), origin=event.id)


def _of_twin(market: MarketId, twins: Alike) -> Iterable[Fact]:
    """Two contracts that pay alike: neither wins without the other. Told once a pair."""
    yes = Leg(market, Outcome.YES)
    for twin in twins.of(yes):
        if market < twin.market:
            claims = twins.claims(yes)
            yield Fact((yes, against(twin)), one_must=False, claims=claims, origin="twins")
            yield Fact((against(yes), twin), one_must=False, claims=claims, origin="twins")


def _components(facts: Sequence[Fact]) -> Iterable[Component]:
    """Group facts by the markets they share."""
    parents: dict[MarketId, MarketId] = {}

    def root(market: MarketId) -> MarketId:
        parents.setdefault(market, market)
        while parents[market] != market:
            parents[market] = market = parents[parents[market]]
        return market

    for fact in facts:
        for leg in fact.legs[1:]:
            parents[root(leg.market)] = root(fact.legs[0].market)
    grouped: dict[MarketId, list[Fact]] = {}
    for fact in facts:
        grouped.setdefault(root(fact.legs[0].market), []).append(fact)
    for own in grouped.values():
        markets = dict.fromkeys(leg.market for fact in own for leg in fact.legs)
        yield Component(tuple(own), tuple(markets))


def against(leg: Leg) -> Leg:
    """The contract that wins where this one does not."""
    return Leg(leg.market, leg.outcome.other)
