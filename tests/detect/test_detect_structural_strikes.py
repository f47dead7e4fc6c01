"""Rules from strikes hold for every value, whether or not bounds belong to their bands."""

from collections.abc import Callable, Sequence
from itertools import product

import attrs
import hypothesis.strategies as st
from hypothesis import given, settings

from arb.detect.rules import Rule, RuleKind
from arb.detect.strikes import MOST_PAIRS, derive
from arb.market.instruments import (
    Claim,
    Event,
    EventId,
    Market,
    MarketId,
    Strike,
    StrikeKind,
    Venue,
)
from arb.market.units import MICRO, Ns

MakeMarket = Callable[..., Market]
NO = Claim(holds=False, source="nobody says so")
YES = Claim(holds=True, source="the venue says so")


def struck(make_market: MakeMarket, name: str, strike: Strike, title: str = "") -> Market:
    market = make_market(name, venue=Venue.KALSHI, closes_ns=10)
    return attrs.evolve(market, strike=strike, title=title or "High temperature?", label="")


def event(markets: Sequence[Market], at_most_one: Claim = NO) -> Event:
    ids = tuple(market.id for market in markets)
    return Event(EventId("kalshi:E"), Venue.KALSHI, "E", ids, at_most_one, NO)


def rules_of(markets: Sequence[Market], at_most_one: Claim = NO) -> tuple[Rule, ...]:
    return derive([event(markets, at_most_one)], {m.id: m for m in markets}).rules


def strike(kind: StrikeKind, floor: int | None = None, cap: int | None = None) -> Strike:
    return Strike(
        kind,
        None if floor is None else floor * MICRO,
        None if cap is None else cap * MICRO,
    )


def wins(one: Strike, value: int, *, closed: bool) -> bool:
    """Whether YES wins at a value; `closed` says how a band takes its own bounds."""
    floor, cap = one.floor or 0, one.cap or 0
    match one.kind:
        case StrikeKind.GREATER:
            return value > floor
        case StrikeKind.GREATER_OR_EQUAL:
            return value >= floor
        case StrikeKind.LESS:
            return value < cap
        case StrikeKind.LESS_OR_EQUAL:
            return value <= cap
        case StrikeKind.BETWEEN:
            return floor <= value <= cap if closed else floor < value < cap


@st.composite
def strikes(draw: st.DrawFn) -> Strike:
    kind = draw(st.sampled_from(list(StrikeKind)))
    low = draw(st.integers(0, 5))
    high = draw(st.integers(low + 1, 6))
    if kind is StrikeKind.BETWEEN:
        return strike(kind, low, high)
    return strike(kind, low) if kind.value.startswith("greater") else strike(kind, None, low)


