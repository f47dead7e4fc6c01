"""A leg that stands in a basket's way does not take the rest of it along."""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from arb.detect.basket import Plan, Template
from arb.detect.blueprint import Blueprint
from arb.detect.firewall import FirewallLimits
from arb.detect.gate import Gate
from arb.detect.hindrance import trusted
from arb.detect.lanes.multi_outcome import multi_outcome
from arb.detect.lanes.twins import Twins
from arb.detect.opportunity import Criteria, Opportunity, find
from arb.detect.reasons import Reason, Rejected
from arb.detect.sweep import Offer, SweepLimits, sweep
from arb.detect.witness import NO_TWINS, Twin
from arb.market.book import Book
from arb.market.fees import Fees, KalshiFees, PolymarketFees
from arb.market.instruments import Claim, Event, EventId, Market, MarketId, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.pairing.pair import Pair
from tests.fakes.pairs import verified

MakeMarket = Callable[..., Market]
MakeBook = Callable[..., Book]
Books = Mapping[MarketId, Book]

NOW = Ns(1)
SMALLEST = 5 * MICRO
CRITERIA = Criteria(
    FirewallLimits(10**18, 10**18, 0, 10**18),
    SweepLimits(min_profit_usd=Usd(50_000)),
    bucket_ns=10**10,
)
FEES: tuple[Fees, ...] = (PolymarketFees(0), PolymarketFees(50_000), KalshiFees(70_000, 0))


def exclusive(markets: Sequence[Market], *, exhaustive: bool = False) -> Event:
    """An event of which no two markets resolve YES."""
    return Event(
        EventId("polymarket:event"),
        Venue.POLYMARKET,
        "Who wins?",
        tuple(market.id for market in markets),
        Claim(True, "told"),
        Claim(exhaustive, "told"),
    )


def shown(markets: Sequence[Market], books: Books) -> Template:
    """The one template that the gate shows of an event."""
    compiled = multi_outcome([exclusive(markets)], {market.id: market for market in markets})
    (template,) = Gate(compiled.baskets, books).rescan()
    return template


def looked_at(template: Template, books: Books, criteria: Criteria = CRITERIA) -> object:
    return find(template, [books[leg.market].view(NOW) for leg in template.legs], NOW, criteria)


@pytest.fixture
def four(make_market: MakeMarket) -> list[Market]:
    return [make_market(name, min_qty=SMALLEST) for name in "ABCD"]


def quoted(
    four: Sequence[Market], make_book: MakeBook, offered: int, bid: int = 10_000
) -> dict[MarketId, Book]:
    """YES bids of .41, .40 and .25 for a thousand, and a fourth one for what the test is about."""
    bids = ((410_000, 1_000), (400_000, 1_000), (250_000, 1_000), (bid, offered))
    return {
        market.id: make_book(market, {px: qty}, {px + 20_000: 1_000})
        for market, (px, qty) in zip(four, bids, strict=True)
    }


@pytest.mark.parametrize("offered", [3, 50, 800])
def test_one_thin_quote_limits_no_basket_that_pays_without_it(
    four: list[Market], make_book: MakeBook, offered: int
) -> None:
    """A thousand sets of three NOs earn 60 dollars, whatever is bid for the fourth."""
    books = quoted(four, make_book, offered)
    found = looked_at(shown(four, books), books)
    assert isinstance(found, Opportunity)
    assert found.plan.size == 1_000 * MICRO
    assert found.plan.profit == 60_000_000
    assert {leg.market for leg in found.plan.template.legs} == {one.id for one in four[:3]}
    assert [view.market.id for view in found.views] == [
        leg.market for leg in found.plan.template.legs
    ]


def test_a_thin_leg_stays_where_it_earns_more(four: list[Market], make_book: MakeBook) -> None:
    """A thousand sets earn .06 each without the fourth leg; 990 with it .07."""
    books = quoted(four, make_book, 990)
    found = looked_at(shown(four, books), books)
    assert isinstance(found, Opportunity)
    assert (found.plan.size, found.plan.profit) == (990 * MICRO, 69_300_000)


def test_a_book_in_doubt_forbids_only_what_needs_it(
    four: list[Market], make_book: MakeBook
) -> None:
    """The venue states another best price of one market: the three others are bought."""
    books = quoted(four, make_book, 1_000)
    books[four[3].id].agrees = False
    found = looked_at(shown(four, books), books)
    assert isinstance(found, Opportunity)
    assert found.plan.profit == 60_000_000
    books[four[0].id].agrees = False
    rejected = looked_at(shown(four, books), books)
    assert isinstance(rejected, Rejected)
    assert rejected.reason is Reason.DISAGREES


def test_books_with_an_empty_side_hinder_like_any_other(
    four: list[Market], make_book: MakeBook
) -> None:
    """Two of four have no bids left when they are looked at, and the other two do not pay."""
    books = quoted(four, make_book, 1_000)
    template = shown(four, books)
    for market in four[2:]:
        books[market.id] = make_book(market, {}, {20_000: 1_000})
    rejected = looked_at(template, books)
    assert isinstance(rejected, Rejected)
    assert rejected.reason is Reason.EMPTY_SIDE
    books[four[0].id] = make_book(four[0], {620_000: 1_000}, {640_000: 1_000})
    found = looked_at(template, books)
    assert isinstance(found, Opportunity)
    assert found.plan.profit == 20_000_000


def test_what_is_refused_whole_is_refused_in_its_own_words(
    four: list[Market], make_book: MakeBook
) -> None:
    """Where nothing smaller pays either, the reason is the whole basket's."""
    books = quoted(four, make_book, 3, bid=40_000)
    books[four[2].id] = make_book(four[2], {180_000: 1_000}, {200_000: 1_000})
    rejected = looked_at(shown(four, books), books)
    assert isinstance(rejected, Rejected)
    assert len(rejected.template.legs) == 4
    assert rejected.reason is Reason.DUST


