"""The gate never misses a basket, and its sums never drift."""

import random
from collections.abc import Callable, Sequence
from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from arb.detect.basket import Lane, Leg, Plan, Proof, Template, TemplateId
from arb.detect.gate import Gate
from arb.detect.lanes.multi_outcome import multi_outcome
from arb.detect.sweep import Offer, SweepLimits, sweep
from arb.market.book import Book
from arb.market.errors import Refused
from arb.market.fees import Fees, KalshiFees, PolymarketFees
from arb.market.instruments import (
    Claim,
    Event,
    EventId,
    Market,
    MarketId,
    Outcome,
    Venue,
)
from arb.market.units import MICRO, Ns, Px, Qty, Usd

MakeMarket = Callable[..., Market]
MakeTemplate = Callable[..., Template]
MakeBook = Callable[..., Book]

FEES: tuple[Fees, ...] = (
    PolymarketFees(0),
    PolymarketFees(50_000),
    PolymarketFees(250_000, 2),
    KalshiFees(70_000, 0),
    KalshiFees(35_000, 0),
)
ALL_ROUNDS = 16
"""Rescans until every sum was added up anew."""


def model_fee(fees: Fees, p: Fraction) -> Fraction:
    """The venues' formulas, for one contract."""
    match fees:
        case PolymarketFees(rate, exponent):
            return Fraction(rate, MICRO) * (p * (1 - p)) ** exponent
        case KalshiFees(coefficient):
            return Fraction(coefficient, MICRO) * p * (1 - p)
        case _:
            raise AssertionError(fees)


def exact_cost(template: Template, books: dict[MarketId, Book]) -> Fraction | None:
    """What one set costs at the best prices in dollars, without any rounding."""
    total = Fraction(0)
    for leg in template.legs:
        book = books[leg.market]
        side = book.asks if leg.outcome is Outcome.YES else book.bids
        if not side:
            return None
        best = min(side) if leg.outcome is Outcome.YES else MICRO - max(side)
        p = Fraction(best, MICRO)
        total += p + model_fee(book.market.fees, p)
    return total


def some_templates(dice: random.Random, markets: Sequence[Market]) -> list[Template]:
    """Baskets of one to five legs, of both outcomes."""
    made = []
    for number in range(dice.randrange(1, 8)):
        legs = {
            Leg(dice.choice(markets).id, dice.choice(list(Outcome)))
            for _ in range(dice.randrange(1, 6))
        }
        ordered = tuple(sorted(legs, key=str))
        payout = Usd(dice.randrange(1, len(ordered) + 1) * MICRO)
        made.append(
            Template(TemplateId(f"t{number}"), Lane.ALL_NO, "t", ordered, payout, Proof((), ()))
        )
    return made


def some_px(dice: random.Random) -> Px:
    """Mostly cents; sometimes finer, down to prices that no grid has."""
    step = dice.choice((10_000, 10_000, 1_000, 100, 7))
    return Px(dice.randrange(step, MICRO, step))


def change(dice: random.Random, book: Book) -> None:
    """Do one thing to a book that a feed could do."""
    kind = dice.randrange(10)
    px, qty = some_px(dice), Qty(dice.choice((0, dice.randrange(1, 50 * MICRO))))
    if kind == 0:
        book.break_off()
    elif kind <= 2 or not book.live:
        book.replace([(some_px(dice), qty)], [(some_px(dice), qty)])
    elif kind <= 6:
        (book.set_bid if dice.random() < 0.5 else book.set_ask)(px, qty)
    elif book.bids and kind <= 8:
        book.set_bid(book.best_bid, Qty(0))
    elif book.asks:
        book.set_ask(book.best_ask, Qty(0))


def universe(dice: random.Random, make_market: MakeMarket) -> dict[MarketId, Book]:
    markets = [make_market(f"m{at}", fees=dice.choice(FEES), lot=10_000) for at in range(6)]
    return {market.id: Book(market) for market in markets}


@given(seed=st.integers(0, 2**64))
@settings(max_examples=150, deadline=None)
def test_sums_stay_right_and_every_cheap_basket_shows(seed: int, make_market: MakeMarket) -> None:
    """After any changes: what shows is what costs less than it pays, and no sum has drifted."""
    dice = random.Random(seed)
    books = universe(dice, make_market)
    templates = some_templates(dice, [book.market for book in books.values()])
    gate = Gate(templates, books)
    for _ in range(40):
        book = dice.choice(list(books.values()))
        change(dice, book)
        gate.update(book)
        hot = set(gate.take_hot())
        for template in templates:
            cost = exact_cost(template, books)
            cheap = cost is not None and cost * MICRO < template.payout
            touched = any(leg.market == book.market.id for leg in template.legs)
            # Rounding down by a pico-dollar a leg may let a basket through that just breaks even.
            brink = cost is not None and abs(cost * MICRO - template.payout) < Fraction(1, 10**5)
            assert (template in hot) == (cheap and touched) or brink
    for _ in range(ALL_ROUNDS):
        gate.rescan()
    assert gate.corrected == 0


