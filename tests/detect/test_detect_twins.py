"""The other venue's book as a second witness of a jump, where a pair is verified."""

from collections.abc import Callable

import attrs
import pytest

from arb.detect.basket import Template
from arb.detect.firewall import FirewallLimits, inspect
from arb.detect.reasons import Reason
from arb.detect.witness import Twin
from arb.market.book import Book, BookView
from arb.market.changes import BookReplaced, LevelSet
from arb.market.instruments import Market, MarketId, Outcome, Venue
from arb.market.shelf import Shelf
from arb.market.units import MICRO, Ns, Px, Qty
from arb.pairing.approval import VerifiedPair
from arb.pairing.watch import twins_of

MakeMarket = Callable[..., Market]
MakeTemplate = Callable[..., Template]
MakeBook = Callable[..., Book]
SECOND = 10**9
NOW = Ns(1_000 * SECOND)
LIMITS = FirewallLimits(
    max_feed_silence_ns=30 * SECOND,
    max_age_spread_ns=10 * SECOND,
    close_margin_ns=0,
    max_edge_ppm=200_000,
    max_jump=100_000,
    jump_window_ns=30 * SECOND,
    max_break_even=Px(MICRO - 1),
)
TEN = Qty(10 * MICRO)


@pytest.fixture
def jumped(make_market: MakeMarket) -> BookView:
    """YES was asked .70 and is asked .55 now, of one message only."""
    market = make_market("m")
    shelf = Shelf([market])
    before, now = Ns(NOW - 20 * SECOND), Ns(NOW - SECOND)
    shelf.apply(
        [BookReplaced(market.id, ((Px(500_000), TEN),), ((Px(700_000), TEN),))], "f", before
    )
    shelf.apply([LevelSet(market.id, is_bid=False, px=Px(550_000), qty=TEN)], "f", now)
    return shelf.view(market.id)


@pytest.fixture
def other(make_market: MakeMarket, make_book: MakeBook) -> Callable[..., Twin]:
    def build(bid: int, ask: int, *, inverted: bool = False, heard_ns: int = NOW) -> Twin:
        book = make_book(make_market("t", venue=Venue.KALSHI), {bid: 10}, {ask: 10})
        book.seen_ns = Ns(heard_ns)
        return Twin(book.view(Ns(heard_ns)), inverted)

    return build


def reason(jumped: BookView, twin: Twin | None, template: MakeTemplate) -> Reason | None:
    basket = template([jumped.market], MICRO, Outcome.YES)
    twins = {} if twin is None else {jumped.market.id: twin}
    limits = attrs.evolve(LIMITS, max_edge_ppm=10 * MICRO)
    objection = inspect(basket, [jumped], NOW, limits, twins)
    return objection.reason if objection else None


def test_alone_the_jump_is_refused(jumped: BookView, make_template: MakeTemplate) -> None:
    """Without a twin nothing confirms it: the tests below start from a refusal."""
    assert reason(jumped, None, make_template) is Reason.JUMP


@pytest.mark.parametrize(
    ("bid", "ask", "inverted", "confirms"),
    [
        (540_000, 560_000, False, True),
        (590_000, 610_000, False, True),
        (600_000, 620_000, False, False),
        (490_000, 510_000, False, True),
        (480_000, 500_000, False, False),
        (440_000, 460_000, True, True),
        (540_000, 560_000, True, False),
        (500_000, 600_000, False, True),
        (490_000, 610_000, False, False),
    ],
)
def test_a_twin_confirms_where_its_middle_is_near(  # noqa: PLR0913, PLR0917 - a row of the table
    bid: int,
    ask: int,
    inverted: bool,
    confirms: bool,
    jumped: BookView,
    other: Callable[..., Twin],
    make_template: MakeTemplate,
) -> None:
    """Within five cents of the new price, quoted at most ten cents wide, opposites turned round."""
    found = reason(jumped, other(bid, ask, inverted=inverted), make_template)
    assert found is (None if confirms else Reason.JUMP)


def test_a_twin_must_be_sound_itself(
    jumped: BookView, other: Callable[..., Twin], make_template: MakeTemplate
) -> None:
    """A silent, broken, contradicted or one-sided book is no witness, wherever it stands."""
    twin = other(540_000, 560_000)
    silent = other(540_000, 560_000, heard_ns=NOW - 31 * SECOND)
    bad = [
        attrs.evolve(twin.view, live=False),
        attrs.evolve(twin.view, agrees=False),
        attrs.evolve(twin.view, bids=()),
        silent.view,
    ]
    for view in bad:
        assert reason(jumped, Twin(view, inverted=False), make_template) is Reason.JUMP


def pair(kalshi: str, polymarket: str, *, same: bool) -> VerifiedPair:
    return VerifiedPair(
        MarketId(kalshi), MarketId(polymarket), same, "why", "who", "", "", trades_from_ns=Ns(0)
    )


def test_the_twin_that_asks_for_the_same_comes_first() -> None:
    """A game has one market here and two there: its witness is the one that is not its opposite."""
    found = twins_of([pair("k:away", "p", same=False), pair("k:home", "p", same=True)])
    assert found == {
        MarketId("k:away"): (MarketId("p"), True),
        MarketId("k:home"): (MarketId("p"), False),
        MarketId("p"): (MarketId("k:home"), False),
    }
