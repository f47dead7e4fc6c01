"""What the firewall refuses, one reason at a time, and what it lets through."""

from collections.abc import Callable, Mapping

import attrs
import pytest

from arb.detect.basket import Template
from arb.detect.firewall import FirewallLimits, inspect
from arb.detect.reasons import Reason
from arb.market.book import Book, BookView
from arb.market.fees import PolymarketFees
from arb.market.instruments import Market, Outcome
from arb.market.units import MICRO, Ns, Px, Qty

MakeMarket = Callable[..., Market]
MakeTemplate = Callable[..., Template]
MakeBook = Callable[..., Book]

SECOND = 10**9
NOW = Ns(1_000 * SECOND)
LIMITS = FirewallLimits(
    max_feed_silence_ns=30 * SECOND,
    max_age_spread_ns=10 * SECOND,
    close_margin_ns=60 * SECOND,
    max_edge_ppm=200_000,
)
QTY = Qty(10 * MICRO)


@pytest.fixture
def views(make_market: MakeMarket, make_book: MakeBook) -> list[BookView]:
    """Two sound books whose NOs cost .49 and .48."""
    made = []
    for name, bid in (("a", 510_000), ("b", 520_000)):
        book = make_book(make_market(name), {bid: 10, bid - 10_000: 10}, {bid + 10_000: 10})
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
        ({"bids": ((Px(680_000), QTY),), "asks": ()}, Reason.TOO_GOOD),
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
    assert objection.reason is Reason.TOO_GOOD


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
    for rate_ppm, reason in ((0, Reason.TOO_GOOD), (250_000, None)):
        market = make_market("m", fees=PolymarketFees(rate_ppm))
        view = make_book(market, {}, {800_000: 10}).view(NOW)
        objection = inspect(make_template([market], MICRO, Outcome.YES), [view], NOW, LIMITS)
        assert (objection.reason if objection else None) is reason


def test_views_of_other_markets_are_a_mistake_of_the_caller(
    views: list[BookView], basket: Template
) -> None:
    """Views in another order than the legs are never looked at."""
    with pytest.raises(ValueError, match="for a leg of"):
        inspect(basket, views[::-1], NOW, LIMITS)
