"""On small events the engine finds a basket exactly where a search over all portfolios does."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, product

import attrs
import hypothesis.strategies as st
from hypothesis import given, settings

from arb.detect.basket import Leg, Plan, Template
from arb.detect.gate import Gate
from arb.detect.lanes import compile_baskets
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


@attrs.frozen
class Scene:
    """One event, perhaps on both venues, with books one contract deep."""

    catalogues: Sequence[Catalogue]
    pairs: Sequence[Pair]
    books: Mapping[MarketId, Book]
    worlds: Sequence[World]
    """Every way the markets can turn out."""


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


def _book(dice: random.Random, market: Market) -> Book:
    """One contract on each side, or none; sometimes crossed."""
    middle, width = dice.randrange(4, 60), dice.randrange(-1, 8)
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
    compiled = compile_baskets(scene.catalogues, scene.pairs, Lanes())
    gate = Gate(compiled.baskets, scene.books)
    return any(isinstance(_swept(template, scene), Plan) for template in gate.rescan())


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
