"""What the firewall refuses, one reason at a time, and what it lets through."""

from collections.abc import Callable, Mapping

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.detect.basket import Leg, Template
from arb.detect.firewall import FirewallLimits, inspect
from arb.detect.reasons import Reason
from arb.detect.witness import doubt_exit
from arb.market.book import Book, BookView
from arb.market.changes import BookBroken, BookReplaced, LevelSet, Traded
from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.instruments import LastTrade, Market, Outcome
from arb.market.shelf import Shelf
from arb.market.units import MICRO, Ns, Px, Qty
from tests.fakes.markets import make_market as market

MakeMarket = Callable[..., Market]
MakeTemplate = Callable[..., Template]
MakeBook = Callable[..., Book]

_MARKET = market("m")
SECOND = 10**9
NOW = Ns(1_000 * SECOND)
LIMITS = FirewallLimits(
    max_feed_silence_ns=30 * SECOND,
    max_age_spread_ns=10 * SECOND,
    close_margin_ns=60 * SECOND,
    max_edge_ppm=200_000,
    max_quote_age_ns=900 * SECOND,
    max_trade_age_ns=7 * 86_400 * SECOND,
    max_jump=100_000,
    jump_window_ns=30 * SECOND,
    max_one_sided=50_000,
    max_break_even=Px(950_000),
)
QTY = Qty(10 * MICRO)


@pytest.fixture
def views(make_market: MakeMarket, make_book: MakeBook) -> list[BookView]:
    """Two sound books whose NOs cost .49 and .48."""
    made = []
    for name, bid in (("a", 510_000), ("b", 520_000)):
        book = make_book(make_market(name), {bid: 10, bid - 10_000: 10}, {bid + 10_000: 10})
        book.seen_ns = Ns(NOW - SECOND)
        made.append(book.view(Ns(NOW - SECOND)))
    return made


@pytest.fixture
def basket(views: list[BookView], make_template: MakeTemplate) -> Template:
    return make_template([view.market for view in views], MICRO)


def test_sound_books_pass(views: list[BookView], basket: Template) -> None:
    """Nothing is objected to where nothing is wrong."""
    assert inspect(basket, views, NOW, LIMITS) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"live": False}, Reason.NOT_LIVE),
        ({"agrees": False}, Reason.DISAGREES),
        ({"asks": ((Px(520_000), QTY),)}, Reason.CROSSED),
        ({"asks": ((Px(510_000), QTY),)}, Reason.CROSSED),
        ({"heard_ns": NOW - 30 * SECOND - 1}, Reason.SILENT),
        ({"heard_ns": NOW + 1}, Reason.CLOCK),
        ({"heard_ns": NOW - 11 * SECOND - 1}, Reason.APART),
        ({"bids": ((Px(515_000), QTY),)}, Reason.OFF_GRID),
        ({"asks": ((Px(540_000), QTY), (Px(545_000), QTY))}, Reason.OFF_GRID),
        ({"bids": ((Px(520_000), Qty(0)),)}, Reason.NONSENSE),
        ({"bids": ((Px(0), QTY),)}, Reason.NONSENSE),
        ({"asks": ((Px(MICRO), QTY),)}, Reason.NONSENSE),
        ({"bids": ((Px(520_000), Qty(10**15 + 1)),)}, Reason.NONSENSE),
        ({"bids": ()}, Reason.EMPTY_SIDE),
        ({"bids": ((Px(680_000), QTY),), "asks": ()}, Reason.ONE_SIDED),
        ({"bids": ((Px(680_000), QTY),), "asks": ((Px(690_000), QTY),)}, Reason.STALE),
        ({"seen_ns": NOW - 900 * SECOND - 1}, Reason.OLD),
        ({"bids": ((Px(520_000), Qty(1)), (Px(480_000), QTY))}, Reason.DUST),
    ],
)
def test_every_fault_has_its_reason(
    changed: Mapping[str, object], reason: Reason, views: list[BookView], basket: Template
) -> None:
    """One thing wrong with one leg is enough, and the reason names it."""
    views[1] = attrs.evolve(views[1], **changed)  # type: ignore[arg-type]  # fields by name
    objection = inspect(basket, views, NOW, LIMITS)
    assert objection is not None
    assert objection.reason is reason


