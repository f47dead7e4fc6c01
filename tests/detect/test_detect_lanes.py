"""Lanes make only baskets that must pay, and say why they made no others."""

import random
from collections.abc import Callable
from itertools import product

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from arb.detect.basket import MAX_LEGS, Lane, Template, TemplateId
from arb.detect.blueprint import Basket
from arb.detect.lanes import Compiled, compile_baskets
from arb.detect.lanes.binary import binary
from arb.detect.lanes.cross_venue import cross_venue
from arb.detect.lanes.multi_outcome import multi_outcome
from arb.market.instruments import (
    Catalogue,
    Claim,
    Event,
    EventId,
    Market,
    MarketId,
    Outcome,
    Venue,
)
from arb.market.units import MICRO
from arb.pairing.approval import VerifiedPair
from arb.pairing.pair import Pair
from tests.fakes.pairs import verified

MakeMarket = Callable[..., Market]

HOLDS = Claim(holds=True, source="the venue says so")
UNKNOWN = Claim(holds=False, source="nobody says so")


def listed(make_market: MakeMarket, number: int, venue: Venue) -> dict[MarketId, Market]:
    markets = [make_market(f"m{at}", venue=venue) for at in range(number)]
    return {market.id: market for market in markets}


def event(
    markets: dict[MarketId, Market],
    at_most_one: Claim,
    at_least_one: Claim,
    venue: Venue = Venue.POLYMARKET,
) -> Event:
    return Event(
        EventId(f"{venue}:event"), venue, "Who wins?", tuple(markets), at_most_one, at_least_one
    )


def whole(basket: Basket) -> Template:
    """The template of a basket with a leg for every choice, the first of each."""
    if isinstance(basket, Template):
        return basket
    return basket.prove(tuple(choice.legs[0] for choice in basket.choices))


def wholes(compiled: Compiled) -> list[Template]:
    return [whole(basket) for basket in compiled.baskets]


def pays(template: Template, outcome: dict[MarketId, bool]) -> int:
    """What one set brings in dollars where each market resolves so."""
    return sum(outcome[leg.market] is (leg.outcome is Outcome.YES) for leg in template.legs)


@given(
    number=st.integers(2, 6),
    at_most_one=st.booleans(),
    at_least_one=st.booleans(),
    missing=st.booleans(),
)
@settings(deadline=None)
def test_a_basket_pays_in_every_world_the_claims_allow(
    number: int, at_most_one: bool, at_least_one: bool, missing: bool, make_market: MakeMarket
) -> None:
    """Over all ways to resolve N markets, no basket ever brings less than its payout, and its
    proof has every way that the claims leave open, once."""
    markets = listed(make_market, number, Venue.POLYMARKET)
    one = event(markets, Claim(at_most_one, "a"), Claim(at_least_one, "b"))
    there = dict(list(markets.items())[missing:])
    compiled = multi_outcome([one], there)
    made = wholes(compiled)
    lanes = {template.lane for template in made}
    assert (Lane.ALL_YES in lanes) == (at_least_one and not missing)
    assert (Lane.ALL_NO in lanes) == (at_most_one and len(there) > 1)
    assert len(made) + sum(compiled.refused.values()) == 2
    worlds: dict[TemplateId, set[tuple[bool, ...]]] = {t.id: set() for t in made}
    for answers in product((True, False), repeat=number):
        if sum(answers) > 1 and at_most_one:
            continue
        if not any(answers) and at_least_one:
            continue
        world = dict(zip(markets, answers, strict=True))
        for template in made:
            assert pays(template, world) * MICRO >= template.payout > 0
            worlds[template.id].add(tuple(world[leg.market] for leg in template.legs))
    for template in made:
        assert len(template.proof.payouts) == len(worlds[template.id])


def test_an_exclusive_complete_event_makes_both_baskets(make_market: MakeMarket) -> None:
    """Four outcomes: YES of all pays 1, NO of all pays 3, whichever of them wins."""
    markets = listed(make_market, 4, Venue.POLYMARKET)
    compiled = multi_outcome([event(markets, HOLDS, HOLDS)], markets)
    yes, no = wholes(compiled)
    assert compiled.refused == {}
    assert (yes.lane, yes.payout) == (Lane.ALL_YES, MICRO)
    assert (no.lane, no.payout) == (Lane.ALL_NO, 3 * MICRO)
    assert [name for name, _ in yes.proof.payouts] == ["m0", "m1", "m2", "m3"]
    assert no.proof.claims == (HOLDS, HOLDS)


def test_kalshi_exclusive_events_pay_their_noes(make_market: MakeMarket) -> None:
    """At most one YES, perhaps none: NO of three pays 2, and YES of three is refused."""
    markets = listed(make_market, 3, Venue.KALSHI)
    compiled = multi_outcome([event(markets, HOLDS, UNKNOWN, Venue.KALSHI)], markets)
    (no,) = wholes(compiled)
    assert (no.lane, no.payout) == (Lane.ALL_NO, 2 * MICRO)
    assert dict(no.proof.payouts)["none"] == 3 * MICRO
    assert any("fraction" in claim.source for claim in no.proof.claims)
    assert compiled.refused == {"all_yes: not known to be exhaustive": 1}


