"""The structural lane: pairs of which one must win, by chains of accepted rules, twins and events."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise, product

import pytest

from arb.detect.basket import Lane, Leg, Template
from arb.detect.blueprint import Blueprint
from arb.detect.lanes.compiled import Compiled
from arb.detect.lanes.structural import MOST_MARKETS, MOST_OF_ONE, structural
from arb.detect.lanes.twins import Twins
from arb.detect.rules import Rule, RuleKind
from arb.market.instruments import (
    Claim,
    Event,
    EventId,
    Market,
    MarketId,
    Outcome,
    Venue,
)
from arb.market.units import MICRO
from arb.pairing.pair import Pair
from tests.fakes.pairs import verified

MakeMarket = Callable[..., Market]
Listed = Mapping[MarketId, Market]


def listed(
    make_market: MakeMarket, names: str, venue: Venue = Venue.POLYMARKET
) -> dict[MarketId, Market]:
    made = [make_market(name, venue=venue) for name in names]
    return {market.id: market for market in made}


def poly(name: str) -> MarketId:
    return MarketId(f"polymarket:{name}")


def rule(kind: RuleKind, names: Sequence[str], *, accepted: bool = True) -> Rule:
    markets = tuple(poly(name) for name in names)
    return Rule(kind, markets, "a person", 950_000, accepted=accepted)


def chain(names: str) -> list[Rule]:
    return [rule(RuleKind.IMPLIES, pair) for pair in pairwise(names)]


def compiled(rules: Sequence[Rule], markets: Listed, pairs: Sequence[Pair] = ()) -> Compiled:
    return structural(rules, (), markets, Twins.of_pairs(verified(pairs), markets))


def legs_of(made: Compiled) -> set[frozenset[tuple[str, str]]]:
    return {
        frozenset((leg.market.split(":")[1], leg.outcome.value) for leg in basket.legs)
        for basket in made.baskets
        if isinstance(basket, Template)
    }


def test_an_implication_makes_no_of_the_one_and_yes_of_the_other(make_market: MakeMarket) -> None:
    """a implies b: NO a and YES b pay a dollar in each of the three ways that are left."""
    made = compiled(chain("ab"), listed(make_market, "ab"))
    (basket,) = made.baskets
    assert isinstance(basket, Template)
    assert (basket.lane, basket.payout, basket.at_once) == (Lane.STRUCTURAL, MICRO, 0)
    assert legs_of(made) == {frozenset({("a", "no"), ("b", "yes")})}
    assert sorted(pays for _, pays in basket.proof.payouts) == [MICRO, MICRO, 2 * MICRO]
    assert "a person" in basket.proof.claims[0].source
    assert "0 or 1" in basket.proof.claims[-1].source


@pytest.mark.parametrize(
    ("kind", "outcome"), [(RuleKind.AT_MOST_ONE, "no"), (RuleKind.AT_LEAST_ONE, "yes")]
)
def test_two_questions_that_exclude_or_cover_make_a_pair(
    kind: RuleKind, outcome: str, make_market: MakeMarket
) -> None:
    """Exclusive: NO and NO. Exhaustive: YES and YES."""
    made = compiled([rule(kind, "ab")], listed(make_market, "ab"))
    assert legs_of(made) == {frozenset({("a", outcome), ("b", outcome)})}


def test_a_chain_makes_all_pairs_with_all_its_reasons(make_market: MakeMarket) -> None:
    """Five nested questions: ten baskets, the nearest first, each with the rules in between."""
    made = compiled(chain("abcde"), listed(make_market, "abcde"))
    templates = [one for one in made.baskets if isinstance(one, Template)]
    assert len(templates) == len({template.id for template in templates}) == 10
    reasons = [len(template.proof.claims) - 1 for template in templates]
    assert reasons == [1, 1, 1, 1, 2, 2, 2, 3, 3, 4]


def test_a_market_that_cannot_be_traded_still_carries_the_chain(make_market: MakeMarket) -> None:
    """a implies b implies c: without b there is still NO a and YES c."""
    made = compiled(chain("abc"), listed(make_market, "ac"))
    assert legs_of(made) == {frozenset({("a", "no"), ("c", "yes")})}


def test_a_rule_nobody_accepted_makes_nothing(make_market: MakeMarket) -> None:
    """Whoever passes it."""
    markets = listed(make_market, "ab")
    assert compiled([rule(RuleKind.IMPLIES, "ab", accepted=False)], markets).baskets == ()


def test_contradictions_make_nothing(make_market: MakeMarket) -> None:
    """Rules by which a market wins exactly where it loses are counted, not used."""
    rules = [
        *chain("ab"),
        rule(RuleKind.AT_MOST_ONE, "ab"),
        rule(RuleKind.AT_LEAST_ONE, "ab"),
        rule(RuleKind.IMPLIES, "ba"),
    ]
    made = compiled(rules, listed(make_market, "ab"))
    assert made.baskets == ()
    assert made.refused == {"structural: rules that contradict each other": 1}


def test_what_must_win_alone_is_a_basket_of_one(make_market: MakeMarket) -> None:
    """a implies b, and one of them must resolve YES: then b does."""
    rules = [*chain("ab"), rule(RuleKind.AT_LEAST_ONE, "ab")]
    made = compiled(rules, listed(make_market, "ab"))
    assert legs_of(made) == {frozenset({("b", "yes")})}


@pytest.mark.parametrize("same", [True, False])
def test_twins_are_alternatives(same: bool, make_market: MakeMarket) -> None:
    """Every choice of venues is proved by itself, with the pair among its reasons where used."""
    markets = {**listed(make_market, "ab"), **listed(make_market, "b", Venue.KALSHI)}
    pair = Pair(MarketId("kalshi:b"), poly("b"), same, True, "the same clock", "B. Person")
    (basket,) = compiled(chain("ab"), markets, [pair]).baskets
    assert isinstance(basket, Blueprint)
    options = sorted(len(choice.legs) for choice in basket.choices)
    assert options == [1, 2]
    for legs in product(*(choice.legs for choice in basket.choices)):
        template = basket.prove(legs)
        abroad = [leg for leg in legs if leg.market.startswith("kalshi")]
        used = any("B. Person" in claim.source for claim in template.proof.claims)
        assert used is bool(abroad)
        assert template.payout == MICRO
        for leg in abroad:
            assert leg.outcome is (Outcome.YES if same else Outcome.NO)


def test_a_blueprint_proves_nothing_else(make_market: MakeMarket) -> None:
    """Two contracts that may both lose are refused, whoever asks."""
    markets = {**listed(make_market, "ab"), **listed(make_market, "b", Venue.KALSHI)}
    pair = Pair(MarketId("kalshi:b"), poly("b"), True, True, "the same clock", "B. Person")
    (basket,) = compiled(chain("ab"), markets, [pair]).baskets
    assert isinstance(basket, Blueprint)
    with pytest.raises(Exception, match="nothing says"):
        basket.prove((Leg(poly("a"), Outcome.YES), Leg(poly("b"), Outcome.NO)))


def test_one_event_alone_is_left_to_its_own_lane(make_market: MakeMarket) -> None:
    """Exclusive markets of one event make no second basket here; with a rule they take part."""
    markets = listed(make_market, "abc")
    claim = Claim(holds=True, source="the event")
    event = Event(
        EventId("polymarket:e"),
        Venue.POLYMARKET,
        "E",
        (poly("a"), poly("b")),
        claim,
        Claim(holds=False, source=""),
    )
    nobody = Twins.of_pairs((), markets)
    assert structural((), [event], markets, nobody).baskets == ()
    made = structural([rule(RuleKind.IMPLIES, "cb")], [event], markets, nobody)
    assert legs_of(made) == {
        frozenset({("c", "no"), ("b", "yes")}),
        frozenset({("c", "no"), ("a", "no")}),
    }


def test_the_number_of_baskets_has_a_bound(make_market: MakeMarket) -> None:
    """Of 60 nested questions 1,770 pairs follow: the 1,225 nearest are watched, the rest counted."""
    names = [f"m{at}" for at in range(60)]
    markets = {poly(name): make_market(name) for name in names}
    rules = [rule(RuleKind.IMPLIES, pair) for pair in pairwise(names)]
    made = compiled(rules, markets)
    assert len(made.baskets) == MOST_OF_ONE
    left_out = 60 * 59 // 2 - MOST_OF_ONE
    assert made.refused == {"structural: more baskets than are watched": left_out}


def test_what_hangs_together_too_widely_is_refused(make_market: MakeMarket) -> None:
    """Reasoning takes the square of the markets."""
    names = [f"m{at}" for at in range(MOST_MARKETS + 1)]
    rules = [rule(RuleKind.IMPLIES, pair) for pair in pairwise(names)]
    made = compiled(rules, {poly("m0"): make_market("m0")})
    assert made.refused == {f"structural: more than {MOST_MARKETS} markets hang together": 1}