def test_a_sold_out_twin_is_replaced(make_market: MakeMarket, make_book: MakeBook) -> None:
    """YES of A is a cent cheaper abroad, but only twice: at home there are a thousand."""
    home = [make_market(name, min_qty=SMALLEST) for name in "AB"]
    abroad = make_market("A", venue=Venue.KALSHI, min_qty=SMALLEST)
    pair = Pair(
        kalshi=abroad.id,
        polymarket=home[0].id,
        polymarket_yes_is_kalshi_yes=True,
        verified=True,
        reason="read",
        source="a person",
    )
    markets = {market.id: market for market in (*home, abroad)}
    books = {
        home[0].id: make_book(home[0], {430_000: 1_000}, {450_000: 1_000}),
        home[1].id: make_book(home[1], {430_000: 1_000}, {450_000: 1_000}),
        abroad.id: make_book(abroad, {420_000: 1_000}, {440_000: 2}),
    }
    compiled = multi_outcome(
        [exclusive(home, exhaustive=True)], markets, Twins.of_pairs(verified([pair]), markets)
    )
    blueprint = next(one for one in compiled.baskets if isinstance(one, Blueprint))
    (template,) = Gate([blueprint], books).rescan()
    twin = Twin(books[home[0].id].view(NOW), inverted=False)
    views = [books[leg.market].view(NOW) for leg in template.legs]
    found = find(template, views, NOW, CRITERIA, {abroad.id: twin})
    assert isinstance(found, Opportunity)
    assert (found.plan.size, found.plan.profit) == (1_000 * MICRO, 100_000_000)
    alone = find(template, views, NOW, CRITERIA, NO_TWINS)
    assert isinstance(alone, Rejected)


def test_a_barred_pair_forbids_only_what_relies_on_it(
    make_market: MakeMarket, make_book: MakeBook
) -> None:
    """Abroad both outcomes are cheaper, but the pair of A is barred: A is bought at home, and B
    abroad all the same.
    """
    home = [make_market(name) for name in "AB"]
    abroad = [make_market(name, venue=Venue.KALSHI) for name in "AB"]
    pairs = [
        Pair(
            kalshi=there.id,
            polymarket=here.id,
            polymarket_yes_is_kalshi_yes=True,
            verified=True,
            reason="read",
            source="a person",
        )
        for here, there in zip(home, abroad, strict=True)
    ]
    markets = {market.id: market for market in (*home, *abroad)}
    books = {one.id: make_book(one, {430_000: 9}, {450_000: 9}) for one in home}
    books |= {one.id: make_book(one, {410_000: 9}, {430_000: 9}) for one in abroad}
    twins = Twins.of_pairs(verified(pairs), markets)
    compiled = multi_outcome([exclusive(home, exhaustive=True)], markets, twins)
    blueprint = next(one for one in compiled.baskets if isinstance(one, Blueprint))
    (template,) = Gate([blueprint], books).rescan()
    barred = [frozenset((home[0].id, abroad[0].id))]
    bought = [leg.market for leg in trusted(template, barred, markets).legs]
    assert bought == [home[0].id, abroad[1].id]
    assert trusted(template, [], markets) is template
    other = [frozenset((MarketId("kalshi:Z"), MarketId("polymarket:Z")))]
    assert trusted(template, other, markets) is template


@given(seed=st.integers(0, 2**64))
@settings(max_examples=300, deadline=None)
def test_the_best_part_of_an_exclusive_set_is_found(make_market: MakeMarket, seed: int) -> None:
    """What is found earns as much as the best of all baskets of two legs or more, swept one by one."""
    dice = random.Random(seed)
    markets = [
        make_market(f"m{at}", fees=dice.choice(FEES), min_qty=SMALLEST)
        for at in range(dice.randrange(2, 6))
    ]
    books = {market.id: _random_book(dice, market, len(markets)) for market in markets}
    compiled = multi_outcome([exclusive(markets)], {market.id: market for market in markets})
    (blueprint,) = compiled.baskets
    assert isinstance(blueprint, Blueprint)
    shown = Gate([blueprint], books).rescan()
    found = [looked_at(template, books) for template in shown]
    best = max((one.plan.profit for one in found if isinstance(one, Opportunity)), default=0)
    legs = [choice.legs[0] for choice in blueprint.choices]
    parts = [part for k in range(2, len(legs) + 1) for part in combinations(legs, k)]
    assert best == max(_profit(blueprint.prove(part), books) for part in parts)


def _random_book(dice: random.Random, market: Market, of: int) -> Book:
    """One to three bids, a longshot's now and then; all outcomes together cost about a dollar."""
    top = dice.randrange(1, 4) if dice.random() < 0.4 else dice.randrange(90 // of, 190 // of)
    prices = {max(1, top - dice.randrange(4)) for _ in range(dice.randrange(1, 4))}
    book = Book(market)
    book.replace(
        [(Px(px * 10_000), Qty(dice.choice((2, 7, 40, 500)) * MICRO)) for px in sorted(prices)],
        [(Px(990_000), Qty(MICRO))],
    )
    return book


def _profit(template: Template, books: Books) -> int:
    views = [books[leg.market].view(NOW) for leg in template.legs]
    offers = [Offer.of(view, leg.outcome) for view, leg in zip(views, template.legs, strict=True)]
    swept = sweep(template, offers, CRITERIA.sweep)
    return swept.profit if isinstance(swept, Plan) else 0