def test_bounds_are_included(views: list[BookView], basket: Template) -> None:
    """Exactly as silent, as far apart and as good as allowed is allowed."""
    old = [attrs.evolve(view, heard_ns=Ns(NOW - 30 * SECOND)) for view in views]
    assert inspect(basket, old, NOW, LIMITS) is None
    views[0] = attrs.evolve(views[0], heard_ns=Ns(NOW - 11 * SECOND))
    assert inspect(basket, views, NOW, LIMITS) is None
    edge = attrs.evolve(LIMITS, max_edge_ppm=30_928)  # .03 on .97
    objection = inspect(basket, views, NOW, edge)
    assert objection is None
    objection = inspect(basket, views, NOW, attrs.evolve(LIMITS, max_edge_ppm=30_927))
    assert objection is not None
    assert objection.reason is Reason.STALE


def test_a_market_about_to_close_is_left_alone(views: list[BookView], basket: Template) -> None:
    """Within the margin of its close, or after it, a market is not traded."""
    for closes_ns, refused in ((NOW + 60 * SECOND, True), (NOW + 60 * SECOND + 1, False)):
        market = attrs.evolve(views[0].market, closes_ns=Ns(closes_ns))
        closing = [attrs.evolve(views[0], market=market), views[1]]
        objection = inspect(basket, closing, NOW, LIMITS)
        assert (objection is not None and objection.reason is Reason.CLOSED) is refused


def test_fees_count_before_an_edge_is_called_too_good(
    make_market: MakeMarket, make_template: MakeTemplate, make_book: MakeBook
) -> None:
    """.80 for a dollar promises 25 %, with a fee of .04 on it 19 %."""
    limits = attrs.evolve(LIMITS, max_break_even=Px(MICRO - 1), max_quote_age_ns=NOW)
    for rate_ppm, reason in ((0, Reason.STALE), (250_000, None)):
        market = make_market("m", fees=PolymarketFees(rate_ppm))
        view = make_book(market, {790_000: 10}, {800_000: 10}).view(NOW)
        objection = inspect(make_template([market], MICRO, Outcome.YES), [view], NOW, limits)
        assert (objection.reason if objection else None) is reason


def test_views_of_other_markets_are_a_mistake_of_the_caller(
    views: list[BookView], basket: Template
) -> None:
    """Views in another order than the legs are never looked at."""
    with pytest.raises(ValueError, match="for a leg of"):
        inspect(basket, views[::-1], NOW, LIMITS)


# --- second witnesses ---------------------------------------------------------------------------

HOUR = 3600 * SECOND


def traded(view: BookView, px: int, ago_ns: int) -> BookView:
    return attrs.evolve(view, last_trade=LastTrade(Px(px), Ns(NOW - ago_ns)))


@pytest.mark.parametrize(
    ("px", "ago_ns", "reason"),
    [
        (680_000, HOUR, None),
        (730_000, HOUR, None),
        (730_001, HOUR, Reason.TOO_GOOD),
        (520_000, HOUR, Reason.TOO_GOOD),
        (680_000, 7 * 24 * HOUR, None),
        (680_000, 7 * 24 * HOUR + 1, Reason.STALE),
    ],
)
def test_an_edge_above_a_fifth_needs_recent_trades_near_it(
    px: int, ago_ns: int, reason: Reason | None, views: list[BookView], basket: Template
) -> None:
    """MD-3: a trade within seven days and within five cents of every leg, or it is stale."""
    views[0] = traded(views[0], 510_000, HOUR)
    good = attrs.evolve(views[1], bids=((Px(680_000), QTY),), asks=((Px(690_000), QTY),))
    objection = inspect(basket, [views[0], traded(good, px, ago_ns)], NOW, LIMITS)
    assert (objection.reason if objection else None) is reason


