"""The treasury: every yes has its money set aside, and what is not known to be allowed is no."""

from itertools import count

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.detect.firewall import FirewallLimits
from arb.detect.opportunity import Criteria, Opportunity, OpportunityId, find, resize
from arb.detect.sweep import SweepLimits
from arb.market.book import BookView
from arb.market.instruments import Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import (
    AccountRead,
    Approved,
    Balance,
    BasketEnd,
    BasketEnded,
    BasketId,
    Declined,
    Fill,
    FillStatus,
    OrderFilled,
)
from arb.risk.bans import Bans
from arb.risk.ledger import Ledger, pool_of
from arb.risk.limits import Caps
from arb.risk.treasury import Treasury
from tests.fakes.markets import EPOCH_NS, LOT, approve, make_fill, make_market, make_order

SECOND = 1_000_000_000
NOW = Ns(EPOCH_NS)
CASH = 1_000 * MICRO
CAPS = Caps(
    basket_usd=Usd(50 * MICRO),
    market_usd=Usd(100 * MICRO),
    event_usd=Usd(200 * MICRO),
    venue_usd=Usd(800 * MICRO),
    total_usd=Usd(1_500 * MICRO),
    market_contracts=500,
    open_baskets=2,
    cash_reserve_usd=Usd(5 * MICRO),
)
CRITERIA = Criteria(
    FirewallLimits(30 * SECOND, 10 * SECOND, 60 * SECOND, 200_000), SweepLimits(), 10 * SECOND
)


def view(market: Market, *, bids: dict[int, int], asks: dict[int, int]) -> BookView:
    return BookView(
        market=market,
        bids=tuple((Px(px), Qty(qty)) for px, qty in sorted(bids.items(), reverse=True)),
        asks=tuple((Px(px), Qty(qty)) for px, qty in sorted(asks.items())),
        live=True,
        agrees=True,
        epoch=0,
        seen_ns=NOW,
        heard_ns=NOW,
    )


def opportunity(number: int = 0, qty: int = 30 * MICRO) -> Opportunity:
    """YES at 0.45 on Polymarket, NO at 0.48 on Kalshi: 4 cents a set after fees."""
    poly = make_market(f"p{number}", Venue.POLYMARKET)
    kalshi = make_market(f"k{number}")
    template = approve(
        [(poly, Outcome.YES, 450_000), (kalshi, Outcome.NO, 480_000)], LOT
    ).plan.template
    views = (
        view(poly, bids={440_000: qty}, asks={450_000: qty}),
        view(kalshi, bids={520_000: qty}, asks={530_000: qty}),
    )
    found = find(template, views, NOW, CRITERIA)
    assert isinstance(found, Opportunity), found
    return found


@attrs.define
class Bench:
    now: Ns = NOW
    treasury: Treasury = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        money, numbers = Ledger(), count(1)
        money.open([Balance(venue, 0, Usd(CASH)) for venue in Venue])
        self.treasury = Treasury(
            ledger=money,
            caps=CAPS,
            resize=lambda found, most: resize(found, most, CRITERIA),
            new_id=lambda: f"b{next(numbers)}",
            now_ns=lambda: self.now,
            ttl_ns=2 * SECOND,
            drift_usd=Usd(10_000),
            bans=Bans(60 * SECOND, 7200 * SECOND),
        )

    def approved(self, found: Opportunity) -> Approved:
        verdict = self.treasury.decide(found)
        assert isinstance(verdict, Approved), verdict
        return verdict

    def declined(self, found: Opportunity) -> str:
        verdict = self.treasury.decide(found)
        assert isinstance(verdict, Declined), verdict
        return verdict.reason


def ended(basket: BasketId, *refused: MarketId) -> BasketEnded:
    end = BasketEnd.MISSED if refused else BasketEnd.COMPLETED
    return BasketEnded(basket, end, Qty(0), (), "", NOW, refused)


def fill_of(approved: Approved, leg: int, status: FillStatus = FillStatus.FIRM) -> OrderFilled:
    plan, market = approved.plan.legs[leg], approved.markets[leg]
    order = make_order(
        market,
        f"{approved.basket}-{leg}",
        basket=approved.basket,
        outcome=plan.leg.outcome,
        qty=plan.qty,
        limit=plan.limit,
    )
    fill: Fill = make_fill(
        market,
        f"f{leg}",
        outcome=plan.leg.outcome,
        px=plan.limit,
        qty=plan.qty,
        fee=plan.fees,
        status=status,
    )
    return OrderFilled(order, fill)