@given(some=st.lists(strikes(), min_size=2, max_size=5))
@settings(max_examples=300, deadline=None)
def test_no_value_breaks_a_derived_rule(some: list[Strike], make_market: MakeMarket) -> None:
    """On, between and beyond all bounds, with bands open, closed and mixed, every rule holds."""
    markets = [struck(make_market, f"K{at}", one) for at, one in enumerate(some)]
    rules = rules_of(markets)
    values = range(-MICRO, 8 * MICRO, MICRO // 2)
    for value, closed in product(values, product((True, False), repeat=len(some))):
        world = {
            market.id: wins(one, value, closed=bound)
            for market, one, bound in zip(markets, some, closed, strict=True)
        }
        assert all(rule.allows(world) for rule in rules)


@given(some=st.lists(strikes(), min_size=2, max_size=4, unique=True))
@settings(max_examples=300, deadline=None)
def test_every_implication_that_holds_is_found(some: list[Strike], make_market: MakeMarket) -> None:
    """Where no value breaks an implication however the bands are read, it is derived."""
    markets = [struck(make_market, f"K{at}", one) for at, one in enumerate(some)]
    told = {rule.markets for rule in rules_of(markets) if rule.kind is RuleKind.IMPLIES}
    values = range(-MICRO, 8 * MICRO, MICRO // 2)
    bounds = {(one.id, closed) for one in markets for closed in (True, False)}
    assert len(bounds) == 2 * len(markets)
    for (one, first), (other, second) in product(zip(markets, some, strict=True), repeat=2):
        holds = one.id != other.id and all(
            wins(second, value, closed=loose) or not wins(first, value, closed=tight)
            for value in values
            for tight, loose in product((True, False), repeat=2)
        )
        assert ((one.id, other.id) in told) == holds


def test_thresholds_are_nested_and_bands_exclude_each_other(make_market: MakeMarket) -> None:
    """A day's temperatures: the tails and a band apart, the thresholds one inside the other."""
    cold = struck(make_market, "T77", strike(StrikeKind.LESS, None, 77))
    band = struck(make_market, "B77", strike(StrikeKind.BETWEEN, 77, 78))
    warm = struck(make_market, "T80", strike(StrikeKind.GREATER, 80))
    hot = struck(make_market, "T90", strike(StrikeKind.GREATER, 90))
    told = {(rule.kind, *rule.markets): rule for rule in rules_of([cold, band, warm, hot])}
    assert (RuleKind.IMPLIES, hot.id, warm.id) in told
    assert (RuleKind.AT_MOST_ONE, cold.id, band.id) in told
    assert (RuleKind.AT_MOST_ONE, band.id, hot.id) in told
    assert all(rule.accepted for rule in told.values())
    assert "strikes" in told[RuleKind.IMPLIES, hot.id, warm.id].source


def test_what_the_event_says_already_is_not_said_again(make_market: MakeMarket) -> None:
    """In an exclusive event the bands' exclusion is the event's own fact."""
    cold = struck(make_market, "T77", strike(StrikeKind.LESS, None, 77))
    band = struck(make_market, "B77", strike(StrikeKind.BETWEEN, 77, 78))
    assert rules_of([cold, band], YES) == ()


def test_tails_that_leave_nothing_out_are_only_proposed(make_market: MakeMarket) -> None:
    """A value that is never published wins neither: a person has to accept that."""
    low = struck(make_market, "L", strike(StrikeKind.LESS_OR_EQUAL, None, 50))
    high = struck(make_market, "H", strike(StrikeKind.GREATER, 50))
    rules = rules_of([low, high])
    cover = [rule for rule in rules if rule.kind is RuleKind.AT_LEAST_ONE]
    assert [rule.accepted for rule in cover] == [False]
    assert "published" in cover[0].evidence


def test_what_may_be_about_something_else_is_not_compared(make_market: MakeMarket) -> None:
    """Other words, another close, the same strike twice: counted, and no rule."""
    up = [strike(StrikeKind.GREATER, at) for at in (10, 20, 20)]
    first = struck(make_market, "A", up[0])
    cases = {
        "differ in more than numbers": [first, struck(make_market, "B", up[1], "Wind in Rome?")],
        "close at different times": [
            first,
            attrs.evolve(struck(make_market, "B", up[1]), closes_ns=Ns(11)),
        ],
        "with one strike": [struck(make_market, "B", up[1]), struck(make_market, "C", up[2])],
    }
    for words, markets in cases.items():
        derived = derive([event(markets)], {m.id: m for m in markets})
        assert derived.rules == ()
        assert [reason for reason in derived.refused if words in reason], words


def test_one_event_has_a_bound_on_its_pairs(make_market: MakeMarket) -> None:
    """Of 60 thresholds 1,770 pairs are nested; the nearest 1,225 are told, the rest counted."""
    markets = [struck(make_market, f"K{at}", strike(StrikeKind.GREATER, at)) for at in range(60)]
    derived = derive([event(markets)], {MarketId(m.id): m for m in markets})
    assert len(derived.rules) == MOST_PAIRS
    assert sum(derived.refused.values()) == 60 * 59 // 2 - MOST_PAIRS