def jumped(shelf: Shelf, market: Market, *, by: int = 110_000) -> None:
    """A book that stood, and whose best bid jumps up ten seconds ago."""
    first = BookReplaced(market.id, ((Px(400_000), QTY),), ((Px(600_000), QTY),))
    shelf.apply([first], "feed", Ns(NOW - 60 * SECOND))
    level = LevelSet(market.id, is_bid=True, px=Px(400_000 + by), qty=QTY)
    shelf.apply([level], "feed", Ns(NOW - 10 * SECOND))


def judge(shelf: Shelf, market: Market, make_template: MakeTemplate, now_ns: int = NOW) -> str:
    """What the firewall says of buying NO for at most a dollar."""
    basket = make_template([market], MICRO)
    limits = attrs.evolve(LIMITS, max_edge_ppm=10**9)
    objection = inspect(basket, [shelf.view(market.id)], Ns(now_ns), limits)
    return "" if objection is None else objection.reason.name


def test_a_jump_waits_for_a_second_witness(
    make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """MD-11: a best price 11 cents closer is refused until something confirms it; 10 cents pass."""
    market = make_market("m")
    shelf = Shelf([market])
    jumped(shelf, market)
    assert judge(shelf, market, make_template) == "JUMP"
    assert judge(shelf, market, make_template, NOW + 21 * SECOND) == "SILENT"
    shelf.apply([], "feed", NOW)
    assert judge(shelf, market, make_template, NOW + 21 * SECOND) == ""
    calm = Shelf([market])
    jumped(calm, market, by=100_000)
    assert judge(calm, market, make_template) == ""


def test_what_confirms_a_jump(make_market: MakeMarket, make_template: MakeTemplate) -> None:
    """A trade near it, another change of its level, or the whole book told again."""
    market = make_market("m")
    at = Ns(NOW - SECOND)
    near = Traded(market.id, Px(500_000), QTY, at)
    again = LevelSet(market.id, is_bid=True, px=Px(510_000), qty=Qty(QTY + 1))
    whole = BookReplaced(market.id, ((Px(510_000), QTY),), ((Px(600_000), QTY),))
    for witness in (near, again, whole):
        shelf = Shelf([market])
        jumped(shelf, market)
        shelf.apply([witness], "feed", at)
        assert judge(shelf, market, make_template) == ""


def test_what_does_not_confirm_a_jump(make_market: MakeMarket, make_template: MakeTemplate) -> None:
    """A trade far from it or from before it, and changes elsewhere in the book, say nothing."""
    market = make_market("m")
    at = Ns(NOW - SECOND)
    far = Traded(market.id, Px(400_000), QTY, at)
    early = Traded(market.id, Px(510_000), QTY, Ns(NOW - 50 * SECOND))
    elsewhere = LevelSet(market.id, is_bid=True, px=Px(390_000), qty=QTY)
    shelf = Shelf([market])
    jumped(shelf, market)
    shelf.apply([early, far, elsewhere], "feed", at)
    assert judge(shelf, market, make_template) == "JUMP"


@pytest.mark.parametrize(("after_ms", "reason"), [(1, "JUMP"), (50, "JUMP"), (51, "")])
def test_the_other_tokens_book_of_the_same_moment_is_no_second_telling(
    make_market: MakeMarket, make_template: MakeTemplate, after_ms: int, reason: str
) -> None:
    """A jump that came with a whole book: Polymarket tells each of both tokens at once."""
    market = make_market("m")
    shelf = Shelf([market])
    jumped(shelf, market, by=0)
    whole = BookReplaced(market.id, ((Px(510_000), QTY),), ((Px(600_000), QTY),))
    at = NOW - 5 * SECOND
    shelf.apply([whole], "feed", Ns(at))
    shelf.apply([whole], "feed", Ns(at + after_ms * 10**6))
    assert judge(shelf, market, make_template) == reason


def test_many_small_steps_are_a_jump(make_market: MakeMarket, make_template: MakeTemplate) -> None:
    """Twelve cents in twelve steps within the window count as one move."""
    market = make_market("m")
    shelf = Shelf([market])
    jumped(shelf, market, by=10_000)
    for step in range(2, 13):
        level = LevelSet(market.id, is_bid=True, px=Px(400_000 + step * 10_000), qty=QTY)
        shelf.apply([level], "feed", Ns(NOW - 10 * SECOND + step))
    assert judge(shelf, market, make_template) == "JUMP"


@pytest.mark.parametrize("first_s", [29, 31, 44])
def test_steps_close_together_count_together_whenever_the_first_move_was(
    make_market: MakeMarket, make_template: MakeTemplate, first_s: int
) -> None:
    """A cent, and some time later nine cents and nine more within two seconds: eighteen in all."""
    market = make_market("m")
    shelf = Shelf([market])
    jumped(shelf, market, by=0)
    begin = NOW - 50 * SECOND
    steps = ((0, 410_000), (first_s - 1, 500_000), (first_s + 1, 590_000))
    for after_s, px in steps:
        level = LevelSet(market.id, is_bid=True, px=Px(px), qty=QTY)
        shelf.apply([level], "feed", Ns(begin + after_s * SECOND))
    now = begin + (first_s + 2) * SECOND
    assert judge(shelf, market, make_template, now) == "JUMP"


def test_a_side_that_vanishes_and_comes_back_has_jumped(
    make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """An empty side in between hides no jump; a gap starts the book's history anew."""
    market = make_market("m")
    shelf = Shelf([market])
    jumped(shelf, market, by=0)
    gone = LevelSet(market.id, is_bid=True, px=Px(400_000), qty=Qty(0))
    back = LevelSet(market.id, is_bid=True, px=Px(550_000), qty=QTY)
    shelf.apply([gone], "feed", Ns(NOW - 5 * SECOND))
    shelf.apply([back], "feed", Ns(NOW - 4 * SECOND))
    assert judge(shelf, market, make_template) == "JUMP"
    whole = BookReplaced(market.id, ((Px(550_000), QTY),), ((Px(600_000), QTY),))
    shelf.apply([BookBroken(market.id, "gap"), whole], "feed", Ns(NOW - 3 * SECOND))
    assert judge(shelf, market, make_template) == ""


def test_epochs_of_one_book_never_mix(views: list[BookView], make_template: MakeTemplate) -> None:
    """MD-18: YES from before a gap and NO from after it are no basket."""
    both = make_template([views[0].market], MICRO, Outcome.YES)
    no = Leg(views[0].market.id, Outcome.NO)
    both = attrs.evolve(both, legs=(*both.legs, no))
    assert inspect(both, [views[0], views[0]], NOW, LIMITS) is None
    later = attrs.evolve(views[0], epoch=views[0].epoch + 1)
    objection = inspect(both, [views[0], later], NOW, LIMITS)
    assert objection is not None
    assert objection.reason is Reason.EPOCHS


@given(px=st.integers(1, 99), rate_ppm=st.sampled_from([0, 40_000, 70_000, 250_000]))
def test_a_position_must_have_an_exit(px: int, rate_ppm: int) -> None:
    """RISK-10: refused exactly where no price up to 95 cents brings back price and fees."""
    fees = KalshiFees(rate_ppm, 0)
    market = attrs.evolve(_MARKET, fees=fees)
    view = Book(market).view(NOW)
    paid = px * 10_000 * MICRO + fees.least_taker_fee_pico(Px(px * 10_000))
    objection = doubt_exit(Leg(market.id, Outcome.YES), view, paid, Px(950_000))
    exits = [
        cents
        for cents in range(1, 96)
        if cents * 10_000 * MICRO - fees.least_taker_fee_pico(Px(cents * 10_000)) >= paid
    ]
    assert (objection is None) is bool(exits)
