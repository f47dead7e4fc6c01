"""One unwind from choice to choice: what all of them lose together stays within the budget."""

import attrs
from hypothesis import example, given
from hypothesis import strategies as st

from arb.market.book import BookView
from arb.market.instruments import Action, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd, cost, proceeds
from arb.messages import OrderId, Unwind, Way
from arb.trade.job import Job
from arb.trade.placed import Unknown
from arb.trade.unwind import choose
from arb.trade.ways import UnwindLimits, UnwindOrder
from tests.fakes.markets import LOT, approve, make_market, make_prepared

TEN = 10 * MICRO
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], TEN)
LIMITS = UnwindLimits(
    give_ticks=3,
    hold_usd=Usd(0),
    hold_haircut_ppm=MICRO,
    rest_chance_ppm=0,
    rest_slip=Px(MICRO),
    budget_usd=Usd(5 * MICRO),
)
STEPS = st.lists(
    st.tuples(st.integers(5, 60), st.integers(0, 100), st.booleans()), min_size=1, max_size=8
)
"""What is bid in cents, how much of a hundred parts is filled, and whether the answer is lost."""


def bid_at(cents: int) -> BookView:
    """Ten contracts are bid for, and nobody offers any."""
    return BookView(
        market=POLY,
        bids=((Px(cents * 10_000), Qty(TEN)),),
        asks=(),
        live=True,
        agrees=True,
        epoch=0,
        seen_ns=Ns(0),
        heard_ns=Ns(0),
    )


def lost_by(order: UnwindOrder, qty: Qty) -> int:
    """Filled at its limit: what it was bought for, less what it brings."""
    plan = CROSS.plan.legs[0]
    fee = POLY.fees.taker_order().fill(order.limit, qty, buys=False) if qty else 0
    paid = cost(plan.limit, qty) + plan.fees * qty // plan.qty
    return paid - proceeds(order.limit, qty) + fee


@given(STEPS, st.integers(1, 4 * MICRO))
@example([(44, 50, False), (38, 100, False)], 600_000)
@example([(44, 50, True), (38, 100, False)], 600_000)
def test_all_sales_together_lose_no_more_than_the_budget(
    steps: list[tuple[int, int, bool]], budget: int
) -> None:
    """Filled in parts, each at its limit, with answers that come late: never beyond, but rounding."""
    basket = attrs.evolve(CROSS, loss_budget=Usd(budget))
    job = Job(Unwind(basket, (Qty(TEN), Qty(0)), (), "half done"))
    lost = 0
    for number, (cents, parts, is_late) in enumerate(steps):
        views = {POLY.id: bid_at(cents)}
        choice = choose(basket, job.bought, views, LIMITS, job.situation(patient=False))
        if choice.way is not Way.SELL:
            break
        job.choose(choice, Ns(0))
        (order,) = choice.orders
        assert order.action is Action.SELL
        got = Qty(order.qty * parts // 100 // LOT * LOT)
        if is_late:
            sent = job.order(order, OrderId(f"o{number}"), Ns(0))
            job.take(order, choice, Unknown(make_prepared(sent)))
            job.learn(got)
        else:
            job.take(order, choice, got)
        lost += max(0, lost_by(order, got))
        assert job.unknown == []
    assert lost <= budget + 100 * len(steps), (
        "fees and shares of a plan round by some micro-dollars"
    )


def test_what_former_unwinds_lost_is_gone_from_the_budget() -> None:
    """A dollar of loss allowed, 0.95 of it lost before a restart: what would lose 0.2 is not done."""
    approved = attrs.evolve(CROSS, loss_budget=Usd(MICRO))
    for lost, sells in ((0, True), (950_000, False)):
        job = Job(Unwind(approved, (Qty(TEN), Qty(0)), (), "", reopened=True, lost=Usd(lost)))
        views = {POLY.id: bid_at(44)}
        choice = choose(approved, job.bought, views, LIMITS, job.situation(patient=False))
        assert bool(choice.orders) is sells
