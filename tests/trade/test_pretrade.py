"""The last look before the first leg: what moved is not bought, and every doubt is named."""

from collections.abc import Mapping

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.book import BookView
from arb.market.instruments import Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import Approved, Level
from arb.trade.pretrade import PretradeLimits, Verdict, cost_now, inspect
from tests.fakes.markets import EPOCH_NS, approve, make_market

TEN = 10 * MICRO
POLY = make_market("p", Venue.POLYMARKET, min_qty=5 * MICRO)
KALSHI = make_market("k")
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 480_000)], TEN)
LIMITS = PretradeLimits(
    ttl_ns=2_000_000_000,
    max_price_ppm=5_000,
    max_cost_ppm=10_000,
    min_edge_ppm=500_000,
    most_legs_unread=10,
)
NOW = Ns(EPOCH_NS)


def view(
    market: Market, bids: Mapping[int, int], asks: Mapping[int, int], *, live: bool = True
) -> BookView:
    return BookView(
        market=market,
        bids=tuple((Px(px), Qty(qty)) for px, qty in sorted(bids.items(), reverse=True)),
        asks=tuple((Px(px), Qty(qty)) for px, qty in sorted(asks.items())),
        live=live,
        agrees=True,
        epoch=0,
        seen_ns=NOW,
        heard_ns=NOW,
    )


def poly(px: int = 450_000, qty: int = TEN) -> BookView:
    return view(POLY, {px - 10_000: TEN}, {px: qty})


def kalshi(px: int = 480_000, qty: int = TEN) -> BookView:
    """NO at `px` is a bid for YES."""
    return view(KALSHI, {MICRO - px: qty}, {MICRO - px + 10_000: TEN})


def look(
    *views: BookView,
    basket: Approved = CROSS,
    now_ns: int = NOW,
    standing: Level = Level.RUNNING,
    limits: PretradeLimits = LIMITS,
) -> Verdict:
    shown = {seen.market.id: seen for seen in views}
    return inspect(basket, shown, Ns(now_ns), standing, limits)


def test_what_is_still_there_is_begun_at_its_size() -> None:
    """Unmoved books, a moment later: no objection, the full size."""
    assert look(poly(), kalshi()) == Verdict(Qty(TEN), "")


@pytest.mark.parametrize("standing", [level for level in Level if level is not Level.RUNNING])
def test_nothing_is_begun_unless_trading_runs(standing: Level) -> None:
    """Paused, reducing, flattening or stopped: all of them begin nothing."""
    assert "stopped" in look(poly(), kalshi(), standing=standing).objection


def test_an_old_opportunity_is_not_begun() -> None:
    """Two seconds are borne, a nanosecond more is not."""
    assert look(poly(), kalshi(), now_ns=NOW + LIMITS.ttl_ns).objection == ""
    assert "ms ago" in look(poly(), kalshi(), now_ns=NOW + LIMITS.ttl_ns + 1).objection


def test_a_book_that_is_not_known_is_no_reason_to_buy() -> None:
    """Missing, not live, crossed or empty: each is an objection."""
    assert "not known" in look(poly()).objection
    assert "not known" in look(view(POLY, {}, {450_000: TEN}, live=False), kalshi()).objection
    assert "crossed" in look(view(POLY, {460_000: TEN}, {450_000: TEN}), kalshi()).objection
    assert "nothing is on offer" in look(view(POLY, {440_000: TEN}, {}), kalshi()).objection


def test_half_a_percent_is_where_a_leg_has_moved_away() -> None:
    """0.45 may become 0.45225: a tick of 0.002 is borne (as too little on offer), 0.003 is not."""
    fine = attrs.evolve(LIMITS, max_cost_ppm=MICRO)
    assert "moved" not in look(poly(452_000), kalshi(), limits=fine).objection
    assert "moved" in look(poly(453_000), kalshi(), limits=fine).objection


def test_less_on_offer_makes_a_smaller_basket() -> None:
    """Six sets left of ten: all legs at six, which is above the smallest order."""
    assert look(poly(qty=6 * MICRO), kalshi()) == Verdict(Qty(6 * MICRO), "")


def test_less_than_the_smallest_order_is_not_begun() -> None:
    """Four left where five is the least: nothing."""
    assert look(poly(qty=4 * MICRO), kalshi()).objection == "too little is on offer now"


def test_a_basket_that_became_dearer_is_not_begun() -> None:
    """Planned at one level, now mostly at the next: beyond one percent of the cost it is left."""
    planned = attrs.evolve(
        CROSS.plan.legs[0], limit=Px(460_000), cost=CROSS.plan.legs[0].cost, qty=Qty(TEN)
    )
    plan = attrs.evolve(CROSS.plan, legs=(planned, CROSS.plan.legs[1]))
    basket = attrs.evolve(CROSS, plan=plan)
    assert look(poly(450_000), kalshi(), basket=basket).objection == ""
    dearer = look(view(POLY, {440_000: TEN}, {460_000: TEN}), kalshi(), basket=basket)
    assert "it costs" in dearer.objection


def test_half_of_the_edge_must_be_left() -> None:
    """Where cost may rise, the edge decides: half of it is enough, less is not."""
    basket = approve([(POLY, Outcome.YES, 480_000), (KALSHI, Outcome.NO, 480_000)], TEN)
    cheap = cost_now(basket, {POLY.id: poly(440_000), KALSHI.id: kalshi()}, Qty(TEN))
    assert cheap is not None
    plan = attrs.evolve(basket.plan, profit=Usd(basket.plan.payout - cheap))
    basket = attrs.evolve(basket, plan=plan)
    loose = attrs.evolve(LIMITS, max_cost_ppm=MICRO)
    assert look(poly(450_000), kalshi(), basket=basket, limits=loose).objection == ""
    shown = look(poly(470_000), kalshi(), basket=basket, limits=loose)
    assert "an edge of" in shown.objection


def test_many_legs_are_bought_whole_or_not_at_all() -> None:
    """With more legs than ten, a leg of which less is on offer ends it."""
    few = attrs.evolve(LIMITS, most_legs_unread=1)
    assert look(poly(), kalshi(), limits=few).objection == ""
    less = look(poly(qty=6 * MICRO), kalshi(), limits=few)
    assert less.objection == "less is on offer than before"


PRICES = st.integers(1, 99).map(lambda cents: cents * 10_000)
SIDES = st.dictionaries(PRICES, st.integers(1, 2_000).map(lambda lots: lots * 10_000), max_size=4)


@given(SIDES, SIDES, SIDES, SIDES)
def test_what_is_begun_can_be_had_within_all_limits(
    pb: dict[int, int], pa: dict[int, int], kb: dict[int, int], ka: dict[int, int]
) -> None:
    """Whatever the books: a size without an objection is there at the limits, dear by 1 % at most."""
    shown = {POLY.id: view(POLY, pb, pa), KALSHI.id: view(KALSHI, kb, ka)}
    verdict = inspect(CROSS, shown, NOW, Level.RUNNING, LIMITS)
    if verdict.objection:
        return
    assert 5 * MICRO <= verdict.size <= TEN
    assert sum(qty for px, qty in pa.items() if px <= 450_000) >= verdict.size
    assert sum(qty for px, qty in kb.items() if MICRO - px <= 480_000) >= verdict.size
    cost = cost_now(CROSS, shown, verdict.size)
    assert cost is not None
    planned = (CROSS.plan.cost + CROSS.plan.fees) * verdict.size / TEN
    assert cost <= planned * 1.01 + 1
