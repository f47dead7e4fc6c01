"""Clusters of events: what shares a basket, a pair or a rule may go wrong together."""

from arb.detect.basket import Lane, Leg, TemplateId
from arb.detect.blueprint import Blueprint, Choice
from arb.detect.clusters import Cluster
from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Usd
from arb.risk.correlation import correlate
from tests.fakes.markets import approve, make_market

POLY = make_market("p", Venue.POLYMARKET, event="pe")
TWIN = make_market("k", event="ke")
SIBLING = make_market("k2", event="ke")
RULED = make_market("r", event="re")
ALONE = make_market("a", event="ae")
MARKETS = (POLY, TWIN, SIBLING, RULED, ALONE)
PAIR = approve([(POLY, Outcome.YES, 450_000), (TWIN, Outcome.NO, 480_000)], MICRO).plan.template


def test_a_pair_makes_two_events_one_cluster() -> None:
    """Both events, and so every market of theirs, have one name; others are by themselves."""
    found = correlate([PAIR], [], MARKETS)
    assert found[POLY.event] == found[TWIN.event] == found[SIBLING.event] == min("kalshi:ke", "pe")
    assert found[ALONE.event] == ALONE.event
    assert found[RULED.event] == RULED.event


def test_rules_and_choices_of_venues_tie_too() -> None:
    """A rule's cluster and a blueprint join the events of all their markets, one through another."""
    rule = Cluster("c", (SIBLING.id, RULED.id), (0, 1), ())
    legs = tuple(Leg(market.id, Outcome.YES) for market in (RULED, ALONE))
    blueprint = Blueprint(
        TemplateId("b"), Lane.ALL_YES, "b", (Choice(legs),), Usd(MICRO), lambda _: PAIR
    )
    found = correlate([PAIR, blueprint], [rule], MARKETS)
    assert len({found[market.event] for market in MARKETS}) == 1


def test_what_is_not_listed_ties_nothing() -> None:
    """A basket with a market that nobody lists joins only what is listed."""
    assert correlate([PAIR], [], [POLY]) == {POLY.event: POLY.event}