def free(bench: Bench) -> int:
    ledger = bench.treasury.ledger
    return sum(ledger.free((venue, 0)) for venue in Venue)


def test_a_yes_has_its_money_set_aside() -> None:
    """What an approved plan may cost at worst is no longer free, and no less than it will cost."""
    bench = Bench()
    approved = bench.approved(opportunity())
    assert free(bench) <= 2 * CASH - approved.plan.cost - approved.plan.fees
    assert approved.plan.cost + approved.plan.fees <= CAPS.basket_usd


def test_a_large_opportunity_is_cut_to_the_caps() -> None:
    """A plan beyond a cap is planned again at a size that keeps it, figures and all."""
    found = opportunity(qty=400 * MICRO)
    assert found.plan.cost > CAPS.basket_usd
    plan = Bench().approved(found).plan
    assert 0 < plan.size < found.plan.size
    assert plan.cost + plan.fees <= CAPS.basket_usd
    assert plan.profit == plan.payout - plan.cost - plan.fees > 0


def test_no_room_is_a_no_with_the_name_of_the_bound() -> None:
    """With no cash at all on one venue nothing is approved."""
    bench = Bench()
    bench.treasury.ledger.cash[Venue.KALSHI, 0] = 0
    assert bench.declined(opportunity()) == "no room: cash on kalshi pool 0"
    assert bench.treasury.in_flight == 0


def test_the_same_opportunity_is_taken_once() -> None:
    """Acted on means acted on, also after its basket ended."""
    bench = Bench()
    approved = bench.approved(opportunity())
    bench.treasury.ended(ended(approved.basket))
    assert bench.declined(opportunity()) == "already acted on"


def test_one_basket_a_market_at_a_time() -> None:
    """While a market is in flight no other basket touches it; afterwards one may."""
    bench = Bench()
    first = opportunity()
    approved = bench.approved(first)
    again = attrs.evolve(first, id=OpportunityId("another"))
    assert bench.declined(again) == "a market of it is in flight"
    bench.treasury.ended(ended(approved.basket))
    bench.approved(again)


def test_no_more_baskets_at_once_than_told() -> None:
    """The third of two is declined until one ended."""
    bench = Bench()
    approved = [bench.approved(opportunity(number)) for number in range(2)]
    assert bench.declined(opportunity(2)) == "enough baskets in flight"
    bench.treasury.ended(ended(approved[0].basket))
    bench.approved(opportunity(2))


def test_what_is_too_old_is_declined() -> None:
    """An opportunity older than its time to live is not taken; at that age it still is."""
    bench = Bench()
    bench.now = Ns(NOW + 2 * SECOND + 1)
    assert bench.declined(opportunity()) == "too old"
    bench.now = Ns(NOW + 2 * SECOND)
    bench.approved(opportunity())


def test_a_barred_venue_begins_nothing_until_it_is_free_again() -> None:
    """A venue's own kill file stops every basket with a leg there."""
    bench = Bench()
    bench.treasury.bar(Venue.KALSHI, "KILL.kalshi exists")
    assert bench.declined(opportunity()) == "kalshi is stopped: KILL.kalshi exists"
    bench.treasury.bar(Venue.KALSHI, None)
    bench.approved(opportunity())


def read(usd: int) -> AccountRead:
    return AccountRead(Venue.KALSHI, (Balance(Venue.KALSHI, 0, Usd(usd)),), (), NOW)


def test_unexplained_cash_stops_new_baskets_until_it_is_explained() -> None:
    """The same difference in two readings in a row declines everything; agreement lifts it."""
    bench = Bench()
    assert bench.treasury.read(read(CASH - 20_000)) == {}
    assert bench.treasury.read(read(CASH - 20_000)) == {(Venue.KALSHI, 0): -20_000}
    assert "off by -20000" in bench.declined(opportunity())
    bench.treasury.read(read(CASH))
    bench.approved(opportunity())


