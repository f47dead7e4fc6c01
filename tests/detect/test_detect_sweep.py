"""The exact sweep against brute force, against another way to work out fees, and by hand."""

import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from arb.detect.all_in import all_in
from arb.detect.basket import Plan, Template
from arb.detect.climb import Lines, climb
from arb.detect.reasons import Objection, Reason
from arb.detect.sweep import Offer, SweepLimits, price, sweep
from arb.market.fees import Fees, KalshiFees, PolymarketFees
from arb.market.instruments import Market, Venue
from arb.market.units import MICRO, Px, Qty, Usd, ceil_div

MakeMarket = Callable[..., Market]
MakeTemplate = Callable[..., Template]

FEES: tuple[Fees, ...] = (
    PolymarketFees(0),
    PolymarketFees(40_000),
    PolymarketFees(70_000),
    PolymarketFees(250_000, 2),
    KalshiFees(70_000, 0),
    KalshiFees(35_000, 0),
    KalshiFees(0, 0),
    KalshiFees(70_000, 17_500, precision=10_000),
)


# --- the oracle: slower, and written another way -------------------------------------------------


def fills_of(offer: Offer, size: int) -> list[tuple[Px, Qty]] | None:
    """One fill a level, best first."""
    fills = []
    for px, qty in offer.ladder:
        take = min(qty, size)
        if take:
            fills.append((px, Qty(take)))
        size -= take
    return fills if size == 0 else None


def outlay(offer: Offer, size: int) -> tuple[int, int] | None:
    """Cost and fees of one leg, charged fill by fill."""
    fills = fills_of(offer, size)
    if fills is None:
        return None
    order = offer.market.fees.taker_order()
    fees = sum(order.fill(px, qty, buys=True) for px, qty in fills)
    return sum(ceil_div(px * qty, MICRO) for px, qty in fills), fees


def kept_to(offers: Sequence[Offer], size: int, limits: SweepLimits) -> tuple[int, int] | None:
    """Cost and fees of a whole basket, or None where it breaks a rule."""
    legs = [outlay(offer, size) for offer in offers]
    cost = fees = 0
    for offer, leg in zip(offers, legs, strict=True):
        if leg is None or size < offer.market.min_qty or leg[0] < offer.market.min_take_usd:
            return None
        cost += leg[0]
        fees += leg[1]
    if limits.max_cost_usd is not None and cost + fees > limits.max_cost_usd:
        return None
    return cost, fees


def next_set(payout: int, offers: Sequence[Offer], size: int) -> Fraction | None:
    """What a set beyond `size` brings before rounding, in pico-dollars; None where it ends."""
    edge = Fraction(payout * MICRO)
    for offer in offers:
        before = 0
        for px, qty in offer.ladder:
            if before <= size < before + qty:
                edge -= px * MICRO + offer.market.fees.least_taker_fee_pico(px)
                break
            before += qty
        else:
            return None
    return edge


def bends(offers: Sequence[Offer]) -> list[int]:
    """Every size at which a leg goes to its next level."""
    ends = {0}
    for offer in offers:
        depth = 0
        for _, qty in offer.ladder:
            depth += qty
            ends.add(depth)
    return sorted(ends)


def reach(payout: int, offers: Sequence[Offer], least_edge: int) -> int:
    """The size from which on a set brings less than `least_edge`."""
    for size in bends(offers):
        edge = next_set(payout, offers, size)
        if edge is None or edge < least_edge * MICRO:
            return size
    raise AssertionError("ladders never end")


def brute_force(payout: int, offers: Sequence[Offer], limits: SweepLimits) -> int:
    """The largest profit over every size there is; 0 where none reaches the minimum."""
    lot = 1
    for offer in offers:
        lot = lot * offer.market.lot // gcd(lot, offer.market.lot)
    highest = reach(payout, offers, limits.least_edge)
    if limits.max_size is not None:
        highest = min(highest, limits.max_size)
    best = 0
    for size in range(lot, highest + 1, lot):
        spent = kept_to(offers, size, limits)
        if spent is not None:
            profit = payout * size // MICRO - sum(spent)
            if profit >= limits.min_profit_usd:
                best = max(best, profit)
    return best


