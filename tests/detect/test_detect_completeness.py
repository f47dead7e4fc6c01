"""On small events the engine finds a basket exactly where a search over all portfolios does."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, pairwise, product

import attrs
import hypothesis.strategies as st
from hypothesis import assume, given, settings

from arb.detect.basket import Leg, Plan, Template
from arb.detect.clusters import Cluster
from arb.detect.gate import Gate
from arb.detect.lanes import compile_baskets
from arb.detect.portfolio import PICO, Certificate, costs_of, search
from arb.detect.rules import Rule, RuleKind
from arb.detect.sweep import Offer, SweepLimits, sweep
from arb.market.book import Book
from arb.market.fees import Fees, KalshiFees, PolymarketFees
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
from arb.market.units import MICRO, Ns, Px, Qty
from arb.pairing.pair import Pair
from tests.fakes.pairs import verified

MakeMarket = Callable[..., Market]
World = Mapping[MarketId, bool]

FEES: tuple[Fees, ...] = (PolymarketFees(0), PolymarketFees(50_000), KalshiFees(70_000, 0))
LIMITS = SweepLimits(least_edge=-MICRO, max_fee_share_ppm=MICRO)


@attrs.frozen
class Lanes:
    """All lanes on."""

    binary: bool = True
    multi_outcome: bool = True
    cross_venue: bool = True
    structural: bool = True


@attrs.frozen
class Scene:
    """One event, perhaps on both venues, with books one contract deep."""

    catalogues: Sequence[Catalogue]
    pairs: Sequence[Pair]
    books: Mapping[MarketId, Book]
    worlds: Sequence[World]
    """Every way the markets can turn out."""
    rules: Sequence[Rule] = ()


def draw(dice: random.Random, make_market: MakeMarket) -> Scene:
    """A random event on Polymarket, some of its markets also on Kalshi, sides perhaps swapped."""
    number = dice.randrange(1, 4)
    poly = [_market(dice, make_market, f"m{at}", Venue.POLYMARKET) for at in range(number)]
    pairs = [_pair(dice, home) for home in poly if dice.random() < 0.6]
    abroad = [_market(dice, make_market, pair.kalshi.split(":")[1], Venue.KALSHI) for pair in pairs]
    one_most = dice.random() < 0.6
    one_least = number > 1 and dice.random() < 0.6
    event = Event(
        EventId("polymarket:event"),
        Venue.POLYMARKET,
        "Who wins?",
        tuple(market.id for market in poly),
        Claim(one_most, "told"),
        Claim(one_least, "told"),
    )
    books = {market.id: _book(dice, market) for market in [*poly, *abroad]}
    return Scene(
        catalogues=[
            Catalogue(Venue.POLYMARKET, (event,), tuple(poly)),
            Catalogue(Venue.KALSHI, (), tuple(abroad)),
        ],
        pairs=pairs,
        books=books,
        worlds=list(_worlds(poly, pairs, one_most=one_most, one_least=one_least)),
    )


def _market(dice: random.Random, make_market: MakeMarket, name: str, venue: Venue) -> Market:
    return make_market(name, venue=venue, fees=dice.choice(FEES))


def _pair(dice: random.Random, home: Market) -> Pair:
    return Pair(
        kalshi=MarketId(home.id.replace("polymarket", "kalshi")),
        polymarket=home.id,
        polymarket_yes_is_kalshi_yes=dice.random() < 0.7,
        verified=dice.random() < 0.8,
        reason="read",
        source="a person",
    )


def _book(dice: random.Random, market: Market, low: int = 4) -> Book:
    """One contract on each side, or none; sometimes crossed."""
    middle, width = dice.randrange(low, 60), dice.randrange(-1, 8)
    bid, ask = (middle - width // 2) * 10_000, (middle + width - width // 2) * 10_000
    book = Book(market)
    book.replace(
        [(Px(bid), Qty(MICRO))] if bid > 0 and dice.random() < 0.85 else [],
        [(Px(ask), Qty(MICRO))] if dice.random() < 0.85 else [],
    )
    return book


def _worlds(
    poly: Sequence[Market], pairs: Iterable[Pair], *, one_most: bool, one_least: bool
) -> Iterable[World]:
    for answers in product((True, False), repeat=len(poly)):
        if (one_most and sum(answers) > 1) or (one_least and not any(answers)):
            continue
        world = {market.id: yes for market, yes in zip(poly, answers, strict=True)}
        yield from _abroad(world, pairs)


def _abroad(world: dict[MarketId, bool], pairs: Iterable[Pair]) -> Iterable[World]:
    """Verified twins resolve alike; the others as they like."""
    free = [pair.kalshi for pair in pairs if not pair.verified]
    told = {
        pair.kalshi: world[pair.polymarket] is pair.polymarket_yes_is_kalshi_yes
        for pair in pairs
        if pair.verified
    }
    for answers in product((True, False), repeat=len(free)):
        yield world | told | dict(zip(free, answers, strict=True))


def cost_of(book: Book, outcome: Outcome) -> int | None:
    """What one contract costs with its fee; None where none is offered."""
    side = book.asks if outcome is Outcome.YES else book.bids
    if not side:
        return None
    best = min(side) if outcome is Outcome.YES else MICRO - max(side)
    return best + book.market.fees.taker_fees([(Px(best), Qty(MICRO))])


def searched(scene: Scene) -> bool:
    """Whether any portfolio of single contracts earns something in every world."""
    priced = [
        (leg, cost)
        for market, book in scene.books.items()
        for leg in (Leg(market, Outcome.YES), Leg(market, Outcome.NO))
        if (cost := cost_of(book, leg.outcome)) is not None
    ]
    wins = [
        [MICRO * (world[leg.market] is (leg.outcome is Outcome.YES)) for world in scene.worlds]
        for leg, _ in priced
    ]
    return any(
        min(map(sum, zip(*(wins[at] for at in held), strict=True)))
        > sum(priced[at][1] for at in held)
        for size in range(1, len(priced) + 1)
        for held in combinations(range(len(priced)), size)
    )


def found(scene: Scene) -> bool:
    """Whether the engine shows a basket that earns something at one contract a leg."""
    compiled = compile_baskets(scene.catalogues, verified(scene.pairs), Lanes(), scene.rules)
    gate = Gate(compiled.baskets, scene.books)
    return any(
        isinstance(_swept(template, scene), Plan)
        for template in (*gate.rescan(), *_of_clusters(compiled.clusters, scene))
    )


def _of_clusters(clusters: Iterable[Cluster], scene: Scene) -> Iterable[Template]:
    """What the linear programs find; where they find nothing, they prove that nothing is there."""
    for cluster in clusters:
        costs = costs_of([scene.books[market].view(Ns(0)) for market in cluster.markets])
        verdict = search(cluster, costs, budget_s=10.0)
        if isinstance(verdict, Template):
            yield verdict
        elif isinstance(verdict, Certificate):
            assert sum(chance for _, chance in verdict.probabilities) == PICO
            assert {state for state, _ in verdict.probabilities} <= set(cluster.states)
            assert 0 <= verdict.bound < MICRO


def _swept(template: Template, scene: Scene) -> object:
    views = [scene.books[leg.market].view(Ns(0)) for leg in template.legs]
    offers = [Offer.of(view, leg.outcome) for view, leg in zip(views, template.legs, strict=True)]
    return sweep(template, offers, LIMITS)


@given(seed=st.integers(0, 2**64))
@settings(max_examples=500, deadline=None)
def test_the_engine_finds_a_basket_exactly_where_there_is_one(
    seed: int, make_market: MakeMarket
) -> None:
    """Every portfolio of single contracts over both venues, in every world the facts allow, is
    searched: one of them pays for certain exactly where the gate and the sweep find a basket.
    """
    scene = draw(random.Random(seed), make_market)
    assert found(scene) == searched(scene)


def test_both_answers_come_up(make_market: MakeMarket) -> None:
    """The random events above are neither all arbitrages nor all none."""
    answers = [searched(draw(random.Random(seed), make_market)) for seed in range(40)]
    assert 5 < sum(answers) < 35


# --- questions whose answers hang together -------------------------------------------------------


def draw_related(dice: random.Random, make_market: MakeMarket) -> Scene:
    """Four markets or fewer of two events and both venues, with rules, not all of them accepted."""
    poly = [_market(dice, make_market, f"m{at}", Venue.POLYMARKET) for at in range(2)]
    kalshi = [
        _market(dice, make_market, f"k{at}", Venue.KALSHI) for at in range(dice.randrange(1, 3))
    ]
    both = [*poly, *kalshi]
    rules = [_some_rule(dice, [market.id for market in both]) for _ in range(dice.randrange(1, 4))]
    if dice.random() < 0.4:
        chain = dice.sample([market.id for market in both], len(both))
        rules += [_rule(RuleKind.IMPLIES, pair) for pair in pairwise(chain)]
    low = dice.choice([4, 45, 50])
    event = Event(
        EventId("polymarket:event"),
        Venue.POLYMARKET,
        "Who wins?",
        tuple(market.id for market in poly),
        Claim(dice.random() < 0.5, "told"),
        Claim(dice.random() < 0.5, "told"),
    )
    worlds = [
        world
        for answers in product((True, False), repeat=len(both))
        if _keeps(world := dict(zip([m.id for m in both], answers, strict=True)), rules, event)
    ]
    return Scene(
        catalogues=[
            Catalogue(Venue.POLYMARKET, (event,), tuple(poly)),
            Catalogue(Venue.KALSHI, (), tuple(kalshi)),
        ],
        pairs=(),
        books={market.id: _book(dice, market, low) for market in both},
        worlds=worlds,
        rules=rules,
    )


def _some_rule(dice: random.Random, markets: Sequence[MarketId]) -> Rule:
    kind = dice.choice(list(RuleKind))
    size = 2 if kind is RuleKind.IMPLIES else dice.randrange(2, len(markets) + 1)
    return _rule(kind, dice.sample(markets, size), accepted=dice.random() < 0.8)


def _rule(kind: RuleKind, markets: Iterable[MarketId], *, accepted: bool = True) -> Rule:
    return Rule(kind, tuple(markets), "a person", 900_000, accepted=accepted)


def _keeps(world: World, rules: Iterable[Rule], event: Event) -> bool:
    yes = sum(world[market] for market in event.markets)
    if (event.at_most_one.holds and yes > 1) or (event.at_least_one.holds and yes < 1):
        return False
    return all(rule.allows(world) for rule in rules if rule.accepted)


@given(seed=st.integers(0, 2**64))
@settings(max_examples=300, deadline=None)
def test_rules_are_used_to_the_full_and_no_further(seed: int, make_market: MakeMarket) -> None:
    """With implications, chains and groups across events and venues, the lanes and the linear
    programs together find a basket exactly where a portfolio of single contracts pays in every
    world that the accepted rules allow.
    """
    scene = draw_related(random.Random(seed), make_market)
    assume(scene.worlds)
    assert found(scene) == searched(scene)


def test_related_questions_come_up_both_ways(make_market: MakeMarket) -> None:
    """The random rules above leave arbitrages in some scenes and none in others."""
    scenes = [draw_related(random.Random(seed), make_market) for seed in range(60)]
    answers = [searched(scene) for scene in scenes if scene.worlds]
    assert 10 < sum(answers) < len(answers) - 10
