"""The treasury: every yes has its money set aside, and what is not known to be allowed is no."""

import ast
from itertools import count
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.detect.firewall import FirewallLimits
from arb.detect.history import Attempt, Calibration
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
    Level,
    OrderEnded,
    OrderFilled,
)
from arb.risk.budget import LossLimits
from arb.risk.chances import Chances, Priors
from arb.risk.ledger import pool_of
from arb.risk.treasury import Treasury, Wisdom
from tests.fakes.markets import EPOCH_NS, LOT, approve, make_fill, make_market, make_order
from tests.fakes.treasury import CAPS, SIZING, Terms, make_treasury, rich_ledger

SECOND = 1_000_000_000
NOW = Ns(EPOCH_NS)
CASH = 1_000 * MICRO
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
    terms: Terms = attrs.field(factory=Terms)
    treasury: Treasury = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        numbers = count(1)
        self.treasury = make_treasury(
            rich_ledger(CASH),
            lambda: self.now,
            resize=lambda found, most: resize(found, most, CRITERIA),
            new_id=lambda: f"b{next(numbers)}",
            terms=self.terms,
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
    assert "off by -0.02 dollars" in bench.declined(opportunity())
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


@pytest.mark.parametrize(
    "field", ["basket_usd", "market_usd", "event_usd", "venue_usd", "cluster_usd", "total_usd"]
)
def test_a_cap_of_zero_stops_everything(field: str) -> None:
    """No cap fails open."""
    bench = Bench()
    bench.treasury.caps = attrs.evolve(CAPS, **{field: Usd(0)})  # type: ignore[arg-type]  # by name
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


def open_terms(**changes: object) -> Terms:
    return attrs.evolve(Terms(), **changes)  # type: ignore[arg-type]  # by name


def miss(approved: Approved, end: BasketEnd = BasketEnd.MISSED) -> BasketEnded:
    return BasketEnded(approved.basket, end, Qty(0), (), "", NOW)


def test_nothing_is_begun_once_the_day_could_pass_its_cap() -> None:
    """A loss that leaves less than one more budget halts; it is told once, and lifted next day."""
    losses = LossLimits(Usd(5 * MICRO), Usd(20 * MICRO), Usd(20 * MICRO))
    bench = Bench(terms=open_terms(losses=losses))
    first = bench.approved(opportunity())
    assert first.loss_budget == 5 * MICRO
    bench.treasury.filled(fill_of(first, 0))
    bench.treasury.filled(fill_of(first, 1))
    bench.treasury.ended(miss(first, BasketEnd.STUCK))
    assert bench.declined(opportunity(1)).startswith("halted for today")
    (halt,) = bench.treasury.news()
    assert (halt.level, halt.who) == (Level.PAUSED, "daily loss")
    assert bench.treasury.news() == []
    bench.now = Ns(NOW + 24 * 3600 * SECOND)
    (lifted,) = bench.treasury.news()
    assert lifted.level is Level.RUNNING
    bench.approved(attrs.evolve(opportunity(1), seen_ns=bench.now))


def test_baskets_in_flight_take_their_worst_from_the_day() -> None:
    """With nine dollars for the day a second budget of five is not there while the first may lose."""
    losses = LossLimits(Usd(5 * MICRO), Usd(9 * MICRO), Usd(9 * MICRO))
    bench = Bench(terms=open_terms(losses=losses))
    first = bench.approved(opportunity())
    assert (
        bench.declined(opportunity(1)) == "baskets in flight may lose all that is left of the day"
    )
    bench.treasury.ended(miss(first))
    bench.approved(opportunity(1))


def test_a_yes_is_wise_before_it_is_allowed() -> None:
    """What execution makes a loss on average is declined with that reason, whatever the caps say."""
    bench = Bench(terms=open_terms(priors=Priors(whole_ppm=100_000, half_ppm=800_000)))
    assert bench.declined(opportunity()) == (
        "earns too little for the risk of being filled by half"
    )


def test_a_stake_heeds_the_age_of_the_quotes() -> None:
    """What was filled with fresh quotes and never with old ones is begun with fresh ones alone."""
    bench = Bench(terms=Terms(priors=Priors(whole_ppm=500_000, half_ppm=300_000)))
    found, ages = opportunity(), (0, 1_500_000_000)
    edge = found.plan.profit * MICRO // (found.plan.cost + found.plan.fees)
    venues, lane = frozenset(Venue), found.plan.template.lane
    attempts = [Attempt(lane, venues, edge, age, filled=not age) for age in ages * 40]
    chances = Chances(Calibration(attempts), bench.terms.priors)
    bench.treasury.wisdom = Wisdom(chances, SIZING)
    bench.now = Ns(NOW + ages[1])
    assert bench.declined(found) == "earns too little for the risk of being filled by half"
    bench.now = NOW
    bench.approved(found)


def test_the_stake_bounds_the_size() -> None:
    """Half the trust, half the worst loss: the plan is cut to it."""
    sizing = attrs.evolve(
        SIZING, worst_loss_usd=Usd(20 * MICRO), trust_ppm={"cross_venue": 500_000}
    )
    plan = Bench(terms=open_terms(sizing=sizing)).approved(opportunity()).plan
    assert plan.cost + plan.fees <= 10 * MICRO


def test_no_more_positions_than_told() -> None:
    """A basket whose markets would be the third and fourth of three is declined."""
    caps = attrs.evolve(CAPS, open_positions=3)
    bench = Bench(terms=open_terms(caps=caps))
    bench.approved(opportunity())
    assert bench.declined(opportunity(1)) == "enough positions"


def test_events_that_share_a_question_share_a_cap() -> None:
    """What is promised in one event of a cluster leaves less for another."""
    caps = attrs.evolve(CAPS, cluster_usd=Usd(60 * MICRO))
    bench = Bench(terms=open_terms(caps=caps))
    found, other = opportunity(0, 400 * MICRO), opportunity(1, 400 * MICRO)
    events = {view.market.event: "one" for one in (found, other) for view in one.views}
    bench.treasury.ledger.exposure.correlate(events)
    first = bench.approved(found).plan
    second = bench.approved(other).plan
    assert second.cost + second.fees <= 60 * MICRO - first.cost - first.fees


def test_an_order_takes_over_what_its_leg_had_set_aside() -> None:
    """Sent, filled in part and ended, an order frees what it did not take; the other leg's stays."""
    bench = Bench()
    approved = bench.approved(opportunity())
    ledger, (one, other) = bench.treasury.ledger, approved.markets
    report = fill_of(approved, 0)
    kept = ledger.reserved(pool_of(other))
    bench.treasury.sent(report.order)
    part = attrs.evolve(report.fill, qty=Qty(report.fill.qty // 2), fee=Usd(0))
    bench.treasury.filled(OrderFilled(report.order, part))
    bench.treasury.order_ended(OrderEnded(report.order.id, "", part.qty, "", NOW))
    assert ledger.reserved(pool_of(one)) == 0
    assert ledger.reserved(pool_of(other)) == kept > 0


def test_an_order_nobody_knows_the_end_of_keeps_its_money_and_is_told() -> None:
    """The basket's end does not free it, cash is not compared meanwhile, and people hear of it."""
    bench = Bench()
    approved = bench.approved(opportunity())
    order = fill_of(approved, 1).order
    bench.treasury.sent(order)
    bench.treasury.ended(miss(approved, BasketEnd.STUCK))
    pool = pool_of(approved.markets[1])
    assert bench.treasury.ledger.reserved(pool) > 0
    assert bench.treasury.read(read(0)) == {}
    (words,) = bench.treasury.unexplained()
    assert words.startswith(f"order {order.id}")
    bench.treasury.order_ended(OrderEnded(order.id, "", Qty(0), "", NOW))
    assert (bench.treasury.ledger.reserved(pool), bench.treasury.unexplained()) == (0, [])


def test_what_nothing_explains_is_released_and_told() -> None:
    """Money set aside for a basket that nobody began is free again; one in flight keeps its own."""
    bench = Bench()
    approved = bench.approved(opportunity())
    bench.treasury.ledger.reserve(BasketId("ghost"), approved.markets[0], Usd(7))
    held = bench.treasury.ledger.reserved(pool_of(approved.markets[0]))
    assert bench.treasury.unexplained() == ["released what was held for ghost, which is over"]
    assert bench.treasury.ledger.reserved(pool_of(approved.markets[0])) == held - 7


def test_a_basket_taken_up_again_is_in_flight_once() -> None:
    """Told twice that it is worked on, it takes one place, one budget, and frees both at its end."""
    bench = Bench()
    approved = bench.approved(opportunity())
    left = bench.treasury.budget.left(NOW)
    bench.treasury.take_up(approved)
    assert (bench.treasury.in_flight, bench.treasury.budget.left(NOW)) == (1, left)
    bench.treasury.ended(ended(approved.basket))
    assert bench.treasury.in_flight == 0
    assert bench.treasury.objection(approved.markets) == ""


def test_a_claim_that_is_barred_declines_what_relies_on_it() -> None:
    """By its source, until it is lifted."""
    bench, found = Bench(), opportunity()
    source = found.plan.template.proof.claims[0].source
    bench.treasury.bar_claim(source, "its texts changed")
    assert bench.declined(found) == f"relies on {source}: its texts changed"
    bench.treasury.bar_claim(source, None)
    bench.treasury.bar_market(found.views[0].market.id, "closed")
    assert "market barred" in bench.declined(found)
    bench.treasury.bar_market(found.views[0].market.id, None)
    bench.approved(found)


def test_what_was_acted_on_is_forgotten_after_a_day() -> None:
    """The memory of opportunities does not grow for ever."""
    bench = Bench()
    for number in range(3):
        approved = bench.approved(attrs.evolve(opportunity(number), seen_ns=bench.now))
        bench.treasury.ended(ended(approved.basket))
        bench.now = Ns(bench.now + 13 * 3600 * SECOND)
    assert len(bench.treasury._acted) == 2  # noqa: SLF001 - what is kept is the claim


def test_only_the_treasury_makes_approvals() -> None:
    """In the whole program `Approved` is built here, and read back from the store at a start."""
    root = Path(__file__).resolve().parents[2] / "arb"
    makers = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"Approved", "ApprovedBet"}
    }
    assert makers == {"risk/treasury.py", "risk/bet_treasury.py", "store/half_done.py"}


@pytest.mark.parametrize(
    "broken", ["caps", "wisdom", "budget", "obstacles", "drift", "resize", "ledger"]
)
def test_no_exception_leads_to_a_yes(broken: str) -> None:
    """Whatever part of the thinking fails, nothing is approved and nothing stays in flight."""
    bench = Bench()
    setattr(bench.treasury, broken, None)
    found = opportunity(qty=400 * MICRO)
    with pytest.raises((AttributeError, TypeError)):
        bench.treasury.decide(found)
    assert bench.treasury.in_flight == 0