def gcd(one: int, other: int) -> int:
    return one if not other else gcd(other, one % other)


# --- cases ---------------------------------------------------------------------------------------


@attrs.frozen
class Case:
    """A basket to size; shown whole when a test fails."""

    payout: int
    offers: tuple[Offer, ...]
    limits: SweepLimits


@attrs.frozen
class Shape:
    """How large the baskets of a test are."""

    legs: tuple[int, int] = (1, 5)
    levels: int = 5
    units: tuple[int, ...] = (10, 60)
    fees: tuple[Fees, ...] = FEES


SMALL = Shape()
WIDE = Shape(legs=(6, 15), levels=2, units=(20, 40))
KALSHI = Shape(legs=(2, 4), fees=tuple(fees for fees in FEES if isinstance(fees, KalshiFees)))


def levels(
    dice: random.Random, best: int, tick: int, unit: int, shape: Shape
) -> Iterator[tuple[Px, Qty]]:
    """A few levels of a few units each, on the lot or beside it."""
    px = best
    for _ in range(dice.randrange(1, shape.levels + 1)):
        if not 0 < px < MICRO:
            return
        most = dice.choice(shape.units)
        yield (
            Px(px),
            Qty(dice.choice((unit * dice.randrange(1, most), dice.randrange(1, most * unit)))),
        )
        px += tick * dice.randrange(1, 4)