@pytest.mark.parametrize(
    ("number", "at_most_one", "at_least_one", "refused"),
    [
        (
            3,
            UNKNOWN,
            UNKNOWN,
            {
                "all_yes: not known to be exhaustive": 1,
                "all_no: not known to be exclusive": 1,
            },
        ),
        (
            MAX_LEGS + 1,
            UNKNOWN,
            HOLDS,
            {"all_yes: more than 15 legs": 1, "all_no: not known to be exclusive": 1},
        ),
        (
            1,
            HOLDS,
            HOLDS,
            {"all_yes: fewer than two markets": 1, "all_no: fewer than two markets": 1},
        ),
        (
            11,
            UNKNOWN,
            HOLDS,
            {
                "all_yes: more than 1024 states to prove a payout over": 1,
                "all_no: not known to be exclusive": 1,
            },
        ),
    ],
)
def test_refusals_are_counted_by_reason(
    number: int,
    at_most_one: Claim,
    at_least_one: Claim,
    refused: dict[str, int],
    make_market: MakeMarket,
) -> None:
    """What cannot be proved is not made, and the count says so."""
    markets = listed(make_market, number, Venue.POLYMARKET)
    compiled = multi_outcome([event(markets, at_most_one, at_least_one)], markets)
    assert compiled.baskets == ()
    assert compiled.refused == refused


def test_fifteen_legs_are_allowed(make_market: MakeMarket) -> None:
    """LANE-9: fifteen NOs of an exclusive event pay fourteen."""
    markets = listed(make_market, MAX_LEGS, Venue.POLYMARKET)
    compiled = multi_outcome([event(markets, HOLDS, UNKNOWN)], markets)
    assert [template.payout for template in wholes(compiled)] == [14 * MICRO]


def test_labels_that_do_not_tell_states_apart_are_not_used(make_market: MakeMarket) -> None:
    """Two outcomes of one name are two states all the same."""
    markets = {
        key: attrs.evolve(market, label="Other")
        for key, market in listed(make_market, 3, Venue.POLYMARKET).items()
    }
    compiled = multi_outcome([event(markets, HOLDS, HOLDS)], markets)
    assert all(len(template.proof.payouts) == 3 for template in wholes(compiled))


def test_binary_pays_a_dollar(make_market: MakeMarket) -> None:
    """YES and NO of one market pay a dollar in both of its states."""
    (template,) = wholes(binary([make_market("m")]))
    assert (template.lane, template.payout) == (Lane.BINARY, MICRO)
    assert template.proof.payouts == (("yes", MICRO), ("no", MICRO))


# --- cross-venue ---------------------------------------------------------------------------------


def pair(*, same: bool = True) -> VerifiedPair:
    (made,) = verified(
        [
            Pair(
                kalshi=MarketId("kalshi:m0"),
                polymarket=MarketId("polymarket:m0"),
                polymarket_yes_is_kalshi_yes=same,
                verified=True,
                reason="the same final",
                source="A. Person",
            )
        ]
    )
    return made


@pytest.fixture
def both(make_market: MakeMarket) -> dict[MarketId, Market]:
    return {
        **listed(make_market, 1, Venue.KALSHI),
        **listed(make_market, 1, Venue.POLYMARKET),
    }


@pytest.mark.parametrize("same", [True, False])
def test_a_verified_pair_makes_both_directions(same: bool, both: dict[MarketId, Market]) -> None:
    """YES here and NO there pay a dollar if both venues resolve alike, also with sides swapped."""
    compiled = cross_venue([pair(same=same)], both)
    assert compiled.refused == {}
    first, second = wholes(compiled)
    kalshi, polymarket = first.legs
    assert kalshi.outcome is Outcome.YES
    assert polymarket.outcome is (Outcome.NO if same else Outcome.YES)
    for yes in (True, False):
        world = {kalshi.market: yes, polymarket.market: yes is same}
        assert pays(first, world) == pays(second, world) == 1
    assert [name for name, _ in first.proof.payouts] == ["both yes", "both no"]
    assert first.payout == second.payout == MICRO
    assert first.id != second.id
    assert "the same final" in first.proof.claims[0].source


def test_a_pair_with_a_market_that_is_not_there_makes_nothing(
    both: dict[MarketId, Market],
) -> None:
    """Both markets must be listed and tradable."""
    for missing in both:
        rest = {key: market for key, market in both.items() if key != missing}
        compiled = cross_venue([pair()], rest)
        assert compiled.baskets == ()
        assert compiled.refused == {f"cross_venue: no such market: {missing}": 1}


@attrs.frozen
class Switches:
    """Which lanes are on."""

    binary: bool
    multi_outcome: bool
    cross_venue: bool
    structural: bool = True


@given(binary=st.booleans(), multi=st.booleans(), cross=st.booleans(), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_lanes_have_switches(
    binary: bool, multi: bool, cross: bool, seed: int, make_market: MakeMarket
) -> None:
    """A lane that is off makes nothing; those that are on make what they make alone."""
    number = random.Random(seed).randrange(2, 6)
    catalogues = []
    for venue in Venue:
        markets = listed(make_market, number, venue)
        one = event(markets, HOLDS, HOLDS, venue)
        catalogues.append(Catalogue(venue, (one,), tuple(markets.values())))
    compiled = compile_baskets(catalogues, [pair()], Switches(binary, multi, cross))
    lanes = [template.lane for template in compiled.baskets]
    assert lanes.count(Lane.BINARY) == (2 * number if binary else 0)
    assert lanes.count(Lane.ALL_YES) == lanes.count(Lane.ALL_NO) == (2 if multi else 0)
    assert lanes.count(Lane.CROSS_VENUE) == (2 if cross else 0)
    assert len({template.id for template in compiled.baskets}) == len(lanes)