@given(seed=st.integers(0, 2**64))
@settings(max_examples=150, deadline=None)
def test_what_the_sweep_takes_the_gate_lets_through(seed: int, make_market: MakeMarket) -> None:
    """No basket with a profitable size is ever held back."""
    dice = random.Random(seed)
    books = universe(dice, make_market)
    templates = some_templates(dice, [book.market for book in books.values()])
    for book in books.values():
        change(dice, book)
    gate = Gate(templates, books)
    shown = set(gate.take_hot())
    assert shown == set(gate.rescan())
    limits = SweepLimits(least_edge=0, max_fee_share_ppm=10**9)
    for template in templates:
        offers = [Offer.of(books[leg.market].view(Ns(0)), leg.outcome) for leg in template.legs]
        if isinstance(sweep(template, offers, limits), Plan):
            assert template in shown


@given(seed=st.integers(0, 2**64))
@settings(max_examples=50, deadline=None)
def test_a_rescan_finds_what_nobody_told_of(seed: int, make_market: MakeMarket) -> None:
    """Changes without `update` are caught up with, and counted book by book."""
    dice = random.Random(seed)
    books = universe(dice, make_market)
    templates = some_templates(dice, [book.market for book in books.values()])
    for book in books.values():
        change(dice, book)
    gate = Gate(templates, books)
    before = {market: (book.best_ask, book.best_bid) for market, book in books.items()}
    for book in books.values():
        change(dice, book)
    watched = {leg.market for template in templates for leg in template.legs}
    moved = [
        market
        for market in watched
        if before[market] != (books[market].best_ask, books[market].best_bid)
    ]
    found = gate.rescan()
    assert gate.corrected == len(moved)
    assert set(found) == set(Gate(templates, books).take_hot())


def test_a_broken_book_takes_its_quotes_with_it(
    make_market: MakeMarket, make_template: MakeTemplate, make_book: MakeBook
) -> None:
    """A basket at .80 stops showing when one of its books breaks, and shows again after."""
    markets = [make_market("a"), make_market("b")]
    books = {m.id: make_book(m, {600_000: 10}, {990_000: 10}) for m in markets}
    basket = make_template(markets, MICRO)
    gate = Gate([basket], books)
    assert gate.take_hot() == (basket,)
    assert gate.take_hot() == ()
    first = books[markets[0].id]
    first.set_bid(Px(610_000), Qty(MICRO))
    gate.update(first)
    first.break_off()
    gate.update(first)
    assert gate.take_hot() == gate.rescan() == ()
    first.replace([(Px(600_000), Qty(MICRO))], [])
    gate.update(first)
    assert gate.take_hot() == (basket,)


def test_a_book_that_is_not_live_has_no_quotes(
    make_market: MakeMarket, make_template: MakeTemplate, make_book: MakeBook
) -> None:
    """Whatever levels it still holds, a book that is not live offers nothing."""
    market = make_market("a")
    book = make_book(market, {600_000: 10}, {})
    gate = Gate([make_template([market], MICRO)], {market.id: book})
    book.live = False
    gate.update(book)
    assert gate.take_hot() == ()