def test_small_differences_and_those_that_pass_are_borne() -> None:
    """Within the tolerance, or seen once only, a difference stops nothing."""
    bench = Bench()
    for usd in (CASH - 10_000, CASH - 10_000, CASH - 500_000, CASH):
        assert bench.treasury.read(read(usd)) == {}
    bench.approved(opportunity())


def test_nothing_is_compared_while_money_moves() -> None:
    """With a basket in flight a difference says nothing."""
    bench = Bench()
    bench.approved(opportunity())
    for _ in range(2):
        assert bench.treasury.read(read(0)) == {}


def test_a_fill_turns_what_was_promised_into_what_was_paid() -> None:
    """Cash falls by what the fill cost, the promise by the same; together nothing is freed."""
    bench = Bench()
    approved = bench.approved(opportunity())
    before = free(bench)
    report = fill_of(approved, 0)
    assert bench.treasury.filled(report)
    assert free(bench) == before
    assert not bench.treasury.filled(report), "told twice"
    assert free(bench) == before


def test_a_reversed_fill_does_not_free_what_is_still_promised() -> None:
    """Cash comes back with a reversal; the promise for what is still open is not used up twice."""
    bench = Bench()
    approved = bench.approved(opportunity())
    pool = pool_of(approved.markets[0])
    bench.treasury.filled(fill_of(approved, 0, FillStatus.PROVISIONAL))
    left = bench.treasury.ledger.reserved(pool)
    bench.treasury.filled(fill_of(approved, 0, FillStatus.REVERSED))
    assert bench.treasury.ledger.cash[pool] == CASH
    assert bench.treasury.ledger.reserved(pool) == left


def test_after_the_end_nothing_is_promised() -> None:
    """An ended or withdrawn basket leaves no reservation behind."""
    bench = Bench()
    approved = bench.approved(opportunity())
    bench.treasury.ended(ended(approved.basket))
    assert free(bench) == 2 * CASH
    bench.treasury.withdraw(bench.approved(opportunity(1)))
    assert (free(bench), bench.treasury.in_flight) == (2 * CASH, 0)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["decide", "fill", "end"])), max_size=25)
)
@settings(max_examples=40, deadline=None)
def test_cash_is_never_promised_twice(steps: list[tuple[int, str]]) -> None:
    """In any run of decisions, fills and ends, each pool keeps its reserve free."""
    bench, flying = Bench(), dict[int, Approved]()
    for number, verb in steps:
        if verb == "decide" and number not in flying:
            verdict = bench.treasury.decide(
                attrs.evolve(opportunity(number), id=OpportunityId(str(len(flying))))
            )
            if isinstance(verdict, Approved):
                flying[number] = verdict
        elif verb == "fill" and number in flying:
            for leg in range(2):
                bench.treasury.filled(fill_of(flying[number], leg))
        elif verb == "end" and number in flying:
            bench.treasury.ended(ended(flying.pop(number).basket))
        for venue in Venue:
            assert bench.treasury.ledger.free((venue, 0)) >= CAPS.cash_reserve_usd
        assert bench.treasury.in_flight == len(flying)
        promised = sum(bench.treasury.ledger.reserved((venue, 0)) for venue in Venue)
        assert promised == 0 or flying


@pytest.mark.parametrize("field", ["basket_usd", "market_usd", "event_usd", "venue_usd"])
def test_a_cap_of_zero_stops_everything(field: str) -> None:
    """No cap fails open."""
    bench = Bench()
    bench.treasury.caps = attrs.evolve(CAPS, **{field: Usd(0)})
    assert bench.declined(opportunity()).startswith("no room")


def test_a_market_that_refused_is_left_alone_and_then_tried_again() -> None:
    """Nothing is begun there for the pause; another question is not concerned."""
    bench = Bench()
    first = bench.approved(opportunity())
    refusing = first.markets[1].id
    bench.treasury.ended(ended(first.basket, refusing))
    bench.now = Ns(NOW + 30 * SECOND)
    again = attrs.evolve(opportunity(), id=OpportunityId("later"), seen_ns=bench.now)
    reason = bench.declined(again)
    assert reason.startswith(f"market left alone: {refusing}: it refused an order")
    bench.approved(attrs.evolve(opportunity(1), seen_ns=bench.now))
    bench.now = Ns(NOW + 60 * SECOND)
    bench.approved(attrs.evolve(again, seen_ns=bench.now))
