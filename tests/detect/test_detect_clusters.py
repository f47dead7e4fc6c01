"""A cluster's states are all the worlds that its facts allow, no more and no fewer."""

import random
from collections.abc import Callable, Sequence
from itertools import pairwise, product

import hypothesis.strategies as st
from hypothesis import given, settings

from arb.detect.basket import Leg
from arb.detect.clusters import MOST_MARKETS, Clusters, ClusterWatch, find_clusters
from arb.detect.lanes.twins import Twins
from arb.detect.rules import Rule, RuleKind
from arb.market.instruments import Market, MarketId, Outcome
from arb.market.units import Ns
from arb.pairing.pair import Pair
from tests.fakes.pairs import verified

MakeMarket = Callable[..., Market]


def ids(count: int) -> list[MarketId]:
    return [MarketId(f"polymarket:m{at}") for at in range(count)]


def clusters(
    make_market: MakeMarket, count: int, rules: Sequence[Rule], pairs: Sequence[Pair] = ()
) -> Clusters:
    markets = {one: make_market(one.split(":")[1]) for one in ids(count)}
    return find_clusters(rules, (), markets, Twins.of_pairs(verified(pairs), markets))


def rule(kind: RuleKind, *markets: MarketId) -> Rule:
    return Rule(kind, markets, "told", 1, accepted=True)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_the_states_are_those_that_the_rules_allow(seed: int, make_market: MakeMarket) -> None:
    """Against trying all worlds of up to six markets in one component."""
    dice = random.Random(seed)
    names = ids(dice.randrange(3, 7))
    rules = [rule(RuleKind.IMPLIES, *pair) for pair in pairwise(names) if dice.random() < 0.9]
    for _ in range(dice.randrange(3)):
        size = dice.randrange(2, len(names) + 1)
        kind = dice.choice([RuleKind.AT_MOST_ONE, RuleKind.AT_LEAST_ONE])
        rules.append(rule(kind, *dice.sample(names, size)))
    found = clusters(make_market, len(names), rules)
    for cluster in found.clusters:
        own = [one for one in rules if set(one.markets) <= set(cluster.markets)]
        allowed = {
            answers
            for answers in product((True, False), repeat=len(cluster.markets))
            if all(one.allows(dict(zip(cluster.markets, answers, strict=True))) for one in own)
        }
        told = {
            tuple(cluster.wins(Leg(market, Outcome.YES), state) for market in cluster.markets)
            for state in cluster.states
        }
        assert told == allowed
        assert len(told) == len(cluster.states)
        assert len(cluster.claims) == len(set(own))


def test_two_markets_are_no_cluster(make_market: MakeMarket) -> None:
    """Their pairs are watched already."""
    assert clusters(make_market, 2, [rule(RuleKind.IMPLIES, *ids(2))]).clusters == ()


def test_large_clusters_are_refused_and_counted(make_market: MakeMarket) -> None:
    """A chain of 24 has 25 states; one of 25 is too long; 13 loose ends are too many states."""
    chain = [rule(RuleKind.IMPLIES, *pair) for pair in pairwise(ids(MOST_MARKETS + 1))]
    (whole,) = clusters(make_market, MOST_MARKETS, chain[:-1]).clusters
    assert len(whole.states) == MOST_MARKETS + 1
    assert clusters(make_market, MOST_MARKETS + 1, chain).refused == {
        "cluster: more than 24 markets": 1
    }
    star = [rule(RuleKind.IMPLIES, ids(14)[0], other) for other in ids(14)[1:]]
    assert clusters(make_market, 14, star).refused == {"cluster: more than 4096 states": 1}


def test_contradictory_rules_have_no_states(make_market: MakeMarket) -> None:
    """Three that must differ and must not: counted."""
    rules = [
        rule(RuleKind.AT_LEAST_ONE, *ids(3)),
        *(rule(RuleKind.IMPLIES, one, other) for one, other in pairwise([*ids(3), ids(3)[0]])),
        rule(RuleKind.AT_MOST_ONE, *ids(3)),
    ]
    refused = clusters(make_market, 3, rules).refused
    assert refused == {"cluster: rules that contradict each other": 1}


def test_a_watch_shows_what_moved_one_at_a_time(make_market: MakeMarket) -> None:
    """All at the start, then only what was touched; never two within the pause."""
    rules = [rule(RuleKind.IMPLIES, *pair) for pair in pairwise(ids(3))]
    (cluster,) = clusters(make_market, 3, rules).clusters
    watch = ClusterWatch([cluster], every_ns=100)
    assert watch.due(Ns(0)) is cluster
    assert watch.due(Ns(500)) is None
    watch.touch(ids(3)[1])
    watch.touch(MarketId("kalshi:stranger"))
    assert watch.due(Ns(99)) is None
    assert watch.due(Ns(500)) is cluster
    watch.touch(ids(3)[0])
    assert watch.due(Ns(599)) is None
    assert watch.due(Ns(600)) is cluster


def test_the_longest_waiting_cluster_comes_first(make_market: MakeMarket) -> None:
    """One that moves all the time does not keep the others from being looked at."""
    names = ids(6)
    rules = [rule(RuleKind.IMPLIES, *pair) for pair in pairwise(names) if pair[1] != names[3]]
    first, second = clusters(make_market, 6, rules).clusters
    watch = ClusterWatch([first, second], every_ns=0)
    seen = []
    for at in range(4):
        watch.touch(first.markets[0])
        watch.touch(second.markets[0])
        seen.append(watch.due(Ns(at)))
    assert seen == [first, second, first, second]