@given(
    pxs=st.lists(st.integers(1, 9_999), min_size=1, max_size=4),
    rules=st.lists(st.sampled_from(FEES), min_size=5, max_size=5),
    off=st.integers(-3, 3),
)
@settings(max_examples=300, deadline=None)
def test_the_threshold_is_exact(
    pxs: list[int],
    rules: list[Fees],
    off: int,
    make_market: MakeMarket,
    make_template: MakeTemplate,
) -> None:
    """A basket within three millionths of its payout shows if and only if it costs less."""
    markets = [make_market(f"m{at}", fees=rule) for at, rule in enumerate(rules[: len(pxs)])]
    free = make_market("free")
    books = {market.id: Book(market) for market in (*markets, free)}
    basket = make_template([*markets, free], 0)
    for market, px in zip(markets, pxs, strict=True):
        books[market.id].replace([(Px(MICRO - px * 100), Qty(MICRO))], [])
    part = exact_cost(make_template(markets, 0), books)
    assert part is not None
    payout = -(-part * MICRO // MICRO) * MICRO
    rest = int(payout - part * MICRO) + off
    if not 0 < rest < MICRO:
        return
    books[free.id].replace([(Px(MICRO - rest), Qty(MICRO))], [])
    basket = make_template([*markets, free], int(payout))
    cost = exact_cost(basket, books)
    assert cost is not None
    shown = bool(Gate([basket], books).take_hot())
    brink = 0 <= cost * MICRO - payout < Fraction(1, 10**5)
    assert shown == (cost * MICRO < payout) or (shown and brink)


def test_more_on_offer_at_the_same_prices_shows_again(
    make_market: MakeMarket, make_template: MakeTemplate, make_book: MakeBook
) -> None:
    """A change that leaves the best price alone may still make the basket larger."""
    market = make_market("a")
    book = make_book(market, {600_000: 10}, {})
    basket = make_template([market], MICRO)
    gate = Gate([basket], {market.id: book})
    gate.take_hot()
    book.set_bid(Px(590_000), Qty(MICRO))
    gate.update(book)
    assert gate.take_hot() == (basket,)


def test_fees_count_at_the_gate(
    make_market: MakeMarket, make_template: MakeTemplate, make_book: MakeBook
) -> None:
    """Two Kalshi legs at .50 and .48 cost .98 and .0350 of fees: no edge, and it never shows."""
    markets = [
        make_market(name, venue=Venue.KALSHI, fees=KalshiFees(70_000, 0)) for name in ("a", "b")
    ]
    books = {
        markets[0].id: make_book(markets[0], {500_000: 10}, {}),
        markets[1].id: make_book(markets[1], {520_000: 10}, {}),
    }
    gate = Gate([make_template(markets, MICRO)], books)
    assert gate.take_hot() == ()
    cheaper = books[markets[1].id]
    cheaper.set_bid(Px(540_000), Qty(MICRO))
    gate.update(cheaper)
    assert len(gate.take_hot()) == 1


def test_kalshi_no_basket_shows(
    make_market: MakeMarket, make_template: MakeTemplate, make_book: MakeBook
) -> None:
    """YES bids of .41, .52 and .12: NO of all costs 1.95 and .0418 of fees, and pays 2."""
    markets = [make_market(name, venue=Venue.KALSHI, fees=KalshiFees(70_000, 0)) for name in "ABC"]
    bests = {"A": (410_000, 440_000), "B": (520_000, 550_000), "C": (120_000, 140_000)}
    books = {
        market.id: make_book(market, {bests[market.title][0]: 10}, {bests[market.title][1]: 10})
        for market in markets
    }
    no_set = make_template(markets, 2 * MICRO)
    yes_set = make_template(markets, MICRO, Outcome.YES)
    assert Gate([no_set, yes_set], books).take_hot() == (no_set,)


def test_a_market_without_a_book_is_refused(
    make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """A gate that cannot see a leg is not made; books that no basket needs are ignored."""
    market = make_market("a")
    with pytest.raises(Refused, match="no book"):
        Gate([make_template([market], MICRO)], {})
    gate = Gate([], {market.id: Book(market)})
    gate.update(Book(market))
    assert gate.rescan() == ()


@given(best=st.integers(1, 99), least=st.integers(0, 20))
@settings(max_examples=100, deadline=None)
def test_what_leaves_less_than_the_least_edge_is_not_shown(
    best: int, least: int, make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """A basket shows if and only if its first set brings the least edge, or anything at all."""
    market = make_market("a")
    book = Book(market)
    book.replace([(Px(MICRO - best * 10_000), Qty(MICRO))], [])
    basket = make_template([market], 900_000)
    gate = Gate([basket], {market.id: book}, least_edge=least * 10_000)
    assert bool(gate.take_hot()) == (90 - best >= max(least, 1))


@pytest.mark.parametrize(("cents", "shown"), [(94, False), (93, True)])
def test_what_is_picked_must_pay_by_itself(
    cents: int, shown: bool, make_market: MakeMarket
) -> None:
    """NO of 20 exclusive outcomes at .94 costs 18.80 of 19, but the 15 that a basket may have cost
    14.10 of 14; at .93 they cost 13.95."""
    markets = {one.id: one for one in (make_market(f"m{at}") for at in range(20))}
    known = Claim(holds=True, source="the venue says so")
    unknown = Claim(holds=False, source="nobody says so")
    event = Event(
        EventId("polymarket:event"), Venue.POLYMARKET, "?", tuple(markets), known, unknown
    )
    books = {market: Book(one) for market, one in markets.items()}
    for book in books.values():
        book.replace([(Px(MICRO - cents * 10_000), Qty(MICRO))], [])
    found = Gate(multi_outcome([event], markets).baskets, books).take_hot()
    assert [len(template.legs) for template in found] == ([15] if shown else [])