def make_case(dice: random.Random, make_market: MakeMarket, shape: Shape = SMALL) -> Case:
    """Legs whose best prices add up to something near the payout; lots and minimums differ."""
    count = dice.randint(*shape.legs)
    payout = dice.randrange(1, count + 1) * MICRO
    unit = dice.choice((10_000, 100_000, MICRO))
    offers = []
    for at in range(count):
        tick = dice.choice((1_000, 10_000))
        lot = unit // dice.choice((1, 1, 2, 5))
        one = make_market(
            f"m{at}",
            fees=dice.choice(shape.fees),
            tick=tick,
            lot=lot,
            min_qty=lot * dice.choice((1, 1, 3)),
            min_take_usd=dice.choice((0, 0, 0, unit)),
        )
        fair = payout // count - dice.randrange(0, dice.choice((30_000, 90_000)))
        best = min(max(fair // tick * tick, tick), MICRO - tick)
        offers.append(Offer(one, tuple(levels(dice, best, tick, unit, shape))))
    return Case(payout, tuple(offers), make_limits(dice, unit))


def make_limits(dice: random.Random, unit: int) -> SweepLimits:
    """Mostly none; else some that bite."""
    return SweepLimits(
        min_profit_usd=Usd(dice.choice((1, 1, 10_000))),
        least_edge=dice.choice((0, 100, 100, 2_000)),
        max_fee_share_ppm=10**9,
        max_size=dice.choice((None, None, Qty(dice.randrange(1, 60 * unit)))),
        max_cost_usd=dice.choice((None, None, Usd(dice.randrange(1, 60 * unit)))),
    )


def check(case: Case, make_template: MakeTemplate) -> bool:
    """Compare one sweep with brute force; say whether there was anything to find."""
    basket = make_template([offer.market for offer in case.offers], case.payout)
    best = brute_force(case.payout, case.offers, case.limits)
    found = sweep(basket, case.offers, case.limits)
    if isinstance(found, Objection):
        assert best == 0, found
        return False
    assert found.profit == best
    check_plan(found, case)
    return True


def check_plan(plan: Plan, case: Case) -> None:
    """Everything that a plan promises, worked out anew."""
    spent = kept_to(case.offers, plan.size, case.limits)
    assert spent == (plan.cost, plan.fees)
    assert plan.payout == case.payout * plan.size // MICRO
    assert plan.profit == plan.payout - plan.cost - plan.fees > 0
    assert case.limits.max_size is None or plan.size <= case.limits.max_size
    for leg, offer in zip(plan.legs, case.offers, strict=True):
        fills = fills_of(offer, plan.size)
        assert fills is not None
        assert (leg.cost, leg.fees) == outlay(offer, plan.size)
        assert leg.qty == plan.size
        assert leg.qty % offer.market.lot == 0
        assert leg.qty >= offer.market.min_qty
        assert leg.cost >= offer.market.min_take_usd
        assert offer.market.grid.holds(leg.limit)
        assert (leg.top, leg.limit) == (fills[0][0], fills[-1][0])
        assert leg.depth == sum(qty for px, qty in offer.ladder if px <= leg.limit)


def test_the_size_is_the_best_of_all_sizes(
    make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """No size earns more than the one found, in thousands of random baskets of 1 to 5 legs."""
    dice = random.Random(20)
    found = sum(check(make_case(dice, make_market), make_template) for _ in range(2_500))
    assert found > 1_000


@pytest.mark.parametrize(("shape", "cases"), [(WIDE, 1_500), (KALSHI, 2_000)])
def test_the_size_is_the_best_of_wide_and_of_rounded_baskets(
    shape: Shape, cases: int, make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """So it is with up to 15 legs, and where every order is rounded and gives rebates."""
    dice = random.Random(15)
    found = sum(check(make_case(dice, make_market, shape), make_template) for _ in range(cases))
    assert found > cases // 4


@given(seed=st.integers(0, 2**64), shape=st.sampled_from((SMALL, KALSHI)))
@settings(max_examples=100, deadline=None)
def test_no_size_that_earns_more_is_passed_over(
    seed: int, shape: Shape, make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """Within a stretch `worth` names every size that beats a profit, and never bounds it too low."""
    case = make_case(random.Random(seed), make_market, shape)
    basket = make_template([offer.market for offer in case.offers], case.payout)
    ladders = [offer.ladder for offer in case.offers]
    tables = [all_in(offer.market.fees) for offer in case.offers]
    bound = climb(Usd(case.payout), ladders, tables, 100)
    for stretch in bound.downwards(bound.end, 1, 10_000) if bound else ():
        count = min(30, len(stretch.sizes))
        plans = [price(basket, case.offers, Qty(size)) for size in stretch.sizes[:count]]
        profits = [plan.profit for plan in plans if plan is not None]
        beat = sorted(profits)[len(profits) // 2]
        worth = Lines.of(stretch, ladders, tables).worth(0, count, beat)
        named = {nth: most for most, nth in worth}
        for nth, profit in enumerate(profits):
            assert profit * 10**12 <= stretch.most - nth * stretch.fall
            assert profit <= named.get(nth, beat)


@given(seed=st.integers(0, 2**64))
@settings(max_examples=200, deadline=None)
def test_the_size_is_the_best_whatever_the_seed(
    seed: int, make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """The same, on cases that change from run to run."""
    check(make_case(random.Random(seed), make_market), make_template)


@given(
    data=st.lists(st.tuples(st.integers(1, 9_999), st.integers(1, 10**9)), max_size=6),
    rule=st.sampled_from(FEES),
)
@settings(max_examples=300, deadline=None)
def test_fees_in_one_go_are_the_fees_fill_by_fill(data: list[tuple[int, int]], rule: Fees) -> None:
    """`taker_fees`, which the sweep uses, charges what the order's accumulator charges."""
    fills = [(Px(px * 100), Qty(qty)) for px, qty in data]
    order = rule.taker_order()
    total = sum(order.fill(px, qty, buys=True) for px, qty in fills)
    assert rule.taker_fees(fills) == total
    spent = total + sum(ceil_div(px * qty, MICRO) for px, qty in fills)
    assert spent % rule.spent_step == 0
    unrounded = sum(
        Fraction(px * MICRO + rule.least_taker_fee_pico(px)) * qty / 10**12 for px, qty in fills
    )
    assert spent >= unrounded


@given(
    data=st.lists(st.tuples(st.integers(1, 9_999), st.integers(1, 10**9)), min_size=1, max_size=6),
    rule=st.sampled_from(FEES),
    part=st.integers(1, 10**6),
)
@settings(max_examples=300, deadline=None)
def test_an_order_down_a_ladder_is_its_fills(
    data: list[tuple[int, int]], rule: Fees, part: int
) -> None:
    """`buying` and `spending` take what the fills cost with their fees, for any last quantity."""
    ladder = [(Px(px * 100), Qty(qty)) for px, qty in data]
    *above, (last_px, held) = ladder
    last = max(1, held * part // 10**6)
    fills = [*above, (last_px, Qty(last))]
    size = sum(qty for _, qty in fills)
    cost = sum(ceil_div(px * qty, MICRO) for px, qty in fills)
    fees = rule.taker_fees(fills)
    assert rule.buying(ladder, Qty(size)) == (cost, fees, len(above), last)
    assert rule.spending(above, last_px)(last) == cost + fees
    assert rule.buying(ladder, Qty(sum(qty for _, qty in ladder) + 1)) is None


@given(px=st.integers(1, 999_999), rule=st.sampled_from(FEES))
def test_the_fee_before_rounding_is_exact_to_a_pico_dollar(px: int, rule: Fees) -> None:
    """`least_taker_fee_pico` is the venue's formula, rounded down once."""
    p = Fraction(px, MICRO)
    match rule:
        case PolymarketFees(rate, exponent):
            exact = Fraction(rate, MICRO) * (p * (1 - p)) ** exponent
        case KalshiFees(coefficient):
            exact = Fraction(coefficient, MICRO) * p * (1 - p)
        case _:
            raise AssertionError(rule)
    assert rule.least_taker_fee_pico(Px(px)) == exact * 10**12 // 1


# --- by hand -------------------------------------------------------------------------------------


@pytest.fixture
def golden(make_market: MakeMarket) -> list[Offer]:
    """Kalshi, three exclusive outcomes: NO at .59, .48 and .88."""
    bids = ((590_000, 10), (480_000, 10), (880_000, 10))
    return [
        Offer(
            make_market(f"EV-{name}", venue=Venue.KALSHI, fees=KalshiFees(70_000, 0), lot=10_000),
            ((Px(px), Qty(qty * MICRO)),),
        )
        for name, (px, qty) in zip("ABC", bids, strict=True)
    ]


def test_kalshi_no_basket_earns_82_hundredths_of_a_cent(
    golden: list[Offer], make_template: MakeTemplate
) -> None:
    """.59 + .48 + .88 = 1.95 with .0418 of fees against 2: ten sets earn .0820."""
    basket = make_template([offer.market for offer in golden], 2 * MICRO)
    plan = sweep(basket, golden, SweepLimits())
    assert isinstance(plan, Plan)
    assert plan.size == 10 * MICRO
    assert plan.cost == 19_500_000
    assert [leg.fees for leg in plan.legs] == [169_400, 174_800, 74_000]
    assert plan.profit == 20_000_000 - 19_500_000 - 418_200 == 81_800


def test_a_leg_sold_out_ends_the_basket(golden: list[Offer], make_template: MakeTemplate) -> None:
    """With 4 contracts of B on offer, and dearer ones behind, four sets are the best."""
    golden[1] = Offer(
        golden[1].market, ((Px(480_000), Qty(4 * MICRO)), (Px(490_000), Qty(50 * MICRO)))
    )
    basket = make_template([offer.market for offer in golden], 2 * MICRO)
    plan = sweep(basket, golden, SweepLimits())
    assert isinstance(plan, Plan)
    assert plan.size == 4 * MICRO
    assert plan.legs[1].limit == 480_000
    assert plan.legs[1].depth == 4 * MICRO


def test_rounding_makes_a_smaller_size_the_best(
    make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """Kalshi at .480 + .484: .80 sets earn .0008, and all the .83 on offer only .0007."""
    offers = [
        Offer(
            make_market(
                name,
                venue=Venue.KALSHI,
                fees=KalshiFees(70_000, 0),
                tick=1_000,
                lot=10_000,
                min_qty=10_000,
            ),
            ((Px(px), Qty(830_000)),),
        )
        for name, px in (("a", 480_000), ("b", 484_000))
    ]
    basket = make_template([offer.market for offer in offers], MICRO)
    best = sweep(basket, offers, SweepLimits())
    assert isinstance(best, Plan)
    assert (best.size, best.profit) == (800_000, 800)
    all_of_it = price(basket, offers, Qty(830_000))
    assert all_of_it is not None
    assert all_of_it.profit == 700


def test_a_fee_above_a_fifth_of_the_price_is_refused(
    make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """LANE-8: at rate 0.25 and a price of .10 the fee is 22.5 % of it."""
    offer = Offer(make_market("m", fees=PolymarketFees(250_000)), ((Px(100_000), Qty(10 * MICRO)),))
    basket = make_template([offer.market], MICRO)
    found = sweep(basket, [offer], SweepLimits(max_fee_share_ppm=200_000))
    assert isinstance(found, Objection)
    assert found.reason is Reason.FEE_SHARE
    assert isinstance(sweep(basket, [offer], SweepLimits(max_fee_share_ppm=225_000)), Plan)


def test_levels_off_the_grid_are_left_alone(
    make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """A limit price always lies on the grid: what stands at .4015 ends the ladder on a cent grid."""
    ladder = (
        (Px(400_000), Qty(5 * MICRO)),
        (Px(401_500), Qty(5 * MICRO)),
        (Px(410_000), Qty(5 * MICRO)),
    )
    offer = Offer(make_market("m"), ladder)
    basket = make_template([offer.market], MICRO)
    plan = sweep(basket, [offer], SweepLimits())
    assert isinstance(plan, Plan)
    assert (plan.size, plan.legs[0].limit) == (15 * MICRO, 410_000)
    plan = sweep(basket, [Offer(offer.market, ladder[:2])], SweepLimits())
    assert isinstance(plan, Plan)
    assert (plan.size, plan.legs[0].limit) == (5 * MICRO, 400_000)
    found = sweep(basket, [Offer(offer.market, ladder[1:2])], SweepLimits())
    assert isinstance(found, Objection)
    assert found.reason is Reason.EMPTY_SIDE


@pytest.mark.parametrize(
    ("limits", "market", "reason"),
    [
        (SweepLimits(), {"min_qty": 11 * MICRO}, Reason.TOO_SHALLOW),
        (SweepLimits(max_size=Qty(MICRO // 2)), {}, Reason.TOO_SHALLOW),
        (SweepLimits(max_cost_usd=Usd(100_000)), {}, Reason.TOO_SHALLOW),
        (SweepLimits(), {"min_take_usd": 10 * MICRO}, Reason.NO_PROFIT),
        (SweepLimits(min_profit_usd=Usd(6 * MICRO + 1)), {}, Reason.NO_PROFIT),
        (SweepLimits(least_edge=700_000), {}, Reason.NO_EDGE),
    ],
)
def test_every_refusal_has_its_reason(
    limits: SweepLimits,
    market: dict[str, int],
    reason: Reason,
    make_market: MakeMarket,
    make_template: MakeTemplate,
) -> None:
    """Ten contracts at .40 against a dollar: each rule that forbids them is named."""
    offer = Offer(make_market("m", **market), ((Px(400_000), Qty(10 * MICRO)),))
    found = sweep(make_template([offer.market], MICRO), [offer], limits)
    assert isinstance(found, Objection)
    assert found.reason is reason


def test_an_empty_side_is_named_and_has_no_top(
    make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """Nothing on offer: no plan, no top of book, no price."""
    offer = Offer(make_market("m"), ())
    basket = make_template([offer.market], MICRO)
    found = sweep(basket, [offer], SweepLimits())
    assert isinstance(found, Objection)
    assert found.reason is Reason.EMPTY_SIDE
    assert price(basket, [offer], Qty(MICRO)) is None
